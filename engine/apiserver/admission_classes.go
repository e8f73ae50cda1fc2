package apiserver

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	storagev1 "k8s.io/api/storage/v1"

	"tabernetes/engine/api"
)

// The annotations of default classes, and the finalizers of storage in use (pkg/volume/util).
const (
	defaultStorageClass     = "storageclass.kubernetes.io/is-default-class"
	betaDefaultStorageClass = "storageclass.beta.kubernetes.io/is-default-class"
	ingressClass            = "kubernetes.io/ingress.class"

	claimProtection  = "kubernetes.io/pvc-protection"
	volumeProtection = "kubernetes.io/pv-protection"
	classProtection  = "kubernetes.io/vac-protection"
)

// admitClasses runs over new objects the plugins that fill in a default class or protect storage: DefaultStorageClass,
// StorageObjectInUseProtection, DefaultIngressClass.
func (s *Server) admitClasses(a *attributes) {
	switch o := a.obj.(type) {
	case *corev1.PersistentVolumeClaim:
		if _, beta := o.Annotations[corev1.BetaStorageClassAnnotation]; !beta && o.Spec.StorageClassName == nil {
			if name := newestDefault(s, api.StorageClasses, defaultStorageClass, betaDefaultStorageClass); name != "" {
				o.Spec.StorageClassName = &name
			}
		}
		protect(o, claimProtection)
	case *corev1.PersistentVolume:
		protect(o, volumeProtection)
	case *storagev1.VolumeAttributesClass:
		protect(o, classProtection)
	case *networkingv1.Ingress:
		if _, annotated := o.Annotations[ingressClass]; !annotated && o.Spec.IngressClassName == nil {
			if name := newestDefault(s, api.IngressClasses, networkingv1.AnnotationIsDefaultIngressClass); name != "" {
				o.Spec.IngressClassName = &name
			}
		}
	}
}

// newestDefault is the class that one of the annotations marks as the default: of several the newest, then the first by
// name; "" if there is none.
func newestDefault(s *Server, r *api.Resource, annotations ...string) string {
	var best api.Object
	for _, o := range sorted[api.Object](s, r) {
		marked := slices.ContainsFunc(annotations, func(k string) bool { return o.GetAnnotations()[k] == "true" })
		if marked && (best == nil || o.GetCreationTimestamp().After(best.GetCreationTimestamp().Time)) {
			best = o
		}
	}
	if best == nil {
		return ""
	}
	return best.GetName()
}

func protect(o api.Object, finalizer string) {
	if f := o.GetFinalizers(); !slices.Contains(f, finalizer) {
		o.SetFinalizers(append(slices.Clip(f), finalizer))
	}
}

// validateResize is the PersistentVolumeClaimResize plugin.
func (s *Server) validateResize(a *attributes, c, old *corev1.PersistentVolumeClaim) error {
	size := c.Spec.Resources.Requests[corev1.ResourceStorage]
	if size.Cmp(old.Spec.Resources.Requests[corev1.ResourceStorage]) <= 0 {
		return nil
	}
	if old.Status.Phase != corev1.ClaimBound {
		return a.forbidden("Only bound persistent volume claims can be expanded")
	}
	if name := claimClass(c); name != "" && name == claimClass(old) {
		if class, ok := s.kinds[api.StorageClasses].objects[name].(*storagev1.StorageClass); ok && class.AllowVolumeExpansion != nil && *class.AllowVolumeExpansion {
			return nil
		}
	}
	return a.forbidden("only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize")
}

func claimClass(c *corev1.PersistentVolumeClaim) string {
	if v, ok := c.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		return v
	}
	if c.Spec.StorageClassName != nil {
		return *c.Spec.StorageClassName
	}
	return ""
}
