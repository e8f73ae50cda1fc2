package kubectl

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/duration"

	"tabernetes/engine/api"
	"tabernetes/engine/api/pkcs10"
	"tabernetes/engine/api/printers"
)

// describePolicies writes the page of one of the networking, authorization and certificate kinds and calls finish; it
// reports whether the kind is one of them. The admission kinds have no page of their own.
func (c *cmd) describePolicies(p *page, in *info, finish func()) bool {
	switch o := in.obj.(type) {
	case *networkingv1.Ingress:
		c.ingressBackends(o, func(text func(*networkingv1.IngressBackend) string) {
			p.ingress(o, text)
			finish()
		})
		return true
	case *networkingv1.IngressClass:
		p.head(in, false)
		p.line(0, "Controller:\t%s", o.Spec.Controller)
		if params := o.Spec.Parameters; params != nil {
			p.line(0, "Parameters:")
			if params.APIGroup != nil {
				p.line(1, "APIGroup:\t%s", *params.APIGroup)
			}
			p.line(1, "Kind:\t%s", params.Kind)
			p.line(1, "Name:\t%s", params.Name)
		}
	case *networkingv1.NetworkPolicy:
		p.networkPolicy(o)
	case *networkingv1.ServiceCIDR:
		p.head(in, false)
		p.line(0, "CIDRs:\t%s", strings.Join(o.Spec.CIDRs, ", "))
		if len(o.Status.Conditions) > 0 {
			p.line(0, "Status:")
			p.line(0, "Conditions:")
			p.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage")
			p.line(1, "----\t------\t------------------\t------\t-------")
			for i := range o.Status.Conditions {
				cond := &o.Status.Conditions[i]
				p.line(1, "%s\t%s\t%s\t%s\t%s", cond.Type, cond.Status, stamp(cond.LastTransitionTime), cond.Reason, cond.Message)
			}
		}
	case *networkingv1.IPAddress:
		p.head(in, false)
		if r := o.Spec.ParentRef; r != nil {
			p.line(0, "Parent Reference:")
			p.line(1, "Group:\t%s", r.Group)
			p.line(1, "Resource:\t%s", r.Resource)
			p.line(1, "Namespace:\t%s", r.Namespace)
			p.line(1, "Name:\t%s", r.Name)
		}
	case *rbacv1.Role:
		p.head(in, false)
		p.policyRules(o.Rules)
	case *rbacv1.ClusterRole:
		p.head(in, false)
		p.policyRules(o.Rules)
	case *rbacv1.RoleBinding:
		p.head(in, false)
		p.binding(o.RoleRef, o.Subjects)
	case *rbacv1.ClusterRoleBinding:
		p.head(in, false)
		p.binding(o.RoleRef, o.Subjects)
	case *certificatesv1.CertificateSigningRequest:
		if err := p.signingRequest(o); err != nil {
			c.failf("Error parsing CSR: %v", err)
			return true
		}
	default:
		return false
	}
	finish()
	return true
}

// eventless are the kinds of describePolicies whose pages end without events.
func eventless(r *api.Resource) bool {
	switch r {
	case api.NetworkPolicies, api.Roles, api.ClusterRoles, api.RoleBindings, api.ClusterRoleBindings:
		return true
	}
	return false
}

// head writes name, labels and annotations.
func (p *page) head(in *info, namespaced bool) {
	p.line(0, "Name:\t%s", in.obj.GetName())
	if namespaced {
		p.line(0, "Namespace:\t%s", in.obj.GetNamespace())
	}
	p.labels("Labels", in.obj.GetLabels())
	p.annotations("Annotations", in.obj.GetAnnotations())
}

