package defaults

import (
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// The strategies of the kinds of policies.go (pkg/registry/{networking,rbac,admissionregistration,certificates}).

func createPolicies(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *networkingv1.Ingress:
		o.Status = networkingv1.IngressStatus{}
		o.Generation = 1
	case *networkingv1.IngressClass:
		o.Generation = 1
	case *networkingv1.NetworkPolicy:
		o.Generation = 1
	case *networkingv1.ServiceCIDR:
		o.Status = networkingv1.ServiceCIDRStatus{}
	case *networkingv1.IPAddress, *rbacv1.Role, *rbacv1.ClusterRole, *rbacv1.RoleBinding, *rbacv1.ClusterRoleBinding:
		// The generation of these kinds is not counted.
	case *admissionregistrationv1.ValidatingWebhookConfiguration:
		o.Generation = 1
	case *admissionregistrationv1.MutatingWebhookConfiguration:
		o.Generation = 1
	case *admissionregistrationv1.ValidatingAdmissionPolicy:
		o.Status = admissionregistrationv1.ValidatingAdmissionPolicyStatus{}
		o.Generation = 1
	case *admissionregistrationv1.MutatingAdmissionPolicy:
		o.Generation = 1
	case *admissionregistrationv1.ValidatingAdmissionPolicyBinding:
		o.Generation = 1
	case *admissionregistrationv1.MutatingAdmissionPolicyBinding:
		o.Generation = 1
	case *certificatesv1.CertificateSigningRequest:
		// Who asks is for the server to say, which fills it in; nobody may bring his own approval.
		o.Spec.Username, o.Spec.UID, o.Spec.Groups, o.Spec.Extra = "", "", nil, nil
		o.Status = certificatesv1.CertificateSigningRequestStatus{}
	default:
		return false
	}
	return true
}

func updatePolicies(obj, old runtime.Object) bool {
	grown := func(generation *int64, now, was any) {
		if !apiequality.Semantic.DeepEqual(was, now) {
			*generation++
		}
	}
	switch o := obj.(type) {
	case *networkingv1.Ingress:
		was := old.(*networkingv1.Ingress)
		o.Status = was.Status
		grown(&o.Generation, o.Spec, was.Spec)
	case *networkingv1.IngressClass:
		grown(&o.Generation, o.Spec, old.(*networkingv1.IngressClass).Spec)
	case *networkingv1.NetworkPolicy:
		grown(&o.Generation, o.Spec, old.(*networkingv1.NetworkPolicy).Spec)
	case *networkingv1.ServiceCIDR:
		o.Status = old.(*networkingv1.ServiceCIDR).Status
	case *networkingv1.IPAddress, *rbacv1.Role, *rbacv1.ClusterRole, *rbacv1.RoleBinding, *rbacv1.ClusterRoleBinding:
	case *admissionregistrationv1.ValidatingWebhookConfiguration:
		grown(&o.Generation, o.Webhooks, old.(*admissionregistrationv1.ValidatingWebhookConfiguration).Webhooks)
	case *admissionregistrationv1.MutatingWebhookConfiguration:
		grown(&o.Generation, o.Webhooks, old.(*admissionregistrationv1.MutatingWebhookConfiguration).Webhooks)
	case *admissionregistrationv1.ValidatingAdmissionPolicy:
		was := old.(*admissionregistrationv1.ValidatingAdmissionPolicy)
		o.Status = was.Status
		grown(&o.Generation, o.Spec, was.Spec)
	case *admissionregistrationv1.MutatingAdmissionPolicy:
		grown(&o.Generation, o.Spec, old.(*admissionregistrationv1.MutatingAdmissionPolicy).Spec)
	case *admissionregistrationv1.ValidatingAdmissionPolicyBinding:
		grown(&o.Generation, o.Spec, old.(*admissionregistrationv1.ValidatingAdmissionPolicyBinding).Spec)
	case *admissionregistrationv1.MutatingAdmissionPolicyBinding:
		grown(&o.Generation, o.Spec, old.(*admissionregistrationv1.MutatingAdmissionPolicyBinding).Spec)
	case *certificatesv1.CertificateSigningRequest:
		was := old.(*certificatesv1.CertificateSigningRequest)
		o.Spec, o.Status = was.Spec, was.Status
	default:
		return false
	}
	return true
}

func statusPolicies(obj, old runtime.Object) bool {
	switch o := obj.(type) {
	case *networkingv1.Ingress:
		o.Spec = old.(*networkingv1.Ingress).Spec
	case *networkingv1.ServiceCIDR:
		was := old.(*networkingv1.ServiceCIDR)
		o.Spec = was.Spec
		metav1.ResetObjectMetaForStatus(&o.ObjectMeta, &was.ObjectMeta)
	case *admissionregistrationv1.ValidatingAdmissionPolicy:
		was := old.(*admissionregistrationv1.ValidatingAdmissionPolicy)
		o.Spec = was.Spec
		metav1.ResetObjectMetaForStatus(&o.ObjectMeta, &was.ObjectMeta)
	case *certificatesv1.CertificateSigningRequest:
		was := old.(*certificatesv1.CertificateSigningRequest)
		o.Spec = was.Spec
		// What the approvers said stands; a signer that adds or removes such a condition is refused by validation.
		o.Status.Conditions = slices.Clone(o.Status.Conditions)
		keepConditions(o, was, certificatesv1.CertificateApproved)
		keepConditions(o, was, certificatesv1.CertificateDenied)
	default:
		return false
	}
	return true
}

// PrepareForApproval makes a CertificateSigningRequest ready to be stored through its approval subresource, which
// takes the conditions and nothing else. now stamps conditions without times.
func PrepareForApproval(csr, old *certificatesv1.CertificateSigningRequest, now metav1.Time) {
	keepGeneration(csr, old)
	StampConditions(csr, old, now)
	conditions := csr.Status.Conditions
	csr.Spec, csr.Status = old.Spec, old.Status
	csr.Status.Conditions = conditions
	keepSystemMeta(csr, old)
}

// StampConditions gives a request's conditions the times they lack: now, or when the state they tell of began.
func StampConditions(csr, old *certificatesv1.CertificateSigningRequest, now metav1.Time) {
	csr.Status.Conditions = slices.Clone(csr.Status.Conditions)
	for i := range csr.Status.Conditions {
		c := &csr.Status.Conditions[i]
		if c.LastUpdateTime.IsZero() {
			c.LastUpdateTime = now
		}
		if !c.LastTransitionTime.IsZero() {
			continue
		}
		c.LastTransitionTime = now
		for _, was := range old.Status.Conditions {
			if was.Type == c.Type && was.Status == c.Status && !was.LastTransitionTime.IsZero() {
				c.LastTransitionTime = was.LastTransitionTime
				break
			}
		}
	}
}

// keepConditions restores the conditions of a type when there are as many of them as before.
func keepConditions(csr, old *certificatesv1.CertificateSigningRequest, t certificatesv1.RequestConditionType) {
	of := func(list []certificatesv1.CertificateSigningRequestCondition) (at []int) {
		for i := range list {
			if list[i].Type == t {
				at = append(at, i)
			}
		}
		return at
	}
	now, was := of(csr.Status.Conditions), of(old.Status.Conditions)
	if len(now) != len(was) {
		return
	}
	for i, j := range was {
		csr.Status.Conditions[now[i]] = old.Status.Conditions[j]
	}
}
