package printers

import (
	"slices"
	"strings"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/duration"
)

// The networking, authorization, admission and certificate kinds. Roles and ClusterRoles have no table of their own.

// policiesColumns gives nil for any other kind.
func policiesColumns(kind schema.GroupKind) []metav1.TableColumnDefinition {
	own := func(columns ...metav1.TableColumnDefinition) []metav1.TableColumnDefinition {
		return append(append([]metav1.TableColumnDefinition{nameColumn()}, columns...), ageColumn())
	}
	switch kind.Group {
	case networkingv1.GroupName:
		switch kind.Kind {
		case "Ingress":
			return own(column("Class", "The name of the IngressClass resource that should be used for additional configuration"),
				column("Hosts", "Hosts that incoming requests are matched against before the ingress rule"),
				column("Address", "Address is a list containing ingress points for the load-balancer"),
				column("Ports", "Ports of TLS configurations that open"))
		case "IngressClass":
			return own(column("Controller", "Controller that is responsible for handling this class"),
				column("Parameters", "A reference to a resource with additional parameters"))
		case "NetworkPolicy":
			return own(column("Pod-Selector", networkingv1.NetworkPolicySpec{}.SwaggerDoc()["podSelector"]))
		case "ServiceCIDR":
			return own(column("CIDRs", networkingv1.ServiceCIDRSpec{}.SwaggerDoc()["cidrs"]))
		case "IPAddress":
			// Upstream forgot the age's column, and writes its cell nevertheless.
			return []metav1.TableColumnDefinition{nameColumn(), column("ParentRef", networkingv1.IPAddressSpec{}.SwaggerDoc()["parentRef"])}
		}
	case rbacv1.GroupName:
		const unresolved = "If the RoleRef cannot be resolved, the Authorizer must return an error."
		switch kind.Kind {
		case "RoleBinding":
			return bindingColumns("roleBinding", "roleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. "+unresolved)
		case "ClusterRoleBinding":
			return bindingColumns("clusterRoleBinding", "roleRef can only reference a ClusterRole in the global namespace. "+unresolved)
		}
	case certificatesv1.GroupName:
		if kind.Kind == "CertificateSigningRequest" {
			// The texts of v1beta1, which upstream still shows.
			const signer = "Requested signer for the request. It is a qualified name in the form: `scope-hostname.io/name`. If empty, it will be defaulted:\n" +
				" 1. If it's a kubelet client certificate, it is assigned\n" +
				"    \"kubernetes.io/kube-apiserver-client-kubelet\".\n" +
				" 2. If it's a kubelet serving certificate, it is assigned\n" +
				"    \"kubernetes.io/kubelet-serving\".\n" +
				" 3. Otherwise, it is assigned \"kubernetes.io/legacy-unknown\".\n" +
				"Distribution of trust for signers happens out of band. You can select on this field using `spec.signerName`."
			return []metav1.TableColumnDefinition{nameColumn(), ageColumn(),
				column("SignerName", signer),
				column("Requestor", "Base64-encoded PKCS#10 CSR data"),
				column("RequestedDuration", certificatesv1.CertificateSigningRequestSpec{}.SwaggerDoc()["expirationSeconds"]),
				column("Condition", "Conditions applied to the request, such as approval or denial.")}
		}
	case admissionregistrationv1.GroupName:
		const count = " indicates the number of "
		param := column("ParamKind", "ParamKind specifies the kind of resources used to parameterize this policy")
		switch kind.Kind {
		case "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration":
			return own(integer(column("Webhooks", "Webhooks"+count+"webhooks registered in this configuration")))
		case "ValidatingAdmissionPolicy":
			return own(integer(column("Validations", "Validations"+count+"validation rules defined in this configuration")), param)
		case "MutatingAdmissionPolicy":
			return own(integer(column("Mutations", "Mutation"+count+"mutations rules defined in this configuration")), param)
		case "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding":
			return own(column("PolicyName", "PolicyName indicates the policy definition which the policy binding binded to"),
				column("ParamRef", "ParamRef indicates the param resource which sets the configuration param"))
		}
	}
	return nil
}

