package statefulset

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// replica says what there is to do for a pod that the set wants; nil if it is as it should be.
func (p *pass) replica(i int) func(verdict) {
	pod := p.replicas[i]
	if pod == nil {
		pod = p.plan(i)
		p.replicas[i] = pod
	}
	if created(pod) && !ended(pod) && pod.Status.Phase != corev1.PodPending && !p.awaited(pod) && p.matches(pod) {
		return nil
	}
	return func(done verdict) { p.process(pod, done) }
}

// awaited reports a pod that a monotonic set waits for.
func (p *pass) awaited(pod *corev1.Pod) bool {
	return p.monotonic() && (terminating(pod) || !runningAndReady(pod) || !available(pod, p.set, p.now))
}

// wait notes what a monotonic set waits for, in upstream's words, once until it is something else.
func (p *pass) wait(pod *corev1.Pod, before string) {
	what := "Running and Ready"
	switch {
	case pod.Name == "":
		return // a replica that is to be made first
	case terminating(pod):
		what = "Terminate"
	case runningAndReady(pod):
		what = "Available"
	}
	if what != "Terminate" {
		what = "be " + what
	}
	if text := "waiting for Pod " + pod.Name + " to " + what + before; text != p.s.waiting {
		p.s.waiting = text
		p.decide(text)
	}
}

func (p *pass) matches(pod *corev1.Pod) bool {
	return identityMatches(p.set, pod) && storageMatches(p.set, pod) && p.k.claimsMatch(p.set, pod)
}

func (p *pass) process(pod *corev1.Pod, done verdict) {
	switch {
	case ended(pod):
		// It comes again whatever its exit code was; how evicted pods end does not depend on their will.
		if terminating(pod) {
			done(true, nil)
			return
		}
		p.decide("pod " + pod.Name + " has ended (" + string(pod.Status.Phase) + "): deleting it, to be made anew")
		p.delete(pod, func(err error) { done(true, err) })
	case !created(pod):
		if p.k.claimsStale(p.set, pod) {
			done(true, nil)
			return
		}
		p.decide("pod " + pod.Name + " does not exist: creating it")
		p.create(pod, func(err error) {
			if err != nil || p.monotonic() {
				done(true, err)
				return
			}
			p.settle(pod, done)
		})
	case pod.Status.Phase == corev1.PodPending:
		// Claims that were removed behind its back are made again.
		p.k.createClaims(p.s, p.set, pod, func(err error) {
			if err != nil {
				done(true, err)
				return
			}
			p.k.ownClaims(p.s, p.set, pod, func(err error) {
				if err != nil {
					p.event("update", pod, err)
					done(true, err)
					return
				}
				p.settle(pod, done)
			})
		})
	default:
		p.settle(pod, done)
	}
}

// settle waits for a pod that exists, or mends its identity.
func (p *pass) settle(pod *corev1.Pod, done verdict) {
	if p.awaited(pod) {
		p.wait(pod, "")
		done(true, nil)
		return
	}
	if p.matches(pod) {
		done(false, nil)
		return
	}
	p.repair(pod, 0, func(err error) { done(err != nil, err) })
}

// fixClaims gives the claims of a condemned pod their owners, before it goes.
func (p *pass) fixClaims(i int) func(verdict) {
	pod := p.condemned[i]
	if p.k.claimsMatch(p.set, pod) {
		return nil
	}
	return func(done verdict) {
		p.k.ownClaims(p.s, p.set, pod, func(err error) { done(err != nil, err) })
	}
}

// condemn says what there is to do for a pod that the set does not want any more.
func (p *pass) condemn(i int) func(verdict) {
	pod := p.condemned[i]
	switch {
	case terminating(pod):
		if !p.monotonic() {
			return nil
		}
		return func(done verdict) {
			p.wait(pod, " prior to scale down")
			done(true, nil)
		}
	case p.awaited(pod) && pod != p.firstUnavailable:
		return func(done verdict) {
			p.wait(p.firstUnavailable, " prior to scale down")
			done(true, nil)
		}
	}
	return func(done verdict) {
		p.decide("pod " + pod.Name + " is beyond the replicas that are wanted: deleting it")
		p.delete(pod, func(err error) { done(true, err) })
	}
}

