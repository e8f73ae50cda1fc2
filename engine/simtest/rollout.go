package simtest

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// memory is for how long a controller may act upon what was true before: a write of a Deployment, of its ReplicaSet and
// of the pods take a moment each, and so does the news.
const memory = 5 * time.Second

// rollout: a Deployment that rolls never asks for more replicas than its size and maxSurge, and its own deletions never
// leave fewer available than its size less maxUnavailable; a ReplicaSet never has more pods than it asked for.
//
// A controller decides by what it knows. Sizes and bounds therefore count for a moment after they changed, and where
// somebody else took pods away (a drain, a dead node, a person), availability is not the controller's doing.
func rollout(j *judge) {
	b := &bounds{j: j, specs: map[types.UID][]spec{}, sizes: map[types.UID][]spec{}, hurt: map[types.UID]sim.Time{}}
	j.onChange = append(j.onChange, func(r *api.Resource, old, new api.Object) {
		switch r {
		case api.Deployments:
			if d, ok := new.(*appsv1.Deployment); ok {
				b.deployment(d)
			}
		case api.ReplicaSets:
			if rs, ok := new.(*appsv1.ReplicaSet); ok {
				was, _ := old.(*appsv1.ReplicaSet)
				b.replicaSet(was, rs)
			}
		case api.Pods:
			was, _ := old.(*corev1.Pod)
			is, _ := new.(*corev1.Pod)
			b.pod(was, is)
		}
	})
}

// spec is what one version of a Deployment or ReplicaSet asked for, until another came.
type spec struct {
	floor, most int32
	until       sim.Time // 0: now
}

type bounds struct {
	j     *judge
	specs map[types.UID][]spec // of Deployments
	sizes map[types.UID][]spec // of ReplicaSets
	hurt  map[types.UID]sim.Time
}

func remember(list []spec, now sim.Time, s spec) []spec {
	if n := len(list); n > 0 {
		if list[n-1].floor == s.floor && list[n-1].most == s.most {
			return list
		}
		list[n-1].until = now
	}
	return append(list, s)
}

// recent are the lowest floor and the highest ceiling that somebody may still go by.
func (b *bounds) recent(list []spec) (floor, most int32) {
	for i, s := range list {
		if s.until != 0 && b.j.c.Now().Sub(s.until) > memory {
			continue
		}
		if i == 0 || s.floor < floor || most == 0 && floor == 0 {
			floor = s.floor
		}
		most = max(most, s.most)
	}
	return floor, most
}

func (b *bounds) deployment(d *appsv1.Deployment) {
	n := *d.Spec.Replicas
	s := spec{floor: 0, most: n}
	if ru := d.Spec.Strategy.RollingUpdate; ru != nil {
		surge, _ := intstr.GetScaledValueFromIntOrPercent(ru.MaxSurge, int(n), true)
		un, _ := intstr.GetScaledValueFromIntOrPercent(ru.MaxUnavailable, int(n), false)
		if surge == 0 && un == 0 {
			un = 1
		}
		s = spec{floor: max(n-int32(un), 0), most: n + int32(surge)}
	}
	if n := len(b.specs[d.UID]); n > 0 && b.specs[d.UID][n-1] != s {
		// Scaled in the midst of a rollout, a Deployment shrinks in proportion, whichever version is available.
		b.hurt[d.UID] = b.j.c.Now()
	}
	b.specs[d.UID] = remember(b.specs[d.UID], b.j.c.Now(), s)
}

func (b *bounds) replicaSet(was, rs *appsv1.ReplicaSet) {
	b.sizes[rs.UID] = remember(b.sizes[rs.UID], b.j.c.Now(), spec{most: *rs.Spec.Replicas})
	if was != nil && *rs.Spec.Replicas <= *was.Spec.Replicas {
		return
	}
	d := b.ownerOf(rs)
	if d == nil {
		return
	}
	sum := int32(0)
	for _, o := range b.j.mirror[api.ReplicaSets] {
		if x := o.(*appsv1.ReplicaSet); owned(x, d.UID) {
			sum += *x.Spec.Replicas
		}
	}
	if _, most := b.recent(b.specs[d.UID]); sum > most {
		b.j.fault("rollout", "Deployment %s: its ReplicaSets ask for %d replicas, at most %d are allowed", api.KeyOf(d), sum, most)
	}
}

