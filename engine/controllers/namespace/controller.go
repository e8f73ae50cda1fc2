package namespace

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

const (
	// grace is how long the controller waits before it begins, so that all API servers know of the deletion.
	grace = 5 * time.Second
	// finalizerEstimate is how many seconds finalizers of objects are given.
	finalizerEstimate = 15
	// maxBackOff is how often at least a deletion that fails is tried again (nsControllerRateLimiter).
	maxBackOff = time.Minute
	// Workers is --concurrent-namespace-syncs.
	Workers = 10
)

// Controller is one running namespace controller.
type Controller struct {
	a          *sim.Actor
	c          *client.Client
	namespaces *client.Cache[*corev1.Namespace]
	queue      *client.Queue
}

// Run starts the controller; it works once its cache is synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{a: c.Actor(), c: c, namespaces: client.Shared[*corev1.Namespace](f, api.Namespaces)}
	k.queue = client.NewQueue(k.a, "namespace", Workers, k.sync)
	k.queue.MaxBackOff = maxBackOff
	k.namespaces.Subscribe(func(_, ns *corev1.Namespace) {
		if ns != nil && ns.DeletionTimestamp != nil {
			k.queue.AddAfter(ns.Name, grace)
		}
	})
	client.WhenSynced(k.queue.Start, k.namespaces)
	return k
}

func (k *Controller) sync(name string, done func(error)) {
	if _, ok := k.namespaces.GetKey(name); !ok {
		done(nil)
		return
	}
	client.Get(k.c, api.Namespaces, "", name, func(ns *corev1.Namespace, err error) {
		switch {
		case err != nil:
			done(ignoreNotFound(err))
			return
		case ns.DeletionTimestamp == nil:
			done(nil)
			return
		}
		k.terminating(ns, func(ns *corev1.Namespace, err error) {
			if err != nil || len(ns.Spec.Finalizers) == 0 {
				done(ignoreNotFound(err))
				return
			}
			(&emptying{Controller: k, ns: ns}).run(func(estimate int64, err error) {
				switch {
				case err != nil:
					done(err)
				case estimate > 0:
					k.queue.AddAfter(name, time.Duration(estimate/2+1)*time.Second)
					done(nil)
				default:
					k.finalize(ns, done)
				}
			})
		})
	})
}

func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// terminating makes sure of the phase.
func (k *Controller) terminating(ns *corev1.Namespace, then func(*corev1.Namespace, error)) {
	if ns.Status.Phase == corev1.NamespaceTerminating {
		then(ns, nil)
		return
	}
	uid := ns.UID
	client.Mutate(k.c, api.Namespaces, "status", "", ns.Name, func(ns *corev1.Namespace) bool {
		if ns.UID != uid || ns.Status.Phase == corev1.NamespaceTerminating {
			return false
		}
		ns.Status.Phase = corev1.NamespaceTerminating
		return true
	}, func(now *corev1.Namespace, err error) {
		if err == nil && now.UID != uid {
			err = fmt.Errorf("namespace uid has changed across retries")
		}
		then(now, err)
	})
}

// finalize takes the finalizer from the namespace, from a fresh copy if somebody wrote it in the meantime.
func (k *Controller) finalize(ns *corev1.Namespace, done func(error)) {
	o := api.Copy(ns)
	o.Spec.Finalizers = slices.DeleteFunc(slices.Clone(ns.Spec.Finalizers), func(f corev1.FinalizerName) bool { return f == corev1.FinalizerKubernetes })
	slices.Sort(o.Spec.Finalizers)
	k.a.Record(sim.KindDecision, api.Ref(api.Namespaces, "", ns.Name), "nothing is left in the namespace: remove its finalizer")
	client.Update(k.c, api.Namespaces, "finalize", o, func(_ *corev1.Namespace, err error) {
		if !apierrors.IsConflict(err) {
			done(ignoreNotFound(err))
			return
		}
		client.Get(k.c, api.Namespaces, "", ns.Name, func(fresh *corev1.Namespace, err error) {
			switch {
			case err != nil:
				done(ignoreNotFound(err))
			case fresh.UID != ns.UID:
				done(fmt.Errorf("namespace uid has changed across retries"))
			default:
				k.finalize(fresh, done)
			}
		})
	})
}

// emptying is one attempt to delete all content of a namespace.
type emptying struct {
	*Controller
	ns       *corev1.Namespace
	estimate int64 // seconds until what remains may be gone
	unknown  error // what could not be discovered
	failed   []error
	errs     []error // all of them
	remains  []remaining
}

