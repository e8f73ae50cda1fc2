package kubelet

import (
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// kind of a container in a pod.
type kind uint8

const (
	regular   kind = iota
	initKind       // runs once, in order, before the others
	sidecar        // an init container that is restarted always
	ephemeral      // added to look into a pod that runs
)

// ctr is what the worker knows of one container of its pod.
type ctr struct {
	spec *corev1.Container // shared with the API object
	run  *runtime.Container
	// why the last attempt to start it failed: ErrImagePull, CrashLoopBackOff, ...
	reason, message string
	pullError       string // of the pull before the image back-off
	crash, image    backOff
	probes          *probes
	kind            kind
	ready           bool
	started         bool
	unhealthy       string // why it is to be killed and started again
	killing         bool
}

// backOff is one entry of k8s.io/client-go/util/flowcontrol.Backoff.
type backOff struct {
	d  time.Duration
	at sim.Time
}

func (b *backOff) expired(at sim.Time) bool { return at.Sub(b.at) > 2*maxBackOff }

// next lengthens the back-off, or starts it anew after a long quiet.
func (b *backOff) next(event, now sim.Time) {
	if b.d == 0 || b.expired(event) {
		b.d = backOffPeriod
	} else {
		b.d = min(2*b.d, maxBackOff)
	}
	b.at = now
}

// since reports whether the back-off that began with an event still lasts.
func (b *backOff) since(event, now sim.Time) bool {
	return b.d != 0 && !b.expired(event) && now.Sub(event) < b.d
}

// pod is the worker of one pod.
type pod struct {
	k         *Kubelet
	obj       *corev1.Pod
	static    *static // nil for a pod of the API
	sb        *runtime.Sandbox
	ctrs      []ctr // init containers and sidecars first, in the spec's order
	ephemeral []*ctr
	vol       *volumes
	undecided bool // its admission waits for the API server
	grow      bool // it has volumes whose file systems may have to grow

	last    *corev1.PodStatus // the newest status that was worked out, while the API may not have it yet
	writing bool
	unsent  bool

	since   sim.Time // when the worker began; probes keep its rhythm
	ctx     sim.Context
	requeue sim.Timer
	batch   sim.Timer // the status manager's next look at a status that somebody else wrote
	dead    sim.Timer // active deadline

	dirty       bool
	busy, again bool
	terminating bool // containers are being stopped
	terminated  bool // all have ended
	finished    bool // the pod is in a terminal phase and nothing runs any more
	gone        bool // deleted from the API
	confirming  bool
	news        bool // a container waits for another reason than before
	acted       bool // the step under way changed something in the runtime
	override    *terminalStatus
}

type terminalStatus struct {
	phase           corev1.PodPhase
	reason, message string
}

func terminal(p corev1.PodPhase) bool { return p == corev1.PodSucceeded || p == corev1.PodFailed }

func (p *pod) ref() string { return "pods/" + p.obj.Namespace + "/" + p.obj.Name }

// name is upstream's format.Pod: "web-1_default(uid)".
func (p *pod) name() string {
	return p.obj.Name + "_" + p.obj.Namespace + "(" + string(p.obj.UID) + ")"
}

func (p *pod) init() {
	p.since = p.k.a.Now()
	spec := &p.obj.Spec
	p.ctrs = make([]ctr, 0, len(spec.InitContainers)+len(spec.Containers))
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		kd := initKind
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			kd = sidecar
		}
		p.ctrs = append(p.ctrs, ctr{spec: c, kind: kd})
	}
	for i := range spec.Containers {
		p.ctrs = append(p.ctrs, ctr{spec: &spec.Containers[i]})
	}
	p.joinEphemeral()
}

// adopt takes over what an earlier run of the kubelet, or of the node, left.
func (p *pod) adopt(sb *runtime.Sandbox) {
	p.sb = sb
	st := &p.obj.Status
	for _, c := range p.ephemeral {
		c.run = sb.Container(c.spec.Name)
	}
	for i := range p.ctrs {
		c := &p.ctrs[i]
		c.run = sb.Container(c.spec.Name)
		if c.run == nil {
			continue
		}
		if s := findStatus(st, c.spec.Name); s != nil && c.run.State == runtime.Running {
			c.ready = s.Ready
			c.started = s.Started != nil && *s.Started
		}
		if c.run.State == runtime.Running {
			p.startProbes(c)
		}
	}
}

func findStatus(st *corev1.PodStatus, name string) *corev1.ContainerStatus {
	for _, list := range [...][]corev1.ContainerStatus{st.ContainerStatuses, st.InitContainerStatuses, st.EphemeralContainerStatuses} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}

// updated takes a newer object of the API.
func (p *pod) updated(obj *corev1.Pod) {
	old := p.obj
	if api.Revision(obj) < api.Revision(old) {
		return // the answer to a write came before the watch told of an earlier one
	}
	p.obj = obj
	if p.last != nil && !p.unsent && !p.writing && sameStatus(&obj.Status, p.last) {
		p.last = nil
	}
	p.contradicted(old, obj)
	// The spec's containers are the new object's; usually they are the very same memory.
	if len(obj.Spec.Containers) > 0 && &old.Spec.Containers[0] != &obj.Spec.Containers[0] {
		p.respec()
	}
	if len(obj.Spec.EphemeralContainers) > 0 {
		p.joinEphemeral()
	}
	if p.terminating && old.DeletionGracePeriodSeconds != nil && p.gracePeriod() < time.Duration(*old.DeletionGracePeriodSeconds)*time.Second {
		p.hasten(p.gracePeriod())
	}
	if old.DeletionTimestamp == nil && !(maps.Equal(old.Labels, obj.Labels) && maps.Equal(old.Annotations, obj.Annotations)) {
		p.relabelled()
	}
	if old.DeletionTimestamp == nil && obj.DeletionTimestamp != nil {
		if p.finished {
			p.confirmGone()
			return
		}
		p.sync()
		return
	}
	if obj.Generation != old.Generation || !sameMeta(old, obj) || !sameForeignConditions(&old.Status, &obj.Status) {
		p.sync()
	} else if p.terminated && obj.DeletionTimestamp != nil {
		p.confirmGone()
	}
}

