package volumes

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
	"tabernetes/engine/scheduler/framework"
)

// State is what the plugins work out once for a pod before they look at nodes.
type State struct {
	s   *Storage
	pod *corev1.Pod

	once      map[string]bool // claims of access mode ReadWriteOncePod
	conflicts int             // pods that have one of them
	disks     bool            // it has volumes that pods of one node cannot share

	bound, delayed []*corev1.PersistentVolumeClaim
	zones          []zone
	plans          map[string]*Plan // by node
}

// zone is what a label of a volume says of where it is.
type zone struct {
	key    string
	values []string
}

func refuse(p framework.Plugin, reason string) *framework.Status {
	return framework.NewStatus(p, framework.UnschedulableAndUnresolvable, reason)
}

// The reasons, as upstream words them.
var (
	statusDisk = framework.NewStatus(framework.VolumeRestrictions, framework.Unschedulable, "node(s) had no available disk")
	statusOnce = framework.NewStatus(framework.VolumeRestrictions, framework.Unschedulable,
		"node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod")
	statusLimit    = framework.NewStatus(framework.NodeVolumeLimits, framework.Unschedulable, "node(s) exceed max volume count")
	statusUnbound  = refuse(framework.VolumeBinding, "pod has unbound immediate PersistentVolumeClaims")
	statusAffinity = refuse(framework.VolumeBinding, "node(s) didn't match PersistentVolume's node affinity")
	statusNoMatch  = refuse(framework.VolumeBinding, "node(s) didn't find available persistent volumes to bind")
	statusSpace    = refuse(framework.VolumeBinding, "node(s) did not have enough free storage")
	statusNoVolume = refuse(framework.VolumeBinding, "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)")
	statusZone     = refuse(framework.VolumeZone, "node(s) had no available volume zone")
)

func notFound(kind, name string) string { return kind + ` "` + name + `" not found` }

// PreFilter prepares the plugins that a pod's profile has; a status other than nil refuses all nodes.
func (s *Storage) PreFilter(pod *corev1.Pod, p *framework.Profile) (*State, *framework.Status) {
	st := &State{s: s, pod: pod, once: map[string]bool{}, plans: map[string]*Plan{}}
	for _, x := range [...]struct {
		pl      framework.Plugin
		prepare func() *framework.Status
	}{{framework.VolumeRestrictions, st.restrict}, {framework.VolumeBinding, st.sort}, {framework.VolumeZone, st.findZones}} {
		if p.PreFilter.Has(x.pl) {
			if f := x.prepare(); f != nil {
				return nil, f
			}
		}
	}
	return st, nil
}

// restrict is VolumeRestrictions.PreFilter.
func (st *State) restrict() *framework.Status {
	for i := range st.pod.Spec.Volumes {
		v := &st.pod.Spec.Volumes[i]
		st.disks = st.disks || exclusive(v)
		if v.PersistentVolumeClaim == nil {
			continue
		}
		name := v.PersistentVolumeClaim.ClaimName
		c, ok := st.s.claims.Get(st.pod.Namespace, name)
		if !ok {
			return refuse(framework.VolumeRestrictions, notFound("persistentvolumeclaim", name))
		}
		if slices.Contains(c.Spec.AccessModes, corev1.ReadWriteOncePod) {
			st.once[name] = true
		}
	}
	for name := range st.once {
		if slices.ContainsFunc(st.s.pods.ByIndex(indexClaim, api.Key(st.pod.Namespace, name)), func(p *corev1.Pod) bool {
			return p.UID != st.pod.UID && p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed && st.s.Assigned(p)
		}) {
			st.conflicts++
		}
	}
	return nil
}

// sort is VolumeBinding.PreFilter: what is bound, and what is to be bound with the pod.
func (st *State) sort() *framework.Status {
	for i := range st.pod.Spec.Volumes {
		v := &st.pod.Spec.Volumes[i]
		name := binding.ClaimName(st.pod, v)
		if name == "" {
			continue
		}
		c, ok := st.s.claims.Get(st.pod.Namespace, name)
		switch {
		case !ok && v.Ephemeral != nil:
			return refuse(framework.VolumeBinding, `waiting for ephemeral volume controller to create the persistentvolumeclaim "`+name+`"`)
		case !ok:
			return refuse(framework.VolumeBinding, notFound("persistentvolumeclaim", name))
		case c.Status.Phase == corev1.ClaimLost:
			return refuse(framework.VolumeBinding, `persistentvolumeclaim "`+name+`" bound to non-existent persistentvolume "`+c.Spec.VolumeName+`"`)
		case c.DeletionTimestamp != nil:
			return refuse(framework.VolumeBinding, `persistentvolumeclaim "`+name+`" is being deleted`)
		}
		if o := api.ControllerOf(c); v.Ephemeral != nil && (o == nil || o.UID != st.pod.UID) {
			return refuse(framework.VolumeBinding, "PVC "+api.KeyOf(c)+" was not created for pod "+api.KeyOf(st.pod)+" (pod is not owner)")
		}
	}
	immediate := false
	for i := range st.pod.Spec.Volumes {
		name := binding.ClaimName(st.pod, &st.pod.Spec.Volumes[i])
		if name == "" {
			continue
		}
		switch c := st.s.claim(st.pod.Namespace, name); {
		case binding.Complete(c):
			st.bound = append(st.bound, c)
		case c.Spec.VolumeName == "" && binding.Delayed(st.s.class(binding.ClaimClass(c))):
			st.delayed = append(st.delayed, c)
		default:
			immediate = true
		}
	}
	if immediate {
		return statusUnbound
	}
	// Small claims choose first, so that each gets the smallest volume that suits.
	slices.SortStableFunc(st.delayed, func(a, b *corev1.PersistentVolumeClaim) int {
		q := a.Spec.Resources.Requests[corev1.ResourceStorage]
		return q.Cmp(b.Spec.Resources.Requests[corev1.ResourceStorage])
	})
	return nil
}

