package scheduler

import (
	"cmp"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/client/leaderelection"
	"tabernetes/engine/scheduler/cache"
	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/scheduler/queue"
	"tabernetes/engine/scheduler/tables"
	"tabernetes/engine/scheduler/volumes"
	"tabernetes/engine/sim"
)

// The virtual time of a scheduling cycle: a fixed part, and a part for each node beyond the first hundred that is
// scored. It is in the range that scheduler_perf reports for clusters of these sizes.
const (
	CycleCost     = 500 * time.Microsecond
	CycleNodeCost = 500 * time.Nanosecond
)

// DefaultName is the profile and reporting controller of the default scheduler.
const DefaultName = corev1.DefaultSchedulerName

// Options of a scheduler; the zero value is the default.
type Options struct {
	// Profiles are how it schedules, by spec.schedulerName; none: framework.Default.
	Profiles []*framework.Profile
	// InitialBackoff and MaxBackoff bound how long a pod waits that was turned down; 0: 1 s and 10 s.
	InitialBackoff, MaxBackoff time.Duration
	// Election are name, namespace and timings of the Lease; what is zero is as by default.
	Election leaderelection.Config
	// LeaderElect makes it schedule only while it holds the Lease kube-system/kube-scheduler; its caches run before.
	LeaderElect bool
}

// Scheduler is a running kube-scheduler.
type Scheduler struct {
	a       *sim.Actor
	c       *client.Client
	recs    map[string]*client.Recorder // by profile
	pods    *client.Cache[*corev1.Pod]
	nodes   *client.Cache[*corev1.Node]
	budgets *client.Cache[*policyv1.PodDisruptionBudget]
	storage *volumes.Storage

	cluster *cache.Cluster
	engine  *tables.Engine
	queue   *queue.Queue
	start   int // where the next search begins in the node list
	synced  bool
	armed   bool // a cycle is on its way

	elector *leaderelection.Elector // nil: it schedules without asking

	preempting map[types.UID]string // preemptor: key of the last victim still to be deleted, "" before that
	history    history
	sampled    *framework.Shape
	since      int
}

// Run starts a scheduler as an actor's program. It schedules once its caches are synced.
func Run(a *sim.Actor, conf client.Config, opts Options) *Scheduler {
	if conf.UserAgent == "" {
		conf.UserAgent = "kube-scheduler"
	}
	if len(opts.Profiles) == 0 {
		opts.Profiles = []*framework.Profile{framework.Default}
	}
	s := &Scheduler{a: a, c: client.New(a, conf), recs: map[string]*client.Recorder{}, cluster: cache.New(), preempting: map[types.UID]string{}}
	for _, p := range opts.Profiles {
		s.recs[p.Name] = client.NewModernRecorder(s.c, p.Name)
	}
	s.cluster.SetProfiles(opts.Profiles)
	s.engine = tables.New(s.cluster)
	s.queue = queue.New(a, queue.Hooks{Gate: s.gate, Worth: s.worth, Ready: s.kick, InitialBackoff: opts.InitialBackoff, MaxBackoff: opts.MaxBackoff})

	inf := client.NewInformers(s.c)
	s.nodes = client.Shared[*corev1.Node](inf, api.Nodes)
	s.nodes.Subscribe(s.onNode)
	namespaces := client.Shared[*corev1.Namespace](inf, api.Namespaces)
	namespaces.Subscribe(s.onNamespace)
	services := client.Shared[*corev1.Service](inf, api.Services)
	services.Subscribe(s.onService)
	wait := []client.Syncable{s.nodes, namespaces, services}
	wait = append(wait, s.watchOwners(inf)...)
	if r := api.ByGVK(schema.GroupVersionKind{Group: "policy", Version: "v1", Kind: "PodDisruptionBudget"}); r != nil {
		s.budgets = client.Shared[*policyv1.PodDisruptionBudget](inf, r)
		wait = append(wait, s.budgets)
	}
	s.pods = client.Shared[*corev1.Pod](inf, api.Pods)
	s.storage = volumes.New(s.c, inf, s.pods, s.move)
	s.storage.Assigned = func(p *corev1.Pod) bool { return s.cluster.Pod(p.UID) != nil }
	s.pods.Subscribe(s.onPod)
	wait = append(append(wait, s.pods), s.storage.Caches()...)
	if opts.LeaderElect {
		s.queue.Sleep()
	}
	lead := func() {
		s.queue.Wake()
		s.synced = true
		s.kick()
	}
	client.WhenSynced(func() {
		if !opts.LeaderElect {
			lead()
			return
		}
		e := opts.Election
		e.Name, e.Component, e.Lead, e.Lost = cmp.Or(e.Name, "kube-scheduler"), opts.Profiles[0].Name, lead, a.Exit
		s.elector = leaderelection.Run(a, conf, e)
	}, wait...)
	return s
}

