package apiserver

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/etcd"
)

// The lease endpoint reconciler keeps the addresses behind the kubernetes Service those of the API servers that live
// (pkg/controlplane/reconcilers/lease.go): each server writes a key of its own that ends by itself after 15 s, writes it
// again every 10 s, and makes the Service's endpoints what keys there are.
const (
	masterLeases   = "/registry/masterleases/"
	masterLeaseTTL = 15 * time.Second
	masterInterval = 10 * time.Second
)

// masterLease is the value of a server's key: upstream's is an Endpoints object that only its generation changes in.
type masterLease struct{ generation int64 }

// SetResourceVersion implements etcd.Value; nobody watches these.
func (*masterLease) SetResourceVersion(string) {}

// reconciler is the loop of one server.
type reconciler struct {
	s   *Server
	gen int64
}

func (c *reconciler) loop() {
	c.s.a.Periodic(masterInterval, "reconcile endpoints", c.loop)
	c.renew()
}

// renew writes the server's own key, whatever is there, and goes on with what keys there are.
func (c *reconciler) renew() {
	c.gen++
	key := masterLeases + c.s.conf.Advertise
	c.s.db.Txn(etcd.Txn{Then: []etcd.Op{{Type: etcd.Put, Key: key, Value: &masterLease{c.gen}, TTL: masterLeaseTTL}}}, func(_ etcd.TxnResult, err error) {
		if err != nil {
			return // the next round tries again
		}
		c.s.db.Range(masterLeases, "", 0, 0, func(kvs []*etcd.KV, _ bool, _ int, _ int64, err error) {
			if err != nil || len(kvs) == 0 {
				return // refuse to erase all endpoints
			}
			ips := make([]string, len(kvs))
			for i, kv := range kvs {
				ips[i] = leaf(kv.Key)
			}
			c.reconcile(ips)
		})
	})
}

func (c *reconciler) reconcile(ips []string) {
	slices.Sort(ips)
	meta := metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "kubernetes"}
	port, proto, name := int32(6443), corev1.ProtocolTCP, "https"
	if r := api.ByGVK(corev1.SchemeGroupVersion.WithKind("Endpoints")); r != nil && c.s.kinds[r] != nil {
		var addresses []corev1.EndpointAddress
		for _, ip := range ips {
			addresses = append(addresses, corev1.EndpointAddress{IP: ip})
		}
		m := meta
		m.Labels = map[string]string{discoveryv1.LabelSkipMirror: "true"}
		want := []corev1.EndpointSubset{{Addresses: addresses, Ports: []corev1.EndpointPort{{Name: name, Port: port, Protocol: proto}}}}
		c.write(r, &corev1.Endpoints{ObjectMeta: m, Subsets: want}, func(o api.Object) bool {
			e := o.(*corev1.Endpoints)
			if len(e.Subsets) == 1 && slices.EqualFunc(e.Subsets[0].Addresses, addresses, func(a, b corev1.EndpointAddress) bool { return a.IP == b.IP }) {
				return false
			}
			e.Subsets = want
			return true
		})
	}
	ready := true
	var endpoints []discoveryv1.Endpoint
	for _, ip := range ips {
		endpoints = append(endpoints, discoveryv1.Endpoint{Addresses: []string{ip}, Conditions: discoveryv1.EndpointConditions{Ready: &ready}})
	}
	m := meta
	m.Labels = map[string]string{discoveryv1.LabelServiceName: "kubernetes"}
	c.write(api.EndpointSlices, &discoveryv1.EndpointSlice{
		ObjectMeta: m, AddressType: discoveryv1.AddressTypeIPv4, Endpoints: endpoints,
		Ports: []discoveryv1.EndpointPort{{Name: &name, Port: &port, Protocol: &proto}},
	}, func(o api.Object) bool {
		es := o.(*discoveryv1.EndpointSlice)
		if slices.EqualFunc(es.Endpoints, ips, func(e discoveryv1.Endpoint, ip string) bool { return len(e.Addresses) == 1 && e.Addresses[0] == ip }) {
			return false
		}
		es.Endpoints = endpoints
		return true
	})
}

// write makes an object as it should be: change brings what there is up to date and says whether it was not.
func (c *reconciler) write(r *api.Resource, fresh api.Object, change func(api.Object) bool) {
	k := c.s.kinds[r]
	if !k.ready {
		return
	}
	cur := k.objects[api.KeyOf(fresh)]
	if cur == nil {
		c.s.Serve(&api.Request{Verb: api.Create, Resource: r, Namespace: fresh.GetNamespace(), Name: fresh.GetName(), Object: fresh, User: loopbackUser, UserAgent: "kube-apiserver"}, c.s.a, func(*api.Response) {})
		return
	}
	obj := api.Copy(cur)
	if !change(obj) {
		return
	}
	c.s.a.Sim().Foreground()
	c.s.Serve(&api.Request{Verb: api.Update, Resource: r, Namespace: obj.GetNamespace(), Name: obj.GetName(), Object: obj, User: loopbackUser, UserAgent: "kube-apiserver"}, c.s.a, func(*api.Response) {})
}
