package apiserver

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
	"tabernetes/engine/etcd"
	"tabernetes/engine/sim"
)

// A cluster address belongs to a Service through an IPAddress object of the address's name (pkg/registry/core/service/
// ipallocator). Upstream writes it in a request of its own before the Service, and a repair loop cleans up after servers
// that died in between. Here both are written in one transaction, which also settles the race between two API servers
// for one address: the loser's transaction fails.

const (
	addressManager = "ipallocator.k8s.io"
	repairDelay    = time.Second
)

// clusterIPs are the addresses an object holds, in canonical form: none but for a Service.
func clusterIPs(obj api.Object) []string {
	svc, ok := obj.(*corev1.Service)
	if !ok || !needsClusterIP(svc) {
		return nil
	}
	out := make([]string, len(svc.Spec.ClusterIPs))
	for i, ip := range svc.Spec.ClusterIPs {
		out[i] = canonical(ip)
	}
	return out
}

// reserve adds to the transaction that writes st in place of cur (nil: a new object) what becomes of the addresses of
// the two. gone says that the transaction removes the object.
func (a *allocator) reserve(txn *etcd.Txn, st *stored, cur api.Object, gone bool) {
	if st.resource != api.Services {
		return
	}
	var now, was []string
	if !gone {
		now = clusterIPs(st.obj)
	}
	if cur != nil {
		was = clusterIPs(cur)
	}
	for _, ip := range now {
		if slices.Contains(was, ip) {
			continue
		}
		key := a.s.key(api.IPAddresses, "", ip)
		txn.Compare = append(txn.Compare, etcd.Compare{Key: key})
		txn.Then = append(txn.Then, etcd.Op{Type: etcd.Put, Key: key, Value: a.newAddress(st.obj, ip, st.by)})
	}
	for _, ip := range was {
		if slices.Contains(now, ip) {
			continue
		}
		if o, ok := a.s.kinds[api.IPAddresses].objects[ip].(*networkingv1.IPAddress); ok && isFor(o, cur.(*corev1.Service)) {
			old := &stored{obj: api.Copy(o), resource: api.IPAddresses, ctx: st.ctx, by: st.by, kind: sim.KindDelete}
			txn.Then = append(txn.Then, etcd.Op{Type: etcd.Delete, Key: a.s.key(api.IPAddresses, "", ip), Value: old})
		}
	}
}

// newAddress is what the store keeps to reserve an address for a Service.
func (a *allocator) newAddress(svc api.Object, ip string, by *sim.Actor) *stored {
	o := &networkingv1.IPAddress{
		ObjectMeta: metav1.ObjectMeta{
			Name: ip, UID: a.s.newUID(), CreationTimestamp: a.s.now(),
			Labels: map[string]string{networkingv1.LabelIPAddressFamily: string(familyOf(netip.MustParseAddr(ip))), networkingv1.LabelManagedBy: addressManager},
		},
		Spec: networkingv1.IPAddressSpec{ParentRef: &networkingv1.ParentReference{Resource: "services", Namespace: svc.GetNamespace(), Name: svc.GetName()}},
	}
	return &stored{obj: o, resource: api.IPAddresses, ctx: a.s.a.Sim().Context(), by: by, kind: sim.KindCreate, text: api.IPAddresses.Describe(nil, o)}
}

// lost deals with a transaction that failed because an address was no longer free: it chooses another one, or says why
// that cannot be. res is the answer to the transaction that reserve made, whose first comparison was with the Service at
// a revision (0: a new one).
func (a *allocator) lost(obj, cur api.Object, res etcd.TxnResult) (again bool, err error) {
	svc, ok := obj.(*corev1.Service)
	if !ok || len(res.Current) < 2 {
		return false, nil
	}
	var was []string
	first, rev := res.Current[0], int64(0)
	if cur != nil {
		was, rev = clusterIPs(cur), api.Revision(cur)
	}
	if first != nil && first.ModRevision != rev || first == nil && rev != 0 {
		return false, nil // the race was for the Service itself
	}
	compared := 0
	for i, ip := range clusterIPs(svc) {
		if slices.Contains(was, ip) {
			continue
		}
		if compared++; res.Current[compared] == nil {
			continue
		}
		if !a.chosen[ip] {
			return false, invalid(api.Services, svc.Name, field.ErrorList{field.Invalid(clusterIPsPath, svc.Spec.ClusterIPs,
				"failed to allocate IP "+svc.Spec.ClusterIPs[i]+": provided IP is already allocated")})
		}
		delete(a.chosen, ip)
		a.promise(ip, "") // until the cache has heard of whose it is
		next, err := a.address(svc, svc.Spec.IPFamilies[i], false)
		if err != nil {
			return false, err
		}
		a.promise(next, api.KeyOf(svc))
		a.chosen[next] = true
		svc.Spec.ClusterIPs = slices.Clone(svc.Spec.ClusterIPs)
		svc.Spec.ClusterIPs[i] = next
		svc.Spec.ClusterIP = svc.Spec.ClusterIPs[0]
		again = true
	}
	return again, nil
}

