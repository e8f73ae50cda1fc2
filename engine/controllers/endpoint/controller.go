package endpoint

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/podcontrol"
	"tabernetes/engine/controllers/selectorindex"
)

const (
	// Name is the value of the managed-by label of the controller's Endpoints, and the source of its events.
	Name = "endpoint-controller"
	// LabelManagedBy tells the controller's Endpoints from those that people made.
	LabelManagedBy = "endpoints.kubernetes.io/managed-by"
	// MaxAddresses of one Endpoints object.
	MaxAddresses = 1000
	// Workers is --concurrent-endpoint-syncs.
	Workers = 5

	maxRetries = 15
	truncated  = "truncated"
	// leaderAnnotation is on Endpoints that older components elect leaders with (client-go, resourcelock).
	leaderAnnotation = "control-plane.alpha.kubernetes.io/leader"
)

// Controller is one running Endpoints controller.
type Controller struct {
	c         *client.Client
	rec       *client.Recorder
	services  *client.Cache[*corev1.Service]
	pods      *client.Cache[*corev1.Pod]
	endpoints *client.Cache[*corev1.Endpoints]
	queue     *client.Queue

	selectors selectorindex.Index
	states    map[string]*state // by key of the Service
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{
		c: c, rec: client.NewRecorder(c, Name, ""),
		services:  client.Shared[*corev1.Service](f, api.Services),
		pods:      client.Shared[*corev1.Pod](f, api.Pods),
		endpoints: client.Shared[*corev1.Endpoints](f, api.Endpoints),
		states:    map[string]*state{},
	}
	k.queue = client.NewQueue(c.Actor(), "endpoint", Workers, k.sync)
	k.pods.AddIndex(client.IndexNamespace, client.ByNamespace[*corev1.Pod])
	k.services.Subscribe(k.onService)
	k.pods.Subscribe(k.onPod)
	k.endpoints.Subscribe(func(old, ep *corev1.Endpoints) {
		if ep == nil {
			k.queue.Add(api.KeyOf(old))
		}
	})
	client.WhenSynced(func() {
		k.queue.Start()
		k.leftovers()
	}, k.services, k.pods, k.endpoints)
	return k
}

// leftovers looks at all Endpoints once: a Service may have gone while nobody watched.
func (k *Controller) leftovers() {
	for _, ep := range k.endpoints.All() {
		if _, ok := ep.Annotations[leaderAnnotation]; !ok {
			k.queue.Add(api.KeyOf(ep))
		}
	}
}

func (k *Controller) state(key string) *state {
	st := k.states[key]
	if st == nil {
		st = &state{}
		k.states[key] = st
	}
	return st
}

func (k *Controller) onService(old, svc *corev1.Service) {
	key, reselects := k.selectors.Service(old, svc)
	if reselects {
		k.state(key).byKey = nil
	}
	if old != nil && svc != nil && !apiequality.Semantic.DeepEqual(&old.Spec, &svc.Spec) {
		k.state(key).all = true
	}
	k.queue.Add(key)
}

// onPod notes the pod as changed at its Services, and queues those whose endpoints that can concern.
func (k *Controller) onPod(old, pod *corev1.Pod) {
	switch {
	case old == nil:
		k.note(k.selectors.Match(pod.Namespace, pod.Labels), pod, true)
		return
	case pod == nil:
		k.note(k.selectors.Match(old.Namespace, old.Labels), old, true)
		return
	}
	// Each update of a pod on its way out counts: upstream compares when it was deleted by pointer.
	changed := old.DeletionTimestamp != nil || pod.DeletionTimestamp != nil || api.PodReady(old) != api.PodReady(pod) ||
		!slices.Equal(old.Status.PodIPs, pod.Status.PodIPs)
	if maps.Equal(old.Labels, pod.Labels) {
		// A pod that ends, or of whose readiness the time is told, is seen when something else makes the controller look.
		if changed || old.Status.Phase != pod.Status.Phase || !sameTime(old, pod) {
			k.note(k.selectors.Match(pod.Namespace, pod.Labels), pod, changed)
		}
		return
	}
	before, now := k.selectors.Match(old.Namespace, old.Labels), k.selectors.Match(pod.Namespace, pod.Labels)
	for _, key := range now {
		k.note([]string{key}, pod, changed || !slices.Contains(before, key))
	}
	for _, key := range before {
		if !slices.Contains(now, key) {
			k.note([]string{key}, pod, true)
		}
	}
}

func sameTime(a, b *corev1.Pod) bool {
	x, y := podcontrol.ReadyCondition(a), podcontrol.ReadyCondition(b)
	return x == y || x != nil && y != nil && x.LastTransitionTime.Equal(&y.LastTransitionTime)
}

func (k *Controller) note(keys []string, pod *corev1.Pod, queue bool) {
	for _, key := range keys {
		k.state(key).note(api.KeyOf(pod))
		if queue {
			k.queue.Add(key)
		}
	}
}
