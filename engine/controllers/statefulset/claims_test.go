package statefulset

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/apitest"
)

func (w *world) claim(name string) *corev1.PersistentVolumeClaim {
	return apitest.Get[*corev1.PersistentVolumeClaim](w.Server, "default", name)
}

func TestClaims(t *testing.T) {
	w := start(t)
	w.web(2, claim("www", "logs"), func(s *appsv1.StatefulSet) {
		s.Spec.Template.Spec.Volumes = []corev1.Volume{{Name: "tmp"}, {Name: "logs"}}
	})
	w.ready("web-0")
	assert.Equal(t, "www-web-0[] logs-web-0[] www-web-1[] logs-web-1[]", w.claims())
	assert.Equal(t, map[string]string{"of": "www", "app": "web"}, w.claim("www-web-0").Labels)
	assert.Equal(t, map[string]string{"of": "www"}, w.get().Spec.VolumeClaimTemplates[0].Labels)
	var volumes []string
	for _, v := range w.pod("web-1").Spec.Volumes {
		if v.PersistentVolumeClaim != nil {
			v.Name += "=" + v.PersistentVolumeClaim.ClaimName
		}
		volumes = append(volumes, v.Name)
	}
	assert.Equal(t, []string{"www=www-web-1", "logs=logs-web-1", "tmp"}, volumes, "a claim takes the place of a volume of its name")
	assert.Equal(t, []string{
		"SuccessfulCreate: Create Claim www-web-0 Pod web-0 in StatefulSet web success",
		"SuccessfulCreate: Create Claim logs-web-0 Pod web-0 in StatefulSet web success",
		"SuccessfulCreate: Create Pod web-0 in StatefulSet web successful"}, w.Events()[:3])
	w.ready("web-1")
	w.edit(replicas(0))
	w.work(4)
	assert.Empty(t, w.pods())
	assert.Len(t, apitest.List[*corev1.PersistentVolumeClaim](w.Server), 4, "claims stay")
	uid := w.claim("www-web-0").UID
	w.edit(replicas(1))
	assert.Equal(t, uid, w.claim("www-web-0").UID, "and are found again")
	assert.Len(t, w.pods(), 1)
}

func TestRetentionPolicies(t *testing.T) {
	for policy, want := range map[string][2]string{
		"RR": {"www-web-0[] www-web-1[]", "www-web-0[] www-web-1[]"},
		"DR": {"www-web-0[web] www-web-1[web]", "www-web-0[web] www-web-1[web]"},
		"RD": {"www-web-0[] www-web-1[]", "www-web-0[] www-web-1[web-1]"},
		"DD": {"www-web-0[web] www-web-1[web]", "www-web-0[web] www-web-1[web-1]"},
	} {
		w := start(t)
		w.web(2, claim("www"), retain(policy))
		w.work(3)
		assert.Equal(t, want[0], w.claims(), policy)
		w.edit(replicas(1))
		assert.NotNil(t, w.pod("web-1").DeletionTimestamp)
		assert.Equal(t, want[1], w.claims(), policy)
		for _, c := range apitest.List[*corev1.PersistentVolumeClaim](w.Server) {
			for _, r := range c.OwnerReferences {
				assert.True(t, *r.Controller && *r.BlockOwnerDeletion)
			}
		}
	}
}

func TestAPolicyThatChanges(t *testing.T) {
	w := start(t)
	w.web(2, claim("www"))
	w.work(3)
	for policy, want := range map[string]string{"DD": "www-web-0[web] www-web-1[web]", "RR": "www-web-0[] www-web-1[]"} {
		w.edit(retain(policy))
		assert.Equal(t, want, w.claims())
		w.edit(retain("RR"))
	}
	for _, p := range w.pods() {
		assert.Equal(t, corev1.PodRunning, p.Status.Phase, "pods are not touched for it")
	}
}

// A reference without controller is completed.
func TestAnOwnerThatIsNoController(t *testing.T) {
	w := start(t)
	set := w.web(1, claim("www"), retain("DR"))
	w.work(1)
	apitest.Edit(w.Server, "default", "www-web-0", func(c *corev1.PersistentVolumeClaim) {
		c.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "StatefulSet", Name: "web", UID: set.UID}}
	})
	w.edit(func(s *appsv1.StatefulSet) { s.Annotations = map[string]string{"touch": "1"} })
	assert.True(t, *w.claim("www-web-0").OwnerReferences[0].Controller)
}

