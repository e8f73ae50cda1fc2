package apiserver

import (
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

// stampPhase notes when a volume came into its phase, which its strategy leaves to whoever has a clock
// (pkg/registry/core/persistentvolume, KEP-3762).
func (s *Server) stampPhase(obj api.Object) {
	pv, ok := obj.(*corev1.PersistentVolume)
	if !ok || pv.Status.LastPhaseTransitionTime != nil {
		return
	}
	now := s.now()
	pv.Status.LastPhaseTransitionTime = &now
}
