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

	// members are the pods that the selector matches, in the order of their addresses, new ones at the end. Those that are
	// gone are dropped at the next sync.
	listed  bool
	left    bool // one may be there that no longer matches
	members []member
}

// member is a pod of a Service.
type member struct {
	key  string
	seen int64  // when its readiness last changed, as of the last sync, Unix time in ns
	raw  string // its address of the Service's family, as its status has it,
	ip   string // and as it is usually written
}

func (st *state) add(key string) {
	if st.listed {
		st.members = append(st.members, member{key: key})
	}
}

// place is a member with its pod, for the time of a sync.
type place struct {
	member
	pod *corev1.Pod
}

// collect are the pods of a Service in the order of their addresses, good until the next call, and when the first change
// since the last call happened (k8s.io/endpointslice/util, TriggerTimeTracker); zero: there was none.
func (k *Controller) collect(svc *corev1.Service, st *state) ([]place, time.Time) {
	selector := labels.SelectorFromSet(svc.Spec.Selector)
	if !st.listed {
		st.relist(k.pods.ByIndex(client.IndexNamespace, svc.Namespace), selector)
	}
	list := k.scratch[:0]
	var trigger time.Time
	news := func(t time.Time) {
		if trigger.IsZero() || t.Before(trigger) {
			trigger = t
		}
	}
	for i := range st.members {
		m := &st.members[i]
		pod, ok := k.pods.GetKey(m.key)
		if !ok || st.left && !selector.Matches(labels.Set(pod.Labels)) {
			continue
		}
		p := place{*m, pod}
		if raw := address(svc, pod); raw != p.raw {
			p.raw, p.ip = raw, usual(raw)
		}
		seen := int64(0)
		if c := podcontrol.ReadyCondition(pod); c != nil && !c.LastTransitionTime.IsZero() {
			if seen = c.LastTransitionTime.UnixNano(); seen > m.seen {
				news(c.LastTransitionTime.Time)
			}
		}
		p.seen = seen
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b place) int {
		if c := cmp.Compare(a.ip, b.ip); c != 0 {
			return c
		}
		return cmp.Compare(a.pod.UID, b.pod.UID)
	})
	// A pod that went and came again between two syncs is there twice.
	list = slices.CompactFunc(list, func(a, b place) bool { return a.pod == b.pod })
	st.keep(list)
	k.scratch = list
	if created := svc.CreationTimestamp.Time; created.After(st.created) {
		news(created)
	}
	st.created = svc.CreationTimestamp.Time
	if !st.known {
		st.known = true
		return list, svc.CreationTimestamp.Time
	}
	return list, trigger
}

func (st *state) relist(pods []*corev1.Pod, selector labels.Selector) {
	before := make(map[string]member, len(st.members))
	for _, m := range st.members {
		before[m.key] = m
	}
	st.members = nil
	for _, pod := range pods {
		if selector.Matches(labels.Set(pod.Labels)) {
			m := before[api.KeyOf(pod)]
			m.key = api.KeyOf(pod)
			st.members = append(st.members, m)
		}
	}
	st.listed = true
}

// keep takes over the order and the times of a sync.
func (st *state) keep(list []place) {
	if cap(st.members) > 2*len(list)+16 {
		st.members = make([]member, 0, len(list))
	}
	clear(st.members)
	st.members = st.members[:0]
	for i := range list {
		st.members = append(st.members, list[i].member)
	}
	st.left = false
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
