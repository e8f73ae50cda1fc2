package stage

// PodState is what a pod's tile shows.
type PodState uint8

// The states, as in the page's protocol.
const (
	Gone PodState = iota
	Pending
	Creating
	Running
	Ready
	Terminating
	Failed
	Succeeded
	Waiting
	Unknown
)

// Frame is what changed since the last one. Times are milliseconds of virtual time.
type Frame struct {
	Full             bool           `json:"full"`
	Now              float64        `json:"now"`
	Revision         int64          `json:"revision"`
	Nodes            []*NodeView    `json:"nodes"`
	RemovedNodes     []int          `json:"removedNodes"`
	Workloads        []WorkloadView `json:"workloads"`
	RemovedWorkloads []int          `json:"removedWorkloads"`
	Services         []ServiceView  `json:"services"`
	RemovedServices  []int          `json:"removedServices"`
	Pods             PodColumns     `json:"-"`
	PodNames         []string       `json:"podNames"`
	PodReasons       []string       `json:"podReasons"`
	Versions         []VersionName  `json:"versions"`
	Pulses           []Pulse        `json:"pulses"`
	PulsesDropped    int            `json:"pulsesDropped"`
	Requests         []RequestView  `json:"requests"`
	RequestsDropped  int            `json:"requestsDropped"`
	Marks            []Mark         `json:"marks"`
	Totals           Totals         `json:"totals"`
}

// Totals are the figures of the summary line.
type Totals struct {
	Nodes     int     `json:"nodes"`
	Pods      int     `json:"pods"`
	Ready     int     `json:"ready"`
	Pending   int     `json:"pending"`
	Failed    int     `json:"failed"`
	APIPerSec float64 `json:"apiPerSec"`
}

// Amount is a capacity and how much of it is requested: CPU in cores, memory in bytes.
type Amount struct {
	Capacity  float64 `json:"capacity"`
	Requested float64 `json:"requested"`
}

// Component is a program of a control-plane node.
type Component struct {
	Name   string `json:"name"`
	Up     bool   `json:"up"`
	Leader bool   `json:"leader"`
}

// NodeView is a machine. Power is the truth, Ready what the API says.
type NodeView struct {
	ID         int         `json:"id"`
	Name       string      `json:"name"`
	Role       string      `json:"role"`
	Zone       string      `json:"zone"`
	Power      bool        `json:"power"`
	Ready      string      `json:"ready"`
	Cordoned   bool        `json:"cordoned"`
	Taints     []string    `json:"taints"`
	CPU        Amount      `json:"cpu"`
	Memory     Amount      `json:"memory"`
	MaxPods    int64       `json:"maxPods"`
	Pods       int         `json:"pods"`
	Lease      float64     `json:"lease"`
	Components []Component `json:"components"`

	milli, bytes int64 // what CPU and Memory have requested
}

// WorkloadView is what owns pods.
type WorkloadView struct {
	ID         int               `json:"id"`
	Ref        string            `json:"ref"`
	Kind       string            `json:"kind"`
	Namespace  string            `json:"namespace"`
	Name       string            `json:"name"`
	Image      string            `json:"image"`
	Container  string            `json:"container"`
	Desired    int32             `json:"desired"`
	Current    int32             `json:"current"`
	Updated    int32             `json:"updated"`
	Ready      int32             `json:"ready"`
	Available  int32             `json:"available"`
	Paused     bool              `json:"paused"`
	State      string            `json:"state"`
	Labels     map[string]string `json:"labels"`
	Generation int64             `json:"revision"`
}

// ServiceView is a Service with what answers behind it.
type ServiceView struct {
	ID         int               `json:"id"`
	Ref        string            `json:"ref"`
	Namespace  string            `json:"namespace"`
	Name       string            `json:"name"`
	Type       string            `json:"type"`
	ClusterIP  string            `json:"clusterIP"`
	Ports      string            `json:"ports"`
	Selector   map[string]string `json:"selector"`
	Ready      int               `json:"ready"`
	NotReady   int               `json:"notReady"`
	RPS        float64           `json:"rps"`
	OKPerSec   float64           `json:"okPerSec"`
	FailPerSec float64           `json:"failPerSec"`
	Endpoints  []int             `json:"endpoints"`
}

// PodColumns are the pods that changed, as columns of equal length.
type PodColumns struct {
	Slot, Node, Workload, Version []int32
	State                         []uint8
	Restarts                      []uint16
	At                            []float64
}

// VersionName names a version index: which workload, what label (an image tag), which template hash.
type VersionName struct {
	Index    int    `json:"index"`
	Workload string `json:"workload"`
	Label    string `json:"label"`
	Hash     string `json:"hash"`
}

// Pulse is one message between actors.
type Pulse struct {
	From   string  `json:"from"`
	To     string  `json:"to"`
	Label  string  `json:"label"`
	Sent   float64 `json:"sent"`
	Arrive float64 `json:"arrive"`
	Record uint32  `json:"record"` // 0: it is in a session's log, and has not happened yet
}

// RequestView is one request of a user.
type RequestView struct {
	ID      uint64  `json:"id"`
	Service int     `json:"service"`
	Pod     int     `json:"pod"`
	Via     int     `json:"via"`
	Version string  `json:"version"`
	OK      bool    `json:"ok"`
	Reason  string  `json:"reason"`
	Sent    float64 `json:"sent"`
	Ms      float64 `json:"ms"`
}

// Mark is an event worth naming on the timeline.
type Mark struct {
	At     float64 `json:"at"`
	Kind   string  `json:"kind"`
	Text   string  `json:"text"`
	Record uint32  `json:"record"`
}
