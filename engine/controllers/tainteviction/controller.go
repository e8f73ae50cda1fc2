package tainteviction

import (
	"math"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

const (
	retries    = 5
	retrySleep = 10 * time.Millisecond

	indexNode = "spec.nodeName"
)

// Controller is one running taint-eviction controller.
type Controller struct {
	a     *sim.Actor
	c     *client.Client
	rec   *client.Recorder
	nodes *client.Cache[*corev1.Node]
	pods  *client.Cache[*corev1.Pod]

	tainted map[string][]corev1.Taint // NoExecute taints by node, of the nodes that have any
	work    map[string]*eviction      // by pod key
}

// eviction is the deletion of a pod that is planned or under way.
type eviction struct {
	created sim.Time // when the countdown began
	timer   sim.Timer
	running bool
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{
		a: c.Actor(), c: c, rec: client.NewRecorder(c, "taint-eviction-controller", ""),
		nodes:   client.Shared[*corev1.Node](f, api.Nodes),
		pods:    client.Shared[*corev1.Pod](f, api.Pods),
		tainted: map[string][]corev1.Taint{}, work: map[string]*eviction{},
	}
	k.pods.AddIndex(indexNode, func(p *corev1.Pod) []string {
		if p.Spec.NodeName == "" {
			return nil
		}
		return []string{p.Spec.NodeName}
	})
	client.WhenSynced(func() {
		k.nodes.Subscribe(k.onNode)
		k.pods.Subscribe(k.onPod)
	}, k.nodes, k.pods)
	return k
}

func noExecute(n *corev1.Node) []corev1.Taint {
	var out []corev1.Taint
	for i := range n.Spec.Taints {
		if n.Spec.Taints[i].Effect == corev1.TaintEffectNoExecute {
			out = append(out, n.Spec.Taints[i])
		}
	}
	return out
}

func (k *Controller) onNode(old, n *corev1.Node) {
	if n == nil {
		delete(k.tainted, old.Name)
		return
	}
	if len(n.Spec.Taints) == 0 && (old == nil || len(old.Spec.Taints) == 0) {
		return
	}
	taints := noExecute(n)
	if old != nil && equality.Semantic.DeepEqual(noExecute(old), taints) {
		return
	}
	pods := slices.Clone(k.pods.ByIndex(indexNode, n.Name))
	if len(taints) == 0 {
		delete(k.tainted, n.Name)
		for _, p := range pods {
			k.cancel(p.Namespace, p.Name)
		}
		return
	}
	k.tainted[n.Name] = taints
	for _, p := range pods {
		k.each(func() { k.judge(p, taints) })
	}
}

// each runs fn so that what it records is not taken for the cause of what comes after it.
func (k *Controller) each(fn func()) {
	s := k.a.Sim()
	s.In(s.Context(), fn)
}

func (k *Controller) onPod(old, p *corev1.Pod) {
	if p == nil {
		k.cancel(old.Namespace, old.Name)
		return
	}
	if p.Spec.NodeName == "" || old != nil && old.Spec.NodeName == p.Spec.NodeName && sameTolerations(old, p) {
		return
	}
	if taints := k.tainted[p.Spec.NodeName]; taints != nil {
		k.each(func() { k.judge(p, taints) })
	}
}

// sameTolerations is cheap for pods that share their spec.
func sameTolerations(a, b *corev1.Pod) bool {
	x, y := a.Spec.Tolerations, b.Spec.Tolerations
	if len(x) != len(y) {
		return false
	}
	return len(x) == 0 || &x[0] == &y[0] || equality.Semantic.DeepEqual(x, y)
}

// matching are the tolerations used for the taints, one each; ok is false if a taint is not tolerated.
func matching(taints []corev1.Taint, tolerations []corev1.Toleration) (used []corev1.Toleration, ok bool) {
	for i := range taints {
		j := slices.IndexFunc(tolerations, func(t corev1.Toleration) bool { return t.ToleratesTaint(klog.Logger{}, &taints[i], false) })
		if j < 0 {
			return nil, false
		}
		used = append(used, tolerations[j])
	}
	return used, true
}

// shortest is the least time that the tolerations grant, and the index of that one; negative is for ever.
func shortest(tolerations []corev1.Toleration) (time.Duration, int) {
	least, at := int64(math.MaxInt64), -1
	for i := range tolerations {
		if s := tolerations[i].TolerationSeconds; s != nil && *s < least {
			least, at = max(0, *s), i
		}
	}
	if at < 0 {
		return -1, -1
	}
	return time.Duration(least) * time.Second, at
}

// judge plans, moves or cancels the deletion of a pod on a node with taints.
func (k *Controller) judge(p *corev1.Pod, taints []corev1.Taint) {
	key := api.KeyOf(p)
	used, ok := matching(taints, p.Spec.Tolerations)
	if !ok {
		k.cancel(p.Namespace, p.Name)
		k.plan(p.Namespace, p.Name, k.a.Now(), 0, "does not tolerate the taint "+untolerated(taints, p.Spec.Tolerations)+" of node "+p.Spec.NodeName)
		return
	}
	d, i := shortest(used)
	if d < 0 {
		k.cancel(p.Namespace, p.Name)
		return
	}
	start := k.a.Now()
	if e := k.work[key]; e != nil && !e.running {
		if e.created < start {
			return // the countdown that runs ends earlier
		}
		k.cancel(p.Namespace, p.Name)
	}
	k.plan(p.Namespace, p.Name, start, d, "toleration of "+strconv.FormatFloat(d.Seconds(), 'f', -1, 64)+" s for "+taints[i].Key+" is over")
}

func untolerated(taints []corev1.Taint, tolerations []corev1.Toleration) string {
	for i := range taints {
		if _, ok := matching(taints[i:i+1], tolerations); !ok {
			return taints[i].Key
		}
	}
	return ""
}

func (k *Controller) plan(ns, name string, created sim.Time, d time.Duration, why string) {
	key := api.Key(ns, name)
	if k.work[key] != nil {
		return
	}
	e := &eviction{created: created}
	k.work[key] = e
	run := func() {
		e.running = true
		k.evict(ns, name, why, 0, func() {
			if k.work[key] == e {
				delete(k.work, key)
			}
		})
	}
	if d <= 0 {
		run()
		return
	}
	e.timer = k.a.After(d, "toleration over", run)
}

func (k *Controller) event(ns, name, message string) {
	k.rec.EventFor(corev1.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: ns, Name: name},
		corev1.EventTypeNormal, "TaintManagerEviction", "", message)
}

