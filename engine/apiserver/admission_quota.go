package apiserver

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/api/quota"
)

// The ResourceQuota plugin (apiserver/pkg/admission/plugin/resourcequota): a write that costs something is charged to
// status.used of every quota it falls under, in etcd, before it is carried out. Writes of one namespace that arrive while a
// charge is under way wait, and are then charged together. Namespaces without a quota do not come here.

// maxCharges is how often a charge is tried anew when somebody else wrote the quota first.
const maxCharges = 3

// chargeQueue is the charges of one namespace.
type chargeQueue struct {
	busy    bool
	waiting []*waitingCharge
}

type waitingCharge struct {
	a      *attributes
	charge quota.Charge
	done   func(error)
	in     func(func()) // runs in the context of the request
	err    error
	over   bool // decided: nothing to pay, or refused
}

// charged reports that a write must be charged before it is made.
func (s *Server) charged(a *attributes) bool {
	if len(s.adm.quotas) == 0 || !a.r.Namespaced || len(s.adm.quotas[a.req.Namespace]) == 0 {
		return false
	}
	c := s.chargeOf(a)
	return c.Handled()
}

func (s *Server) chargeOf(a *attributes) quota.Charge {
	return quota.Charge{Resource: a.r, Subresource: a.sub, Obj: a.obj, Old: a.old, Now: s.a.Wall()}
}

// charge asks the quotas of the write's namespace and calls done when they have paid, or refused.
func (s *Server) charge(a *attributes, done func(error)) {
	ns := a.req.Namespace
	if s.charges == nil {
		s.charges = map[string]*chargeQueue{}
	}
	q := s.charges[ns]
	if q == nil {
		q = &chargeQueue{}
		s.charges[ns] = q
	}
	ctx := s.a.Sim().Context()
	q.waiting = append(q.waiting, &waitingCharge{a: a, charge: s.chargeOf(a), done: done, in: func(fn func()) { s.a.Sim().In(ctx, fn) }})
	if !q.busy {
		q.busy = true
		s.serveCharges(ns, q)
	}
}

func (s *Server) serveCharges(ns string, q *chargeQueue) {
	batch := q.waiting
	q.waiting = nil
	if len(batch) == 0 {
		delete(s.charges, ns)
		return
	}
	s.payAll(s.adm.quotas[ns], batch, maxCharges, func() {
		for _, w := range batch {
			w.in(func() { w.done(w.err) })
		}
		s.serveCharges(ns, q)
	})
}

// payAll charges a batch to quotas, each write after the one before, and stores the sum.
func (s *Server) payAll(quotas []*corev1.ResourceQuota, batch []*waitingCharge, retries int, done func()) {
	running := quotas
	for _, w := range batch {
		if w.over {
			continue
		}
		next, why := w.charge.Apply(running)
		switch {
		case why != "":
			w.err, w.over = w.a.forbidden(why), true
		case w.a.req.DryRun || slices.Equal(next, running):
			w.over = true
		default:
			running = next
		}
	}
	left := 1
	var lost []*corev1.ResourceQuota // as somebody else wrote them
	var failed error
	end := func() {
		if left--; left > 0 {
			return
		}
		switch {
		case failed == nil && len(lost) == 0:
			done()
		case failed == nil && retries > 0:
			// Only what lost the race is charged anew: the others have been paid.
			s.payAll(lost, batch, retries-1, done)
		default:
			if failed == nil {
				failed = conflict(api.ResourceQuotas, lost[0].Name)
			}
			for _, w := range batch {
				if !w.over {
					w.err, w.over = failed, true
				}
			}
			done()
		}
	}
	req := &api.Request{Verb: api.Update, Resource: api.ResourceQuotas, Subresource: "status", UserAgent: "kube-apiserver"}
	for i := range running {
		if running[i] == quotas[i] {
			continue
		}
		left++
		obj, cur := running[i], quotas[i]
		s.commit(s.kinds[api.ResourceQuotas], req, s.a, obj, cur, false, func(resp *api.Response, now api.Object) {
			if now != nil {
				lost = append(lost, now.(*corev1.ResourceQuota))
			} else if resp.Err != nil && !apierrors.IsNotFound(resp.Err) { // a quota that is gone limits nothing
				failed = resp.Err
			}
			end()
		})
	}
	end()
}
