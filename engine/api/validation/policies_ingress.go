package validation

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"
)

// ingressClassAnnotation chose a class before the field ingressClassName did.
const ingressClassAnnotation = "kubernetes.io/ingress.class"

func (e *errs) ingressCreate(in *networkingv1.Ingress) {
	e.ingress(in)
	if v, ok := in.Annotations[ingressClassAnnotation]; ok && in.Spec.IngressClassName != nil && v != *in.Spec.IngressClassName {
		e.invalid(field.NewPath("annotations").Child(ingressClassAnnotation), v, "must match `ingressClassName` when both are specified")
	}
}

func (e *errs) ingress(in *networkingv1.Ingress) {
	e.objectMeta(&in.ObjectMeta, true, subdomainName)
	spec := &in.Spec
	if len(spec.Rules) == 0 && spec.DefaultBackend == nil {
		e.invalid(specPath, goNames{spec.Rules}, "either `defaultBackend` or `rules` must be specified")
	}
	if spec.DefaultBackend != nil {
		e.ingressBackend(specPath.Child("defaultBackend"), spec.DefaultBackend)
	}
	for i := range spec.Rules {
		e.ingressRule(specPath.Child("rules").Index(i), &spec.Rules[i])
	}
	for i := range spec.TLS {
		p := specPath.Child("tls").Index(i)
		for j, host := range spec.TLS[i].Hosts {
			e.hostOrWildcard(p.Child("hosts").Index(j), host)
		}
		if name := spec.TLS[i].SecretName; name != "" {
			e.subdomain(p.Child("secretName"), name)
		}
	}
	if spec.IngressClassName != nil {
		e.subdomain(specPath.Child("ingressClassName"), *spec.IngressClassName)
	}
}

func (e *errs) hostOrWildcard(p *field.Path, host string) {
	if strings.Contains(host, "*") {
		e.each(p, host, validation.IsWildcardDNS1123Subdomain(host))
	} else {
		e.subdomain(p, host)
	}
}

func (e *errs) ingressRule(p *field.Path, rule *networkingv1.IngressRule) {
	if rule.Host != "" {
		if netutils.ParseIPSloppy(rule.Host) != nil {
			e.invalid(p.Child("host"), rule.Host, "must be a DNS name, not an IP address")
		}
		e.hostOrWildcard(p.Child("host"), rule.Host)
	}
	if rule.HTTP == nil {
		return
	}
	paths := p.Child("http", "paths")
	if len(rule.HTTP.Paths) == 0 {
		e.required(paths, "")
	}
	for i := range rule.HTTP.Paths {
		e.ingressPath(paths.Index(i), &rule.HTTP.Paths[i])
	}
}

func (e *errs) ingressPath(p *field.Path, path *networkingv1.HTTPIngressPath) {
	at := p.Child("path")
	absolute := func() {
		if !strings.HasPrefix(path.Path, "/") {
			e.invalid(at, path.Path, "must be an absolute path")
		}
	}
	if path.PathType == nil {
		e.required(p.Child("pathType"), "pathType must be specified")
		return
	}
	switch *path.PathType {
	case networkingv1.PathTypeExact, networkingv1.PathTypePrefix:
		absolute()
		for _, s := range [...]string{"//", "/./", "/../", "%2f", "%2F"} {
			if strings.Contains(path.Path, s) {
				e.invalid(at, path.Path, "must not contain '"+s+"'")
			}
		}
		for _, s := range [...]string{"/..", "/."} {
			if strings.HasSuffix(path.Path, s) {
				e.invalid(at, path.Path, "cannot end with '"+s+"'")
			}
		}
	case networkingv1.PathTypeImplementationSpecific:
		if path.Path != "" {
			absolute()
		}
	default:
		e.add(field.NotSupported(p.Child("pathType"), *path.PathType,
			[]networkingv1.PathType{networkingv1.PathTypeExact, networkingv1.PathTypeImplementationSpecific, networkingv1.PathTypePrefix}))
	}
	e.ingressBackend(p.Child("backend"), &path.Backend)
}

