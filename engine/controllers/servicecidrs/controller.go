package servicecidrs

import (
	"net/netip"
	"slices"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

const (
	// Finalizer is what keeps a range.
	Finalizer = "networking.k8s.io/service-cidr-finalizer"
	// gracePeriod is how long the deletion of a range has time to reach every allocator.
	gracePeriod = 10 * time.Second
	// allocator is who manages the IPAddresses of Services.
	allocator = "ipallocator.k8s.io"
	workers   = 5
)

// Controller is one run of the controller.
type Controller struct {
	a         *sim.Actor
	c         *client.Client
	ranges    *client.Cache[*networkingv1.ServiceCIDR]
	addresses *client.Cache[*networkingv1.IPAddress]
	queue     *client.Queue
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{a: c.Actor(), c: c, ranges: client.Shared[*networkingv1.ServiceCIDR](f, api.ServiceCIDRs),
		addresses: client.Shared[*networkingv1.IPAddress](f, api.IPAddresses)}
	k.queue = client.NewQueue(k.a, "ipaddresses", workers, k.sync)
	k.ranges.Subscribe(func(old, r *networkingv1.ServiceCIDR) {
		if r != nil {
			k.queue.Add(r.Name)
		}
		if old == nil || r == nil {
			// A range that comes or goes may change which addresses lie in none.
			k.wake(func(o *networkingv1.ServiceCIDR) bool { return true })
		}
	})
	k.addresses.Subscribe(func(old, ip *networkingv1.IPAddress) {
		if old != nil && ip != nil {
			return
		}
		if ip == nil {
			ip = old
		}
		if a, err := netip.ParseAddr(ip.Name); err == nil && ip.Labels[networkingv1.LabelManagedBy] == allocator {
			k.wake(func(r *networkingv1.ServiceCIDR) bool { return contains(r, a) })
		}
	})
	client.WhenSynced(k.queue.Start, k.ranges, k.addresses)
	return k
}

// wake looks again at the ranges that are being deleted.
func (k *Controller) wake(which func(*networkingv1.ServiceCIDR) bool) {
	var names []string
	for _, r := range k.ranges.All() {
		if r.DeletionTimestamp != nil && which(r) {
			names = append(names, r.Name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		k.queue.Add(name)
	}
}

func prefixes(r *networkingv1.ServiceCIDR) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range r.Spec.CIDRs {
		if p, err := netip.ParsePrefix(text); err == nil {
			out = append(out, p)
		}
	}
	return out
}

func contains(r *networkingv1.ServiceCIDR, a netip.Addr) bool {
	return slices.ContainsFunc(prefixes(r), func(p netip.Prefix) bool { return p.Contains(a) })
}

func (k *Controller) sync(name string, done func(error)) {
	r, ok := k.ranges.Get("", name)
	if !ok {
		done(nil)
		return
	}
	if r.DeletionTimestamp == nil {
		k.finalizer(r, true, func(err error) {
			if err != nil {
				done(err)
				return
			}
			k.condition(r, metav1.ConditionTrue, "", "Kubernetes Service CIDR is ready", done)
		})
		return
	}
	if k.needed(r) {
		k.condition(r, metav1.ConditionFalse, networkingv1.ServiceCIDRReasonTerminating,
			"There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR", done)
		return
	}
	if left := gracePeriod - k.a.Wall().Sub(r.DeletionTimestamp.Time); left > 0 {
		k.queue.AddAfter(name, left)
		done(nil)
		return
	}
	k.finalizer(r, false, done)
}

// needed reports that an address lies in this range and no other. A range within another one, or as large as one, is
// never needed.
func (k *Controller) needed(r *networkingv1.ServiceCIDR) bool {
	others := slices.DeleteFunc(slices.Clone(k.ranges.All()), func(o *networkingv1.ServiceCIDR) bool { return o.Name == r.Name })
	within := func(p netip.Prefix) bool {
		return slices.ContainsFunc(others, func(o *networkingv1.ServiceCIDR) bool {
			return slices.ContainsFunc(prefixes(o), func(q netip.Prefix) bool { return q.Bits() <= p.Bits() && q.Contains(p.Addr()) })
		})
	}
	mine := prefixes(r)
	if !slices.ContainsFunc(mine, func(p netip.Prefix) bool { return !within(p) }) {
		return false
	}
	for _, ip := range k.addresses.All() {
		if ip.Labels[networkingv1.LabelManagedBy] != allocator {
			continue
		}
		a, err := netip.ParseAddr(ip.Name)
		if err == nil && contains(r, a) && !slices.ContainsFunc(others, func(o *networkingv1.ServiceCIDR) bool { return contains(o, a) }) {
			return true
		}
	}
	return false
}

func (k *Controller) finalizer(r *networkingv1.ServiceCIDR, on bool, done func(error)) {
	if slices.Contains(r.Finalizers, Finalizer) == on {
		done(nil)
		return
	}
	if !on {
		k.a.Record(sim.KindDecision, api.Ref(api.ServiceCIDRs, "", r.Name), "no address needs the range any more: remove its finalizer")
	}
	client.Mutate(k.c, api.ServiceCIDRs, "", "", r.Name, func(o *networkingv1.ServiceCIDR) bool {
		if slices.Contains(o.Finalizers, Finalizer) == on {
			return false
		}
		list := slices.DeleteFunc(slices.Clone(o.Finalizers), func(f string) bool { return f == Finalizer })
		if on {
			list = append(list, Finalizer)
		}
		o.Finalizers = list
		return true
	}, func(_ *networkingv1.ServiceCIDR, err error) { done(unlessGone(err)) })
}

// condition sets Ready, with a new time even when only its words change.
func (k *Controller) condition(r *networkingv1.ServiceCIDR, status metav1.ConditionStatus, reason, message string, done func(error)) {
	same := func(c metav1.Condition) bool {
		return c.Type == networkingv1.ServiceCIDRConditionReady && c.Status == status && c.Reason == reason && c.Message == message
	}
	if slices.ContainsFunc(r.Status.Conditions, same) {
		done(nil)
		return
	}
	now := metav1.Time{Time: k.a.Wall().Truncate(time.Second)}
	client.Mutate(k.c, api.ServiceCIDRs, "status", "", r.Name, func(o *networkingv1.ServiceCIDR) bool {
		if slices.ContainsFunc(o.Status.Conditions, same) {
			return false
		}
		c := metav1.Condition{Type: networkingv1.ServiceCIDRConditionReady, Status: status, Reason: reason, Message: message, LastTransitionTime: now}
		list := slices.Clone(o.Status.Conditions)
		if i := slices.IndexFunc(list, func(c metav1.Condition) bool { return c.Type == networkingv1.ServiceCIDRConditionReady }); i >= 0 {
			list[i] = c
		} else {
			list = append(list, c)
		}
		o.Status.Conditions = list
		return true
	}, func(_ *networkingv1.ServiceCIDR, err error) { done(unlessGone(err)) })
}

func unlessGone(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