func bindingColumns(kind, role string) []metav1.TableColumnDefinition {
	return []metav1.TableColumnDefinition{nameColumn(), column("Role", role), ageColumn(),
		wide(column("Users", "Users in the "+kind)),
		wide(column("Groups", "Groups in the "+kind)),
		wide(column("ServiceAccounts", "ServiceAccounts in the "+kind))}
}

func (c clock) policiesRow(row *metav1.TableRow, obj runtime.Object) bool {
	switch o := obj.(type) {
	case *networkingv1.Ingress:
		class, ports := none, "80"
		if o.Spec.IngressClassName != nil {
			class = *o.Spec.IngressClassName
		}
		if len(o.Spec.TLS) > 0 {
			ports = "80, 443"
		}
		row.Cells = []any{o.Name, class, ingressHosts(o.Spec.Rules), IngressAddress(&o.Status.LoadBalancer), ports, c.since(o.CreationTimestamp)}
	case *networkingv1.IngressClass:
		name, parameters := o.Name, none
		if o.Annotations[networkingv1.AnnotationIsDefaultIngressClass] == "true" {
			name += " (default)"
		}
		if p := o.Spec.Parameters; p != nil {
			parameters = p.Kind
			if p.APIGroup != nil {
				parameters += "." + *p.APIGroup
			}
			parameters += "/" + p.Name
		}
		row.Cells = []any{name, o.Spec.Controller, parameters, c.since(o.CreationTimestamp)}
	case *networkingv1.NetworkPolicy:
		row.Cells = []any{o.Name, metav1.FormatLabelSelector(&o.Spec.PodSelector), c.since(o.CreationTimestamp)}
	case *networkingv1.ServiceCIDR:
		row.Cells = []any{o.Name, strings.Join(o.Spec.CIDRs, ","), c.since(o.CreationTimestamp)}
	case *networkingv1.IPAddress:
		row.Cells = []any{o.Name, parentRef(o.Spec.ParentRef), c.since(o.CreationTimestamp)}
	case *rbacv1.RoleBinding:
		row.Cells = c.binding(o.Name, o.RoleRef, o.CreationTimestamp, o.Subjects)
	case *rbacv1.ClusterRoleBinding:
		row.Cells = c.binding(o.Name, o.RoleRef, o.CreationTimestamp, o.Subjects)
	case *certificatesv1.CertificateSigningRequest:
		asked := none
		if s := o.Spec.ExpirationSeconds; s != nil {
			asked = duration.HumanDuration(time.Duration(*s) * time.Second)
		}
		row.Cells = []any{o.Name, c.since(o.CreationTimestamp), orNone(o.Spec.SignerName), o.Spec.Username, asked, CSRStatus(&o.Status)}
	case *admissionregistrationv1.MutatingWebhookConfiguration:
		row.Cells = []any{o.Name, int64(len(o.Webhooks)), c.since(o.CreationTimestamp)}
	case *admissionregistrationv1.ValidatingWebhookConfiguration:
		row.Cells = []any{o.Name, int64(len(o.Webhooks)), c.since(o.CreationTimestamp)}
	case *admissionregistrationv1.ValidatingAdmissionPolicy:
		row.Cells = []any{o.Name, int64(len(o.Spec.Validations)), paramKind(o.Spec.ParamKind), c.since(o.CreationTimestamp)}
	case *admissionregistrationv1.MutatingAdmissionPolicy:
		row.Cells = []any{o.Name, int64(len(o.Spec.Mutations)), paramKind(o.Spec.ParamKind), c.since(o.CreationTimestamp)}
	case *admissionregistrationv1.ValidatingAdmissionPolicyBinding:
		row.Cells = []any{o.Name, o.Spec.PolicyName, paramRef(o.Spec.ParamRef), c.since(o.CreationTimestamp)}
	case *admissionregistrationv1.MutatingAdmissionPolicyBinding:
		row.Cells = []any{o.Name, o.Spec.PolicyName, paramRef(o.Spec.ParamRef), c.since(o.CreationTimestamp)}
	default:
		return false
	}
	return true
}