// cancel takes back a planned deletion. One that is under way goes on.
func (k *Controller) cancel(ns, name string) {
	key := api.Key(ns, name)
	e := k.work[key]
	if e == nil {
		return
	}
	delete(k.work, key)
	if e.timer.Stop() {
		k.event(ns, name, "Cancelling deletion of Pod "+ns+"/"+name)
	}
}

func (k *Controller) evict(ns, name, why string, attempt int, done func()) {
	if attempt == 0 {
		k.a.Record(sim.KindDecision, api.Ref(api.Pods, ns, name), why)
		k.event(ns, name, "Marking for deletion Pod "+ns+"/"+name)
	}
	k.conditionAndDelete(ns, name, func(err error) {
		if err == nil || attempt+1 >= retries {
			done()
			return
		}
		k.a.After(retrySleep, "retry", func() { k.evict(ns, name, why, attempt+1, done) })
	})
}

func (k *Controller) conditionAndDelete(ns, name string, done func(error)) {
	client.Get(k.c, api.Pods, ns, name, func(p *corev1.Pod, err error) {
		if err != nil {
			done(err)
			return
		}
		c := corev1.PodCondition{
			Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, ObservedGeneration: p.Generation,
			Reason: "DeletionByTaintManager", Message: "Taint manager: deleting due to NoExecute taint",
			LastTransitionTime: metav1.NewTime(k.a.Wall().Truncate(time.Second)),
		}
		uid := p.UID
		client.Mutate(k.c, api.Pods, "status", ns, name, func(p *corev1.Pod) bool {
			return p.UID == uid && setCondition(p, c)
		}, func(_ *corev1.Pod, err error) {
			if err != nil {
				done(err)
				return
			}
			k.c.Delete(api.Pods, ns, name, client.DeleteOptions{}, done)
		})
	})
}

// setCondition puts a condition into a pod that may be changed, and reports whether it says anything new.
func setCondition(p *corev1.Pod, c corev1.PodCondition) bool {
	conditions := slices.Clone(p.Status.Conditions)
	i := slices.IndexFunc(conditions, func(o corev1.PodCondition) bool { return o.Type == c.Type })
	if i < 0 {
		p.Status.Conditions = append(conditions, c)
		return true
	}
	if o := conditions[i]; o.Status == c.Status {
		c.LastTransitionTime = o.LastTransitionTime
		if o.Reason == c.Reason && o.Message == c.Message {
			return false
		}
	}
	conditions[i] = c
	p.Status.Conditions = conditions
	return true
}
