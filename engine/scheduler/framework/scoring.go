package framework

import (
	"math"

	corev1 "k8s.io/api/core/v1"
)

// scoring.go: the scores of NodeResourcesFit and NodeResourcesBalancedAllocation as a profile configures them
// (noderesources/resource_allocation.go and its strategies). What is configured by default has faster functions in fit.go.

// applyProfile works out what the profile's arguments make of the pod's requests.
func (s *Shape) applyProfile() {
	p := s.Profile
	for i := range s.Requests.Scalars {
		if i < 64 && p.ignores(s.Requests.Scalars[i].Name) {
			s.ignored |= 1 << i
		}
	}
	if !p.Fit.usual {
		s.asked = s.requestsOf(p.Fit.Resources, true)
	}
	if !p.Balanced.usual {
		s.balance = s.requestsOf(p.Balanced.Resources, false)
	}
}

// Asks are the requests that NodeResourcesFit filters by: all but those it is configured to ignore.
func (s *Shape) Asks() Resource {
	if s.ignored == 0 {
		return s.Requests
	}
	r := s.Requests
	r.Scalars = nil
	for i, x := range s.Requests.Scalars {
		if s.ignored>>i&1 == 0 {
			r.Scalars = append(r.Scalars, x)
		}
	}
	return r
}

// requestsOf are the requests for some resources; nonZero: with the defaults that are assumed for scoring.
func (s *Shape) requestsOf(list []WeightedResource, nonZero bool) []int64 {
	out := make([]int64, len(list))
	for i := range list {
		switch name := list[i].Name; name {
		case corev1.ResourceCPU:
			if out[i] = s.Requests.MilliCPU; nonZero {
				out[i] = s.NonZeroCPU
			}
		case corev1.ResourceMemory:
			if out[i] = s.Requests.Memory; nonZero {
				out[i] = s.NonZeroMemory
			}
		case corev1.ResourceEphemeralStorage:
			out[i] = s.Requests.EphemeralStorage
		default:
			out[i] = s.Requests.Scalar(name)
		}
	}
	return out
}

// use is what a node has of a resource and what of it is taken; 0 of 0 if the resource is not to be scored: one that is
// counted in pieces and not asked for, or one that the node does not have.
func (n *NodeInfo) use(name corev1.ResourceName, asked int64, nonZero bool) (have, taken int64) {
	switch name {
	case corev1.ResourceCPU:
		have, taken = n.Allocatable.MilliCPU, n.Requested.MilliCPU
		if nonZero {
			taken = n.NonZeroCPU
		}
	case corev1.ResourceMemory:
		have, taken = n.Allocatable.Memory, n.Requested.Memory
		if nonZero {
			taken = n.NonZeroMemory
		}
	case corev1.ResourceEphemeralStorage:
		have, taken = n.Allocatable.EphemeralStorage, n.Requested.EphemeralStorage
	default:
		if asked != 0 {
			have, taken = n.Allocatable.Scalar(name), n.Requested.Scalar(name)
		}
	}
	return have, taken
}

// FitScore is NodeResourcesFit's score of a node, 0 to 100.
func (s *Shape) FitScore(n *NodeInfo) int64 {
	c := &s.Profile.Fit
	if c.usual {
		return s.LeastAllocated(n)
	}
	var sum, weights int64
	for i := range c.Resources {
		r := &c.Resources[i]
		have, taken := n.use(r.Name, s.asked[i], true)
		if have == 0 {
			continue
		}
		want := taken + s.asked[i]
		var score int64
		switch c.Strategy {
		case LeastAllocated:
			score = leastRequested(want, have)
		case MostAllocated:
			score = min(want, have) * MaxNodeScore / have
		default:
			// A resource that scores nothing does not count at all (requested_to_capacity_ratio.go).
			if score = c.ratio(want, have); score <= 0 {
				continue
			}
		}
		sum += score * r.Weight
		weights += r.Weight
	}
	switch {
	case weights == 0:
		return 0
	case c.Strategy == RequestedToCapacityRatio:
		return int64(math.Round(float64(sum) / float64(weights)))
	}
	return sum / weights
}

// ratio is the configured function of utilisation (helper.BuildBrokenLinearFunction).
func (c *Scoring) ratio(want, have int64) int64 {
	use := int64(100)
	if want <= have {
		use = want * 100 / have
	}
	for i, p := range c.Shape {
		if use > p.Utilization {
			continue
		}
		if i == 0 {
			return p.Score
		}
		q := c.Shape[i-1]
		return q.Score + (p.Score-q.Score)*(use-q.Utilization)/(p.Utilization-q.Utilization)
	}
	return c.Shape[len(c.Shape)-1].Score
}

// BalanceScore is NodeResourcesBalancedAllocation's score of a node, 50 to 100.
func (s *Shape) BalanceScore(n *NodeInfo) int64 {
	c := &s.Profile.Balanced
	if c.usual {
		return s.Balanced(n)
	}
	var room [8]float64
	with, without := room[:0:4], room[4:4]
	for i := range c.Resources {
		if have, taken := n.use(c.Resources[i].Name, s.balance[i], false); have != 0 {
			with = append(with, min(float64(taken+s.balance[i])/float64(have), 1))
			without = append(without, min(float64(taken)/float64(have), 1))
		}
	}
	return MaxNodeScore/2 + (MaxNodeScore/2+evenness(with)-evenness(without))/2
}

// evenness is 100 less the standard deviation of the fractions in percent.
func evenness(fractions []float64) int64 {
	var std, total, sum float64
	switch {
	case len(fractions) == 2:
		std = math.Abs((fractions[0] - fractions[1]) / 2)
	case len(fractions) > 2:
		for _, f := range fractions {
			total += f
		}
		mean := total / float64(len(fractions))
		for _, f := range fractions {
			sum += float64((f - mean) * (f - mean)) // not fused: the same on every processor
		}
		std = math.Sqrt(sum / float64(len(fractions)))
	}
	return int64((1 - std) * MaxNodeScore)
}