// promise keeps an address for a while.
func (a *allocator) promise(ip, owner string) {
	a.promised[ip] = owner
	a.s.a.After(retryEtcd*10, "forget promises", func() {
		if a.promised[ip] == owner {
			delete(a.promised, ip)
			delete(a.chosen, ip)
		}
	})
}

// defaultRange is the ServiceCIDR of the ranges that the servers are configured with.
func (a *allocator) defaultRange() *networkingv1.ServiceCIDR {
	o := &networkingv1.ServiceCIDR{ObjectMeta: metav1.ObjectMeta{Name: defaultCIDR}}
	for _, p := range a.cidrs {
		o.Spec.CIDRs = append(o.Spec.CIDRs, p.String())
	}
	return o
}

// start says that the default range is ready (pkg/controlplane/controller/defaultservicecidr) and repairs what an
// interrupted server or a restored snapshot left behind.
func (a *allocator) start() {
	s, cidrs := a.s, a.defaultRange().Spec.CIDRs
	ready := &api.Request{Verb: api.Patch, Resource: api.ServiceCIDRs, Subresource: "status", Name: defaultCIDR, PatchType: api.TypedPatch,
		FieldManager: "kubernetes-service-cidr-controller", Mutate: func(o api.Object) bool {
			c := o.(*networkingv1.ServiceCIDR)
			for i := range c.Status.Conditions {
				if c.Status.Conditions[i].Type == networkingv1.ServiceCIDRConditionReady {
					return false
				}
			}
			if !slices.Equal(c.Spec.CIDRs, cidrs) {
				return false // another server's range; that is for an administrator to look at
			}
			c.Status.Conditions = append(slices.Clone(c.Status.Conditions), metav1.Condition{
				Type: networkingv1.ServiceCIDRConditionReady, Status: metav1.ConditionTrue,
				Message: "Kubernetes default Service CIDR is ready", LastTransitionTime: s.now(),
			})
			return true
		}}
	s.Serve(ready, s.a, func(*api.Response) {})
	s.kinds[api.Services].atLeast(0, func() { s.kinds[api.IPAddresses].atLeast(0, a.repair) })
}

// repair makes the addresses that Services lack and removes those whose Service is gone (ipallocator/controller,
// RepairIPAddress). What it knows of Services must be newer than what it knows of addresses, or it would take a Service
// that is being made for one that is gone.
func (a *allocator) repair() {
	var reserved []*networkingv1.IPAddress
	for _, o := range a.s.kinds[api.IPAddresses].objects {
		if ip := o.(*networkingv1.IPAddress); ip.Labels[networkingv1.LabelManagedBy] == addressManager {
			reserved = append(reserved, ip)
		}
	}
	slices.SortFunc(reserved, func(x, y *networkingv1.IPAddress) int { return strings.Compare(x.Name, y.Name) })
	k := a.s.kinds[api.Services]
	k.fresh(func() {
		for _, o := range reserved {
			if r := o.Spec.ParentRef; r == nil || k.objects[api.Key(r.Namespace, r.Name)] == nil {
				rv := o.ResourceVersion
				a.s.Serve(&api.Request{Verb: api.Delete, Resource: api.IPAddresses, Name: o.Name, Preconditions: &metav1.Preconditions{ResourceVersion: &rv}}, a.s.a, func(*api.Response) {})
			}
		}
		var keys []string
		for key := range k.objects {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			svc := k.objects[key].(*corev1.Service)
			for _, ip := range clusterIPs(svc) {
				if a.s.kinds[api.IPAddresses].objects[ip] == nil {
					a.restore(svc, ip)
				}
			}
		}
	}, func(error) {})
}

// restore makes the IPAddress of a Service that has lost it.
func (a *allocator) restore(svc *corev1.Service, ip string) {
	key := a.s.key(api.IPAddresses, "", ip)
	a.s.db.Txn(etcd.Txn{Compare: []etcd.Compare{{Key: key}}, Then: []etcd.Op{{Type: etcd.Put, Key: key, Value: a.newAddress(svc, ip, a.s.a)}}},
		func(etcd.TxnResult, error) {})
}

// settled hears of every write that took the place of cur. What a Service has given up nobody is promised any more. And
// an IPAddress that somebody deleted comes back as long as a Service has the address.
func (a *allocator) settled(r *api.Resource, cur, obj api.Object, gone bool) {
	switch {
	case r == api.Services:
		owner := api.KeyOf(cur)
		var kept []string
		if !gone {
			kept = holds(obj.(*corev1.Service))
		}
		for k, o := range a.promised {
			if o == owner && !slices.Contains(kept, k) {
				delete(a.promised, k)
				delete(a.chosen, k)
			}
		}
	case r == api.IPAddresses && gone:
		ip := cur.GetName()
		a.s.a.After(repairDelay, "repair IPAddress", func() {
			svc, ok := a.s.kinds[api.Services].objects[a.holders[ip]].(*corev1.Service)
			if ok && a.s.kinds[api.IPAddresses].objects[ip] == nil {
				a.restore(svc, ip)
			}
		})
	}
}
