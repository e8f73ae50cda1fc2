// Package podautoscaler is the HorizontalPodAutoscaler controller of kube-controller-manager: it changes the scale of a
// workload so that a metric of its pods stays near a target.
//
// Every 15 s it reads, for each HorizontalPodAutoscaler, the scale subresource of its target and the metrics it names, and
// works out for each how many replicas would bring it to its target; the highest counts. Pods without metrics and pods that
// are not ready are reckoned so that they dampen whatever is about to happen. What comes out is held between bounds, held
// back by the recommendations of the last minutes and by the policies of spec.behavior, and written to the scale.
//
// Real: the algorithm, tolerances, stabilisation windows, conditions, events and their texts (upstream:
// pkg/controller/podautoscaler, horizontal.go and replica_calculator.go), with the default feature gates of v1.37
// (configurable tolerance, generation, scale to zero). Resource metrics come from metrics.k8s.io as they would; nothing in
// this cluster serves custom.metrics.k8s.io and external.metrics.k8s.io, so metrics of these kinds fail as they do in every
// cluster without an adapter.
package podautoscaler