// Release tells a scheduler that it is about to end: it gives up its Lease, so that another need not wait for that.
func (s *Scheduler) Release() {
	if s.elector != nil && !s.a.Dead() {
		s.elector.Release()
	}
}

// owner is what a controller must tell: the selector of its pods.
func ownerSelector[T client.Typed](k *client.Cache[T], selector func(T) labels.Selector) func(ns, name string) (labels.Selector, bool) {
	return func(ns, name string) (labels.Selector, bool) {
		o, ok := k.Get(ns, name)
		if !ok {
			return nil, false
		}
		return selector(o), true
	}
}

func parsed(s *metav1.LabelSelector) labels.Selector {
	sel, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return labels.Everything()
	}
	return sel
}

// watchOwners watches the controllers whose selectors the default spread constraints use, as far as the cluster
// serves them.
func (s *Scheduler) watchOwners(inf *client.Informers) []client.Syncable {
	var wait []client.Syncable
	find := map[schema.GroupVersionKind]func(ns, name string) (labels.Selector, bool){}
	rs := client.Shared[*appsv1.ReplicaSet](inf, api.ReplicaSets)
	find[api.ReplicaSets.GVK()] = ownerSelector(rs, func(o *appsv1.ReplicaSet) labels.Selector { return parsed(o.Spec.Selector) })
	wait = append(wait, rs)
	if r := api.ByGVK(appsv1.SchemeGroupVersion.WithKind("StatefulSet")); r != nil {
		ss := client.Shared[*appsv1.StatefulSet](inf, r)
		find[r.GVK()] = ownerSelector(ss, func(o *appsv1.StatefulSet) labels.Selector { return parsed(o.Spec.Selector) })
		wait = append(wait, ss)
	}
	if r := api.ByGVK(corev1.SchemeGroupVersion.WithKind("ReplicationController")); r != nil {
		rc := client.Shared[*corev1.ReplicationController](inf, r)
		find[r.GVK()] = ownerSelector(rc, func(o *corev1.ReplicationController) labels.Selector { return labels.SelectorFromSet(o.Spec.Selector) })
		wait = append(wait, rc)
	}
	s.cluster.SetOwnerSelector(func(ref *metav1.OwnerReference, ns string) (labels.Selector, bool) {
		if fn := find[schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind)]; fn != nil {
			return fn(ns, ref.Name)
		}
		return labels.Everything(), true // other kinds have no say
	})
	return wait
}

// Waiting counts the pods in the queue: ready, backing off, and waiting for a change.
func (s *Scheduler) Waiting() (ready, backingOff, unschedulable int) { return s.queue.Len() }

// kick sets a cycle on its way if there is something to schedule.
func (s *Scheduler) kick() {
	if !s.synced || s.armed {
		return
	}
	p := s.queue.Peek()
	if p == nil {
		return
	}
	s.armed = true
	cost := CycleCost
	if n := p.Shape.Profile.NodesToFind(len(s.cluster.Nodes())) - 100; n > 0 {
		cost += time.Duration(n) * CycleNodeCost
	}
	s.a.Sim().In(p.Ctx, func() { s.a.After(cost, "schedule", s.cycle) })
}

func (s *Scheduler) cycle() {
	s.armed = false
	if p := s.queue.Pop(); p != nil {
		s.a.Sim().In(p.Ctx, func() { s.schedule(p) })
	}
	s.kick()
}
