package endpointslice

import (
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
)

// pass is one sync of one Service.
type pass struct {
	*Controller
	svc     *corev1.Service
	st      *state
	full    bool
	trigger time.Time
	errs    []error
	pods    []*corev1.Pod // to look at, gone ones missing
	names   map[string]bool
	retry   []string // pods to look at again
	fixed   *portSet // the ports, if they are the same for all pods
	auto    bool     // hints are given when the endpoints are known: see spread
}

// desired is an endpoint as it should be.
type desired struct {
	name   string
	ports  *portSet
	ep     discoveryv1.Endpoint
	placed bool
}

// family are the slices of a Service that hold addresses of one kind.
type family struct {
	slices []*slice
	placed map[string]*slice // pod name to the slice it is in
}

type slice struct {
	obj     *discoveryv1.EndpointSlice
	ports   string // key of the port set
	foreign bool   // of another owner
}

func (p *pass) run(done func(error)) {
	st := p.st
	p.full, p.auto = st.full, topologyMode(p.svc)
	st.full = false
	p.collect()
	families := families(p.svc)
	var obsolete []*discoveryv1.EndpointSlice
	if p.full || st.families == nil {
		obsolete = p.load(families)
	}
	var step func(i int)
	step = func(i int) {
		if i == len(families) {
			p.deleteAll(obsolete, func(err error) { done(p.failure(err)) })
			return
		}
		p.family(families[i], func(err error) {
			if err != nil {
				p.errs = append(p.errs, err)
			}
			step(i + 1)
		})
	}
	step(0)
}

func (p *pass) failure(err error) error {
	for _, name := range p.retry {
		p.note([]string{api.KeyOf(p.svc)}, name, time.Time{}, false)
	}
	if err != nil {
		p.errs = append(p.errs, err)
	}
	switch len(p.errs) {
	case 0:
		return nil
	case 1:
		return p.errs[0]
	}
	text := "["
	for i, e := range p.errs {
		if i > 0 {
			text += ", "
		}
		text += e.Error()
	}
	return fmt.Errorf("%s]", text)
}

// collect takes the pods to look at, and computes the trigger time: the earliest news since the last sync.
func (p *pass) collect() {
	st := p.st
	changed, order := st.changed, st.order
	st.changed, st.order = map[string]time.Time{}, nil
	selector := labels.SelectorFromSet(p.svc.Spec.Selector)
	if p.full {
		for _, pod := range p.Controller.pods.ByIndex("namespace", p.svc.Namespace) {
			if selector.Matches(labels.Set(pod.Labels)) {
				p.pods = append(p.pods, pod)
			}
		}
	} else {
		p.names = make(map[string]bool, len(order))
		for _, name := range order {
			p.names[name] = true
			if pod, ok := p.Controller.pods.Get(p.svc.Namespace, name); ok && selector.Matches(labels.Set(pod.Labels)) {
				p.pods = append(p.pods, pod)
			}
		}
	}
	if !st.known {
		st.known = true
		p.trigger = p.svc.CreationTimestamp.Time
		return
	}
	for _, pod := range p.pods {
		if seen, ok := changed[pod.Name]; ok {
			if t := triggerTime(pod); t.After(seen) && (p.trigger.IsZero() || t.Before(p.trigger)) {
				p.trigger = t
			}
		}
	}
}

// families are the address types of a Service.
func families(svc *corev1.Service) []discoveryv1.AddressType {
	var out []discoveryv1.AddressType
	for _, f := range svc.Spec.IPFamilies {
		switch f {
		case corev1.IPv4Protocol:
			out = append(out, discoveryv1.AddressTypeIPv4)
		case corev1.IPv6Protocol:
			out = append(out, discoveryv1.AddressTypeIPv6)
		}
	}
	if len(out) == 0 {
		out = append(out, discoveryv1.AddressTypeIPv4)
		if svc.Spec.ClusterIP == "" || svc.Spec.ClusterIP == corev1.ClusterIPNone {
			out = append(out, discoveryv1.AddressTypeIPv6)
		}
	}
	slices.Sort(out)
	return out
}

