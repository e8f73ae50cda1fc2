package statefulset

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

// world is a server with the controller and a set named web.
type world struct {
	*apitest.Server
	t *testing.T
}

func start(t *testing.T) *world {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	return &world{s, t}
}

// web makes the set with the defaults of the API server, and waits for what the controller does at first.
func (w *world) web(replicas int32, change ...func(*appsv1.StatefulSet)) *appsv1.StatefulSet {
	l := map[string]string{"app": "web"}
	set := &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default"},
		Spec: appsv1.StatefulSetSpec{
			Replicas: &replicas, ServiceName: "svc", RevisionHistoryLimit: ptr.To(int32(10)), PodManagementPolicy: appsv1.OrderedReadyPodManagement,
			Selector: &metav1.LabelSelector{MatchLabels: l},
			UpdateStrategy: appsv1.StatefulSetUpdateStrategy{Type: appsv1.RollingUpdateStatefulSetStrategyType,
				RollingUpdate: &appsv1.RollingUpdateStatefulSetStrategy{Partition: ptr.To(int32(0))}},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: l}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "v1"}}}},
		},
	}
	for _, fn := range change {
		fn(set)
	}
	apitest.Put(w.Server, set)
	w.Run(time.Second)
	return set
}

func parallel(s *appsv1.StatefulSet) { s.Spec.PodManagementPolicy = appsv1.ParallelPodManagement }

func image(v string) func(*appsv1.StatefulSet) {
	return func(s *appsv1.StatefulSet) {
		s.Spec.Template.Spec.Containers = []corev1.Container{{Name: "c", Image: v}}
	}
}

func replicas(n int32) func(*appsv1.StatefulSet) {
	return func(s *appsv1.StatefulSet) { s.Spec.Replicas = &n }
}

func rolling(partition int32) func(*appsv1.StatefulSet) {
	return func(s *appsv1.StatefulSet) {
		s.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{Partition: &partition}
	}
}

func claim(names ...string) func(*appsv1.StatefulSet) {
	return func(s *appsv1.StatefulSet) {
		for _, n := range names {
			s.Spec.VolumeClaimTemplates = append(s.Spec.VolumeClaimTemplates, corev1.PersistentVolumeClaim{
				ObjectMeta: metav1.ObjectMeta{Name: n, Labels: map[string]string{"of": n}},
				Spec:       corev1.PersistentVolumeClaimSpec{AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}}})
		}
	}
}

// retain sets the retention policy, in two letters: D or R when the set is deleted, and when it is scaled.
func retain(letters string) func(*appsv1.StatefulSet) {
	of := func(c byte) appsv1.PersistentVolumeClaimRetentionPolicyType {
		if c == 'D' {
			return appsv1.DeletePersistentVolumeClaimRetentionPolicyType
		}
		return appsv1.RetainPersistentVolumeClaimRetentionPolicyType
	}
	return func(s *appsv1.StatefulSet) {
		s.Spec.PersistentVolumeClaimRetentionPolicy = &appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{WhenDeleted: of(letters[0]), WhenScaled: of(letters[1])}
	}
}

func (w *world) get() *appsv1.StatefulSet {
	return apitest.Get[*appsv1.StatefulSet](w.Server, "default", "web")
}

func (w *world) status() appsv1.StatefulSetStatus { return w.get().Status }

// edit changes the set as a user does.
func (w *world) edit(fn ...func(*appsv1.StatefulSet)) {
	apitest.Edit(w.Server, "default", "web", func(s *appsv1.StatefulSet) {
		for _, fn := range fn {
			fn(s)
		}
		s.Generation++
	})
	w.Run(time.Second)
}

func (w *world) pods() []*corev1.Pod { return apitest.List[*corev1.Pod](w.Server) }

func (w *world) pod(name string) *corev1.Pod {
	return apitest.Get[*corev1.Pod](w.Server, "default", name)
}

func (w *world) editPod(name string, fn func(*corev1.Pod)) {
	apitest.Edit(w.Server, "default", name, fn)
	w.Run(time.Second)
}

// ready makes pods run and be ready.
func (w *world) ready(names ...string) {
	for _, n := range names {
		apitest.Edit(w.Server, "default", n, func(p *corev1.Pod) {
			p.Spec.NodeName, p.Status.Phase = "node-1", corev1.PodRunning
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: w.Now()}}
		})
	}
	w.Run(time.Second)
}

// gone removes pods at once, as their kubelets do in the end.
func (w *world) gone(names ...string) {
	for _, n := range names {
		apitest.Remove[*corev1.Pod](w.Server, "default", n)
	}
	w.Run(time.Second)
}

// work is one round of a kubelet: what waits becomes ready, what is to go is gone.
func (w *world) work(rounds int) {
	for range rounds {
		for _, p := range w.pods() {
			switch {
			case p.DeletionTimestamp != nil:
				apitest.Remove[*corev1.Pod](w.Server, p.Namespace, p.Name)
			case p.Status.Phase == corev1.PodPending:
				w.ready(p.Name)
			}
		}
		w.Run(time.Second)
	}
}

// show are the pods of the set: ordinal:image, with * if ready and - if being deleted.
func (w *world) show() string {
	pods := w.pods()
	slices.SortFunc(pods, func(a, b *corev1.Pod) int { return cmp.Compare(ordinalOf(a), ordinalOf(b)) })
	var out []string
	for _, p := range pods {
		text := fmt.Sprint(ordinalOf(p), ":", p.Spec.Containers[0].Image)
		if runningAndReady(p) {
			text += "*"
		}
		if p.DeletionTimestamp != nil {
			text += "-"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func (w *world) revisions() []*appsv1.ControllerRevision {
	l := apitest.List[*appsv1.ControllerRevision](w.Server)
	slices.SortFunc(l, func(a, b *appsv1.ControllerRevision) int { return cmp.Compare(a.Revision, b.Revision) })
	return l
}

// claims are the claims and their owners: "name[set pod]".
func (w *world) claims() string {
	var out []string
	for _, c := range apitest.List[*corev1.PersistentVolumeClaim](w.Server) {
		var owners []string
		for _, r := range c.OwnerReferences {
			owners = append(owners, r.Name)
		}
		out = append(out, fmt.Sprint(c.Name, owners))
	}
	return strings.Join(out, " ")
}

// counts are replicas, ready, available, current, updated.
func (w *world) counts() [5]int32 {
	s := w.status()
	return [5]int32{s.Replicas, s.ReadyReplicas, s.AvailableReplicas, s.CurrentReplicas, s.UpdatedReplicas}
}
