// Package schedulerperf measures how many pods a second the scheduler places, in the shapes of upstream's benchmark
// (k8s.io/kubernetes/test/integration/scheduler_perf, the performance-config.yaml files of misc, affinity and
// topology_spreading): the same nodes, pods, order and interference.
//
// As there, API server, etcd and scheduler are whole and take part in the time, and nothing else runs: nodes are objects
// without a kubelet, and once the namespaces have their service accounts the controllers are stopped. Pods are created by
// a client with many requests under way. Interference that upstream brings in at a rate (five pods a second that cannot be
// placed) comes at that rate of the cluster's own clock, whose scheduling cycles take what a real scheduler's take.
//
// The package only builds and runs the worlds; the callers hold the stopwatch: a Go benchmark here, and a program of
// js/wasm in wasm/schedulerperf for a browser.
package schedulerperf
