package endpointslice

import (
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/podcontrol"
	"tabernetes/engine/controllers/selectorindex"
	"tabernetes/engine/sim"
)

const (
	// Name is the value of the managed-by label of the controller's slices.
	Name = "endpointslice-controller.k8s.io"
	// MaxEndpoints of one slice (--max-endpoints-per-slice).
	MaxEndpoints = 100
	// Workers is --concurrent-service-endpoint-syncs.
	Workers = 5

	// A sync that fails, or finds that the cache lags behind its own writes, is repeated after 1 s, 2 s, 4 s, …; after
	// a foreign change to a slice the controller waits 1 s for more.
	backOff      = time.Second
	maxBackOff   = 1000 * time.Second
	maxRetries   = 15
	foreignDelay = time.Second

	indexService = "service" // slices of this controller by the key of their Service
)

// Controller is one running EndpointSlice controller.
type Controller struct {
	a        *sim.Actor
	c        *client.Client
	rec      *client.Recorder
	services *client.Cache[*corev1.Service]
	pods     *client.Cache[*corev1.Pod]
	nodes    *client.Cache[*corev1.Node]
	slices   *client.Cache[*discoveryv1.EndpointSlice]
	queue    *client.Queue

	selectors selectorindex.Index
	states    map[string]*state // by key of the Service
	zones     zones
	hinted    map[string]given // topology-aware hints, by key of the Service
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{
		a: c.Actor(), c: c, rec: client.NewRecorder(c, "endpoint-slice-controller", ""),
		services: client.Shared[*corev1.Service](f, api.Services),
		pods:     client.Shared[*corev1.Pod](f, api.Pods),
		nodes:    client.Shared[*corev1.Node](f, api.Nodes),
		slices:   client.Shared[*discoveryv1.EndpointSlice](f, api.EndpointSlices),
		states:   map[string]*state{},
	}
	k.queue = client.NewQueue(k.a, "endpoint_slice", Workers, k.sync)
	k.pods.AddIndex(client.IndexNamespace, client.ByNamespace[*corev1.Pod])
	k.slices.AddIndex(indexService, func(s *discoveryv1.EndpointSlice) []string {
		if !managed(s) {
			return nil
		}
		return []string{serviceKey(s)}
	})
	k.services.Subscribe(k.onService)
	k.pods.Subscribe(k.onPod)
	k.slices.Subscribe(k.onSlice)
	k.nodes.Subscribe(k.onNode)
	client.WhenSynced(k.queue.Start, k.services, k.pods, k.nodes, k.slices)
	return k
}

func managed(s *discoveryv1.EndpointSlice) bool { return s.Labels[discoveryv1.LabelManagedBy] == Name }

func serviceKey(s *discoveryv1.EndpointSlice) string {
	return api.Key(s.Namespace, s.Labels[discoveryv1.LabelServiceName])
}

// state is what the controller remembers of a Service, by name: its slices may outlive one incarnation of it.
type state struct {
	known    bool // synced before: pods' times are news only then
	full     bool // the next sync looks at all pods
	failures int
	changed  map[string]time.Time // pods to look at, with the time of their last readiness change that was seen
	order    []string             // of changed
	families map[discoveryv1.AddressType]*family
	tracker  tracker
	// running is a pass under way. What the cache shows of the Service's slices meanwhile is judged when it is over: its
	// own writes may be seen before they are answered.
	running bool
	unsure  []string // names of slices
}

func (k *Controller) state(key string) *state {
	st := k.states[key]
	if st == nil {
		st = &state{full: true, changed: map[string]time.Time{}}
		k.states[key] = st
	}
	return st
}

func (k *Controller) onService(old, svc *corev1.Service) {
	key, _ := k.selectors.Service(old, svc)
	if svc != nil {
		k.state(key).full = true
	}
	k.queue.Add(key)
}

func triggerTime(p *corev1.Pod) time.Time {
	if c := podcontrol.ReadyCondition(p); c != nil {
		return c.LastTransitionTime.Time
	}
	return time.Time{}
}

