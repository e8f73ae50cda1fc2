package deployment

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
)

func cloneMap(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return maps.Clone(m)
}

func ignoreNotFound(then func(error)) func(error) {
	return func(err error) {
		if apierrors.IsNotFound(err) {
			err = nil
		}
		then(err)
	}
}

// with is a new list of the old ReplicaSets and the new one, if there is one.
func with(old []*appsv1.ReplicaSet, newRS *appsv1.ReplicaSet) []*appsv1.ReplicaSet {
	all := slices.Clone(old)
	if newRS != nil {
		all = append(all, newRS)
	}
	return all
}

// active are those that have, or ought to have, pods.
func active(sets []*appsv1.ReplicaSet) []*appsv1.ReplicaSet {
	var out []*appsv1.ReplicaSet
	for _, rs := range sets {
		if *rs.Spec.Replicas > 0 {
			out = append(out, rs)
		}
	}
	return out
}

func byCreation(a, b *appsv1.ReplicaSet) int {
	if c := a.CreationTimestamp.Time.Compare(b.CreationTimestamp.Time); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

func byRevision(a, b *appsv1.ReplicaSet) int {
	ra, errA := revisionOf(a)
	rb, errB := revisionOf(b)
	if errA != nil || errB != nil || ra == rb {
		return byCreation(a, b)
	}
	return cmp.Compare(ra, rb)
}

// bySizeNewer puts the largest first, of equals the newest; bySizeOlder the oldest.
func bySizeNewer(a, b *appsv1.ReplicaSet) int {
	return cmp.Or(cmp.Compare(*b.Spec.Replicas, *a.Spec.Replicas), byCreation(b, a))
}

func bySizeOlder(a, b *appsv1.ReplicaSet) int {
	return cmp.Or(cmp.Compare(*b.Spec.Replicas, *a.Spec.Replicas), byCreation(a, b))
}

func sum(sets []*appsv1.ReplicaSet, of func(*appsv1.ReplicaSet) int32) int32 {
	n := int32(0)
	for _, rs := range sets {
		n += of(rs)
	}
	return n
}

func specReplicas(rs *appsv1.ReplicaSet) int32      { return *rs.Spec.Replicas }
func actualReplicas(rs *appsv1.ReplicaSet) int32    { return rs.Status.Replicas }
func readyReplicas(rs *appsv1.ReplicaSet) int32     { return rs.Status.ReadyReplicas }
func availableReplicas(rs *appsv1.ReplicaSet) int32 { return rs.Status.AvailableReplicas }

// terminatingReplicas is the sum over all, or nil if one that was synced does not tell.
func terminatingReplicas(sets []*appsv1.ReplicaSet) *int32 {
	n := int32(0)
	for _, rs := range sets {
		switch {
		case rs.Status.TerminatingReplicas != nil:
			n += *rs.Status.TerminatingReplicas
		case rs.Status.ObservedGeneration != 0:
			return nil
		}
	}
	return &n
}

// equalTemplates compares two templates but for the pod-template-hash label.
func equalTemplates(a, b *corev1.PodTemplateSpec) bool {
	x, y := *a, *b
	x.Labels, y.Labels = withoutHash(a.Labels), withoutHash(b.Labels)
	// A ReplicaSet shares the parts of the template it was made from: the question is answered without a walk.
	if api.SameParts(&x.Spec, &y.Spec) && len(x.Annotations)+len(y.Annotations) == 0 && maps.Equal(x.Labels, y.Labels) && x.Name == y.Name {
		return true
	}
	return equality.Semantic.DeepEqual(&x, &y)
}

func withoutHash(l map[string]string) map[string]string {
	if _, ok := l[appsv1.DefaultDeploymentUniqueLabelKey]; !ok {
		return l
	}
	l = maps.Clone(l)
	delete(l, appsv1.DefaultDeploymentUniqueLabelKey)
	return l
}

// find splits the Deployment's ReplicaSets into the one of the current template (of several the oldest; nil if there
// is none) and the others.
func (s *sync) find() (newRS *appsv1.ReplicaSet, old []*appsv1.ReplicaSet) {
	if !s.found {
		s.found = true
		for _, rs := range s.sets {
			if equalTemplates(&rs.Spec.Template, &s.d.Spec.Template) {
				s.match = rs
				break
			}
		}
	}
	for _, rs := range s.sets {
		if s.match == nil || rs.UID != s.match.UID {
			old = append(old, rs)
		}
	}
	return s.match, old
}

// annotated is a non-negative number in an annotation.
func annotated(rs *appsv1.ReplicaSet, key string) (int32, bool) {
	v, ok := rs.Annotations[key]
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(v, 10, 31)
	return int32(n), err == nil
}
