package apiserver

import (
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"

	"tabernetes/engine/api"
)

// validatePodAdmission runs the validating plugins of pods: LimitRanger, ServiceAccount, PodSecurity, RuntimeClass.
func (s *Server) validatePodAdmission(a *attributes, p *corev1.Pod) error {
	if a.sub != "" && a.sub != "ephemeralcontainers" && a.sub != "resize" {
		return nil
	}
	bounded := len(s.adm.limits) > 0 && (a.op == opCreate || a.sub == "resize" && a.old.GetDeletionTimestamp() == nil)
	if bounded {
		if err := s.checkPodLimits(a, p); err != nil {
			return err
		}
	}
	switch {
	case a.op == opCreate && len(p.Annotations) > 0 && mirror(p):
		if err := checkMirror(a, p); err != nil {
			return err
		}
	case a.op == opCreate || a.sub == "ephemeralcontainers":
		if a.account == nil {
			var err error
			if a.account, err = s.accountOf(a, p); err != nil {
				return err
			}
		}
		if len(a.account.Annotations) > 0 {
			if err := checkMountable(a, a.account, p); err != nil {
				return err
			}
		}
	}
	if len(s.adm.pods) > 0 {
		if err := s.secure(a, p); err != nil {
			return err
		}
	}
	if a.op == opCreate {
		return s.validateOverhead(a, p)
	}
	return nil
}

// validateOthers runs the validating plugins of all kinds but pods.
func (s *Server) validateOthers(a *attributes) error {
	switch o := a.obj.(type) {
	case *corev1.Namespace:
		if a.sub == "" && (a.old != nil || len(o.Labels) > 1) {
			return s.secureNamespace(a, o)
		}
	case *corev1.PersistentVolumeClaim:
		if a.sub != "" {
			return nil
		}
		if err := s.checkClaimLimits(a, o); err != nil {
			return err
		}
		if a.old != nil {
			return s.validateResize(a, o, a.old.(*corev1.PersistentVolumeClaim))
		}
	case *schedulingv1.PriorityClass:
		return s.validatePriorityClass(a, o)
	case *certificatesv1.CertificateSigningRequest:
		return s.validateCertificate(a, o)
	case api.Object:
		if a.sub == "" && len(s.adm.pods) > 0 {
			s.secureTemplate(a, templateOf(o))
		}
	}
	return nil
}