// ingressBackends asks for the Services an Ingress names and their endpoints, and then gives how to show a backend.
func (c *cmd) ingressBackends(in *networkingv1.Ingress, then func(text func(*networkingv1.IngressBackend) string)) {
	type found struct {
		slices  []*discoveryv1.EndpointSlice
		service *corev1.Service
		err     error
	}
	known := map[string]*found{}
	var names []string
	see := func(b *networkingv1.IngressBackend) {
		if b != nil && b.Service != nil && known[b.Service.Name] == nil {
			known[b.Service.Name] = &found{}
			names = append(names, b.Service.Name)
		}
	}
	see(in.Spec.DefaultBackend)
	for i := range in.Spec.Rules {
		if http := in.Spec.Rules[i].HTTP; http != nil {
			for j := range http.Paths {
				see(&http.Paths[j].Backend)
			}
		}
	}
	each(len(names), func(i int, next func()) {
		f := known[names[i]]
		sel := labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: names[i]})
		c.do(&api.Request{Verb: api.List, Resource: api.EndpointSlices, Namespace: in.Namespace, LabelSelector: sel}, func(r *api.Response) {
			f.slices, f.err = typed[*discoveryv1.EndpointSlice](r.Items), r.Err
			if f.err != nil {
				next()
				return
			}
			c.do(&api.Request{Verb: api.Get, Resource: api.Services, Namespace: in.Namespace, Name: names[i]}, func(r *api.Response) {
				f.service, _ = r.Object.(*corev1.Service)
				f.err = r.Err
				next()
			})
		})
	}, func() {
		then(func(b *networkingv1.IngressBackend) string {
			if b.Service == nil {
				if r := b.Resource; r != nil {
					group := "<none>"
					if r.APIGroup != nil {
						group = *r.APIGroup
					}
					return "APIGroup: " + group + ", Kind: " + r.Kind + ", Name: " + r.Name
				}
				return ""
			}
			port := b.Service.Port
			text := b.Service.Name + ":" + port.Name
			if port.Number != 0 {
				text = fmt.Sprintf("%s:%d", b.Service.Name, port.Number)
			}
			f := known[b.Service.Name]
			if f.err != nil {
				return text + " (<error: " + f.err.Error() + ">)"
			}
			name := ""
			for i := range f.service.Spec.Ports {
				sp := &f.service.Spec.Ports[i]
				if port.Number != 0 && port.Number == sp.Port || port.Name != "" && port.Name == sp.Name {
					name = sp.Name
				}
			}
			return text + " (" + endpointsText(f.slices, name) + ")"
		})
	})
}

func (p *page) ingress(in *networkingv1.Ingress, text func(*networkingv1.IngressBackend) string) {
	p.line(0, "Name:\t%s", in.Name)
	p.labels("Labels", in.Labels)
	p.line(0, "Namespace:\t%s", in.Namespace)
	p.line(0, "Address:\t%s", printers.IngressAddress(&in.Status.LoadBalancer))
	class, backend := "<none>", "<default>"
	if in.Spec.IngressClassName != nil {
		class = *in.Spec.IngressClassName
	}
	p.line(0, "Ingress Class:\t%s", class)
	if in.Spec.DefaultBackend != nil {
		backend = text(in.Spec.DefaultBackend)
	}
	p.line(0, "Default backend:\t%s", backend)
	if len(in.Spec.TLS) > 0 {
		p.line(0, "TLS:")
		for _, t := range in.Spec.TLS {
			if hosts := strings.Join(t.Hosts, ","); t.SecretName == "" {
				p.line(1, "SNI routes %s", hosts)
			} else {
				p.line(1, "%s terminates %s", t.SecretName, hosts)
			}
		}
	}
	p.line(0, "Rules:\n  Host\tPath\tBackends")
	p.line(1, "----\t----\t--------")
	count := 0
	for i := range in.Spec.Rules {
		rule := &in.Spec.Rules[i]
		if rule.HTTP == nil {
			continue
		}
		count++
		host := rule.Host
		if host == "" {
			host = "*"
		}
		p.line(1, "%s\t", host)
		for j := range rule.HTTP.Paths {
			p.line(2, "\t%s \t%s", rule.HTTP.Paths[j].Path, text(&rule.HTTP.Paths[j].Backend))
		}
	}
	if count == 0 {
		p.line(1, "*\t*\t%s", backend)
	}
	p.annotations("Annotations", in.Annotations)
}

// networkPolicy writes a page that is indented by hand: the writer of columns finds no tabs below its head.
func (p *page) networkPolicy(n *networkingv1.NetworkPolicy) {
	p.line(0, "Name:\t%s", n.Name)
	p.line(0, "Namespace:\t%s", n.Namespace)
	p.line(0, "Created on:\t%s", n.CreationTimestamp.Time.String())
	p.labels("Labels", n.Labels)
	p.annotations("Annotations", n.Annotations)
	p.line(0, "Spec:")
	if s := &n.Spec.PodSelector; len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
		p.line(1, "PodSelector:     <none> (Allowing the specific traffic to all pods in this namespace)")
	} else {
		p.line(1, "PodSelector:     %s", metav1.FormatLabelSelector(s))
	}
	ingress, egress := false, false
	types := make([]string, len(n.Spec.PolicyTypes))
	for i, t := range n.Spec.PolicyTypes {
		types[i] = string(t)
		ingress = ingress || t == networkingv1.PolicyTypeIngress
		egress = egress || t == networkingv1.PolicyTypeEgress
	}
	switch {
	case !ingress:
		p.line(1, "Not affecting ingress traffic")
	case len(n.Spec.Ingress) == 0:
		p.line(1, "Allowing ingress traffic:")
		p.line(2, "<none> (Selected pods are isolated for ingress connectivity)")
	default:
		p.line(1, "Allowing ingress traffic:")
		for i, r := range n.Spec.Ingress {
			p.policyRule(i, r.Ports, "From", "source", r.From)
		}
	}
	switch {
	case !egress:
		p.line(1, "Not affecting egress traffic")
	case len(n.Spec.Egress) == 0:
		p.line(1, "Allowing egress traffic:")
		p.line(2, "<none> (Selected pods are isolated for egress connectivity)")
	default:
		p.line(1, "Allowing egress traffic:")
		for i, r := range n.Spec.Egress {
			p.policyRule(i, r.Ports, "To", "destination", r.To)
		}
	}
	p.line(1, "Policy Types: %s", strings.Join(types, ", "))
}

