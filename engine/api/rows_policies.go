package api

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// Networking, authorization, admission, certificates, and the reviews that only answer a question.
var (
	IngressClasses = &Resource{
		Group: "networking.k8s.io", Version: "v1", Kind: "IngressClass", Name: "ingressclasses", Singular: "ingressclass",
		New: empty[networkingv1.IngressClass](), NewList: listOf[networkingv1.IngressClassList](),
		Describe: describeIngressClass,
	}
	Ingresses = &Resource{
		Group: "networking.k8s.io", Version: "v1", Kind: "Ingress", Name: "ingresses", Singular: "ingress", ShortNames: []string{"ing"}, Namespaced: true, Subresources: []string{"status"},
		New: empty[networkingv1.Ingress](), NewList: listOf[networkingv1.IngressList](),
		Describe: describeIngress,
	}
	IPAddresses = &Resource{
		Group: "networking.k8s.io", Version: "v1", Kind: "IPAddress", Name: "ipaddresses", Singular: "ipaddress", ShortNames: []string{"ip"},
		New: empty[networkingv1.IPAddress](), NewList: listOf[networkingv1.IPAddressList](),
		Describe: describeIPAddress,
	}
	NetworkPolicies = &Resource{
		Group: "networking.k8s.io", Version: "v1", Kind: "NetworkPolicy", Name: "networkpolicies", Singular: "networkpolicy", ShortNames: []string{"netpol"}, Namespaced: true,
		New: empty[networkingv1.NetworkPolicy](), NewList: listOf[networkingv1.NetworkPolicyList](),
		Describe: describeNetworkPolicy,
	}
	ServiceCIDRs = &Resource{
		Group: "networking.k8s.io", Version: "v1", Kind: "ServiceCIDR", Name: "servicecidrs", Singular: "servicecidr", Subresources: []string{"status"},
		New: empty[networkingv1.ServiceCIDR](), NewList: listOf[networkingv1.ServiceCIDRList](),
		Describe: describeServiceCIDR,
	}
	ClusterRoleBindings = &Resource{
		Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "ClusterRoleBinding", Name: "clusterrolebindings", Singular: "clusterrolebinding",
		New: empty[rbacv1.ClusterRoleBinding](), NewList: listOf[rbacv1.ClusterRoleBindingList](),
		Describe: describeBinding,
	}
	ClusterRoles = &Resource{
		Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "ClusterRole", Name: "clusterroles", Singular: "clusterrole",
		New: empty[rbacv1.ClusterRole](), NewList: listOf[rbacv1.ClusterRoleList](),
		Describe: describeRole,
	}
	RoleBindings = &Resource{
		Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "RoleBinding", Name: "rolebindings", Singular: "rolebinding", Namespaced: true,
		New: empty[rbacv1.RoleBinding](), NewList: listOf[rbacv1.RoleBindingList](),
		Describe: describeBinding,
	}
	Roles = &Resource{
		Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "Role", Name: "roles", Singular: "role", Namespaced: true,
		New: empty[rbacv1.Role](), NewList: listOf[rbacv1.RoleList](),
		Describe: describeRole,
	}
	MutatingAdmissionPolicies = &Resource{
		Group: "admissionregistration.k8s.io", Version: "v1", Kind: "MutatingAdmissionPolicy", Name: "mutatingadmissionpolicies", Singular: "mutatingadmissionpolicy", Categories: []string{"api-extensions"},
		New: empty[admissionregistrationv1.MutatingAdmissionPolicy](), NewList: listOf[admissionregistrationv1.MutatingAdmissionPolicyList](),
	}
	MutatingAdmissionPolicyBindings = &Resource{
		Group: "admissionregistration.k8s.io", Version: "v1", Kind: "MutatingAdmissionPolicyBinding", Name: "mutatingadmissionpolicybindings", Singular: "mutatingadmissionpolicybinding", Categories: []string{"api-extensions"},
		New: empty[admissionregistrationv1.MutatingAdmissionPolicyBinding](), NewList: listOf[admissionregistrationv1.MutatingAdmissionPolicyBindingList](),
	}
	MutatingWebhookConfigurations = &Resource{
		Group: "admissionregistration.k8s.io", Version: "v1", Kind: "MutatingWebhookConfiguration", Name: "mutatingwebhookconfigurations", Singular: "mutatingwebhookconfiguration", Categories: []string{"api-extensions"},
		New: empty[admissionregistrationv1.MutatingWebhookConfiguration](), NewList: listOf[admissionregistrationv1.MutatingWebhookConfigurationList](),
		Describe: describeWebhooks,
	}
	ValidatingAdmissionPolicies = &Resource{
		Group: "admissionregistration.k8s.io", Version: "v1", Kind: "ValidatingAdmissionPolicy", Name: "validatingadmissionpolicies", Singular: "validatingadmissionpolicy", Categories: []string{"api-extensions"}, Subresources: []string{"status"},
		New: empty[admissionregistrationv1.ValidatingAdmissionPolicy](), NewList: listOf[admissionregistrationv1.ValidatingAdmissionPolicyList](),
	}
	ValidatingAdmissionPolicyBindings = &Resource{
		Group: "admissionregistration.k8s.io", Version: "v1", Kind: "ValidatingAdmissionPolicyBinding", Name: "validatingadmissionpolicybindings", Singular: "validatingadmissionpolicybinding", Categories: []string{"api-extensions"},
		New: empty[admissionregistrationv1.ValidatingAdmissionPolicyBinding](), NewList: listOf[admissionregistrationv1.ValidatingAdmissionPolicyBindingList](),
	}
	ValidatingWebhookConfigurations = &Resource{
		Group: "admissionregistration.k8s.io", Version: "v1", Kind: "ValidatingWebhookConfiguration", Name: "validatingwebhookconfigurations", Singular: "validatingwebhookconfiguration", Categories: []string{"api-extensions"},
		New: empty[admissionregistrationv1.ValidatingWebhookConfiguration](), NewList: listOf[admissionregistrationv1.ValidatingWebhookConfigurationList](),
		Describe: describeWebhooks,
	}
	CertificateSigningRequests = &Resource{
		Group: "certificates.k8s.io", Version: "v1", Kind: "CertificateSigningRequest", Name: "certificatesigningrequests", Singular: "certificatesigningrequest", ShortNames: []string{"csr"}, Subresources: []string{"approval", "status"},
		New: empty[certificatesv1.CertificateSigningRequest](), NewList: listOf[certificatesv1.CertificateSigningRequestList](),
		FieldNames: []string{"spec.signerName"},
		Field: func(o Object, name string) string {
			return o.(*certificatesv1.CertificateSigningRequest).Spec.SignerName
		},
		Describe: describeCSR,
	}
	SelfSubjectReviews = &Resource{
		Group: "authentication.k8s.io", Version: "v1", Kind: "SelfSubjectReview", Name: "selfsubjectreviews", Singular: "selfsubjectreview", Verbs: []Verb{Create},
		New: empty[authenticationv1.SelfSubjectReview](),
	}
	TokenReviews = &Resource{
		Group: "authentication.k8s.io", Version: "v1", Kind: "TokenReview", Name: "tokenreviews", Singular: "tokenreview", Verbs: []Verb{Create},
		New: empty[authenticationv1.TokenReview](),
	}
	LocalSubjectAccessReviews = &Resource{
		Group: "authorization.k8s.io", Version: "v1", Kind: "LocalSubjectAccessReview", Name: "localsubjectaccessreviews", Singular: "localsubjectaccessreview", Namespaced: true, Verbs: []Verb{Create},
		New: empty[authorizationv1.LocalSubjectAccessReview](),
	}
	SelfSubjectAccessReviews = &Resource{
		Group: "authorization.k8s.io", Version: "v1", Kind: "SelfSubjectAccessReview", Name: "selfsubjectaccessreviews", Singular: "selfsubjectaccessreview", Verbs: []Verb{Create},
		New: empty[authorizationv1.SelfSubjectAccessReview](),
	}
	SelfSubjectRulesReviews = &Resource{
		Group: "authorization.k8s.io", Version: "v1", Kind: "SelfSubjectRulesReview", Name: "selfsubjectrulesreviews", Singular: "selfsubjectrulesreview", Verbs: []Verb{Create},
		New: empty[authorizationv1.SelfSubjectRulesReview](),
	}
	SubjectAccessReviews = &Resource{
		Group: "authorization.k8s.io", Version: "v1", Kind: "SubjectAccessReview", Name: "subjectaccessreviews", Singular: "subjectaccessreview", Verbs: []Verb{Create},
		New: empty[authorizationv1.SubjectAccessReview](),
	}
)
