package deployment

import (
	"maps"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/selectorindex"
	"tabernetes/engine/sim"
)

const (
	// Workers is --concurrent-deployment-syncs.
	Workers = 5
	// maxRetries is how often a failing Deployment is tried again before it must wait for the next event.
	maxRetries = 15
)

// Controller is one running Deployment controller.
type Controller struct {
	a           *sim.Actor
	c           *client.Client
	rec         *client.Recorder
	deployments *client.Cache[*appsv1.Deployment]
	sets        *client.Cache[*appsv1.ReplicaSet]
	pods        *client.Cache[*corev1.Pod]
	queue       *client.Queue
	selectors   selectorindex.Index
	failures    map[string]int
	deadlines   map[string]sim.Timer
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{
		a: c.Actor(), c: c, rec: client.NewRecorder(c, "deployment-controller", ""),
		deployments: client.Shared[*appsv1.Deployment](f, api.Deployments),
		sets:        client.Shared[*appsv1.ReplicaSet](f, api.ReplicaSets),
		pods:        client.Shared[*corev1.Pod](f, api.Pods),
		failures:    map[string]int{}, deadlines: map[string]sim.Timer{},
	}
	k.queue = client.NewQueue(k.a, "deployment", Workers, k.reconcile)
	k.pods.AddIndex(client.IndexOwner, client.ByOwner[*corev1.Pod])
	k.sets.AddIndex(client.IndexOwner, client.ByOwner[*appsv1.ReplicaSet])
	k.sets.AddIndex(client.IndexOrphans, client.Orphans[*appsv1.ReplicaSet])
	k.deployments.Subscribe(k.onDeployment)
	k.sets.Subscribe(k.onSet)
	k.pods.Subscribe(k.onPod)
	client.WhenSynced(k.queue.Start, k.deployments, k.sets, k.pods)
	return k
}

func (k *Controller) onDeployment(old, d *appsv1.Deployment) {
	if d == nil {
		key := api.KeyOf(old)
		k.selectors.Delete(key)
		k.deadlines[key].Stop()
		delete(k.deadlines, key)
		k.queue.Add(key)
		return
	}
	key := api.KeyOf(d)
	if old == nil || old.Spec.Selector != d.Spec.Selector {
		sel, err := metav1.LabelSelectorAsSelector(d.Spec.Selector)
		// A Deployment that selects everything must not collect the orphans of its namespace.
		if err != nil || sel.Empty() {
			sel = labels.Nothing()
		}
		k.selectors.Set(key, d.Namespace, sel)
	}
	k.queue.Add(key)
}

// resolve finds the Deployment of a controller reference, nil if it is of another kind or gone.
func (k *Controller) resolve(namespace string, ref *metav1.OwnerReference) *appsv1.Deployment {
	if ref == nil || ref.Kind != api.Deployments.Kind {
		return nil
	}
	d, ok := k.deployments.Get(namespace, ref.Name)
	if !ok || d.UID != ref.UID {
		return nil
	}
	return d
}

func (k *Controller) wake(namespace string, ref *metav1.OwnerReference) {
	if d := k.resolve(namespace, ref); d != nil {
		k.queue.Add(api.KeyOf(d))
	}
}

func (k *Controller) onSet(old, rs *appsv1.ReplicaSet) {
	var was, is *metav1.OwnerReference
	if old != nil {
		was = metav1.GetControllerOfNoCopy(old)
	}
	if rs == nil || rs.DeletionTimestamp != nil && old == nil {
		if rs != nil {
			was = metav1.GetControllerOfNoCopy(rs)
			old = rs
		}
		k.wake(old.Namespace, was)
		return
	}
	is = metav1.GetControllerOfNoCopy(rs)
	moved := old == nil || (was == nil) != (is == nil) || was != nil && was.UID != is.UID
	if moved && was != nil {
		k.wake(old.Namespace, was)
	}
	if is != nil {
		k.wake(rs.Namespace, is)
		return
	}
	if moved || !maps.Equal(old.Labels, rs.Labels) {
		for _, key := range k.selectors.Match(rs.Namespace, rs.Labels) {
			k.queue.Add(key)
		}
	}
}

// onPod wakes a Deployment that recreates when one of its pods is gone: it waits for the last.
func (k *Controller) onPod(old, pod *corev1.Pod) {
	if pod != nil {
		return
	}
	ref := metav1.GetControllerOfNoCopy(old)
	if ref == nil || ref.Kind != api.ReplicaSets.Kind {
		return
	}
	rs, ok := k.sets.Get(old.Namespace, ref.Name)
	if !ok || rs.UID != ref.UID {
		return
	}
	d := k.resolve(rs.Namespace, metav1.GetControllerOfNoCopy(rs))
	if d != nil && d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		k.queue.Add(api.KeyOf(d))
	}
}

func (k *Controller) reconcile(key string, done func(error)) {
	d, ok := k.deployments.GetKey(key)
	if !ok {
		delete(k.failures, key)
		done(nil)
		return
	}
	newSync(k, key, d, func(err error) {
		switch {
		case err == nil || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		case k.failures[key] < maxRetries:
			k.failures[key]++
			done(err)
			return
		}
		delete(k.failures, key)
		done(nil)
	}).run()
}

// after plans another look in d, replacing the one planned before.
func (k *Controller) after(key string, d time.Duration) {
	k.deadlines[key].Stop()
	k.deadlines[key] = k.a.After(d, "progress deadline", func() { k.queue.Add(key) })
}

// noDeadline takes back the planned look: the rollout is complete, so that it would find nothing.
func (k *Controller) noDeadline(key string) {
	k.deadlines[key].Stop()
	delete(k.deadlines, key)
}
