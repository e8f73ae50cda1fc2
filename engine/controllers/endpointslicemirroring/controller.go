package endpointslicemirroring

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

const (
	// Name is the value of the managed-by label of the controller's slices.
	Name = "endpointslicemirroring-controller.k8s.io"
	// MaxAddresses of a subset that are mirrored (--mirroring-max-endpoints-per-subset).
	MaxAddresses = 1000
	// Workers is --mirroring-concurrent-service-endpoint-syncs.
	Workers = 5

	// A sync that fails, or finds that the cache lags, is repeated after 1 s, 2 s, 4 s, …, 100 s.
	backOff    = time.Second
	maxBackOff = 100 * time.Second
	maxRetries = 15

	indexService = "mirrored" // slices of this controller by the key of their Service
	// leaderAnnotation is on Endpoints that older components elect leaders with (client-go, resourcelock).
	leaderAnnotation = "control-plane.alpha.kubernetes.io/leader"
)

// Controller is one running EndpointSlice mirroring controller.
type Controller struct {
	c         *client.Client
	rec       *client.Recorder
	services  *client.Cache[*corev1.Service]
	endpoints *client.Cache[*corev1.Endpoints]
	slices    *client.Cache[*discoveryv1.EndpointSlice]
	queue     *client.Queue

	written  map[string]generations // by key of the Service
	failures map[string]int         // of syncs, by key
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{
		c: c, rec: client.NewRecorder(c, "endpoint-slice-mirroring-controller", ""),
		services:  client.Shared[*corev1.Service](f, api.Services),
		endpoints: client.Shared[*corev1.Endpoints](f, api.Endpoints),
		slices:    client.Shared[*discoveryv1.EndpointSlice](f, api.EndpointSlices),
		written:   map[string]generations{}, failures: map[string]int{},
	}
	k.queue = client.NewQueue(c.Actor(), "endpoint_slice_mirroring", Workers, k.sync)
	k.slices.AddIndex(indexService, func(s *discoveryv1.EndpointSlice) []string {
		if !managed(s) {
			return nil
		}
		return []string{serviceKey(s)}
	})
	k.services.Subscribe(k.onService)
	k.endpoints.Subscribe(k.onEndpoints)
	k.slices.Subscribe(k.onSlice)
	client.WhenSynced(k.queue.Start, k.services, k.endpoints, k.slices)
	return k
}

func managed(s *discoveryv1.EndpointSlice) bool { return s.Labels[discoveryv1.LabelManagedBy] == Name }

func serviceKey(s *discoveryv1.EndpointSlice) string {
	return api.Key(s.Namespace, s.Labels[discoveryv1.LabelServiceName])
}

// mirrors reports Endpoints that are to be mirrored, whatever their Service is.
func mirrors(ep *corev1.Endpoints) bool {
	_, leader := ep.Annotations[leaderAnnotation]
	return !leader && ep.Labels[discoveryv1.LabelSkipMirror] != "true"
}

func selects(svc *corev1.Service) bool { return len(svc.Spec.Selector) > 0 }

func (k *Controller) onService(old, svc *corev1.Service) {
	switch {
	case svc == nil:
		if !selects(old) {
			k.queue.Add(api.KeyOf(old))
		}
	case old == nil && !selects(svc), old != nil && selects(old) != selects(svc):
		k.queue.Add(api.KeyOf(svc))
	}
}

func (k *Controller) onEndpoints(old, ep *corev1.Endpoints) {
	some := old
	if ep != nil {
		some = ep
	}
	if !mirrors(some) && (ep == nil || old == nil || !mirrors(old)) {
		return
	}
	key := api.KeyOf(some)
	// Endpoints of a Service with a selector, of which nothing is mirrored, are most there are. Upstream queues them to
	// find that out later; should the Service or the slices change meanwhile, that queues them itself.
	if svc, ok := k.services.GetKey(key); ok && selects(svc) && len(k.slices.ByIndex(indexService, key)) == 0 {
		return
	}
	k.queue.Add(key)
}

func (k *Controller) onSlice(old, s *discoveryv1.EndpointSlice) {
	switch {
	case s == nil:
		if managed(old) && !k.written[serviceKey(old)].gone(old.UID) {
			k.look(old)
		}
	case old != nil && old.Labels[discoveryv1.LabelServiceName] != s.Labels[discoveryv1.LabelServiceName]:
		k.look(s)
		k.look(old)
	case old != nil && managed(old) != managed(s), managed(s) && k.written[serviceKey(s)].news(s):
		k.look(s)
	}
}

func (k *Controller) look(s *discoveryv1.EndpointSlice) {
	if s.Labels[discoveryv1.LabelServiceName] != "" {
		k.queue.Add(serviceKey(s))
	}
}

func (k *Controller) sync(key string, done func(error)) {
	finish := func(again bool) {
		if n := k.failures[key]; again && n < maxRetries {
			k.failures[key] = n + 1
			k.queue.AddAfter(key, min(backOff<<n, maxBackOff))
		} else {
			delete(k.failures, key)
		}
		done(nil)
	}
	ep, ok := k.endpoints.GetKey(key)
	svc, known := k.services.GetKey(key)
	have := slices.Clone(k.slices.ByIndex(indexService, key)) // which changes while writes are under way
	if !ok || !mirrors(ep) || !known || selects(svc) {
		delete(k.written, key)
		namespace, _, _ := strings.Cut(key, "/")
		k.deleteAll(namespace, have, false, finish)
		return
	}
	if k.written[key].stale(have) {
		finish(true)
		return
	}
	k.reconcile(key, ep, have, finish)
}

// deleteAll deletes slices whatever becomes of the single ones, and tells whether one failed.
func (k *Controller) deleteAll(namespace string, list []*discoveryv1.EndpointSlice, failed bool, done func(bool)) {
	if len(list) == 0 {
		done(failed)
		return
	}
	k.c.Delete(api.EndpointSlices, namespace, list[0].Name, client.DeleteOptions{}, func(err error) {
		k.deleteAll(namespace, list[1:], failed || err != nil, done)
	})
}