func TestSomebodyElsesClaim(t *testing.T) {
	w := start(t)
	w.web(1, claim("www"), retain("DR"))
	w.work(1)
	apitest.Edit(w.Server, "default", "www-web-0", func(c *corev1.PersistentVolumeClaim) {
		c.OwnerReferences = append(c.OwnerReferences, metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "boss", UID: "u", Controller: ptr.To(true)})
	})
	w.edit(func(s *appsv1.StatefulSet) { s.Annotations = map[string]string{"touch": "1"} })
	assert.Equal(t, "www-web-0[boss]", w.claims())
	assert.Contains(t, w.Events(), "ConflictingController: PersistentVolumeClaim www-web-0 has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim")
}

// Claims of a pod that was scaled away are collected before the pod comes again, for they go with the old one.
func TestStaleClaim(t *testing.T) {
	w := start(t)
	w.web(1, claim("www"), retain("RD"))
	w.work(1)
	w.edit(replicas(0))
	require.Equal(t, "www-web-0[web-0]", w.claims())
	w.gone("web-0")
	w.edit(replicas(1))
	w.Run(time.Minute)
	assert.Empty(t, w.pods())
	apitest.Remove[*corev1.PersistentVolumeClaim](w.Server, "default", "www-web-0") // the garbage collector
	w.edit(func(s *appsv1.StatefulSet) { s.Annotations = map[string]string{"touch": "1"} })
	assert.Len(t, w.pods(), 1)
	assert.Equal(t, "www-web-0[]", w.claims())
}

func TestAClaimThatIsBeingDeleted(t *testing.T) {
	w := start(t)
	now := w.Now()
	apitest.Put(w.Server, &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "www-web-0", Namespace: "default",
		DeletionTimestamp: &now, Finalizers: []string{"kubernetes.io/pvc-protection"}}})
	w.web(1, claim("www"))
	assert.Empty(t, w.pods())
	assert.Contains(t, w.Events(), "FailedCreate: Create Pod web-0 in StatefulSet web failed error: pvc www-web-0 is being deleted")
	apitest.Remove[*corev1.PersistentVolumeClaim](w.Server, "default", "www-web-0")
	w.Run(20 * time.Minute)
	assert.Len(t, w.pods(), 1)
}

func TestAClaimThatIsRefused(t *testing.T) {
	w := start(t)
	w.Before = func(r *api.Request) error {
		if r.Verb == api.Create && r.Resource == api.PersistentVolumeClaims && r.Name == "www-web-0" {
			return apierrors.NewForbidden(r.Resource.GR(), r.Name, errors.New("quota"))
		}
		return nil
	}
	w.web(1, claim("www", "logs"))
	assert.Empty(t, w.pods())
	assert.Equal(t, "logs-web-0[]", w.claims(), "the others are made")
	assert.Equal(t, []string{
		`FailedCreate: Create Claim www-web-0 for Pod web-0 in StatefulSet web failed error: persistentvolumeclaims "www-web-0" is forbidden: quota`,
		"SuccessfulCreate: Create Claim logs-web-0 Pod web-0 in StatefulSet web success",
		`FailedCreate: Create Pod web-0 in StatefulSet web failed error: failed to create PVC www-web-0: persistentvolumeclaims "www-web-0" is forbidden: quota`}, w.Events()[:3])
	w.Before = nil
	w.Run(time.Minute)
	assert.Len(t, w.pods(), 1)
}

// A pod that waits for a claim that somebody removed gets a new one.
func TestAMissingClaimOfAPendingPod(t *testing.T) {
	w := start(t)
	w.web(1, claim("www"), retain("DR"))
	apitest.Remove[*corev1.PersistentVolumeClaim](w.Server, "default", "www-web-0")
	w.editPod("web-0", func(p *corev1.Pod) { p.Annotations = map[string]string{"touch": "1"} })
	assert.NotNil(t, w.claim("www-web-0"))
	w.ready("web-0")
	assert.Equal(t, "www-web-0[web]", w.claims())
}
