package kubectl

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func createIngressCommand() *command {
	return &command{name: "ingress", alias: "ing", use: "NAME --rule=host/path=service:port[,tls[=secret]] ", short: "Create an ingress with the specified name",
		flags: createFlags + "class:s rule:a default-backend:s annotation:a", run: createIngress}
}

// ingressRule is the form of --rule: HOST/PATH=SERVICE:PORT[,tls[=SECRET]]. Like upstream's it does not look at the end.
const ingressRule = `^[\w\*\-\.]*/.*=[\w\-]+:[\w\-]+(,tls=?([\w\-]+)?)?`

func createIngress(c *cmd) {
	name, ok := c.oneName()
	if !ok {
		return
	}
	rules, annotations, backend := c.f.list("rule"), c.f.list("annotation"), c.f.str("default-backend")
	if backend == "" && len(rules) == 0 {
		c.failf("not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)")
		return
	}
	form := regexp.MustCompile(ingressRule)
	for _, r := range rules {
		if !form.MatchString(r) {
			c.failf("rule %s is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]", r)
			return
		}
	}
	in := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for _, a := range annotations {
		key, value, ok := strings.Cut(a, "=")
		if !ok {
			c.failf("annotation %s is invalid and should be in format key=[value]", a)
			return
		}
		if in.Annotations == nil {
			in.Annotations = map[string]string{}
		}
		in.Annotations[key] = value
	}
	if backend != "" {
		if strings.Count(backend, ":") != 1 {
			c.failf("default-backend should be in format servicename:serviceport")
			return
		}
		b := ingressBackend(backend)
		in.Spec.DefaultBackend = &b
	}
	if class := c.f.str("class"); class != "" {
		in.Spec.IngressClassName = &class
	}
	in.Spec.TLS, in.Spec.Rules = ingressTLS(rules), ingressRules(rules)
	c.createGenerated(in, func(err error) error { return fmt.Errorf("failed to create ingress: %v", err) })
}

func ingressBackend(text string) networkingv1.IngressBackend {
	name, port, _ := strings.Cut(text, ":")
	port, _, _ = strings.Cut(port, ":")
	b := &networkingv1.IngressServiceBackend{Name: name}
	if p := intstr.Parse(port); p.Type == intstr.Int {
		b.Port.Number = p.IntVal
	} else {
		b.Port.Name = p.StrVal
	}
	return networkingv1.IngressBackend{Service: b}
}

// ingressRules gathers the paths of a host under one rule.
func ingressRules(specs []string) (rules []networkingv1.IngressRule) {
	for _, spec := range specs {
		spec, _, _ = strings.Cut(spec, ",")
		host, rest, _ := strings.Cut(spec, "/")
		parts := strings.Split(rest, "=")
		path, kind := "/"+parts[0], networkingv1.PathTypeExact
		if p, ok := strings.CutSuffix(path, "*"); ok {
			path, kind = p, networkingv1.PathTypePrefix
		}
		p := networkingv1.HTTPIngressPath{Path: path, PathType: &kind, Backend: ingressBackend(parts[1])}
		at := slices.IndexFunc(rules, func(r networkingv1.IngressRule) bool { return r.Host == host })
		if at >= 0 {
			rules[at].HTTP.Paths = append(rules[at].HTTP.Paths, p)
			continue
		}
		rules = append(rules, networkingv1.IngressRule{Host: host, IngressRuleValue: networkingv1.IngressRuleValue{
			HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{p}}}})
	}
	return rules
}

// ingressTLS gathers the hosts of a secret; a host counts once.
func ingressTLS(specs []string) (list []networkingv1.IngressTLS) {
	seen := map[string]bool{}
	for _, spec := range specs {
		parts := strings.Split(spec, ",")
		if len(parts) != 2 {
			continue
		}
		host, _, _ := strings.Cut(spec, "/")
		if seen[host] {
			continue
		}
		seen[host] = true
		secret := ""
		if s := strings.Split(parts[1], "="); len(s) > 1 {
			secret = s[1]
		}
		at := slices.IndexFunc(list, func(t networkingv1.IngressTLS) bool { return t.SecretName == secret })
		switch {
		case at >= 0:
			list[at].Hosts = append(list[at].Hosts, host)
		case host != "":
			list = append(list, networkingv1.IngressTLS{Hosts: []string{host}, SecretName: secret})
		case secret != "":
			list = append(list, networkingv1.IngressTLS{SecretName: secret})
		}
	}
	return list
}
