package deployment

import (
	"fmt"
	"math"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func isRolling(d *appsv1.Deployment) bool {
	return d.Spec.Strategy.Type == appsv1.RollingUpdateDeploymentStrategyType
}

func hasDeadline(d *appsv1.Deployment) bool {
	return d.Spec.ProgressDeadlineSeconds != nil && *d.Spec.ProgressDeadlineSeconds != math.MaxInt32
}

func hasHistoryLimit(d *appsv1.Deployment) bool {
	return d.Spec.RevisionHistoryLimit != nil && *d.Spec.RevisionHistoryLimit != math.MaxInt32
}

// fenceposts resolves maxSurge (rounded up) and maxUnavailable (rounded down) together: they cannot both be 0.
func fenceposts(surge, unavailable *intstr.IntOrString, desired int32) (maxSurge, maxUnavailable int32) {
	zero := intstr.FromInt32(0)
	// Errors are caught by validation.
	s, _ := intstr.GetScaledValueFromIntOrPercent(intstr.ValueOrDefault(surge, zero), int(desired), true)
	u, _ := intstr.GetScaledValueFromIntOrPercent(intstr.ValueOrDefault(unavailable, zero), int(desired), false)
	if s == 0 && u == 0 {
		u = 1
	}
	return int32(s), int32(u)
}

func maxSurge(d *appsv1.Deployment) int32 {
	if !isRolling(d) {
		return 0
	}
	s, _ := fenceposts(d.Spec.Strategy.RollingUpdate.MaxSurge, d.Spec.Strategy.RollingUpdate.MaxUnavailable, *d.Spec.Replicas)
	return s
}

func maxUnavailable(d *appsv1.Deployment) int32 {
	if !isRolling(d) || *d.Spec.Replicas == 0 {
		return 0
	}
	_, u := fenceposts(d.Spec.Strategy.RollingUpdate.MaxSurge, d.Spec.Strategy.RollingUpdate.MaxUnavailable, *d.Spec.Replicas)
	return min(u, *d.Spec.Replicas)
}

// bounds tells the two in words, for the journal.
func bounds(d *appsv1.Deployment) string {
	if !isRolling(d) {
		return ""
	}
	return fmt.Sprintf(" (maxSurge %d, maxUnavailable %d)", maxSurge(d), maxUnavailable(d))
}

// newReplicas is how many replicas the new ReplicaSet may have now: as many as maxSurge leaves room for beside all.
func newReplicas(d *appsv1.Deployment, all []*appsv1.ReplicaSet, newRS *appsv1.ReplicaSet) (int32, error) {
	desired := *d.Spec.Replicas
	switch d.Spec.Strategy.Type {
	case appsv1.RollingUpdateDeploymentStrategyType:
		surge, err := intstr.GetScaledValueFromIntOrPercent(d.Spec.Strategy.RollingUpdate.MaxSurge, int(desired), true)
		if err != nil {
			return 0, err
		}
		total, most := sum(all, specReplicas), desired+int32(surge)
		if total >= most {
			return *newRS.Spec.Replicas, nil
		}
		return *newRS.Spec.Replicas + min(most-total, desired-*newRS.Spec.Replicas), nil
	case appsv1.RecreateDeploymentStrategyType:
		return desired, nil
	}
	return 0, fmt.Errorf("deployment type %v isn't supported", d.Spec.Strategy.Type)
}

// isSaturated: the new ReplicaSet has all replicas of the Deployment, and they are available.
func isSaturated(d *appsv1.Deployment, rs *appsv1.ReplicaSet) bool {
	if rs == nil {
		return false
	}
	n, err := strconv.Atoi(rs.Annotations[DesiredReplicasAnnotation])
	return err == nil && *rs.Spec.Replicas == *d.Spec.Replicas && int32(n) == *d.Spec.Replicas &&
		rs.Status.AvailableReplicas == *d.Spec.Replicas
}

// proportion is a ReplicaSet's share of toAdd (negative: to remove) replicas, of which added are already given away.
func proportion(rs *appsv1.ReplicaSet, d *appsv1.Deployment, toAdd, added int32) int32 {
	if *rs.Spec.Replicas == 0 || toAdd == 0 || toAdd == added {
		return 0
	}
	share := fraction(rs, d)
	if toAdd > 0 {
		return min(share, toAdd-added)
	}
	return max(share, toAdd-added)
}

// fraction scales a ReplicaSet as the Deployment was scaled, by the sizes noted before and after.
func fraction(rs *appsv1.ReplicaSet, d *appsv1.Deployment) int32 {
	if *d.Spec.Replicas == 0 {
		return -*rs.Spec.Replicas
	}
	before, ok := annotated(rs, MaxReplicasAnnotation)
	if !ok || before == 0 {
		// Somebody took the annotation away: the current size is the best guess.
		if before = d.Status.Replicas; before == 0 {
			return 0
		}
	}
	size := float64(*rs.Spec.Replicas*(*d.Spec.Replicas+maxSurge(d))) / float64(before)
	return roundToInt32(size) - *rs.Spec.Replicas
}

func roundToInt32(f float64) int32 {
	if f < 0 {
		return int32(f - 0.5)
	}
	return int32(f + 0.5)
}

// isComplete: all replicas are of the new version and available, and no old one is left.
func isComplete(d *appsv1.Deployment, s *appsv1.DeploymentStatus) bool {
	n := *d.Spec.Replicas
	return s.UpdatedReplicas == n && s.Replicas == n && s.AvailableReplicas == n && s.ObservedGeneration >= d.Generation
}

// isProgressing: more new, ready or available replicas, or fewer old ones, than the Deployment's status says.
func isProgressing(d *appsv1.Deployment, s *appsv1.DeploymentStatus) bool {
	o := &d.Status
	return s.UpdatedReplicas > o.UpdatedReplicas || s.Replicas-s.UpdatedReplicas < o.Replicas-o.UpdatedReplicas ||
		s.ReadyReplicas > o.ReadyReplicas || s.AvailableReplicas > o.AvailableReplicas
}