// remaining is what is left of a resource.
type remaining struct {
	res        *api.Resource
	n          int
	finalizers map[string]int
}

func (e *emptying) run(done func(estimate int64, err error)) {
	e.discover(func(all []*api.Resource) {
		if e.unknown != nil {
			e.errs = append(e.errs, e.unknown)
		}
		if all == nil {
			e.report(done)
			return
		}
		e.resource(api.Pods, func(err error) {
			if err != nil {
				e.failed = append(e.failed, err)
				e.errs = append(e.errs, fmt.Errorf("failed to delete pods for namespace: %s, err: %w", e.ns.Name, err))
			}
			if len(e.remains) > 0 {
				// Other things stay as long as there are pods that may use them.
				e.remains = nil
				e.report(done)
				return
			}
			e.rest(all, func() { e.report(done) })
		})
	})
}

// rest empties all resources but pods, one after the other.
func (e *emptying) rest(all []*api.Resource, done func()) {
	var step func(i int)
	step = func(i int) {
		for ; i < len(all); i++ {
			if r := all[i]; r.Namespaced && (r.Kept() || r.Custom != nil) && r != api.Pods {
				e.resource(r, func(err error) {
					if err != nil {
						e.failed = append(e.failed, err)
						e.errs = append(e.errs, err)
					}
					step(i + 1)
				})
				return
			}
		}
		done()
	}
	step(0)
}

// resource deletes all objects of a resource and looks what is left.
func (e *emptying) resource(r *api.Resource, done func(error)) {
	e.graceOf(r, func(estimate int64, err error) {
		if err != nil {
			done(err)
			return
		}
		background := metav1.DeletePropagationBackground
		e.c.Do(&api.Request{Verb: api.DeleteCollection, Resource: r, Namespace: e.ns.Name, Propagation: &background}, func(resp *api.Response) {
			if resp.Err != nil && !apierrors.IsMethodNotSupported(resp.Err) && !apierrors.IsNotFound(resp.Err) {
				e.estimate = max(e.estimate, estimate)
				done(resp.Err)
				return
			}
			client.List(e.c, r, e.ns.Name, nil, func(left []api.Object, err error) {
				if apierrors.IsMethodNotSupported(err) || apierrors.IsNotFound(err) {
					err = nil // nobody serves it any more
				} else if err == nil {
					err = e.left(r, left, &estimate)
				}
				e.estimate = max(e.estimate, estimate)
				done(err)
			})
		})
	})
}

func (e *emptying) left(r *api.Resource, objs []api.Object, estimate *int64) error {
	if len(objs) == 0 {
		*estimate = 0
		return nil
	}
	rem := remaining{res: r, n: len(objs), finalizers: map[string]int{}}
	for _, o := range objs {
		for _, f := range o.GetFinalizers() {
			rem.finalizers[f]++
		}
	}
	e.remains = append(e.remains, rem)
	switch {
	case *estimate != 0:
	case len(rem.finalizers) > 0:
		*estimate = finalizerEstimate
	default:
		return fmt.Errorf("unexpected items still remain in namespace: %s for gvr: %v", e.ns.Name, r.GVR())
	}
	return nil
}

// graceOf is how many seconds the pods of the namespace may take to end; 0 for other resources, and when that time has
// passed since the namespace was deleted.
func (e *emptying) graceOf(r *api.Resource, done func(int64, error)) {
	if r != api.Pods {
		done(0, nil)
		return
	}
	client.List(e.c, api.Pods, e.ns.Name, nil, func(pods []*corev1.Pod, err error) {
		longest := int64(0)
		for _, p := range pods {
			if p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed && p.Spec.TerminationGracePeriodSeconds != nil {
				longest = max(longest, *p.Spec.TerminationGracePeriodSeconds)
			}
		}
		if e.a.Wall().Sub(e.ns.DeletionTimestamp.Time) >= time.Duration(longest)*time.Second {
			longest = 0
		}
		done(longest, err)
	})
}

// report writes the conditions and ends the attempt.
func (e *emptying) report(done func(int64, error)) {
	end := func() { done(e.estimate, aggregate(e.errs)) }
	conditions, changed := e.conditions()
	if !changed {
		end()
		return
	}
	o := api.Copy(e.ns)
	o.Status.Conditions = conditions
	client.Update(e.c, api.Namespaces, "status", o, func(now *corev1.Namespace, err error) {
		if err == nil {
			e.ns = now
		}
		end()
	})
}
