package garbagecollector

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

type world struct {
	*apitest.Server
	a *client.Client
	k *Controller
}

func start() *world {
	w := &world{Server: apitest.New()}
	w.Start("kube-controller-manager", func(f *client.Informers) { w.a, w.k = f.Client(), Run(f) })
	return w
}

func ownedBy(owner api.Object) []metav1.OwnerReference {
	return []metav1.OwnerReference{*metav1.NewControllerRef(owner, api.ResourceOf(owner).GVK())}
}

// family makes a Deployment with a ReplicaSet and two pods.
func (w *world) family() (*appsv1.Deployment, *appsv1.ReplicaSet) {
	d := apitest.Put(w.Server, &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default"}})
	rs := apitest.Put(w.Server, &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "web-1", Namespace: "default", OwnerReferences: ownedBy(d)}})
	for i := range 2 {
		apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("web-1-", i), Namespace: "default", OwnerReferences: ownedBy(rs)}})
	}
	w.Run(time.Second)
	return d, rs
}

func (w *world) delete(policy metav1.DeletionPropagation) {
	w.a.Delete(api.Deployments, "default", "web", client.DeleteOptions{Propagation: &policy}, nil)
}

func (w *world) counts() [3]int {
	return [3]int{len(apitest.List[*appsv1.Deployment](w.Server)), len(apitest.List[*appsv1.ReplicaSet](w.Server)), len(apitest.List[*corev1.Pod](w.Server))}
}

func TestBackground(t *testing.T) {
	w := start()
	w.family()
	w.delete(metav1.DeletePropagationBackground)
	w.Run(time.Second)
	assert.Equal(t, [3]int{}, w.counts())
	assert.Empty(t, w.k.graph)
	r := w.Sim.Journal.Newest("pods/default/web-1-0")
	assert.Equal(t, "garbage collector: its owner ReplicaSet web-1 is gone", r.Text)
	assert.True(t, w.Sim.Settled())
}

func TestForeground(t *testing.T) {
	w := start()
	w.family()
	// A pod on a node takes its time.
	apitest.Edit(w.Server, "default", "web-1-0", func(p *corev1.Pod) { p.Spec.NodeName = "node-1" })
	w.delete(metav1.DeletePropagationForeground)
	w.Run(time.Second)
	assert.Equal(t, [3]int{1, 1, 1}, w.counts())
	assert.NotNil(t, apitest.Get[*corev1.Pod](w.Server, "default", "web-1-0").DeletionTimestamp)
	apitest.Remove[*corev1.Pod](w.Server, "default", "web-1-0")
	w.Run(time.Second)
	assert.Equal(t, [3]int{}, w.counts())
}

func TestOrphan(t *testing.T) {
	w := start()
	w.family()
	w.delete(metav1.DeletePropagationOrphan)
	w.Run(time.Second)
	assert.Equal(t, [3]int{0, 1, 2}, w.counts())
	assert.Empty(t, apitest.Get[*appsv1.ReplicaSet](w.Server, "default", "web-1").OwnerReferences)
}

func TestOwnersThatNeverWere(t *testing.T) {
	w := start()
	ghost := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "ghost", Namespace: "default", UID: "never"}}
	apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "default", OwnerReferences: ownedBy(ghost)}})
	d, _ := w.family()
	two := append(ownedBy(ghost), ownedBy(d)...)
	two[1].Controller = nil
	apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "b", Namespace: "default", OwnerReferences: two}})
	w.Run(time.Second)
	assert.Nil(t, apitest.Get[*corev1.Pod](w.Server, "default", "a"))
	b := apitest.Get[*corev1.Pod](w.Server, "default", "b")
	require.NotNil(t, b)
	require.Len(t, b.OwnerReferences, 1)
	assert.Equal(t, d.UID, b.OwnerReferences[0].UID)
}

func TestOwnerInAnotherNamespace(t *testing.T) {
	w := start()
	_, rs := w.family()
	apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "other", OwnerReferences: ownedBy(rs)}})
	w.Run(time.Second)
	assert.Nil(t, apitest.Get[*corev1.Pod](w.Server, "other", "a"))
	assert.Equal(t, [3]int{1, 1, 2}, w.counts())
	assert.Contains(t, w.Events()[0], "OwnerRefInvalidNamespace: ownerRef [apps/v1/ReplicaSet, namespace: other, name: web-1, uid: ")
}

// The same UID under a new name is not the owner; a recreated owner of the same name is not either.
func TestRecreatedOwner(t *testing.T) {
	w := start()
	_, rs := w.family()
	apitest.Remove[*appsv1.ReplicaSet](w.Server, "default", rs.Name)
	apitest.Put(w.Server, &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: rs.Name, Namespace: "default"}})
	w.Run(time.Second)
	assert.Equal(t, [3]int{1, 1, 0}, w.counts())
}

func TestManyDependents(t *testing.T) {
	w := start()
	rs := apitest.Put(w.Server, &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default"}})
	refs := ownedBy(rs)
	for i := range 300 {
		apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("web-", i), Namespace: "default", OwnerReferences: refs}})
	}
	w.Run(time.Second)
	for i := 0; i < 300; i += 3 {
		apitest.Remove[*corev1.Pod](w.Server, "default", fmt.Sprint("web-", i))
	}
	w.Run(time.Second)
	assert.Len(t, w.k.graph[rs.UID].dependents, 200)
	apitest.Remove[*appsv1.ReplicaSet](w.Server, "default", "web")
	w.Run(5 * time.Second)
	assert.Equal(t, [3]int{}, w.counts())
	assert.Empty(t, w.k.graph)
}