// create makes the claims of a pod, then the pod.
func (p *pass) create(pod *corev1.Pod, done func(error)) {
	k := p.k
	p.s.waiting = ""
	k.createClaims(p.s, p.set, pod, func(err error) {
		if err != nil {
			p.event("create", pod, err)
			done(err)
			return
		}
		// The plan stays a plan: what the server makes of the pod, the cache will tell.
		client.Create(k.c, api.Pods, api.Copy(pod), func(made *corev1.Pod, failure error) {
			if apierrors.IsAlreadyExists(failure) {
				done(failure)
				return
			}
			if failure == nil {
				p.s.wrotePods = max(p.s.wrotePods, api.Revision(made))
			}
			k.ownClaims(p.s, p.set, pod, func(err error) {
				if err != nil {
					p.event("update", pod, err)
					done(err)
					return
				}
				p.event("create", pod, failure)
				done(failure)
			})
		})
	})
}

// Retries of the repair of a pod that somebody else writes at the same time (client-go/util/retry, DefaultBackoff).
const (
	repairTries  = 4
	repairRetry  = 10 * time.Millisecond
	repairFactor = 5
)

// repair gives a pod the identity, volumes and claims of its ordinal.
func (p *pass) repair(pod *corev1.Pod, tries int, done func(error)) {
	k, set := p.k, p.set
	o := api.Copy(pod)
	dirty := false
	if !identityMatches(set, o) {
		takeIdentity(o)
		dirty = true
	}
	write := func(err error) {
		if err != nil {
			p.event("update", o, err)
		}
		if err != nil || !dirty {
			done(err)
			return
		}
		client.Update(k.c, api.Pods, "", o, func(now *corev1.Pod, err error) {
			if tries++; apierrors.IsConflict(err) && tries < repairTries {
				d := repairRetry
				for range tries - 1 {
					d *= repairFactor
				}
				k.a.After(d, "retry pod", func() {
					if fresh, ok := k.pods.Get(set.Namespace, pod.Name); ok {
						pod = fresh
					}
					p.repair(pod, tries, done)
				})
				return
			}
			if err == nil {
				p.s.wrotePods = max(p.s.wrotePods, api.Revision(now))
			}
			p.event("update", pod, err)
			done(err)
		})
	}
	own := func(err error) {
		if err != nil || k.claimsMatch(set, o) {
			write(err)
			return
		}
		dirty = true
		k.ownClaims(p.s, set, o, write)
	}
	if storageMatches(set, o) {
		own(nil)
		return
	}
	takeStorage(set, o)
	dirty = true
	k.createClaims(p.s, set, o, own)
}

// delete deletes a pod; that it is gone already is as good.
func (p *pass) delete(pod *corev1.Pod, done func(error)) {
	p.s.waiting = ""
	p.k.c.Delete(api.Pods, pod.Namespace, pod.Name, client.DeleteOptions{}, func(err error) {
		if apierrors.IsNotFound(err) {
			err = nil
		}
		p.event("delete", pod, err)
		done(err)
	})
}

// event tells of what was done to a pod: verb is create, update or delete.
func (p *pass) event(verb string, pod *corev1.Pod, err error) {
	title := strings.ToUpper(verb[:1]) + verb[1:]
	typ, reason, text := corev1.EventTypeNormal, "Successful", " successful"
	if err != nil {
		typ, reason, text = corev1.EventTypeWarning, "Failed", " failed error: "+err.Error()
	}
	p.k.rec.Event(p.set, typ, reason+title, title+" Pod "+pod.Name+" in StatefulSet "+p.set.Name+text)
}

// deleteInTurn deletes pods for the update until one cannot be.
func (p *pass) deleteInTurn(pods []*corev1.Pod, done func(error)) {
	inTurn(len(pods), func(i int, then func(error)) {
		p.decide("pod " + pods[i].Name + " is of revision " + revisionOf(pods[i]) + ": deleting it, to be made anew as " + p.update.Name)
		p.delete(pods[i], func(err error) {
			if err == nil {
				p.status.CurrentReplicas--
			}
			then(err)
		})
	}, done)
}
