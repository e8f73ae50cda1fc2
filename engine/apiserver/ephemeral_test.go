package apiserver_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
)

// Ephemeral containers come through their own subresource, which takes them and nothing else; once there they stay as they
// are.
func TestEphemeralContainers(t *testing.T) {
	w := newWorld(t)
	w.running("web", true)
	patch := func(doc string) (*corev1.Pod, error) {
		r := w.do(&api.Request{Verb: api.Patch, Resource: api.Pods, Subresource: "ephemeralcontainers", Namespace: "default", Name: "web",
			PatchType: types.StrategicMergePatchType, Patch: []byte(doc)})
		p, _ := r.Object.(*corev1.Pod)
		return p, r.Err
	}
	was := w.get(api.Pods, "web").(*corev1.Pod)
	p, err := patch(`{"metadata": {"labels": {"new": "label"}}, "spec": {"nodeName": "node-9", "ephemeralContainers": [{"name": "look", "image": "busybox", "tty": true}]}, "status": {"phase": "Failed"}}`)
	require.NoError(t, err)
	require.Equal(t, was.Generation+1, p.Generation)
	require.Equal(t, was.Labels, p.Labels)
	require.Equal(t, "node-1", p.Spec.NodeName)
	require.Equal(t, corev1.PodRunning, p.Status.Phase)
	require.Len(t, p.Spec.EphemeralContainers, 1)
	look := p.Spec.EphemeralContainers[0]
	require.Equal(t, corev1.PullAlways, look.ImagePullPolicy, "defaults apply")
	require.True(t, look.TTY)
	require.Equal(t, p, w.do(&api.Request{Verb: api.Get, Resource: api.Pods, Subresource: "ephemeralcontainers", Namespace: "default", Name: "web"}).Object)

	for doc, want := range map[string]string{
		`{"spec": {"ephemeralContainers": [{"name": "look", "image": "nginx"}]}}`:                                    `existing ephemeral containers "look" may not be changed`,
		`{"spec": {"ephemeralContainers": [{"name": "look", "$patch": "delete"}]}}`:                                  `existing ephemeral containers "look" may not be removed`,
		`{"spec": {"ephemeralContainers": [{"name": "two", "image": "nginx", "ports": [{"containerPort": 80}]}]}}`:   `ports: Forbidden: cannot be set for an Ephemeral Container`,
		`{"spec": {"ephemeralContainers": [{"name": "two", "image": "nginx", "targetContainerName": "elsewhere"}]}}`: `targetContainerName: Not found: "elsewhere"`,
		`{"spec": {"ephemeralContainers": [{"name": "two"}]}}`:                                                       `image: Required value`,
	} {
		_, err := patch(doc)
		require.ErrorContains(t, err, want, doc)
	}
	// Neither by a plain update, nor with a new pod.
	r := w.do(&api.Request{Verb: api.Patch, Resource: api.Pods, Namespace: "default", Name: "web", PatchType: types.StrategicMergePatchType,
		Patch: []byte(`{"spec": {"ephemeralContainers": [{"name": "two", "image": "nginx"}]}}`)})
	require.ErrorContains(t, r.Err, "pod updates may not change fields other than")
	fresh := pod("fresh")
	fresh.Spec.EphemeralContainers = p.Spec.EphemeralContainers
	require.ErrorContains(t, w.make(fresh).Err, "spec.ephemeralContainers: Forbidden: cannot be set on create")

	p, err = patch(`{"spec": {"ephemeralContainers": [{"name": "two", "image": "busybox:1.36", "targetContainerName": "` + was.Spec.Containers[0].Name + `"}]}}`)
	require.NoError(t, err)
	require.Len(t, p.Spec.EphemeralContainers, 2)
}
