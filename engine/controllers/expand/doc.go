// Package expand is the persistentvolume-expander-controller: it notices claims that ask for more than they have.
//
// In a real cluster it once grew volumes of plugins that were part of Kubernetes. None of those is left that could, so
// what remains is to say, in an event of the claim, that somebody else has to: the resizer of the volume's CSI driver.
// If there is none, the event is all that happens.
//
// It reads PersistentVolumeClaims and PersistentVolumes; it writes Events. Upstream:
// pkg/controller/volume/expand/expand_controller.go.
package expand