func (p *page) policyRule(i int, ports []networkingv1.NetworkPolicyPort, direction, end string, peers []networkingv1.NetworkPolicyPeer) {
	if i > 0 {
		p.line(2, "----------")
	}
	if len(ports) == 0 {
		p.line(2, "To Port: <any> (traffic allowed to all ports)")
	}
	for _, port := range ports {
		protocol := corev1.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		number := "<nil>"
		if port.Port != nil {
			number = port.Port.String()
		}
		if port.EndPort == nil {
			p.line(2, "To Port: %s/%s", number, protocol)
		} else {
			p.line(2, "To Port Range: %s-%d/%s", number, *port.EndPort, protocol)
		}
	}
	if len(peers) == 0 {
		p.line(2, "%s: <any> (traffic not restricted by %s)", direction, end)
	}
	for _, peer := range peers {
		p.line(2, "%s:", direction)
		if peer.NamespaceSelector != nil {
			p.line(3, "NamespaceSelector: %s", metav1.FormatLabelSelector(peer.NamespaceSelector))
		}
		if peer.PodSelector != nil {
			p.line(3, "PodSelector: %s", metav1.FormatLabelSelector(peer.PodSelector))
		}
		if b := peer.IPBlock; b != nil && peer.NamespaceSelector == nil && peer.PodSelector == nil {
			p.line(3, "IPBlock:")
			p.line(4, "CIDR: %s", b.CIDR)
			p.line(4, "Except: %s", strings.Join(b.Except, ", "))
		}
	}
}

func (p *page) binding(role rbacv1.RoleRef, subjects []rbacv1.Subject) {
	p.line(0, "Role:")
	p.line(1, "Kind:\t%s", role.Kind)
	p.line(1, "Name:\t%s", role.Name)
	p.line(0, "Subjects:")
	p.line(1, "Kind\tName\tNamespace")
	p.line(1, "----\t----\t---------")
	for _, s := range subjects {
		p.line(1, "%s\t%s\t%s", s.Kind, s.Name, s.Namespace)
	}
}

func (p *page) signingRequest(o *certificatesv1.CertificateSigningRequest) error {
	r, err := pkcs10.Parse(o.Spec.Request)
	if err != nil {
		return err
	}
	p.line(0, "Name:\t%s", o.Name)
	p.line(0, "Labels:\t%s", labels.FormatLabels(o.Labels))
	p.line(0, "Annotations:\t%s", labels.FormatLabels(o.Annotations))
	p.line(0, "CreationTimestamp:\t%s", stamp(o.CreationTimestamp))
	p.line(0, "Requesting User:\t%s", o.Spec.Username)
	if o.Spec.SignerName != "" {
		p.line(0, "Signer:\t%s", o.Spec.SignerName)
	}
	if s := o.Spec.ExpirationSeconds; s != nil {
		p.line(0, "Requested Duration:\t%s", duration.HumanDuration(time.Duration(*s)*time.Second))
	}
	p.line(0, "Status:\t%s", printers.CSRStatus(&o.Status))
	list := func(name string, values []string) {
		if len(values) > 0 {
			p.line(0, "\t%s:\t%s", name, strings.Join(values, "\n\t\t"))
		}
	}
	s := &r.Subject
	p.line(0, "Subject:")
	p.line(0, "\tCommon Name:\t%s", s.CommonName)
	p.line(0, "\tSerial Number:\t%s", s.SerialNumber)
	list("Organization", s.Organization)
	list("Organizational Unit", s.OrganizationalUnit)
	list("Country", s.Country)
	list("Locality", s.Locality)
	list("Province", s.Province)
	list("StreetAddress", s.StreetAddress)
	list("PostalCode", s.PostalCode)
	if len(r.DNSNames)+len(r.EmailAddresses)+len(r.IPAddresses)+len(r.URIs) > 0 {
		p.line(0, "Subject Alternative Names:")
		list("DNS Names", r.DNSNames)
		list("Email Addresses", r.EmailAddresses)
		uris := make([]string, len(r.URIs))
		for i, text := range r.URIs {
			uris[i] = text
			if u, err := url.Parse(text); err == nil {
				uris[i] = u.String()
			}
		}
		list("URIs", uris)
		list("IP Addresses", r.IPAddresses)
	}
	return nil
}