func (b *bounds) pod(was, is *corev1.Pod) {
	p := is
	if p == nil {
		p = was
	}
	ref := api.ControllerOf(p)
	if ref == nil {
		return
	}
	rs, _ := b.j.mirror[api.ReplicaSets][api.Key(p.Namespace, ref.Name)].(*appsv1.ReplicaSet)
	if rs == nil || rs.UID != ref.UID {
		return
	}
	if was == nil {
		n := int32(0)
		for _, o := range b.j.mirror[api.Pods] {
			if x := o.(*corev1.Pod); owned(x, rs.UID) && x.DeletionTimestamp == nil && !ended(x) {
				n++
			}
		}
		if _, most := b.recent(b.sizes[rs.UID]); n > most {
			b.j.fault("rollout", "ReplicaSet %s has %d pods, it asked for %d", api.KeyOf(rs), n, most)
		}
		return
	}
	d := b.ownerOf(rs)
	if d == nil || !available(was) || is != nil && available(is) || b.young(was, d) {
		return
	}
	// A pod that was available is not any more. By whose doing?
	by := ""
	if is == nil || is.DeletionTimestamp != nil {
		by = b.writer("pods/" + api.KeyOf(p))
	}
	if by != "kube-controller-manager@control-plane-1" || b.evicted(p) {
		b.hurt[d.UID] = b.j.c.Now()
		return
	}
	if at, ok := b.hurt[d.UID]; ok && b.j.c.Now().Sub(at) < memory || len(b.j.broken) > 0 || b.j.c.Now().Sub(b.j.lastHurt) < recovery {
		return
	}
	n := int32(0)
	for _, o := range b.j.mirror[api.Pods] {
		x := o.(*corev1.Pod)
		if ref := api.ControllerOf(x); ref != nil && available(x) {
			if rs, _ := b.j.mirror[api.ReplicaSets][api.Key(x.Namespace, ref.Name)].(*appsv1.ReplicaSet); rs != nil && owned(rs, d.UID) {
				if n++; b.young(x, d) {
					return // the ReplicaSet was to lose this one, and may have chosen another on a node with more of them
				}
			}
		}
	}
	if floor, _ := b.recent(b.specs[d.UID]); n < floor {
		b.j.fault("rollout", "Deployment %s has %d replicas available after the deletion of %s, at least %d are promised", api.KeyOf(d), n, p.Name, floor)
	}
}

// writer is who made the newest write of an object.
func (b *bounds) writer(ref string) string {
	jn := &b.j.c.Sim.Journal
	if r := jn.Newest(ref); r != nil {
		return b.j.c.Sim.ActorName(r.Actor)
	}
	return ""
}

// evicted: the node lifecycle and taint eviction controllers delete too, not for the Deployment's sake.
func (b *bounds) evicted(p *corev1.Pod) bool {
	n, _ := b.j.mirror[api.Nodes][p.Spec.NodeName].(*corev1.Node)
	return n == nil || len(n.Spec.Taints) > 0
}

// young: a pod that is ready counts for nothing before it has been so for minReadySeconds.
func (b *bounds) young(p *corev1.Pod, d *appsv1.Deployment) bool {
	for i := range p.Status.Conditions {
		if c := &p.Status.Conditions[i]; c.Type == corev1.PodReady {
			return b.j.c.Sim.Wall(b.j.c.Now()).Sub(c.LastTransitionTime.Time) < time.Duration(d.Spec.MinReadySeconds)*time.Second
		}
	}
	return true
}

func (b *bounds) ownerOf(rs *appsv1.ReplicaSet) *appsv1.Deployment {
	ref := api.ControllerOf(rs)
	if ref == nil {
		return nil
	}
	d, _ := b.j.mirror[api.Deployments][api.Key(rs.Namespace, ref.Name)].(*appsv1.Deployment)
	if d == nil || d.UID != ref.UID || d.DeletionTimestamp != nil {
		return nil
	}
	return d
}

func owned(o api.Object, by types.UID) bool {
	ref := api.ControllerOf(o)
	return ref != nil && ref.UID == by
}

func available(p *corev1.Pod) bool { return api.PodReady(p) && p.DeletionTimestamp == nil && !ended(p) }