var zoneLabels = [...]string{corev1.LabelFailureDomainBetaZone, corev1.LabelFailureDomainBetaRegion, corev1.LabelTopologyZone, corev1.LabelTopologyRegion}

// findZones is VolumeZone.PreFilter.
func (st *State) findZones() *framework.Status {
	for i := range st.pod.Spec.Volumes {
		if st.pod.Spec.Volumes[i].PersistentVolumeClaim == nil {
			continue
		}
		c, _ := st.s.claims.Get(st.pod.Namespace, st.pod.Spec.Volumes[i].PersistentVolumeClaim.ClaimName)
		if c.Spec.VolumeName == "" {
			name := binding.ClaimClass(c)
			class := st.s.class(name)
			switch {
			case name == "":
				return refuse(framework.VolumeZone, "PersistentVolumeClaim had no pv name and storageClass name")
			case class == nil:
				return refuse(framework.VolumeZone, notFound("storageclass.storage.k8s.io", name))
			case !binding.Delayed(class):
				return refuse(framework.VolumeZone, "PersistentVolume had no name")
			}
			continue
		}
		v, ok := st.s.volumes.Get("", c.Spec.VolumeName)
		if !ok {
			return refuse(framework.VolumeZone, notFound("persistentvolume", c.Spec.VolumeName))
		}
		st.zones = append(st.zones, zonesOf(v)...)
	}
	return nil
}

func zonesOf(v *corev1.PersistentVolume) []zone {
	var out []zone
	for _, key := range zoneLabels {
		if value, ok := v.Labels[key]; ok {
			out = append(out, zone{key, strings.Split(value, "__")})
		}
	}
	return out
}

// Clone is a copy on which pods may be added and removed.
func (st *State) Clone() *State {
	if st == nil {
		return nil
	}
	c := *st
	return &c
}

// Update tells the state that a pod came (1) or left (-1), for trying out.
func (st *State) Update(p *corev1.Pod, delta int) {
	if st == nil || len(st.once) == 0 || p.Namespace != st.pod.Namespace {
		return
	}
	for i := range p.Spec.Volumes {
		if c := p.Spec.Volumes[i].PersistentVolumeClaim; c != nil && st.once[c.ClaimName] {
			st.conflicts += delta
		}
	}
}

// Filter asks the plugins about a node in their order; nil is no refusal.
func (st *State) Filter(n *framework.NodeInfo, p *framework.Profile) *framework.Status {
	for pl := framework.VolumeRestrictions; pl <= framework.VolumeZone; pl++ {
		if p.HasFilter(pl) {
			if f := st.Ask(pl, n); f != nil {
				return f
			}
		}
	}
	return nil
}

// Ask asks one of the plugins.
func (st *State) Ask(pl framework.Plugin, n *framework.NodeInfo) *framework.Status {
	if st == nil {
		return nil
	}
	switch pl {
	case framework.VolumeRestrictions:
		if st.disks && sharesDisk(st.pod, n) {
			return statusDisk
		}
		if st.conflicts > 0 {
			return statusOnce
		}
	case framework.NodeVolumeLimits:
		return st.limits(n)
	case framework.VolumeBinding:
		plan, f := st.plan(n.Node)
		if f != nil {
			return f
		}
		st.plans[n.Name] = plan
	case framework.VolumeZone:
		return st.zone(n.Node)
	}
	return nil
}

func (st *State) zone(n *corev1.Node) *framework.Status {
	if len(st.zones) == 0 || !slices.ContainsFunc(zoneLabels[:], func(key string) bool { return metav1.HasLabel(n.ObjectMeta, key) }) {
		return nil
	}
	for _, z := range st.zones {
		value, ok := n.Labels[z.key]
		if !ok {
			switch z.key {
			case corev1.LabelFailureDomainBetaZone:
				value, ok = n.Labels[corev1.LabelTopologyZone]
			case corev1.LabelFailureDomainBetaRegion:
				value, ok = n.Labels[corev1.LabelTopologyRegion]
			}
		}
		if !ok || !slices.Contains(z.values, value) {
			return statusZone
		}
	}
	return nil
}
