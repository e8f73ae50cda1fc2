package endpoint

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/podcontrol"
)

// state is what the controller remembers of a Service.
type state struct {
	known    bool // synced before: pods' times are news only then
	created  time.Time
	failures int
	stale    string // a revision of the Endpoints that is known to be replaced

	// members are the pods that the selector matches, in the order of their addresses as of the last sync, new ones at the
	// end; nil: nobody has looked for them yet. byKey finds them.
	members []*member
	byKey   map[string]*member
	dirty   []*member
	all     bool // the Service changed: look at all members
}

// member is a pod of a Service, as of the last look at it.
type member struct {
	key   string
	dirty bool   // the pod has changed since
	moved bool   // has another address, while members are put in order
	seen  int64  // when its readiness last changed, as of the last sync, Unix time in ns
	raw   string // its address of the Service's family, as its status has it
	// in says that it belongs into Endpoints, ready where.
	in, ready bool
	addr      corev1.EndpointAddress // to be written, and shared by all that is; the IP is there also if it is not in
	ports     []corev1.EndpointPort  // of the Service, at the pod
}

// note marks a pod as changed, or takes it in.
func (st *state) note(key string) {
	if st.byKey == nil {
		return
	}
	m := st.byKey[key]
	if m == nil {
		m = &member{key: key}
		st.byKey[key] = m
		st.members = append(st.members, m)
	}
	if !m.dirty {
		m.dirty = true
		st.dirty = append(st.dirty, m)
	}
}

// target is what an address points to, in one piece of memory. It is a copy: Endpoints do not keep old pods.
type target struct {
	ref  corev1.ObjectReference
	node string
}

// collect brings the members of a Service up to date and into the order of their addresses. It tells when the first
// change since the last call happened (k8s.io/endpointslice/util, TriggerTimeTracker); zero: there was none.
func (k *Controller) collect(svc *corev1.Service, st *state) time.Time {
	selector := labels.SelectorFromSet(svc.Spec.Selector)
	if st.byKey == nil {
		st.byKey = map[string]*member{}
		before := st.members
		st.members, st.dirty = nil, nil
		for _, pod := range k.pods.ByIndex(client.IndexNamespace, svc.Namespace) {
			if selector.Matches(labels.Set(pod.Labels)) {
				st.note(api.KeyOf(pod))
			}
		}
		for _, m := range before { // what was seen of those that stay is no news
			if now := st.byKey[m.key]; now != nil {
				now.seen = m.seen
			}
		}
	}
	var trigger time.Time
	news := func(t time.Time) {
		if trigger.IsZero() || t.Before(trigger) {
			trigger = t
		}
	}
	look := st.dirty
	st.dirty = nil
	if st.all {
		look = st.members
	}
	gone := false
	var moved []*member
	var like *member
	if len(st.members) > 0 {
		like = st.members[0]
	}
	for _, m := range look {
		m.dirty = false
		pod, ok := k.pods.GetKey(m.key)
		if !ok || !selector.Matches(labels.Set(pod.Labels)) {
			delete(st.byKey, m.key)
			m.key, gone = "", true
			continue
		}
		was := m.addr
		m.look(svc, pod, like)
		if was.IP != m.addr.IP || was.TargetRef != m.addr.TargetRef {
			m.moved = true
			moved = append(moved, m)
		}
		seen := int64(0)
		if c := podcontrol.ReadyCondition(pod); c != nil && !c.LastTransitionTime.IsZero() {
			if seen = c.LastTransitionTime.UnixNano(); seen > m.seen {
				news(c.LastTransitionTime.Time)
			}
		}
		m.seen = seen
		like = m
	}
	if gone {
		st.members = slices.DeleteFunc(st.members, func(m *member) bool { return m.key == "" })
	}
	st.place(moved)
	st.all = false
	if created := svc.CreationTimestamp.Time; created.After(st.created) {
		news(created)
	}
	st.created = svc.CreationTimestamp.Time
	if !st.known {
		st.known = true
		return st.created
	}
	return trigger
}

// place puts members that have another address than before where they belong.
func (st *state) place(moved []*member) {
	few := len(moved)*8 < len(st.members)
	if few {
		st.members = slices.DeleteFunc(st.members, func(m *member) bool { return m.moved })
	}
	for _, m := range moved {
		if m.moved = false; few {
			i, _ := slices.BinarySearchFunc(st.members, m, byAddress)
			st.members = slices.Insert(st.members, i, m)
		}
	}
	if !few {
		slices.SortFunc(st.members, byAddress)
	}
}

func byAddress(a, b *member) int {
	if c := cmp.Compare(a.addr.IP, b.addr.IP); c != 0 {
		return c
	}
	return cmp.Compare(a.addr.TargetRef.UID, b.addr.TargetRef.UID)
}

// look takes what Endpoints need from the pod: it is in with an address, unless it has ended, or is on its way out and
// the Service does not want those. like may be another member, with which equal ports are shared.
func (m *member) look(svc *corev1.Service, pod *corev1.Pod, like *member) {
	raw := address(svc, pod)
	if r := m.addr.TargetRef; r == nil || r.UID != pod.UID || *m.addr.NodeName != pod.Spec.NodeName {
		t := &target{corev1.ObjectReference{Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID}, pod.Spec.NodeName}
		m.addr.TargetRef, m.addr.NodeName = &t.ref, &t.node
	}
	if raw != m.raw {
		m.raw, m.addr.IP = raw, usual(raw)
	}
	m.addr.Hostname = ""
	if pod.Spec.Subdomain == svc.Name {
		m.addr.Hostname = pod.Spec.Hostname
	}
	m.ready = svc.Spec.PublishNotReadyAddresses || api.PodReady(pod)
	m.in = raw != "" && pod.Status.Phase != corev1.PodFailed && pod.Status.Phase != corev1.PodSucceeded &&
		(pod.DeletionTimestamp == nil || svc.Spec.PublishNotReadyAddresses)
	ports := portsAt(svc, pod)
	switch {
	case slices.Equal(m.ports, ports):
	case like != nil && slices.Equal(like.ports, ports):
		m.ports = like.ports
	default:
		m.ports = ports
	}
}

// address is the pod's first one of the Service's first family.
func address(svc *corev1.Service, pod *corev1.Pod) string {
	six := false
	switch {
	case len(svc.Spec.IPFamilies) > 0:
		six = svc.Spec.IPFamilies[0] == corev1.IPv6Protocol
	case svc.Spec.ClusterIP != "" && svc.Spec.ClusterIP != corev1.ClusterIPNone:
		six = isIPv6(svc.Spec.ClusterIP)
	default:
		six = isIPv6(pod.Status.PodIP)
	}
	for i := range pod.Status.PodIPs {
		if ip := pod.Status.PodIPs[i].IP; isIPv6(ip) == six {
			return ip
		}
	}
	return ""
}

func isIPv6(ip string) bool {
	if !strings.Contains(ip, ":") {
		return false
	}
	a, err := netip.ParseAddr(ip)
	return err == nil && !a.Is4In6()
}

// usual is an address as it is usually written.
func usual(ip string) string {
	if a, err := netip.ParseAddr(ip); err == nil {
		return a.Unmap().String()
	}
	return ip
}
