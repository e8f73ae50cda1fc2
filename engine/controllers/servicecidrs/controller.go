package servicecidrs

import (
	"net/netip"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
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
	rec       *client.Recorder
	ranges    *client.Cache[*networkingv1.ServiceCIDR]
	addresses *client.Cache[*networkingv1.IPAddress]
	queue     *client.Queue
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{a: c.Actor(), c: c, rec: client.NewRecorder(c, "service-cidr-controller", ""), ranges: client.Shared[*networkingv1.ServiceCIDR](f, api.ServiceCIDRs),
		addresses: client.Shared[*networkingv1.IPAddress](f, api.IPAddresses)}
	k.queue = client.NewQueue(k.a, "ipaddresses", workers, k.sync)
	k.ranges.Subscribe(func(old, r *networkingv1.ServiceCIDR) {
		if r != nil {
			k.queue.Add(r.Name)
		}
		if old == nil || r == nil {
			k.wake(nil) // a range that comes or goes may change which addresses lie in none
		}
	})
	k.addresses.Subscribe(func(old, ip *networkingv1.IPAddress) {
		if old != nil && ip != nil {
			return
		}
		if ip == nil {
			ip = old
		}
		k.wake(ip)
	})
	client.WhenSynced(k.queue.Start, k.ranges, k.addresses)
	return k
}

// wake looks again at the ranges that are being deleted: all, or those with an address.
func (k *Controller) wake(ip *networkingv1.IPAddress) {
	var names []string
	for _, r := range k.ranges.All() {
		if r.DeletionTimestamp != nil && (ip == nil || k.in(ip, r)) {
			names = append(names, r.Name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		k.queue.Add(name)
	}
}

// in reports that a Service's address lies in a range.
func (k *Controller) in(ip *networkingv1.IPAddress, r *networkingv1.ServiceCIDR) bool {
	a, err := netip.ParseAddr(ip.Name)
	return err == nil && ip.Labels[networkingv1.LabelManagedBy] == allocator && within(r, a, a.BitLen())
}

// within reports that a range holds all addresses that begin with the first bits of one. A single address must be one
// that may be given away: not the network's own, nor the broadcast address of IPv4 (pkg/api/servicecidr).
func within(r *networkingv1.ServiceCIDR, a netip.Addr, bits int) bool {
	for _, text := range r.Spec.CIDRs {
		p, err := netip.ParsePrefix(text)
		if err != nil || p.Bits() > bits || !p.Contains(a) {
			continue
		}
		if bits < a.BitLen() || a != p.Masked().Addr() && (a.Is6() || p.Contains(a.Next())) {
			return true
		}
	}
	return false
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
			k.condition(r, metav1.ConditionTrue, "", "Kubernetes Service CIDR is ready", func(err error) {
				if err != nil {
					k.rec.Event(r, corev1.EventTypeWarning, "KubernetesServiceCIDRError", "The ServiceCIDR Status can not be set to Ready=True")
				}
				done(err)
			})
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
	alone := false
	for _, text := range r.Spec.CIDRs {
		p, err := netip.ParsePrefix(text)
		alone = alone || err == nil && !k.elsewhere(r, p.Addr(), p.Bits())
	}
	if !alone {
		return false
	}
	for _, ip := range k.addresses.All() {
		if a, err := netip.ParseAddr(ip.Name); err == nil && k.in(ip, r) && !k.elsewhere(r, a, a.BitLen()) {
			return true
		}
	}
	return false
}

// elsewhere reports that another range than r holds all addresses that begin with the first bits of one.
func (k *Controller) elsewhere(r *networkingv1.ServiceCIDR, a netip.Addr, bits int) bool {
	for _, o := range k.ranges.All() {
		if o.Name != r.Name && within(o, a, bits) {
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
	k.change(r, "", func(o *networkingv1.ServiceCIDR) bool {
		i := slices.Index(o.Finalizers, Finalizer)
		switch {
		case on == (i >= 0):
			return false
		case on:
			o.Finalizers = append(slices.Clip(o.Finalizers), Finalizer)
		default:
			o.Finalizers = slices.Delete(slices.Clone(o.Finalizers), i, i+1)
		}
		return true
	}, done)
}

// condition sets Ready, with a new time even when only its words change.
func (k *Controller) condition(r *networkingv1.ServiceCIDR, status metav1.ConditionStatus, reason, message string, done func(error)) {
	want := metav1.Condition{Type: networkingv1.ServiceCIDRConditionReady, Status: status, Reason: reason, Message: message,
		LastTransitionTime: metav1.Time{Time: k.a.Wall().Truncate(time.Second)}}
	if _, same := replaced(r.Status.Conditions, want); same {
		done(nil)
		return
	}
	k.change(r, "status", func(o *networkingv1.ServiceCIDR) bool {
		list, same := replaced(o.Status.Conditions, want)
		o.Status.Conditions = list
		return !same
	}, done)
}

// replaced is a list with c in place of the condition of its type; same says that nothing but the time would change.
func replaced(list []metav1.Condition, c metav1.Condition) (out []metav1.Condition, same bool) {
	for i := range list {
		if o := list[i]; o.Type != c.Type {
			out = append(out, o)
		} else if o.Status == c.Status && o.Reason == c.Reason && o.Message == c.Message {
			return list, true
		}
	}
	return append(out, c), false
}

func (k *Controller) change(r *networkingv1.ServiceCIDR, sub string, fn func(*networkingv1.ServiceCIDR) bool, done func(error)) {
	client.Mutate(k.c, api.ServiceCIDRs, sub, "", r.Name, fn, func(_ *networkingv1.ServiceCIDR, err error) {
		if apierrors.IsNotFound(err) {
			err = nil
		}
		done(err)
	})
}
