package defaults

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// TestGoldenIngress holds a POST against what a real v1.37.2 API server answered.
func TestGoldenIngress(t *testing.T) {
	text, err := os.ReadFile("../../../scenarios/golden/objects/ingress.yaml")
	require.NoError(t, err)
	in := &networkingv1.Ingress{}
	require.NoError(t, yaml.UnmarshalStrict(text, in))
	Set(in)
	PrepareForCreate(in)
	answer, err := os.ReadFile("../../../scenarios/golden/objects/ingress.post.json")
	require.NoError(t, err)
	want := asMap(t, answer)
	for _, key := range []string{"namespace", "uid", "resourceVersion", "creationTimestamp", "managedFields"} {
		delete(want["metadata"].(map[string]any), key)
	}
	require.Empty(t, cmp.Diff(want, asMap(t, mustJSON(t, in))))
}

// TestSubjectsAreCopied: defaults do not write into a list that another object may share.
func TestSubjectsAreCopied(t *testing.T) {
	shared := []rbacv1.Subject{{Kind: "ServiceAccount", Name: "a"}, {Kind: "User", Name: "b"}, {Kind: "Group", Name: "c"}}
	b := &rbacv1.RoleBinding{Subjects: shared}
	Set(b)
	require.Empty(t, shared[1].APIGroup)
	require.Equal(t, []string{"", rbacv1.GroupName, rbacv1.GroupName}, []string{b.Subjects[0].APIGroup, b.Subjects[1].APIGroup, b.Subjects[2].APIGroup})
}
