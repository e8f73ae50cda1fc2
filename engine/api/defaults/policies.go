package defaults

import (
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// The networking, authorization, admission and certificate kinds. Each function reports whether the kind is one of them.

// setPolicies upstream: pkg/apis/{networking,rbac,admissionregistration}/v1/defaults.go.
func setPolicies(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *networkingv1.IngressClass:
		if o.Spec.Parameters != nil {
			orElse(&o.Spec.Parameters.Scope, networkingv1.IngressClassParametersReferenceScopeCluster)
		}
	case *networkingv1.NetworkPolicy:
		setNetworkPolicy(&o.Spec)
	case *rbacv1.RoleBinding:
		orValue(&o.RoleRef.APIGroup, rbacv1.GroupName)
		o.Subjects = withGroups(o.Subjects)
	case *rbacv1.ClusterRoleBinding:
		orValue(&o.RoleRef.APIGroup, rbacv1.GroupName)
		o.Subjects = withGroups(o.Subjects)
	case *admissionregistrationv1.ValidatingWebhookConfiguration:
		for i := range o.Webhooks {
			h := &o.Webhooks[i]
			setWebhook(&h.FailurePolicy, &h.MatchPolicy, &h.NamespaceSelector, &h.ObjectSelector, &h.TimeoutSeconds)
			setWebhookTarget(h.ClientConfig.Service, h.Rules)
		}
	case *admissionregistrationv1.MutatingWebhookConfiguration:
		for i := range o.Webhooks {
			h := &o.Webhooks[i]
			setWebhook(&h.FailurePolicy, &h.MatchPolicy, &h.NamespaceSelector, &h.ObjectSelector, &h.TimeoutSeconds)
			setWebhookTarget(h.ClientConfig.Service, h.Rules)
			orElse(&h.ReinvocationPolicy, admissionregistrationv1.NeverReinvocationPolicy)
		}
	case *admissionregistrationv1.ValidatingAdmissionPolicy:
		orElse(&o.Spec.FailurePolicy, admissionregistrationv1.Fail)
		setMatchResources(o.Spec.MatchConstraints)
	case *admissionregistrationv1.MutatingAdmissionPolicy:
		orElse(&o.Spec.FailurePolicy, admissionregistrationv1.Fail)
		setMatchResources(o.Spec.MatchConstraints)
	case *admissionregistrationv1.ValidatingAdmissionPolicyBinding:
		setMatchResources(o.Spec.MatchResources)
	case *admissionregistrationv1.MutatingAdmissionPolicyBinding:
		setMatchResources(o.Spec.MatchResources)
	default:
		return false
	}
	return true
}

func setNetworkPolicy(spec *networkingv1.NetworkPolicySpec) {
	if len(spec.PolicyTypes) == 0 {
		// A policy that has egress rules means them; one without says nothing about egress.
		spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(spec.Egress) > 0 {
			spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	ports := func(list []networkingv1.NetworkPolicyPort) {
		for i := range list {
			orElse(&list[i].Protocol, corev1.ProtocolTCP)
		}
	}
	for i := range spec.Ingress {
		ports(spec.Ingress[i].Ports)
	}
	for i := range spec.Egress {
		ports(spec.Egress[i].Ports)
	}
}

// withGroups names the API group of users and groups; a ServiceAccount's is the core group, which has no name.
func withGroups(list []rbacv1.Subject) []rbacv1.Subject {
	for i := range list {
		if s := &list[i]; s.APIGroup == "" && (s.Kind == rbacv1.UserKind || s.Kind == rbacv1.GroupKind) {
			// The list may be another object's as well: copy to write.
			list = slices.Clone(list)
			for j := i; j < len(list); j++ {
				if s := &list[j]; s.APIGroup == "" && (s.Kind == rbacv1.UserKind || s.Kind == rbacv1.GroupKind) {
					s.APIGroup = rbacv1.GroupName
				}
			}
			break
		}
	}
	return list
}

// defaultWebhookTimeout is in seconds.
const defaultWebhookTimeout = 10

// defaultWebhookPort is where a webhook's Service listens.
const defaultWebhookPort = 443

func setWebhook(failure **admissionregistrationv1.FailurePolicyType, match **admissionregistrationv1.MatchPolicyType,
	namespaces, objects **metav1.LabelSelector, timeout **int32) {
	orElse(failure, admissionregistrationv1.Fail)
	orElse(match, admissionregistrationv1.Equivalent)
	orElse(namespaces, metav1.LabelSelector{})
	orElse(objects, metav1.LabelSelector{})
	orElse(timeout, defaultWebhookTimeout)
}

func setWebhookTarget(service *admissionregistrationv1.ServiceReference, rules []admissionregistrationv1.RuleWithOperations) {
	if service != nil {
		orElse(&service.Port, defaultWebhookPort)
	}
	for i := range rules {
		orElse(&rules[i].Scope, admissionregistrationv1.AllScopes)
	}
}

func setMatchResources(m *admissionregistrationv1.MatchResources) {
	if m == nil {
		return
	}
	orElse(&m.MatchPolicy, admissionregistrationv1.Equivalent)
	orElse(&m.NamespaceSelector, metav1.LabelSelector{})
	orElse(&m.ObjectSelector, metav1.LabelSelector{})
	for i := range m.ResourceRules {
		orElse(&m.ResourceRules[i].Scope, admissionregistrationv1.AllScopes)
	}
	for i := range m.ExcludeResourceRules {
		orElse(&m.ExcludeResourceRules[i].Scope, admissionregistrationv1.AllScopes)
	}
}