func (e *errs) ingressBackend(p *field.Path, b *networkingv1.IngressBackend) {
	switch {
	case b.Resource != nil && b.Service != nil:
		e.invalid(p, "", "cannot set both resource and service backends")
	case b.Resource != nil:
		e.typedReference(p.Child("resource"), b.Resource)
	case b.Service != nil:
		if name := p.Child("service", "name"); e.nonEmpty(name, b.Service.Name) {
			e.label(name, b.Service.Name)
		}
		port := b.Service.Port
		switch {
		case port.Name != "" && port.Number != 0:
			e.invalid(p, "", "cannot set both port name & port number")
		case port.Name != "":
			e.each(p.Child("service", "port", "name"), port.Name, validation.IsValidPortName(port.Name))
		case port.Number != 0:
			e.each(p.Child("service", "port", "number"), port.Number, validation.IsValidPortNum(int(port.Number)))
		default:
			e.required(p, "port name or number is required")
		}
	default:
		e.invalid(p, "", "resource or service backend is required")
	}
}

func (e *errs) typedReference(p *field.Path, r *corev1.TypedLocalObjectReference) {
	if r.APIGroup != nil {
		e.subdomain(p.Child("apiGroup"), *r.APIGroup)
	}
	if at := p.Child("kind"); e.nonEmpty(at, r.Kind) {
		e.each(at, r.Kind, content.IsPathSegmentName(r.Kind))
	}
	if at := p.Child("name"); e.nonEmpty(at, r.Name) {
		e.each(at, r.Name, content.IsPathSegmentName(r.Name))
	}
}

// ingressStatus checks where an Ingress can be reached; addresses it already had pass.
func (e *errs) ingressStatus(s, old *networkingv1.IngressLoadBalancerStatus) {
	var had []string
	for _, in := range old.Ingress {
		if in.IP != "" {
			had = append(had, in.IP)
		}
	}
	for i, in := range s.Ingress {
		p := statusPath.Child("loadBalancer", "ingress").Index(i)
		if in.IP != "" {
			e.ip(p.Child("ip"), in.IP, had)
		}
		if in.Hostname != "" {
			e.subdomain(p.Child("hostname"), in.Hostname)
			if netutils.ParseIPSloppy(in.Hostname) != nil {
				e.invalid(p.Child("hostname"), in.Hostname, "must be a DNS name, not an IP address")
			}
		}
	}
}

const maxControllerName = 250

func (e *errs) ingressClass(c *networkingv1.IngressClass) {
	e.objectMeta(&c.ObjectMeta, false, subdomainName)
	p := specPath.Child("controller")
	if len(c.Spec.Controller) > maxControllerName {
		e.tooLong(p, maxControllerName)
	}
	e.addAll(validation.IsDomainPrefixedPath(p, c.Spec.Controller))
	params := c.Spec.Parameters
	if params == nil {
		return
	}
	p = specPath.Child("parameters")
	if params.APIGroup != nil {
		e.subdomain(p.Child("apiGroup"), *params.APIGroup)
	}
	if params.Kind != "" {
		e.each(p.Child("kind"), params.Kind, content.IsPathSegmentName(params.Kind))
	}
	if params.Name != "" {
		e.each(p.Child("name"), params.Name, content.IsPathSegmentName(params.Name))
	}
	at := p.Child("namespace")
	switch deref(params.Scope, "") {
	case networkingv1.IngressClassParametersReferenceScopeNamespace:
		if params.Namespace == nil {
			e.required(at, "`parameters.scope` is set to 'Namespace'")
		} else {
			e.label(at, *params.Namespace)
		}
	case networkingv1.IngressClassParametersReferenceScopeCluster:
		if params.Namespace != nil {
			e.forbidden(at, "`parameters.scope` is set to 'Cluster'")
		}
	default:
		if params.Scope == nil {
			e.required(p.Child("scope"), "")
		} else {
			e.add(field.NotSupported(p.Child("scope"), *params.Scope,
				[]string{networkingv1.IngressClassParametersReferenceScopeCluster, networkingv1.IngressClassParametersReferenceScopeNamespace}))
		}
	}
	// Rules that upstream generates from the types come after those written by hand.
	e.nonEmpty(p.Child("kind"), params.Kind)
	e.nonEmpty(p.Child("name"), params.Name)
}

