package ephemeral

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func withVolumes(name string, volumes ...string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", UID: "uid-1"}}
	for _, v := range volumes {
		p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: v, VolumeSource: corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{
			VolumeClaimTemplate: &corev1.PersistentVolumeClaimTemplate{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{"a": "b"}}}}}})
	}
	return p
}

// claimOf is a claim that a pod with that UID controls; "" is nobody.
func claimOf(name, uid string) *corev1.PersistentVolumeClaim {
	c := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}}
	if uid != "" {
		c.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: "p", UID: types.UID(uid), Controller: ptr.To(true)}}
	}
	return c
}

// TestCases are those of upstream's TestSyncHandler, and what comes between.
func TestCases(t *testing.T) {
	const foreign = "FailedBinding: ephemeral volume v: PVC default/p-v was not created for pod default/p (pod is not owner)"
	for name, c := range map[string]struct {
		pod    *corev1.Pod
		claims []*corev1.PersistentVolumeClaim
		fails  int // creations
		want   string
		event  string
		tries  int
	}{
		"a volume": {pod: withVolumes("p", "v"), want: "p-v", tries: 1},
		"two":      {pod: withVolumes("p", "v", "w"), want: "p-v p-w", tries: 2},
		"none":     {pod: withVolumes("p")},
		"only one of another kind": {pod: func() *corev1.Pod {
			p := withVolumes("p", "v")
			p.Spec.Volumes[0].VolumeSource = corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
			return p
		}()},
		"one that comes after others": {pod: func() *corev1.Pod {
			p := withVolumes("p", "v", "w")
			p.Spec.Volumes[0].VolumeSource = corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
			return p
		}(), want: "p-w", tries: 1},
		"its claim is there":        {pod: withVolumes("p", "v"), claims: []*corev1.PersistentVolumeClaim{claimOf("p-v", "uid-1")}, want: "p-v"},
		"nobody's claim is there":   {pod: withVolumes("p", "v"), claims: []*corev1.PersistentVolumeClaim{claimOf("p-v", "")}, want: "p-v", event: foreign},
		"that of a pod of its name": {pod: withVolumes("p", "v"), claims: []*corev1.PersistentVolumeClaim{claimOf("p-v", "uid-0")}, want: "p-v", event: foreign},
		"the pod is going": {pod: func() *corev1.Pod {
			p := withVolumes("p", "v")
			p.DeletionTimestamp, p.Finalizers = &metav1.Time{Time: time.Unix(0, 0)}, []string{"x"}
			return p
		}()},
		"a creation that fails": {pod: withVolumes("p", "v"), fails: 2, want: "p-v", event: "FailedBinding: ephemeral volume v: create PVC p-v: no", tries: 3},
	} {
		s := apitest.New()
		tries := 0
		s.Before = func(r *api.Request) error {
			if r.Verb == api.Create && r.Resource == api.PersistentVolumeClaims {
				if tries++; tries <= c.fails {
					return errors.New("no")
				}
			}
			return nil
		}
		for _, o := range c.claims {
			apitest.Put(s, o)
		}
		apitest.Put(s, c.pod)
		s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
		s.Run(10 * time.Second)
		var have []string
		for _, o := range apitest.List[*corev1.PersistentVolumeClaim](s) {
			have = append(have, o.Name)
		}
		assert.Equal(t, c.want, strings.Join(have, " "), name)
		assert.Equal(t, c.tries, tries, name)
		if c.event == "" {
			assert.Empty(t, s.Events(), name)
		} else {
			assert.Contains(t, s.Events(), c.event, name)
		}
	}
}

// TestTheClaimItself: the template's metadata and spec, and the pod as its controller, which blocks its deletion.
func TestTheClaimItself(t *testing.T) {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	apitest.Put(s, withVolumes("p", "v"))
	s.Run(time.Second)
	c := apitest.Get[*corev1.PersistentVolumeClaim](s, "default", "p-v")
	require.NotNil(t, c)
	assert.Equal(t, map[string]string{"a": "b"}, c.Annotations)
	assert.Equal(t, []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: "p", UID: "uid-1", Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true)}}, c.OwnerReferences)
}

// TestAForeignClaimGoes: then the pod has its own.
func TestAForeignClaimGoes(t *testing.T) {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	apitest.Put(s, claimOf("p-v", "uid-0"))
	apitest.Put(s, withVolumes("p", "v"))
	s.Run(time.Second)
	apitest.Remove[*corev1.PersistentVolumeClaim](s, "default", "p-v")
	s.Run(time.Second)
	assert.True(t, metav1.IsControlledBy(apitest.Get[*corev1.PersistentVolumeClaim](s, "default", "p-v"), apitest.Get[*corev1.Pod](s, "default", "p")))
}