// onPod notes the pod as changed at its Services, and queues those whose endpoints that can concern.
func (k *Controller) onPod(old, pod *corev1.Pod) {
	switch {
	case old == nil:
		k.note(k.selectors.Match(pod.Namespace, pod.Labels), pod.Name, time.Time{}, true)
		return
	case pod == nil:
		k.note(k.selectors.Match(old.Namespace, old.Labels), old.Name, triggerTime(old), true)
		return
	}
	changed := (old.DeletionTimestamp == nil) != (pod.DeletionTimestamp == nil) || api.PodReady(old) != api.PodReady(pod) ||
		!slices.Equal(old.Status.PodIPs, pod.Status.PodIPs)
	relabelled := !maps.Equal(old.Labels, pod.Labels) || old.Spec.Hostname != pod.Spec.Hostname || old.Spec.Subdomain != pod.Spec.Subdomain
	if !changed && !relabelled {
		// A pod that ends leaves the slices, but upstream waits for something else to make it look.
		if isTerminal(old) != isTerminal(pod) {
			k.note(k.selectors.Match(pod.Namespace, pod.Labels), pod.Name, triggerTime(old), false)
		}
		return
	}
	now := k.selectors.Match(pod.Namespace, pod.Labels)
	if !relabelled {
		k.note(now, pod.Name, triggerTime(old), true)
		return
	}
	before := k.selectors.Match(old.Namespace, old.Labels)
	for _, key := range now {
		both := slices.Contains(before, key)
		seen := time.Time{}
		if both {
			seen = triggerTime(old)
		}
		k.note([]string{key}, pod.Name, seen, changed || !both)
	}
	for _, key := range before {
		if !slices.Contains(now, key) {
			k.note([]string{key}, pod.Name, triggerTime(old), true)
		}
	}
}

func (k *Controller) note(keys []string, pod string, seen time.Time, queue bool) {
	for _, key := range keys {
		st := k.state(key)
		if _, ok := st.changed[pod]; !ok {
			st.changed[pod] = seen
			st.order = append(st.order, pod)
		}
		if queue {
			k.queue.Add(key)
		}
	}
}

func (k *Controller) onSlice(old, s *discoveryv1.EndpointSlice) {
	switch {
	case s == nil:
		if st := k.states[serviceKey(old)]; managed(old) && st != nil && st.tracker.has(old.UID) && !st.tracker.gone(old.UID) {
			k.foreign(old)
		}
	case old != nil && serviceKey(old) != serviceKey(s):
		k.foreign(s)
		k.foreign(old)
	case old != nil && managed(old) != managed(s):
		k.foreign(s)
	case managed(s):
		st := k.states[serviceKey(s)]
		if st != nil && st.running {
			st.unsure = append(st.unsure, s.Name)
		} else if st == nil || st.tracker.seen(s) {
			k.foreign(s)
		}
	}
}

// settle judges what the cache showed during a pass.
func (k *Controller) settle(svc *corev1.Service, st *state) {
	st.running = false
	names := st.unsure
	st.unsure = nil
	for _, name := range names {
		if s, ok := k.slices.Get(svc.Namespace, name); ok && managed(s) && st.tracker.seen(s) {
			k.foreign(s)
		}
	}
}

// foreign: somebody else changed a slice; after a while all of the Service is looked at.
func (k *Controller) foreign(s *discoveryv1.EndpointSlice) {
	if s.Labels[discoveryv1.LabelServiceName] == "" {
		return
	}
	key := serviceKey(s)
	k.state(key).full = true
	k.queue.AddAfter(key, foreignDelay)
}

func (k *Controller) sync(key string, done func(error)) {
	svc, ok := k.services.GetKey(key)
	if !ok {
		delete(k.states, key)
		delete(k.hinted, key)
		done(nil)
		return
	}
	if svc.Spec.Type == corev1.ServiceTypeExternalName || len(svc.Spec.Selector) == 0 {
		done(nil)
		return
	}
	st := k.state(key)
	again := func() {
		if st.failures < maxRetries {
			k.queue.AddAfter(key, min(backOff<<st.failures, maxBackOff))
			st.failures++
		} else {
			st.failures = 0
		}
		done(nil)
	}
	if st.tracker.stale() {
		again()
		return
	}
	st.running = true
	(&pass{Controller: k, svc: svc, st: st}).run(func(err error) {
		k.settle(svc, st)
		if err == nil {
			st.failures = 0
			done(nil)
			return
		}
		st.full = true
		k.rec.Event(svc, corev1.EventTypeWarning, "FailedToUpdateEndpointSlices",
			fmt.Sprintf("Error updating Endpoint Slices for Service %s/%s: %v", svc.Namespace, svc.Name, err))
		again()
	})
}