// respec points at the containers of a new spec; a changed image means a new container.
func (p *pod) respec() {
	spec := &p.obj.Spec
	n := len(spec.InitContainers)
	for i := range p.ctrs {
		c := &p.ctrs[i]
		var s *corev1.Container
		if i < n {
			s = &spec.InitContainers[i]
		} else if i-n < len(spec.Containers) {
			s = &spec.Containers[i-n]
		} else {
			continue
		}
		if s.Image != c.spec.Image && c.run != nil && c.run.State == runtime.Running && c.kind != initKind {
			c.unhealthy = "Container " + s.Name + " definition changed, will be restarted"
		}
		c.spec = s
	}
}

func sameMeta(a, b *corev1.Pod) bool {
	return len(a.Labels) == len(b.Labels) && len(a.Annotations) == len(b.Annotations)
}

func sameForeignConditions(a, b *corev1.PodStatus) bool {
	count := func(s *corev1.PodStatus) (n, t int) {
		for i := range s.Conditions {
			if c := &s.Conditions[i]; !ownCondition(c.Type) {
				n++
				if c.Status == corev1.ConditionTrue {
					t++
				}
			}
		}
		return
	}
	n1, t1 := count(a)
	n2, t2 := count(b)
	return n1 == n2 && t1 == t2
}

// deleted: the API has the pod no more. last is what it was in the end.
func (p *pod) deleted(last *corev1.Pod) {
	p.gone = true
	if last.DeletionGracePeriodSeconds != nil {
		p.obj = last
		if p.terminating && !p.terminated {
			p.hasten(p.gracePeriod())
		}
	}
	if p.terminated || p.finished || p.sb == nil && !p.busy {
		p.drop()
		return
	}
	p.sync()
}

func (p *pod) stopTimers() {
	p.unwatch()
	p.requeue.Stop()
	p.batch.Stop()
	p.dead.Stop()
	for i := range p.ctrs {
		if pr := p.ctrs[i].probes; pr != nil {
			pr.stop()
			p.ctrs[i].probes = nil
		}
	}
}

// sync lets the worker look at the pod once, now or as soon as its present step is done.
func (p *pod) sync() {
	if p.k.a.Dead() || p.undecided || p.finished && p.obj.DeletionTimestamp == nil {
		return
	}
	if p.busy {
		p.again = true
		p.ctx = p.k.a.Sim().Context()
		return
	}
	if p.obj.DeletionTimestamp != nil || p.gone {
		p.terminate(p.gracePeriod())
		return
	}
	if p.terminating {
		return
	}
	p.requeue.Stop()
	p.busy = true
	st := p.generate(false)
	p.post(st)
	if terminal(st.Phase) {
		p.done(nil)
		p.terminate(p.gracePeriod())
		return
	}
	p.acted = false
	p.prepare()
}

// retry is why a step is to be tried again, and when.
type retry struct{ after time.Duration }

// done ends a step of the worker.
func (p *pod) done(r *retry) {
	p.busy = false
	if p.k.a.Dead() {
		return
	}
	if p.again {
		p.again = false
		p.k.a.After(0, "sync pod", func() { p.sync() })
		return
	}
	if r == nil {
		if p.acted {
			// v1.37 asks for a relist of this pod after a step that changed something.
			p.k.a.After(10*time.Millisecond, "relist pod", func() { p.sync() })
		}
		return
	}
	d := p.k.jitter(min(max(r.after, 0), resyncInterval))
	// Waiting to try again may go on for ever, so nobody waits for it: it is background work.
	s := p.k.a.Sim()
	s.In(sim.Context{Cause: s.Cause(), Background: true}, func() {
		p.requeue = p.k.a.After(d, "retry pod", func() { p.sync() })
	})
	if p.news {
		p.news = false
		p.k.markDirty(p)
	}
}

// gracePeriod is what is left to the pod's containers when it is stopped.
func (p *pod) gracePeriod() time.Duration {
	if p.obj.DeletionGracePeriodSeconds != nil {
		return time.Duration(*p.obj.DeletionGracePeriodSeconds) * time.Second
	}
	if g := p.obj.Spec.TerminationGracePeriodSeconds; g != nil {
		return time.Duration(*g) * time.Second
	}
	return 30 * time.Second
}

// event writes an Event about a container of the pod, or about the pod itself.
func (p *pod) event(c *ctr, typ, reason, message string) {
	path := ""
	if c != nil {
		path = "spec.containers{" + c.spec.Name + "}"
		switch c.kind {
		case regular:
		case ephemeral:
			path = "spec.ephemeralContainers{" + c.spec.Name + "}"
		default:
			path = "spec.initContainers{" + c.spec.Name + "}"
		}
	}
	p.k.rec.EventFor(client.ReferenceTo(p.obj, path), typ, reason, "", message)
}

func (p *pod) find(name string) *ctr {
	if i := slices.IndexFunc(p.ctrs, func(c ctr) bool { return c.spec.Name == name }); i >= 0 {
		return &p.ctrs[i]
	}
	for _, c := range p.ephemeral {
		if c.spec.Name == name {
			return c
		}
	}
	return nil
}
