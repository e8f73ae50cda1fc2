package api

import (
	"strconv"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// Words for the journal about the kinds of rows_policies.go.

func ingressRules(in *networkingv1.Ingress) string {
	var parts []string
	for i := range in.Spec.Rules {
		host := in.Spec.Rules[i].Host
		if host == "" {
			host = "*"
		}
		parts = append(parts, host)
	}
	if len(parts) == 0 {
		return "*"
	}
	return strings.Join(parts, " ")
}

func ingressAddresses(in *networkingv1.Ingress) string {
	var parts []string
	for _, l := range in.Status.LoadBalancer.Ingress {
		parts = append(parts, l.IP+l.Hostname)
	}
	return strings.Join(parts, " ")
}

func describeIngress(old, new Object) string {
	n := new.(*networkingv1.Ingress)
	if old == nil {
		return "hosts " + ingressRules(n)
	}
	o := old.(*networkingv1.Ingress)
	p := change(nil, "hosts", ingressRules(o), ingressRules(n))
	return strings.Join(change(p, "address", ingressAddresses(o), ingressAddresses(n)), ", ")
}

func describeIngressClass(old, new Object) string {
	if old == nil {
		return "controller " + new.(*networkingv1.IngressClass).Spec.Controller
	}
	return ""
}

func rules(n int) string {
	if n == 1 {
		return "1 rule"
	}
	return strconv.Itoa(n) + " rules"
}

func describeNetworkPolicy(old, new Object) string {
	text := func(n *networkingv1.NetworkPolicySpec) string {
		var parts []string
		for _, t := range n.PolicyTypes {
			switch t {
			case networkingv1.PolicyTypeIngress:
				parts = append(parts, "ingress "+rules(len(n.Ingress)))
			case networkingv1.PolicyTypeEgress:
				parts = append(parts, "egress "+rules(len(n.Egress)))
			}
		}
		return strings.Join(parts, ", ")
	}
	n := text(&new.(*networkingv1.NetworkPolicy).Spec)
	if old == nil || n != text(&old.(*networkingv1.NetworkPolicy).Spec) {
		return n
	}
	return ""
}

func describeServiceCIDR(old, new Object) string {
	ready := func(s *networkingv1.ServiceCIDR) string {
		for i := range s.Status.Conditions {
			if c := &s.Status.Conditions[i]; c.Type == networkingv1.ServiceCIDRConditionReady {
				return string(c.Status)
			}
		}
		return ""
	}
	n := new.(*networkingv1.ServiceCIDR)
	if old == nil {
		return strings.Join(n.Spec.CIDRs, " ")
	}
	o := old.(*networkingv1.ServiceCIDR)
	p := change(nil, "CIDRs", strings.Join(o.Spec.CIDRs, " "), strings.Join(n.Spec.CIDRs, " "))
	return strings.Join(change(p, "Ready", ready(o), ready(n)), ", ")
}

func describeIPAddress(old, new Object) string {
	ref := new.(*networkingv1.IPAddress).Spec.ParentRef
	if old != nil || ref == nil {
		return ""
	}
	return "for " + ref.Resource + "/" + Key(ref.Namespace, ref.Name)
}

func describeRole(old, new Object) string {
	count := func(o Object) int {
		switch r := o.(type) {
		case *rbacv1.Role:
			return len(r.Rules)
		case *rbacv1.ClusterRole:
			return len(r.Rules)
		}
		return 0
	}
	n := rules(count(new))
	if old == nil {
		return n
	}
	if was := rules(count(old)); was != n {
		return was + " → " + n
	}
	return ""
}

func describeBinding(old, new Object) string {
	parts := func(o Object) (role, subjects string) {
		var ref rbacv1.RoleRef
		var list []rbacv1.Subject
		switch b := o.(type) {
		case *rbacv1.RoleBinding:
			ref, list = b.RoleRef, b.Subjects
		case *rbacv1.ClusterRoleBinding:
			ref, list = b.RoleRef, b.Subjects
		}
		names := make([]string, len(list))
		for i, s := range list {
			names[i] = s.Kind + " " + Key(s.Namespace, s.Name)
		}
		return ref.Kind + " " + ref.Name, strings.Join(names, ", ")
	}
	role, subjects := parts(new)
	if old == nil {
		if subjects == "" {
			return role
		}
		return role + " to " + subjects
	}
	_, was := parts(old)
	return strings.Join(change(nil, "subjects", was, subjects), ", ")
}

func describeWebhooks(old, new Object) string {
	names := func(o Object) string {
		var list []string
		switch c := o.(type) {
		case *admissionregistrationv1.ValidatingWebhookConfiguration:
			for i := range c.Webhooks {
				list = append(list, c.Webhooks[i].Name)
			}
		case *admissionregistrationv1.MutatingWebhookConfiguration:
			for i := range c.Webhooks {
				list = append(list, c.Webhooks[i].Name)
			}
		}
		return strings.Join(list, " ")
	}
	if old == nil {
		return names(new)
	}
	return strings.Join(change(nil, "webhooks", names(old), names(new)), ", ")
}

func describeCSR(old, new Object) string {
	n := new.(*certificatesv1.CertificateSigningRequest)
	if old == nil {
		return "signer " + n.Spec.SignerName + ", for " + n.Spec.Username
	}
	o := old.(*certificatesv1.CertificateSigningRequest)
	var parts []string
	for i := range n.Status.Conditions {
		c := &n.Status.Conditions[i]
		known := false
		for j := range o.Status.Conditions {
			known = known || o.Status.Conditions[j].Type == c.Type && o.Status.Conditions[j].Status == c.Status
		}
		if !known && c.Status == corev1.ConditionTrue {
			parts = append(parts, string(c.Type))
		}
	}
	if len(o.Status.Certificate) == 0 && len(n.Status.Certificate) > 0 {
		parts = append(parts, "issued")
	}
	return strings.Join(parts, ", ")
}
