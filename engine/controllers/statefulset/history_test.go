package statefulset

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"

	"tabernetes/engine/controllers/templatehash"
)

// Names that real clusters gave: one from the compatibility tests of upstream (pkg/controller/statefulset/testdata),
// one that was recorded of v1.37.
func TestRecordedHashes(t *testing.T) {
	const old = `{"spec":{"template":{"$patch":"replace","metadata":{"annotations":{"test":"value"},"creationTimestamp":null,"labels":{"app":"foo"}},"spec":{"containers":[{"image":"test","imagePullPolicy":"Always","name":"test","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],"dnsPolicy":"ClusterFirst","restartPolicy":"Always","schedulerName":"default-scheduler","securityContext":{},"terminationGracePeriodSeconds":30}}}}`
	assert.Equal(t, "c77f6d978", hashOf([]byte(old), 0))
	assert.NotEqual(t, hashOf([]byte(old), 0), hashOf([]byte(old), 1))

	text, err := os.ReadFile("../../../scenarios/golden/objects/statefulset.get.json")
	require.NoError(t, err)
	var set appsv1.StatefulSet
	require.NoError(t, json.Unmarshal(text, &set))
	data, err := templatehash.Patch(&set.Spec.Template)
	require.NoError(t, err)
	want := set.Status.UpdateRevision
	require.True(t, strings.HasPrefix(want, "sts-"), want)
	assert.Equal(t, want, "sts-"+hashOf(data, 0))
}
