package rest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/fieldmanager"
)

// TestManagedFieldsAreShown: what the core notes in short, clients see in full, and each object is summed up once.
func TestManagedFieldsAreShown(t *testing.T) {
	b := newBooks()
	c := &call{resource: api.ConfigMaps}
	cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "d"}, Data: map[string]string{"k": "v"}}
	require.Same(t, cm, b.shown(c, cm), "nothing to show")
	now := metav1.NewTime(time.Unix(0, 0))
	cm.ManagedFields = fieldmanager.New().Note(api.ConfigMaps, nil, cm, fieldmanager.Writer{Manager: "kube-controller-manager", Now: &now})
	o := b.shown(c, cm)
	require.NotSame(t, cm, o)
	e := o.GetManagedFields()[0]
	require.Equal(t, "FieldsV1", e.FieldsType)
	require.Equal(t, `{"f:data":{".":{},"f:k":{}}}`, e.FieldsV1.GetRawString())
	require.Equal(t, "Created", cm.ManagedFields[0].FieldsType, "the core's object stays as it is")
	require.Same(t, o, b.shown(c, cm))
	require.Equal(t, []api.Object{o}, b.allShown(c, []api.Object{cm}))
}
