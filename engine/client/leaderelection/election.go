package leaderelection

import (
	"cmp"
	"strconv"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// The timings of Kubernetes' own components (component-base/config/v1alpha1, RecommendedDefaultLeaderElectionConfiguration).
const (
	LeaseDuration = 15 * time.Second
	RenewDeadline = 10 * time.Second
	RetryPeriod   = 2 * time.Second
	// JitterFactor stretches the wait between two attempts to get the Lease, by up to as much again and a fifth.
	JitterFactor = 1.2
)

// Config says what is competed for.
type Config struct {
	Name      string // of the Lease, e.g. "kube-scheduler"
	Namespace string // of the Lease; "" is kube-system
	Component string // source of its Events
	// LeaseDuration, RenewDeadline and RetryPeriod; 0: the constants.
	LeaseDuration, RenewDeadline, RetryPeriod time.Duration
	// Lead is called once, when the Lease is held. When it is lost after that, Lost is called, and the process must end.
	Lead func()
	Lost func()
}

// Elector competes for a Lease on behalf of one process.
type Elector struct {
	a    *sim.Actor
	c    *client.Client
	rec  *client.Recorder
	conf Config
	id   string

	lease    *coordinationv1.Lease // as last read or written
	observed coordinationv1.LeaseSpec
	seen     time.Time // when observed changed, by this machine's clock
	deadline sim.Timer
	round    int // of renewal: late answers of an older one do not count
	leading  bool
}

// Run begins to compete. conf's client configuration is that of the component; the lock has a connection of its own.
func Run(a *sim.Actor, cc client.Config, conf Config) *Elector {
	if conf.Namespace == "" {
		conf.Namespace = metav1.NamespaceSystem
	}
	conf.LeaseDuration, conf.RenewDeadline, conf.RetryPeriod = cmp.Or(conf.LeaseDuration, LeaseDuration), cmp.Or(conf.RenewDeadline, RenewDeadline), cmp.Or(conf.RetryPeriod, RetryPeriod)
	e := &Elector{a: a, conf: conf, c: client.New(a, cc), id: a.Host().Name + "_" + uuid(a)}
	e.rec = client.NewRecorder(e.c, conf.Component, "")
	e.acquire()
	return e
}

// Identity is the name under which this process holds the Lease: host name and a UUID.
func (e *Elector) Identity() string { return e.id }

// Leading reports that this process holds the Lease, as far as it knows.
func (e *Elector) Leading() bool { return e.leading }

func uuid(a *sim.Actor) string {
	const hex = "0123456789abcdef"
	var b [36]byte
	for i := range b {
		switch i {
		case 8, 13, 18, 23:
			b[i] = '-'
		case 14:
			b[i] = '4'
		case 19:
			b[i] = "89ab"[a.Rand().IntN(4)]
		default:
			b[i] = hex[a.Rand().IntN(16)]
		}
	}
	return string(b[:])
}

// acquire tries until it holds the Lease.
func (e *Elector) acquire() {
	e.attempt(func(ok bool) {
		if !ok {
			d := e.conf.RetryPeriod + time.Duration(e.a.Rand().Float64()*JitterFactor*float64(e.conf.RetryPeriod))
			e.a.Periodic(d, "try to acquire lease", e.acquire)
			return
		}
		e.leading = true
		e.event("became leader")
		e.a.Sim().Foreground()
		e.a.Record(sim.KindInfo, api.Ref(api.Leases, e.conf.Namespace, e.conf.Name), e.id+" became leader")
		e.conf.Lead()
		e.a.Periodic(0, "renew lease", e.renew)
	})
}

// renew begins a round of renewal: it must succeed within the deadline.
func (e *Elector) renew() {
	e.round++
	round := e.round
	e.deadline = e.a.Periodic(e.conf.RenewDeadline, "renew deadline", func() {
		if e.round == round {
			e.lost()
		}
	})
	e.tryRenew(round)
}

func (e *Elector) tryRenew(round int) {
	began := e.a.Now()
	e.attempt(func(ok bool) {
		if e.round != round {
			return
		}
		if ok {
			e.deadline.Stop()
			e.round++
			e.a.Periodic(e.conf.RetryPeriod, "renew lease", e.renew)
			return
		}
		// The next try is due a period after this one began, at once if it took longer.
		e.a.Periodic(max(0, e.conf.RetryPeriod-e.a.Now().Sub(began)), "renew lease", func() {
			if e.round == round {
				e.tryRenew(round)
			}
		})
	})
}

// Release gives the Lease up if it is held, so that another need not wait for it to run out: what client-go does when a
// process with ReleaseOnCancel is told to end. The caller ends the process a little later.
func (e *Elector) Release() {
	if !e.leading || e.lease == nil {
		return
	}
	e.leading = false
	e.deadline.Stop()
	e.round++
	l := *e.lease
	now, one, nobody, transitions := metav1.NewMicroTime(e.a.Wall().Truncate(time.Microsecond)), int32(1), "", number(e.observed.LeaseTransitions)
	l.Spec = coordinationv1.LeaseSpec{HolderIdentity: &nobody, LeaseDurationSeconds: &one, AcquireTime: &now, RenewTime: &now, LeaseTransitions: &transitions}
	client.Update(e.c, api.Leases, "", &l, func(*coordinationv1.Lease, error) {})
}

func (e *Elector) lost() {
	e.round++
	e.leading = false
	// client-go records an Event as well, "stopped leading"; the process ends before it is sent.
	e.a.Sim().Foreground()
	e.a.Record(sim.KindInfo, api.Ref(api.Leases, e.conf.Namespace, e.conf.Name), e.id+" lost the lease: it could not be renewed for "+strconv.Itoa(int(e.conf.RenewDeadline/time.Second))+" s")
	e.conf.Lost()
}

func (e *Elector) event(text string) {
	if e.lease == nil {
		return
	}
	ref := corev1.ObjectReference{Kind: "Lease", APIVersion: "coordination.k8s.io/v1", Namespace: e.lease.Namespace, Name: e.lease.Name, UID: e.lease.UID, ResourceVersion: e.lease.ResourceVersion}
	e.rec.EventFor(ref, corev1.EventTypeNormal, "LeaderElection", "", e.id+" "+text)
}

func (e *Elector) holder() string {
	if h := e.observed.HolderIdentity; h != nil {
		return *h
	}
	return ""
}

// valid reports that the Lease, as observed, has not run out on this machine's clock.
func (e *Elector) valid() bool {
	d := int32(0)
	if s := e.observed.LeaseDurationSeconds; s != nil {
		d = *s
	}
	return e.seen.Add(time.Duration(d) * time.Second).After(e.a.Wall())
}

func (e *Elector) observe(s coordinationv1.LeaseSpec) {
	e.observed, e.seen = s, e.a.Wall()
}

// spec is what this process writes: acquired and transitions as they were if it holds the Lease already.
func (e *Elector) spec() coordinationv1.LeaseSpec {
	now := metav1.NewMicroTime(e.a.Wall().Truncate(time.Microsecond))
	seconds, transitions := int32(e.conf.LeaseDuration/time.Second), int32(0)
	s := coordinationv1.LeaseSpec{HolderIdentity: &e.id, LeaseDurationSeconds: &seconds, AcquireTime: &now, RenewTime: &now, LeaseTransitions: &transitions}
	if t := e.observed.LeaseTransitions; t != nil {
		transitions = *t
	}
	if e.holder() == e.id {
		s.AcquireTime = e.observed.AcquireTime
	} else if e.lease != nil {
		transitions++
	}
	return s
}

// attempt is tryAcquireOrRenew: done hears once whether the Lease is held now.
func (e *Elector) attempt(done func(bool)) {
	if e.holder() == e.id && e.lease != nil && e.valid() {
		// The holder writes without reading first.
		e.update(func(err error) {
			if err == nil {
				done(true)
				return
			}
			e.read(done)
		})
		return
	}
	e.read(done)
}

func (e *Elector) read(done func(bool)) {
	reply := e.within(func(err error) { done(false) })
	client.Get(e.c, api.Leases, e.conf.Namespace, e.conf.Name, func(l *coordinationv1.Lease, err error) {
		if !reply() {
			return
		}
		switch {
		case apierrors.IsNotFound(err):
			e.create(done)
			return
		case err != nil:
			done(false)
			return
		}
		if e.lease == nil || !sameRecord(&e.lease.Spec, &l.Spec) || !sameRecord(&e.observed, &l.Spec) {
			e.observe(l.Spec)
		}
		e.lease = l
		if h := e.holder(); h != "" && h != e.id && e.valid() {
			done(false)
			return
		}
		e.update(func(err error) { done(err == nil) })
	})
}

func (e *Elector) create(done func(bool)) {
	e.lease = nil
	e.observed = coordinationv1.LeaseSpec{}
	l := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: e.conf.Namespace, Name: e.conf.Name}, Spec: e.spec()}
	reply := e.within(func(error) { done(false) })
	client.Create(e.c, api.Leases, l, func(l *coordinationv1.Lease, err error) {
		if !reply() {
			return
		}
		if err != nil {
			done(false)
			return
		}
		e.lease = l
		e.observe(l.Spec)
		done(true)
	})
}

