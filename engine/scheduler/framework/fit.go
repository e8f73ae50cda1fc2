package framework

// fit.go: the resource check, used by the plain and the fast path alike.

// Bits of what is insufficient; scalar i of the shape is bit bitScalar+i.
const (
	bitPods = 1 << iota
	bitCPU
	bitMemory
	bitStorage
	bitUnresolvable
	bitScalar0
)

// Fit checks resources: nil if the node has room, else all that is lacking
// (pkg/scheduler/framework/plugins/noderesources/fit.go). A request beyond what the node could ever give is
// unresolvable: no preemption helps.
func (s *Shape) Fit(n *NodeInfo) *Status {
	var bits uint64
	if len(n.Pods)+1 > n.AllowedPods {
		bits |= bitPods
	}
	r := &s.Requests
	if r.MilliCPU > n.Allocatable.MilliCPU-n.Requested.MilliCPU && r.MilliCPU > 0 {
		bits |= bitCPU
		if r.MilliCPU > n.Allocatable.MilliCPU {
			bits |= bitUnresolvable
		}
	}
	if r.Memory > n.Allocatable.Memory-n.Requested.Memory && r.Memory > 0 {
		bits |= bitMemory
		if r.Memory > n.Allocatable.Memory {
			bits |= bitUnresolvable
		}
	}
	if r.EphemeralStorage > n.Allocatable.EphemeralStorage-n.Requested.EphemeralStorage && r.EphemeralStorage > 0 {
		bits |= bitStorage
		if r.EphemeralStorage > n.Allocatable.EphemeralStorage {
			bits |= bitUnresolvable
		}
	}
	for i := range r.Scalars {
		v := r.Scalars[i].Value
		if v <= 0 || s.ignored>>i&1 != 0 {
			continue
		}
		have := n.Allocatable.Scalar(r.Scalars[i].Name)
		if v > have-n.Requested.Scalar(r.Scalars[i].Name) {
			bits |= bitScalar0 << i
			if v > have {
				bits |= bitUnresolvable
			}
		}
	}
	if bits == 0 {
		return nil
	}
	return s.fitStatus(bits)
}

// fitStatus interns: a full cluster gives the same answer for thousands of nodes.
func (s *Shape) fitStatus(bits uint64) *Status {
	if st := s.fit[bits]; st != nil {
		return st
	}
	st := &Status{Code: Unschedulable, Plugin: NodeResourcesFit}
	if bits&bitUnresolvable != 0 {
		st.Code = UnschedulableAndUnresolvable
	}
	if bits&bitPods != 0 {
		st.Reasons = append(st.Reasons, "Too many pods")
	}
	if bits&bitCPU != 0 {
		st.Reasons = append(st.Reasons, "Insufficient cpu")
	}
	if bits&bitMemory != 0 {
		st.Reasons = append(st.Reasons, "Insufficient memory")
	}
	if bits&bitStorage != 0 {
		st.Reasons = append(st.Reasons, "Insufficient ephemeral-storage")
	}
	for i := range s.Requests.Scalars {
		if bits&(bitScalar0<<i) != 0 {
			st.Reasons = append(st.Reasons, "Insufficient "+string(s.Requests.Scalars[i].Name))
		}
	}
	if s.fit == nil {
		s.fit = map[uint64]*Status{}
	}
	s.fit[bits] = st
	return st
}

// LeastAllocated scores how much of CPU and memory stays free (noderesources/least_allocated.go), 0..100.
func (s *Shape) LeastAllocated(n *NodeInfo) int64 {
	var score, weights int64
	if c := n.Allocatable.MilliCPU; c != 0 {
		score += leastRequested(n.NonZeroCPU+s.NonZeroCPU, c)
		weights++
	}
	if c := n.Allocatable.Memory; c != 0 {
		score += leastRequested(n.NonZeroMemory+s.NonZeroMemory, c)
		weights++
	}
	if weights == 0 {
		return 0
	}
	return score / weights
}

func leastRequested(requested, capacity int64) int64 {
	if requested > capacity {
		return 0
	}
	return (capacity - requested) * MaxNodeScore / capacity
}

// Balanced scores whether the pod brings the use of CPU and of memory closer together
// (noderesources/balanced_allocation.go): around 75 when it changes little, towards 100 when it helps. It is asked
// only for pods that request something.
func (s *Shape) Balanced(n *NodeInfo) int64 {
	with := balance(n.Requested.MilliCPU+s.Requests.MilliCPU, n.Allocatable.MilliCPU, n.Requested.Memory+s.Requests.Memory, n.Allocatable.Memory)
	without := balance(n.Requested.MilliCPU, n.Allocatable.MilliCPU, n.Requested.Memory, n.Allocatable.Memory)
	return MaxNodeScore/2 + (MaxNodeScore/2+with-without)/2
}

func balance(cpu, cpus, mem, mems int64) int64 {
	var std float64
	if cpus != 0 && mems != 0 {
		a, b := min(float64(cpu)/float64(cpus), 1), min(float64(mem)/float64(mems), 1)
		std = (a - b) / 2
		if std < 0 {
			std = -std
		}
	}
	return int64((1 - std) * MaxNodeScore)
}
