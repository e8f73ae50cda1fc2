package podautoscaler

import (
	"math"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
)

// recommendation is what the metrics asked for at a moment, before anything held it back.
type recommendation struct {
	replicas int32
	at       time.Time
}

// scaleEvent is a change of the scale by so many replicas.
type scaleEvent struct {
	change int32
	at     time.Time
}

// Without spec.behavior a scale may double, or grow to 4.
const (
	scaleUpFactor  = 2
	scaleUpMinimum = 4
)

const (
	tooMany   = "the desired replica count is more than the maximum replica count"
	tooFew    = "the desired replica count is less than the minimum replica count"
	tooFast   = "the desired replica count is increasing faster than the maximum scale rate"
	tooFastDn = "the desired replica count is decreasing faster than the maximum scale rate"
	inRange   = "the desired count is within the acceptable range"
	wereMore  = "recent recommendations were higher than current one, applying the highest recent recommendation"
	wereLess  = "recent recommendations were lower than current one, applying the lowest recent recommendation"
)

// normalize holds a recommendation back where there is no spec.behavior: by the highest of the last five minutes, by the
// bounds, and by how fast a scale may grow.
func (s *pass) normalize(wanted int32) int32 {
	m, now := s.memory(), s.k.a.Wall()
	highest, old := wanted, -1
	cutoff := now.Add(-downscaleStabilization)
	for i, r := range m.recommendations {
		if r.at.Before(cutoff) {
			old = i
		} else {
			highest = max(highest, r.replicas)
		}
	}
	m.recommend(old, recommendation{wanted, now})
	s.stabilized(highest != wanted, "ScaleDownStabilized", wereMore)
	current := s.scale.Spec.Replicas
	most, reason, message := s.hpa.Spec.MaxReplicas, "TooManyReplicas", tooMany
	if limit := max(scaleUpFactor*current, scaleUpMinimum); most > limit {
		most, reason, message = limit, "ScaleUpLimit", tooFast
	}
	desired := highest
	switch {
	case highest < s.least:
		desired, reason, message = s.least, "TooFewReplicas", tooFew
	case highest > most:
		desired = most
	default:
		reason, message = "DesiredWithinRange", inRange
	}
	s.limited(desired != highest, reason, message)
	return desired
}

// recommend keeps a recommendation, in the place of one that is too old to count if there is one.
func (m *memory) recommend(old int, r recommendation) {
	if old >= 0 {
		m.recommendations[old] = r
		return
	}
	m.recommendations = append(m.recommendations, r)
}

func (s *pass) stabilized(yes bool, reason, message string) {
	if !yes {
		reason, message = "ReadyForNewScale", "recommended size matches current size"
	}
	s.condition(autoscalingv2.AbleToScale, corev1.ConditionTrue, reason, message)
}

func (s *pass) limited(yes bool, reason, message string) {
	status := corev1.ConditionFalse
	if yes {
		status = corev1.ConditionTrue
	}
	s.condition(autoscalingv2.ScalingLimited, status, reason, message)
}

// normalizeWithBehavior holds a recommendation back by the windows and policies of spec.behavior, and by the bounds.
func (s *pass) normalizeWithBehavior(wanted int32) int32 {
	b := s.hpa.Spec.Behavior
	downWindow := downscaleStabilization
	if w := b.ScaleDown.StabilizationWindowSeconds; w != nil {
		downWindow = time.Duration(*w) * time.Second
	}
	upWindow := time.Duration(*b.ScaleUp.StabilizationWindowSeconds) * time.Second

	m, now := s.memory(), s.k.a.Wall()
	lowest, highest, old := wanted, wanted, -1
	upCutoff, downCutoff := now.Add(-upWindow), now.Add(-downWindow)
	for i, r := range m.recommendations {
		if r.at.After(upCutoff) {
			lowest = min(lowest, r.replicas)
		}
		if r.at.After(downCutoff) {
			highest = max(highest, r.replicas)
		}
		if r.at.Before(upCutoff) && r.at.Before(downCutoff) {
			old = i
		}
	}
	current := s.scale.Spec.Replicas
	stable := min(max(current, lowest), highest)
	m.recommend(old, recommendation{wanted, now})
	if wanted >= current {
		s.stabilized(stable != wanted, "ScaleUpStabilized", wereLess)
	} else {
		s.stabilized(stable != wanted, "ScaleDownStabilized", wereMore)
	}

	desired, reason, message := stable, "DesiredWithinRange", inRange
	switch {
	case stable > current:
		limit := max(current, s.limit(b.ScaleUp, 1))
		most, why, text := s.hpa.Spec.MaxReplicas, "TooManyReplicas", tooMany
		if most > limit {
			most, why, text = limit, "ScaleUpLimit", tooFast
		}
		if stable > most {
			desired, reason, message = most, why, text
		}
	case stable < current:
		limit := min(current, s.limit(b.ScaleDown, -1))
		least, why, text := s.least, "TooFewReplicas", tooFew
		if least < limit {
			least, why, text = limit, "ScaleDownLimit", tooFastDn
		}
		if stable < least {
			desired, reason, message = least, why, text
		}
	}
	s.limited(desired != stable, reason, message)
	return desired
}

// limit is how far the policies of a direction (1 is up, -1 down) let the scale go.
func (s *pass) limit(rules *autoscalingv2.HPAScalingRules, direction int32) int32 {
	current := s.scale.Spec.Replicas
	if *rules.SelectPolicy == autoscalingv2.DisabledPolicySelect {
		return current
	}
	// The policy that changes least is the lowest on the way up and the highest on the way down.
	lowest := (*rules.SelectPolicy == autoscalingv2.MinChangePolicySelect) == (direction > 0)
	result := int32(math.MinInt32)
	if lowest {
		result = math.MaxInt32
	}
	m := s.memory()
	for _, p := range rules.Policies {
		start := current - s.changed(m.ups, p.PeriodSeconds) + s.changed(m.downs, p.PeriodSeconds)
		var proposed int32
		switch {
		case p.Type == autoscalingv2.PodsScalingPolicy:
			proposed = start + direction*p.Value
		case direction > 0:
			// Rounded up, or a small scale would never grow.
			proposed = int32(math.Ceil(float64(start) * (1 + float64(p.Value)/100)))
		default:
			proposed = int32(float64(start) * (1 - float64(p.Value)/100))
		}
		if lowest {
			result = min(result, proposed)
		} else {
			result = max(result, proposed)
		}
	}
	return result
}

// changed adds up the changes of a policy's period.
func (s *pass) changed(events []scaleEvent, seconds int32) int32 {
	cutoff := s.k.a.Wall().Add(-time.Duration(seconds) * time.Second)
	n := int32(0)
	for _, e := range events {
		if e.at.After(cutoff) {
			n += e.change
		}
	}
	return n
}

// remember keeps a change of the scale as long as a policy of its direction looks back.
func (s *pass) remember(before, after int32) {
	b := s.hpa.Spec.Behavior
	if b == nil {
		return
	}
	m, now := s.memory(), s.k.a.Wall()
	events, rules, change := &m.downs, b.ScaleDown, before-after
	if after > before {
		events, rules, change = &m.ups, b.ScaleUp, after-before
	}
	longest := int32(0)
	for _, p := range rules.Policies {
		longest = max(longest, p.PeriodSeconds)
	}
	cutoff := now.Add(-time.Duration(longest) * time.Second)
	kept := (*events)[:0]
	for _, e := range *events {
		if !e.at.Before(cutoff) {
			kept = append(kept, e)
		}
	}
	*events = append(kept, scaleEvent{change, now})
}