func (e *errs) serviceCIDRs(spec *networkingv1.ServiceCIDRSpec) {
	p := specPath.Child("cidrs")
	switch len(spec.CIDRs) {
	case 0:
		e.required(p, "at least one CIDR required")
		return
	case 1, 2:
	default:
		e.invalid(p, goNames{spec}, "may only hold up to 2 values")
		return
	}
	for i, cidr := range spec.CIDRs {
		e.addAll(validation.IsValidCIDR(p.Index(i), cidr))
	}
	if len(spec.CIDRs) == 2 {
		a, b := netutils.IPFamilyOfCIDRString(spec.CIDRs[0]), netutils.IPFamilyOfCIDRString(spec.CIDRs[1])
		if a == b && a != netutils.IPFamilyUnknown {
			e.invalid(p, spec.CIDRs, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64")
		}
	}
}

// serviceCIDRsUpdate: a range may only grow a second family.
func (e *errs) serviceCIDRsUpdate(spec, was *networkingv1.ServiceCIDRSpec) {
	p := specPath.Child("cidrs")
	switch {
	case len(spec.CIDRs) == len(was.CIDRs):
		for i := range was.CIDRs {
			if was.CIDRs[i] != spec.CIDRs[i] {
				e.invalid(p.Index(i), spec.CIDRs[i], msgImmutable)
			}
		}
	case len(was.CIDRs) == 1 && len(spec.CIDRs) == 2:
		if was.CIDRs[0] != spec.CIDRs[0] {
			e.invalid(p.Index(0), spec.CIDRs[0], msgImmutable)
		}
		e.serviceCIDRs(spec)
	default:
		e.invalid(p, spec.CIDRs, msgImmutable)
	}
}

// addressName: the name of an IPAddress is the address in its canonical form.
func addressName(name string, prefix bool) (out []string) {
	for _, err := range validation.IsValidIP(&field.Path{}, name) {
		out = append(out, err.Detail)
	}
	return out
}

func (e *errs) ipAddress(ip *networkingv1.IPAddress) {
	e.objectMeta(&ip.ObjectMeta, false, addressName)
	p, ref := specPath.Child("parentRef"), ip.Spec.ParentRef
	if ref == nil {
		e.required(p, "")
		return
	}
	if ref.Group != "" {
		e.subdomain(p.Child("group"), ref.Group)
	}
	for _, f := range [...]struct{ name, value string }{{"resource", ref.Resource}, {"name", ref.Name}, {"namespace", ref.Namespace}} {
		if f.value != "" {
			e.each(p.Child(f.name), f.value, content.IsPathSegmentName(f.value))
		}
	}
	e.nonEmpty(p.Child("resource"), ref.Resource)
	e.nonEmpty(p.Child("name"), ref.Name)
}

func (e *errs) ipAddressUpdate(ip, old *networkingv1.IPAddress) {
	e.ipAddress(ip)
	e.objectMetaUpdate(&ip.ObjectMeta, &old.ObjectMeta)
	if ip.Spec.ParentRef == nil || old.Spec.ParentRef == nil || *ip.Spec.ParentRef != *old.Spec.ParentRef {
		e.invalid(specPath.Child("parentRef"), nil, msgImmutable)
	}
}

// reservedName refuses names that belong to policies given to the server as files.
func (e *errs) reservedName(name string) {
	if strings.HasSuffix(name, ".static.k8s.io") {
		e.invalid(metaPath.Child("name"), name,
			`names ending with ".static.k8s.io" are reserved for static manifest-based configurations and cannot be managed via the API`)
	}
}
