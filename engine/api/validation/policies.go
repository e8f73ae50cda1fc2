package validation

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The networking, authorization, admission and certificate kinds. Each method reports whether the kind is one of them.

func (e *errs) createPolicies(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *networkingv1.Ingress:
		e.ingressCreate(o)
	case *networkingv1.IngressClass:
		e.ingressClass(o)
	case *networkingv1.NetworkPolicy:
		e.objectMeta(&o.ObjectMeta, true, subdomainName)
		e.networkPolicySpec(&o.Spec, nil)
	case *networkingv1.ServiceCIDR:
		e.objectMeta(&o.ObjectMeta, false, subdomainName)
		e.serviceCIDRs(&o.Spec)
	case *networkingv1.IPAddress:
		e.ipAddress(o)
	case *rbacv1.Role:
		e.role(o)
	case *rbacv1.ClusterRole:
		e.clusterRole(o)
	case *rbacv1.RoleBinding:
		e.objectMeta(&o.ObjectMeta, true, pathName)
		e.binds(o.RoleRef, o.Subjects, true)
	case *rbacv1.ClusterRoleBinding:
		e.objectMeta(&o.ObjectMeta, false, pathName)
		e.binds(o.RoleRef, o.Subjects, false)
	case *admissionregistrationv1.ValidatingWebhookConfiguration:
		e.validatingWebhooks(o, nil)
		e.reservedName(o.Name)
	case *admissionregistrationv1.MutatingWebhookConfiguration:
		e.mutatingWebhooks(o, nil)
		e.reservedName(o.Name)
	case *admissionregistrationv1.ValidatingAdmissionPolicy:
		e.validatingPolicy(o)
		e.reservedName(o.Name)
	case *admissionregistrationv1.MutatingAdmissionPolicy:
		e.mutatingPolicy(o)
		e.reservedName(o.Name)
	case *admissionregistrationv1.ValidatingAdmissionPolicyBinding:
		e.validatingPolicyBinding(o, true)
	case *admissionregistrationv1.MutatingAdmissionPolicyBinding:
		e.mutatingPolicyBinding(o)
		e.reservedName(o.Name)
	case *certificatesv1.CertificateSigningRequest:
		e.csr(o, nil)
	default:
		return e.createReview(obj)
	}
	return true
}

func (e *errs) updatePolicies(obj, old runtime.Object) bool {
	switch o := obj.(type) {
	case *networkingv1.Ingress:
		e.objectMetaUpdate(&o.ObjectMeta, &old.(*networkingv1.Ingress).ObjectMeta)
		e.ingress(o)
	case *networkingv1.IngressClass:
		was := old.(*networkingv1.IngressClass)
		e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta)
		immutable(e, specPath.Child("controller"), o.Spec.Controller, was.Spec.Controller)
		e.ingressClass(o)
	case *networkingv1.NetworkPolicy:
		was := old.(*networkingv1.NetworkPolicy)
		e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta)
		e.networkPolicySpec(&o.Spec, knownBlocks(&was.Spec))
	case *networkingv1.ServiceCIDR:
		was := old.(*networkingv1.ServiceCIDR)
		e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta)
		e.serviceCIDRsUpdate(&o.Spec, &was.Spec)
	case *networkingv1.IPAddress:
		e.ipAddressUpdate(o, old.(*networkingv1.IPAddress))
	case *rbacv1.Role:
		e.role(o)
		e.objectMetaUpdate(&o.ObjectMeta, &old.(*rbacv1.Role).ObjectMeta)
	case *rbacv1.ClusterRole:
		e.clusterRole(o)
		e.objectMetaUpdate(&o.ObjectMeta, &old.(*rbacv1.ClusterRole).ObjectMeta)
	case *rbacv1.RoleBinding:
		was := old.(*rbacv1.RoleBinding)
		e.objectMeta(&o.ObjectMeta, true, pathName)
		e.bindsUpdate(o.RoleRef, was.RoleRef, o.Subjects, true, func() { e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta) })
	case *rbacv1.ClusterRoleBinding:
		was := old.(*rbacv1.ClusterRoleBinding)
		e.objectMeta(&o.ObjectMeta, false, pathName)
		e.bindsUpdate(o.RoleRef, was.RoleRef, o.Subjects, false, func() { e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta) })
	case *admissionregistrationv1.ValidatingWebhookConfiguration:
		e.validatingWebhooks(o, old.(*admissionregistrationv1.ValidatingWebhookConfiguration))
	case *admissionregistrationv1.MutatingWebhookConfiguration:
		e.mutatingWebhooks(o, old.(*admissionregistrationv1.MutatingWebhookConfiguration))
	case *admissionregistrationv1.ValidatingAdmissionPolicy:
		e.validatingPolicy(o)
	case *admissionregistrationv1.MutatingAdmissionPolicy:
		e.mutatingPolicy(o)
	case *admissionregistrationv1.ValidatingAdmissionPolicyBinding:
		e.validatingPolicyBinding(o, false)
	case *admissionregistrationv1.MutatingAdmissionPolicyBinding:
		e.mutatingPolicyBinding(o)
	case *certificatesv1.CertificateSigningRequest:
		e.csrUpdate(o, old.(*certificatesv1.CertificateSigningRequest), csrMain)
	default:
		return false
	}
	return true
}

func (e *errs) statusPolicies(obj, old runtime.Object) bool {
	switch o := obj.(type) {
	case *networkingv1.Ingress:
		was := old.(*networkingv1.Ingress)
		e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta)
		e.ingressStatus(&o.Status.LoadBalancer, &was.Status.LoadBalancer)
	case *networkingv1.ServiceCIDR:
		e.objectMetaUpdate(&o.ObjectMeta, &old.(*networkingv1.ServiceCIDR).ObjectMeta)
	case *admissionregistrationv1.ValidatingAdmissionPolicy:
		e.validatingPolicyStatus(&o.Status)
	case *certificatesv1.CertificateSigningRequest:
		e.csrUpdate(o, old.(*certificatesv1.CertificateSigningRequest), csrStatus)
	default:
		return false
	}
	return true
}

// ApprovalUpdate returns what forbids storing csr in place of old through the approval subresource.
func ApprovalUpdate(csr, old *certificatesv1.CertificateSigningRequest) field.ErrorList {
	e := &errs{}
	e.commonUpdate(csr, old)
	e.csrUpdate(csr, old, csrApproval)
	return e.list
}

// pathName is the rule of names that need only fit into a URL.
func pathName(name string, prefix bool) []string { return content.IsPathSegmentName(name) }
