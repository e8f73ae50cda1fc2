package network

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// dns is a model of cluster DNS: it watches what CoreDNS watches, and answers at once. It is no workload yet: it has
// no pod, no Service, and does not fail with a node.
type dns struct {
	a        *sim.Actor
	services *client.Cache[*corev1.Service]
	slices   *client.Cache[*discoveryv1.EndpointSlice]
}

// Domain is the cluster's.
const Domain = "cluster.local"

// RunDNS runs the cluster's DNS as an actor.
func RunDNS(a *sim.Actor, conf client.Config, n *Network) {
	c := client.New(a, conf)
	d := &dns{a: a, services: client.NewCache[*corev1.Service](c, api.Services, client.Selection{}),
		slices: client.NewCache[*discoveryv1.EndpointSlice](c, api.EndpointSlices, client.Selection{})}
	d.slices.AddIndex("service", func(es *discoveryv1.EndpointSlice) []string {
		return []string{es.Namespace + "/" + es.Labels[discoveryv1.LabelServiceName]}
	})
	n.dns = append(slices.DeleteFunc(n.dns, func(x *dns) bool { return x.a.Dead() }), d)
}

// server is one that runs: the first that knows everything, else any, even one that is gone.
func (n *Network) server() *dns {
	for _, d := range n.dns {
		if !d.a.Dead() && d.services.Synced() && d.slices.Synced() {
			return d
		}
	}
	if len(n.dns) == 0 {
		return nil
	}
	return n.dns[0]
}

// Lookup resolves a name as a pod of a namespace would, with the search path of ClusterFirst: "web", "web.shop",
// "web.shop.svc.cluster.local", and of a headless Service "pod-hostname.web.shop.svc". IPv4 addresses come before IPv6
// ones; there is none of a name there is not. The slice is the caller's.
func (n *Network) Lookup(name, namespace string) []string {
	d := n.server()
	if d == nil {
		return nil
	}
	name = strings.TrimSuffix(name, ".")
	for _, suffix := range [...]string{"." + namespace + ".svc." + Domain, ".svc." + Domain, "." + Domain, ""} {
		if out := d.absolute(name+suffix, 0); out != nil {
			return out
		}
	}
	return nil
}

// maxAliases is how many names in a row may stand for another (resolvers give up at about as many).
const maxAliases = 8

func (d *dns) absolute(name string, aliases int) []string {
	rest, ok := strings.CutSuffix(name, ".svc."+Domain)
	if !ok {
		return nil
	}
	parts := strings.Split(rest, ".")
	host := ""
	switch len(parts) {
	case 3:
		host, parts = parts[0], parts[1:]
	case 2:
	default:
		return nil
	}
	svc, ok := d.services.Get(parts[1], parts[0])
	if !ok {
		return nil
	}
	if svc.Spec.Type == corev1.ServiceTypeExternalName {
		if aliases < maxAliases {
			if out := d.absolute(strings.TrimSuffix(svc.Spec.ExternalName, "."), aliases+1); out != nil {
				return out
			}
		}
		return []string{svc.Spec.ExternalName}
	}
	if svc.Spec.ClusterIP != corev1.ClusterIPNone && host == "" {
		return answers(slices.Clone(svc.Spec.ClusterIPs))
	}
	var out []string
	for _, es := range d.slices.ByIndex("service", parts[1]+"/"+parts[0]) {
		for i := range es.Endpoints {
			e := &es.Endpoints[i]
			if e.Conditions.Ready != nil && !*e.Conditions.Ready && !svc.Spec.PublishNotReadyAddresses {
				continue
			}
			if host == "" || e.Hostname != nil && *e.Hostname == host {
				out = append(out, e.Addresses...)
			}
		}
	}
	return answers(out)
}

// answers puts addresses into the order of the two questions a resolver asks: A records, then AAAA records.
func answers(ips []string) []string {
	slices.SortStableFunc(ips, func(a, b string) int {
		switch {
		case is6(a) == is6(b):
			return 0
		case is6(a):
			return 1
		}
		return -1
	})
	return ips
}

// Resolve is runtime.Dialer's.
func (n *Network) Resolve(from *runtime.Sandbox, name string) []string {
	return n.Lookup(name, from.Namespace)
}
