package podautoscaler

import (
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// The flags of kube-controller-manager.
const (
	Workers                  = 5                // --concurrent-horizontal-pod-autoscaler-syncs
	syncPeriod               = 15 * time.Second // --horizontal-pod-autoscaler-sync-period
	downscaleStabilization   = 5 * time.Minute  // --horizontal-pod-autoscaler-downscale-stabilization
	defaultTolerance         = 0.1              // --horizontal-pod-autoscaler-tolerance
	cpuInitializationPeriod  = 5 * time.Minute  // --horizontal-pod-autoscaler-cpu-initialization-period
	initialReadinessDelay    = 30 * time.Second // --horizontal-pod-autoscaler-initial-readiness-delay
	conflictRetries          = 5                // retry.DefaultRetry
	conflictDelay            = 10 * time.Millisecond
	eventSource, queueMetric = "horizontal-pod-autoscaler", "horizontalpodautoscaler"
)

// Controller is one running autoscaler.
type Controller struct {
	a      *sim.Actor
	c      *client.Client
	rec    *client.Recorder
	hpas   *client.Cache[*autoscalingv2.HorizontalPodAutoscaler]
	pods   *client.Cache[*corev1.Pod]
	source source
	queue  *client.Queue

	memory    map[string]*memory                    // by key
	selectors map[string]map[string]labels.Selector // by namespace and name
}

// memory is what the controller remembers of an autoscaler from one sync to the next.
type memory struct {
	recommendations []recommendation
	ups, downs      []scaleEvent
	cause           sim.RecordID // what made the autoscaler what it is: every look at it is because of that
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller { return run(f, apiSource{f.Client()}) }

func run(f *client.Informers, src source) *Controller {
	c := f.Client()
	k := &Controller{
		a: c.Actor(), c: c, rec: client.NewRecorder(c, eventSource, ""), source: src,
		hpas: client.Shared[*autoscalingv2.HorizontalPodAutoscaler](f, api.HorizontalPodAutoscalers), pods: client.Shared[*corev1.Pod](f, api.Pods),
		memory: map[string]*memory{}, selectors: map[string]map[string]labels.Selector{},
	}
	k.pods.AddIndex(client.IndexNamespace, client.ByNamespace[*corev1.Pod])
	k.queue = client.NewQueue(k.a, queueMetric, Workers, k.reconcile)
	k.hpas.Subscribe(k.changed)
	client.WhenSynced(k.queue.Start, k.hpas, k.pods)
	return k
}

func (k *Controller) changed(old, h *autoscalingv2.HorizontalPodAutoscaler) {
	switch {
	case h == nil:
		delete(k.memory, api.KeyOf(old))
		delete(k.selectors[old.Namespace], old.Name)
		if len(k.selectors[old.Namespace]) == 0 {
			delete(k.selectors, old.Namespace)
		}
	case old == nil || old.Generation != h.Generation || old.UID != h.UID:
		ns := k.selectors[h.Namespace]
		if ns == nil {
			ns = map[string]labels.Selector{}
			k.selectors[h.Namespace] = ns
		}
		if ns[h.Name] == nil {
			ns[h.Name] = labels.Nothing()
		}
		k.memoryOf(api.KeyOf(h)).cause = k.a.Sim().Context().Cause
		k.queue.Add(api.KeyOf(h))
	default:
		k.later(api.KeyOf(h))
	}
}

// later has an autoscaler looked at again in a sync period, unless that is ahead anyway: periodic work.
func (k *Controller) later(key string) {
	k.a.Sim().In(sim.Context{Cause: k.memoryOf(key).cause, Background: true}, func() { k.queue.AddAfter(key, syncPeriod) })
}

func (k *Controller) reconcile(key string, done func(error)) {
	h, ok := k.hpas.GetKey(key)
	if !ok {
		done(nil)
		return
	}
	s := &pass{k: k, key: key, was: h, hpa: h.DeepCopy(), now: k.a.Wall(), done: func() {
		// An error is no reason to come back sooner: every autoscaler is looked at once a period.
		if _, there := k.hpas.GetKey(key); there {
			k.later(key)
		}
		done(nil)
	}}
	s.begin()
}

// pass is one look at an autoscaler.
type pass struct {
	k    *Controller
	key  string
	was  *autoscalingv2.HorizontalPodAutoscaler
	hpa  *autoscalingv2.HorizontalPodAutoscaler // a copy that is written to
	now  time.Time
	done func()

	scale    *scale
	selector labels.Selector
	least    int32
}

func (s *pass) memory() *memory { return s.k.memoryOf(s.key) }

func (k *Controller) memoryOf(key string) *memory {
	m := k.memory[key]
	if m == nil {
		m = &memory{}
		k.memory[key] = m
	}
	return m
}

func (s *pass) warn(reason, message string) {
	s.k.rec.Event(s.was, corev1.EventTypeWarning, reason, message)
}

func (s *pass) condition(typ autoscalingv2.HorizontalPodAutoscalerConditionType, status corev1.ConditionStatus, reason, message string) {
	list := s.hpa.Status.Conditions
	i := 0
	for i < len(list) && list[i].Type != typ {
		i++
	}
	if i == len(list) {
		list = append(list, autoscalingv2.HorizontalPodAutoscalerCondition{Type: typ})
	}
	if list[i].Status != status {
		list[i].LastTransitionTime = s.stamp()
	}
	list[i].Status, list[i].Reason, list[i].Message = status, reason, message
	s.hpa.Status.Conditions = list
}

func (s *pass) stamp() metav1.Time { return metav1.Time{Time: s.k.a.Wall().Truncate(time.Second)} }
