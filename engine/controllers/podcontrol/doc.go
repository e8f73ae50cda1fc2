// Package podcontrol is how controllers make and delete pods: from a template, owned by the object that wants them,
// with an event about it on that object.
//
// It stands where k8s.io/kubernetes/pkg/controller/controller_utils.go has RealPodControl, with the predicates that
// decide whether a pod still counts (IsPodActive, IsPodTerminating) and the ranking of pods by how little they would be
// missed (ActivePodsWithRanks). One thing is ours: pods made from one template share the template's maps and slices
// instead of copying them, which is what lets a hundred thousand of them fit into a browser tab.
//
// It writes pods and events and reads nothing.
package podcontrol
