package network

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"tabernetes/engine/api"
)

// Rules is the history of what kube-proxies are told: for each Service its versions and the versions of its set of
// EndpointSlices, each from a revision on. Whoever hears of a change first enters it; versions that no node needs any
// more are dropped.
type Rules struct {
	net       *Network
	services  map[string]*service // by namespace/name
	byAddress map[string]*service // the newest holder: see addressesOf

	servicesMax, slicesMax int64 // every change up to here is entered
	zoned                  bool  // a slice has said for which zones its endpoints are
}

type service struct {
	key      string
	versions []serviceVersion
	slices   []slicesVersion
	keep     int // prune when there are more versions than this
}

type serviceVersion struct {
	from int64
	svc  *corev1.Service // nil: deleted
}

// slicesVersion is the Service's set of EndpointSlices from a revision on. It is immutable but for what route works
// out of it when first asked.
type slicesVersion struct {
	from  int64
	views []*sliceView
}

// sliceView is an EndpointSlice with its endpoints sorted by what rules need. Views are shared between versions.
type sliceView struct {
	slice    *discoveryv1.EndpointSlice
	compiled bool
	ready    []*discoveryv1.Endpoint
	fallback []*discoveryv1.Endpoint // serving while terminating
	hints    *hints                  // of the ready ones; nil: they have none
}

const minVersions = 16

func (r *Rules) init(n *Network) {
	r.net = n
	r.services = map[string]*service{}
	r.byAddress = map[string]*service{}
}

func (r *Rules) get(key string) *service {
	s := r.services[key]
	if s == nil {
		s = &service{key: key, keep: minVersions}
		r.services[key] = s
	}
	return s
}

// Service enters a version of a Service; gone means that it was deleted at that revision.
func (r *Rules) Service(svc *corev1.Service, rev int64, gone bool) {
	if rev > r.servicesMax {
		r.servicesMax = rev
		r.service(svc, rev, gone)
	}
}

func (r *Rules) service(svc *corev1.Service, rev int64, gone bool) {
	s := r.get(api.KeyOf(svc))
	v := serviceVersion{from: rev}
	// The newest holder of an address or port is the one to ask; whether a node's rules know it by that the version tells.
	for _, at := range addressesOf(svc) {
		if !gone {
			r.byAddress[at] = s
		} else if r.byAddress[at] == s {
			delete(r.byAddress, at)
		}
	}
	if !gone {
		v.svc = svc
	}
	s.versions = append(s.versions, v)
	r.prune(s)
}

// addressesOf are all that leads to a Service: its addresses, and its node ports as ":30080".
func addressesOf(svc *corev1.Service) []string {
	out := append(append(virtualIPs(svc), svc.Spec.ClusterIPs...), svc.Spec.ExternalIPs...)
	for i := range svc.Spec.Ports {
		if n := svc.Spec.Ports[i].NodePort; n != 0 {
			out = append(out, nodePort(n))
		}
	}
	return out
}

func nodePort(n int32) string { return ":" + strconv.Itoa(int(n)) }

// virtualIPs are the addresses of a Service's load balancers that nodes translate themselves.
func virtualIPs(svc *corev1.Service) []string {
	var out []string
	for _, in := range svc.Status.LoadBalancer.Ingress {
		if in.IP != "" && (in.IPMode == nil || *in.IPMode == corev1.LoadBalancerIPModeVIP) {
			out = append(out, in.IP)
		}
	}
	return out
}

// ServicesListed enters all Services there are at a revision.
func (r *Rules) ServicesListed(list []*corev1.Service, rev int64) {
	if rev <= r.servicesMax {
		return
	}
	r.servicesMax = rev
	seen := make(map[string]bool, len(list))
	for _, svc := range list {
		s := r.get(api.KeyOf(svc))
		seen[s.key] = true
		if n := len(s.versions); n == 0 || s.versions[n-1].svc != svc {
			r.service(svc, rev, false)
		}
	}
	for _, key := range sortedKeys(r.services) {
		s := r.services[key]
		if n := len(s.versions); n > 0 && s.versions[n-1].svc != nil && !seen[key] {
			r.service(s.versions[n-1].svc, rev, true)
		}
	}
}