func (e *Elector) update(done func(error)) {
	l := *e.lease
	l.Spec = e.spec()
	reply := e.within(done)
	client.Update(e.c, api.Leases, "", &l, func(l *coordinationv1.Lease, err error) {
		if !reply() {
			return
		}
		if err == nil {
			e.lease = l
			e.observe(l.Spec)
		}
		done(err)
	})
}

// within bounds a request (resourcelock.NewFromKubeconfig: half the renew deadline): late is called when its time is up, and reply then says that the answer comes too late.
func (e *Elector) within(late func(error)) (reply func() bool) {
	over := false
	t := e.a.Periodic(e.conf.RenewDeadline/2, "lease request timeout", func() {
		over = true
		late(sim.ErrTimeout)
	})
	return func() bool {
		t.Stop()
		return !over
	}
}

func sameRecord(a, b *coordinationv1.LeaseSpec) bool {
	return text(a.HolderIdentity) == text(b.HolderIdentity) && number(a.LeaseDurationSeconds) == number(b.LeaseDurationSeconds) &&
		number(a.LeaseTransitions) == number(b.LeaseTransitions) && a.AcquireTime.Equal(b.AcquireTime) && a.RenewTime.Equal(b.RenewTime)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func number(n *int32) int32 {
	if n == nil {
		return 0
	}
	return *n
}
