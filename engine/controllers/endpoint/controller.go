package endpoint

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
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
	scratch   []place
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
	if svc == nil {
		key := api.KeyOf(old)
		k.selectors.Delete(key)
		k.queue.Add(key)
		return
	}
	key := api.KeyOf(svc)
	if old == nil || !maps.Equal(old.Spec.Selector, svc.Spec.Selector) {
		k.selectors.Delete(key)
		if len(svc.Spec.Selector) > 0 {
			k.selectors.Set(key, svc.Namespace, labels.SelectorFromSet(svc.Spec.Selector))
		}
		k.state(key).listed = false
	}
	k.queue.Add(key)
}

// onPod queues the Services whose endpoints the change of a pod can concern.
func (k *Controller) onPod(old, pod *corev1.Pod) {
	switch {
	case old == nil:
		for _, key := range k.selectors.Match(pod.Namespace, pod.Labels) {
			k.state(key).add(api.KeyOf(pod))
			k.queue.Add(key)
		}
		return
	case pod == nil:
		for _, key := range k.selectors.Match(old.Namespace, old.Labels) {
			k.queue.Add(key)
		}
		return
	}
	// Each update of a pod on its way out counts: upstream compares when it was deleted by pointer.
	changed := old.DeletionTimestamp != nil || pod.DeletionTimestamp != nil || api.PodReady(old) != api.PodReady(pod) ||
		!slices.Equal(old.Status.PodIPs, pod.Status.PodIPs)
	relabelled := !maps.Equal(old.Labels, pod.Labels)
	if !changed && !relabelled && old.Spec.Hostname == pod.Spec.Hostname && old.Spec.Subdomain == pod.Spec.Subdomain {
		return
	}
	now := k.selectors.Match(pod.Namespace, pod.Labels)
	if !relabelled {
		if changed { // a hostname, which is never changed, counts as a label
			for _, key := range now {
				k.queue.Add(key)
			}
		}
		return
	}
	before := k.selectors.Match(old.Namespace, old.Labels)
	for _, key := range now {
		was := slices.Contains(before, key)
		if !was {
			k.state(key).add(api.KeyOf(pod))
		}
		if changed || !was {
			k.queue.Add(key)
		}
	}
	for _, key := range before {
		if !slices.Contains(now, key) {
			k.state(key).left = true
			k.queue.Add(key)
		}
	}
}