func ingressHosts(rules []networkingv1.IngressRule) string {
	const most = 3
	var hosts []string
	more := false
	for i := range rules {
		more = more || len(hosts) == most
		if !more && rules[i].Host != "" {
			hosts = append(hosts, rules[i].Host)
		}
	}
	if len(hosts) == 0 {
		return "*"
	}
	text := strings.Join(hosts, ",")
	if more {
		text += " + " + cellText(len(rules)-most) + " more..."
	}
	return text
}

// IngressAddress lists where an Ingress can be reached, sorted.
func IngressAddress(s *networkingv1.IngressLoadBalancerStatus) string {
	var list []string
	for _, in := range s.Ingress {
		if in.IP != "" {
			list = append(list, in.IP)
		} else if in.Hostname != "" {
			list = append(list, in.Hostname)
		}
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ",")
}

func parentRef(r *networkingv1.ParentReference) string {
	if r == nil {
		return none
	}
	text := strings.ToLower((&schema.GroupResource{Group: r.Group, Resource: r.Resource}).String())
	if r.Namespace != "" {
		text += "/" + r.Namespace
	}
	return text + "/" + r.Name
}

func (c clock) binding(name string, role rbacv1.RoleRef, created metav1.Time, subjects []rbacv1.Subject) []any {
	var users, groups, accounts []string
	for _, s := range subjects {
		switch s.Kind {
		case rbacv1.ServiceAccountKind:
			accounts = append(accounts, s.Namespace+"/"+s.Name)
		case rbacv1.UserKind:
			users = append(users, s.Name)
		case rbacv1.GroupKind:
			groups = append(groups, s.Name)
		}
	}
	return []any{name, role.Kind + "/" + role.Name, c.since(created), strings.Join(users, ", "), strings.Join(groups, ", "), strings.Join(accounts, ", ")}
}

// CSRStatus says in one word, or a few, how far a request for a certificate is.
func CSRStatus(s *certificatesv1.CertificateSigningRequestStatus) string {
	has := func(t certificatesv1.RequestConditionType) bool {
		return slices.ContainsFunc(s.Conditions, func(c certificatesv1.CertificateSigningRequestCondition) bool { return c.Type == t })
	}
	text := "Pending"
	if has(certificatesv1.CertificateDenied) {
		text = "Denied"
	} else if has(certificatesv1.CertificateApproved) {
		text = "Approved"
	}
	if has(certificatesv1.CertificateFailed) {
		text += ",Failed"
	}
	if len(s.Certificate) > 0 {
		text += ",Issued"
	}
	return text
}

func paramKind(k *admissionregistrationv1.ParamKind) string {
	if k == nil {
		return "<unset>"
	}
	return k.APIVersion + "/" + k.Kind
}

func paramRef(r *admissionregistrationv1.ParamRef) string {
	switch {
	case r == nil || r.Name == "" && r.Selector == nil:
		return "<unset>"
	case r.Name == "":
		return goSelector(r.Selector)
	case r.Namespace == "":
		return "*/" + r.Name // whether the parameter has a namespace cannot be told from here
	}
	return r.Namespace + "/" + r.Name
}

// goSelector is a selector as Go prints it, which is what upstream shows.
func goSelector(s *metav1.LabelSelector) string {
	keys := make([]string, 0, len(s.MatchLabels))
	for k := range s.MatchLabels {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var b strings.Builder
	b.WriteString("&LabelSelector{MatchLabels:map[string]string{")
	for _, k := range keys {
		b.WriteString(k + ": " + s.MatchLabels[k] + ",")
	}
	b.WriteString("},MatchExpressions:[]LabelSelectorRequirement{")
	for _, e := range s.MatchExpressions {
		b.WriteString("LabelSelectorRequirement{Key:" + e.Key + ",Operator:" + string(e.Operator) + ",Values:[" + strings.Join(e.Values, " ") + "],},")
	}
	b.WriteString("},}")
	return b.String()
}