// Slice enters a version of an EndpointSlice; gone means that it was deleted at that revision.
func (r *Rules) Slice(es *discoveryv1.EndpointSlice, rev int64, gone bool) {
	if rev > r.slicesMax {
		r.slicesMax = rev
		r.slice(es, rev, gone)
	}
}

func (r *Rules) slice(es *discoveryv1.EndpointSlice, rev int64, gone bool) {
	name := es.Labels[discoveryv1.LabelServiceName]
	if name == "" {
		return
	}
	s := r.get(api.Key(es.Namespace, name))
	var views []*sliceView
	if n := len(s.slices); n > 0 {
		views = s.slices[n-1].views
	}
	i, found := slices.BinarySearchFunc(views, es.Name, func(v *sliceView, name string) int { return strings.Compare(v.slice.Name, name) })
	if !gone && !r.zoned {
		r.zoned = slices.ContainsFunc(es.Endpoints, func(e discoveryv1.Endpoint) bool { return e.Hints != nil && len(e.Hints.ForZones) > 0 })
	}
	next := make([]*sliceView, 0, len(views)+1)
	next = append(next, views[:i]...)
	if !gone {
		next = append(next, &sliceView{slice: es})
	}
	if found {
		i++
	}
	next = append(next, views[i:]...)
	s.slices = append(s.slices, slicesVersion{from: rev, views: next})
	r.prune(s)
}

// SlicesListed enters all EndpointSlices there are at a revision.
func (r *Rules) SlicesListed(list []*discoveryv1.EndpointSlice, rev int64) {
	if rev <= r.slicesMax {
		return
	}
	r.slicesMax = rev
	seen := make(map[string]bool, len(list))
	for _, es := range list {
		seen[api.KeyOf(es)] = true
		if s := r.services[api.Key(es.Namespace, es.Labels[discoveryv1.LabelServiceName])]; s == nil || !s.holds(es) {
			r.slice(es, rev, false)
		}
	}
	for _, key := range sortedKeys(r.services) {
		if s := r.services[key]; len(s.slices) > 0 {
			for _, v := range s.slices[len(s.slices)-1].views {
				if !seen[api.KeyOf(v.slice)] {
					r.slice(v.slice, rev, true)
				}
			}
		}
	}
}

func (s *service) holds(es *discoveryv1.EndpointSlice) bool {
	if len(s.slices) == 0 {
		return false
	}
	for _, v := range s.slices[len(s.slices)-1].views {
		if v.slice == es {
			return true
		}
	}
	return false
}

// prune drops versions that no running node can ask for. It looks at the nodes only when versions have doubled.
func (r *Rules) prune(s *service) {
	if len(s.versions)+len(s.slices) <= s.keep {
		return
	}
	minS, minE := r.servicesMax, r.slicesMax
	for _, nd := range r.net.nodes {
		if nd.host.Up() {
			minS, minE = min(minS, nd.services), min(minE, nd.endpoints)
		}
	}
	i := 0
	for i+1 < len(s.versions) && s.versions[i+1].from <= minS {
		i++
	}
	s.versions = slices.Clone(s.versions[i:])
	i = 0
	for i+1 < len(s.slices) && s.slices[i+1].from <= minE {
		i++
	}
	s.slices = slices.Clone(s.slices[i:])
	s.keep = max(minVersions, 2*(len(s.versions)+len(s.slices)))
}

func (s *service) at(rev int64) *corev1.Service {
	for i := len(s.versions) - 1; i >= 0; i-- {
		if s.versions[i].from <= rev {
			return s.versions[i].svc
		}
	}
	return nil
}

func (s *service) slicesAt(rev int64) []*sliceView {
	for i := len(s.slices) - 1; i >= 0; i-- {
		if s.slices[i].from <= rev {
			return s.slices[i].views
		}
	}
	return nil
}

func (v *sliceView) compile() {
	if v.compiled {
		return
	}
	v.compiled = true
	for i := range v.slice.Endpoints {
		e := &v.slice.Endpoints[i]
		if len(e.Addresses) == 0 {
			continue
		}
		c := e.Conditions
		switch {
		case c.Ready == nil || *c.Ready:
			v.ready = append(v.ready, e)
		case (c.Serving == nil || *c.Serving) && c.Terminating != nil && *c.Terminating:
			v.fallback = append(v.fallback, e)
		}
	}
	v.hints = hintsOf(v.ready)
}