// load takes the slices of the Service from the cache, and returns those of address types it no longer has.
func (p *pass) load(types []discoveryv1.AddressType) []*discoveryv1.EndpointSlice {
	var obsolete []*discoveryv1.EndpointSlice
	p.st.families = map[discoveryv1.AddressType]*family{}
	for _, t := range types {
		p.st.families[t] = &family{placed: map[string]*slice{}}
	}
	for _, s := range p.Controller.slices.ByIndex(indexService, api.KeyOf(p.svc)) {
		if s.DeletionTimestamp != nil {
			continue
		}
		f := p.st.families[s.AddressType]
		if f == nil {
			p.forget(api.KeyOf(p.svc), s.AddressType)
			obsolete = append(obsolete, s)
			continue
		}
		f.slices = append(f.slices, newSlice(s, p.svc))
	}
	return obsolete
}

func newSlice(s *discoveryv1.EndpointSlice, svc *corev1.Service) *slice {
	owned := slices.ContainsFunc(s.OwnerReferences, func(r metav1.OwnerReference) bool {
		return r.UID == svc.UID && r.Kind == "Service" && r.APIVersion == "v1"
	})
	return &slice{obj: s, ports: newPortSet(s.Ports).key, foreign: !owned}
}

// want are the endpoints of the pods to look at.
func (p *pass) want(t discoveryv1.AddressType) ([]*desired, map[string]*desired) {
	list := make([]*desired, 0, len(p.pods))
	byName := make(map[string]*desired, len(p.pods))
	sets := map[string]*portSet{}
	for _, pod := range p.pods {
		if !isEndpoint(pod) {
			continue
		}
		node, ok := p.nodes.Get("", pod.Spec.NodeName)
		if !ok && !p.svc.Spec.PublishNotReadyAddresses {
			p.retry = append(p.retry, pod.Name)
			p.errs = append(p.errs, fmt.Errorf("skipping Pod %s for Service %s/%s: Node %s Not Found", pod.Name, p.svc.Namespace, p.svc.Name, pod.Spec.NodeName))
			continue
		}
		ep := endpointOf(pod, node, p.svc, t)
		if len(ep.Addresses) == 0 {
			continue
		}
		d := &desired{name: pod.Name, ports: p.ports(pod, sets), ep: ep}
		list = append(list, d)
		byName[pod.Name] = d
	}
	return list, byName
}

// ports are the ports at a pod; pods whose ports are equal share a set.
func (p *pass) ports(pod *corev1.Pod, sets map[string]*portSet) *portSet {
	if p.fixed != nil {
		return p.fixed
	}
	set := newPortSet(portsOf(p.svc, pod))
	if same := sets[set.key]; same != nil {
		return same
	}
	sets[set.key] = &set
	if !slices.ContainsFunc(p.svc.Spec.Ports, func(sp corev1.ServicePort) bool { return sp.TargetPort.StrVal != "" }) {
		p.fixed = &set
	}
	return &set
}

// newObject is an empty slice of the Service.
func (p *pass) newObject(t discoveryv1.AddressType, ports []discoveryv1.EndpointPort) *discoveryv1.EndpointSlice {
	prefix := p.svc.Name + "-"
	if len(prefix) > 253 {
		prefix = p.svc.Name
	}
	labels, _ := p.labels(nil)
	return &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: prefix, Namespace: p.svc.Namespace, Labels: labels,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(p.svc, api.Services.GVK())},
		},
		AddressType: t, Ports: ports,
	}
}

func reserved(label string) bool {
	return label == discoveryv1.LabelServiceName || label == discoveryv1.LabelManagedBy || label == corev1.IsHeadlessService
}

// labels are those of the Service's slices, and whether a slice with the labels current needs them. The reserved ones
// alone do not make a slice be written.
func (p *pass) labels(current map[string]string) (map[string]string, bool) {
	out := make(map[string]string, len(p.svc.Labels)+3)
	for k, v := range p.svc.Labels {
		if !reserved(k) {
			out[k] = v
		}
	}
	own := maps.Clone(current)
	maps.DeleteFunc(own, func(k, _ string) bool { return reserved(k) })
	differ := !maps.Equal(own, out)
	if p.svc.Spec.ClusterIP == corev1.ClusterIPNone || p.svc.Spec.ClusterIP == "" {
		out[corev1.IsHeadlessService] = ""
	}
	out[discoveryv1.LabelServiceName] = p.svc.Name
	out[discoveryv1.LabelManagedBy] = Name
	return out, differ
}
