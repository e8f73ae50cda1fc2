package manifest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

// TestKYAML: the flow style that kubectl writes with -o kyaml looks like JSON and is none: comments, keys without
// quotes, trailing commas, several documents (KEP-5295).
func TestKYAML(t *testing.T) {
	docs, err := Split([]byte(`# what it is for
---
{
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {
    name: "settings", # trailing
    labels: {
      # above a key
      "app.kubernetes.io/name": "web",
    },
  },
  data: {
    "no": "\
       first\n\
       second",
    list: "a, b",
  },
}
---
{
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "p",
  },
  spec: {
    containers: [{
      name: "c",
      image: "nginx",
      args: [
        "a",
        "b",
      ],
    }],
  },
}
`))
	require.NoError(t, err)
	require.Len(t, docs, 2)
	obj, warnings, err := decode(t, docs[0], true)
	require.NoError(t, err)
	assert.Empty(t, warnings)
	cm := obj.(*corev1.ConfigMap)
	assert.Equal(t, "settings", cm.Name)
	assert.Equal(t, map[string]string{"app.kubernetes.io/name": "web"}, cm.Labels)
	assert.Equal(t, map[string]string{"no": "first\nsecond", "list": "a, b"}, cm.Data)
	obj, _, err = decode(t, docs[1], true)
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, obj.(*corev1.Pod).Spec.Containers[0].Args)
	assert.Equal(t, 21, docs[1].Line)
}

// TestKYAMLFaults: a fault in flow style is found where it is.
func TestKYAMLFaults(t *testing.T) {
	_, err := Split([]byte("---\n{\n  apiVersion: \"v1\",\n  kind: \"ConfigMap\"\n  metadata: {name: \"x\"},\n}\n"))
	require.Error(t, err)
	docs, err := Split([]byte("{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {a: \"1\", a: \"2\"}}\n"))
	require.NoError(t, err)
	require.Len(t, docs, 1)
	_, _, err = decode(t, docs[0], true)
	assert.ErrorContains(t, err, `key "a" already set in map`)
}
