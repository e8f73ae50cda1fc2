package kubectl

import (
	"fmt"
	"strings"
	"unicode"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
)

func describeCommand() *command {
	return &command{name: "describe", use: "(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)", short: "Show details of a specific resource or group of resources",
		flags: fileFlags + selectorFlags + "all-namespaces/A:b show-events:b=true chunk-size:i=500", run: runDescribe}
}

func runDescribe(c *cmd) {
	if len(c.args) == 0 && len(c.f.list("filename")) == 0 {
		c.failf("You must specify the type of resource to describe. %s", suggestResources)
		return
	}
	s := c.selectionFromFlags(c.args)
	c.gather(s, func(r *result) {
		c.fresh(r, func() {
			if len(r.infos) == 0 && len(r.errs) == 1 && isNotFound(r.errs[0]) && len(c.args) == 2 && !strings.Contains(c.args[0], "/") {
				c.describePrefix(s, r.errs[0])
				return
			}
			c.describeAll(s, r)
		})
	})
}

// describePrefix describes the objects whose names begin with what was asked for.
func (c *cmd) describePrefix(s selection, missing error) {
	prefix := s.args[1]
	s.args = s.args[:1]
	c.resolve(s, func(r *result) {
		var kept []*info
		for _, in := range r.infos {
			if strings.HasPrefix(in.name, prefix) {
				kept = append(kept, in)
			}
		}
		if len(kept) == 0 {
			c.fail(missing)
			return
		}
		r.infos = kept
		c.describeAll(s, r)
	})
}

func (c *cmd) describeAll(s selection, r *result) {
	errs := r.errs
	each(len(r.infos), func(i int, next func()) {
		in := r.infos[i]
		c.describe(in, func(text string) {
			if i > 0 {
				c.out("\n\n")
			}
			c.out(text)
			next()
		})
	}, func() {
		if len(r.infos) == 0 && len(errs) == 0 {
			if s.allNamespaces {
				c.errf("No resources found\n")
			} else {
				c.nothingFound()
			}
		}
		c.end(errs...)
	})
}

// describe makes the page of an object; it asks for whatever stands beside the object itself.
func (c *cmd) describe(in *info, then func(string)) {
	p := &page{now: c.sh.a.Wall()}
	finish := func() {
		if !c.f.bool("show-events") || in.res == api.Secrets || in.res == api.Namespaces || in.res == api.ResourceQuotas || in.res == api.LimitRanges || eventless(in.res) {
			then(aligned(p.b.String()))
			return
		}
		c.eventsOf(in, func(events []*corev1.Event) {
			p.events(events)
			then(aligned(p.b.String()))
		})
	}
	switch o := in.obj.(type) {
	case *corev1.Pod:
		p.pod(o)
		finish()
	case *corev1.Node:
		c.describeNode(p, o, finish)
	case *appsv1.Deployment:
		c.replicaSetsOf(o, func(sets []*appsv1.ReplicaSet, err error) {
			p.deployment(o, sets)
			finish()
		})
	case *appsv1.ReplicaSet:
		sel, err := metav1.LabelSelectorAsSelector(o.Spec.Selector)
		if err != nil {
			sel = labels.Nothing()
		}
		c.do(&api.Request{Verb: api.List, Resource: api.Pods, Namespace: o.Namespace, LabelSelector: sel}, func(r *api.Response) {
			p.replicaSet(o, typed[*corev1.Pod](r.Items))
			finish()
		})
	case *corev1.Service:
		sel := labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: o.Name})
		c.do(&api.Request{Verb: api.List, Resource: api.EndpointSlices, Namespace: o.Namespace, LabelSelector: sel}, func(r *api.Response) {
			p.service(o, typed[*discoveryv1.EndpointSlice](r.Items))
			finish()
		})
	case *corev1.ConfigMap:
		p.configMap(o)
		finish()
	case *corev1.Secret:
		p.secret(o)
		finish()
	case *corev1.Namespace:
		c.describeNamespace(p, o, finish)
	case *corev1.ServiceAccount:
		p.line(0, "Name:\t%s", o.Name)
		p.line(0, "Namespace:\t%s", o.Namespace)
		p.labels("Labels", o.Labels)
		p.annotations("Annotations", o.Annotations)
		first := "Image pull secrets:"
		for _, s := range o.ImagePullSecrets {
			p.line(0, "%s\t%s", first, s.Name)
			first = "                   "
		}
		if len(o.ImagePullSecrets) == 0 {
			p.line(0, "%s\t<none>", first)
		}
		finish()
	default:
		if c.describeWorkloads(p, in, finish) || c.describeStorage(p, in, finish) || c.describePolicies(p, in, finish) {
			return
		}
		p.generic(in)
		finish()
	}
}

func typed[T any](items []api.Object) []T {
	var out []T
	for _, o := range items {
		if o, ok := o.(T); ok {
			out = append(out, o)
		}
	}
	return out
}

func (c *cmd) describeNode(p *page, n *corev1.Node, finish func()) {
	onNode := fields.AndSelectors(fields.OneTermEqualSelector("spec.nodeName", n.Name),
		fields.OneTermNotEqualSelector("status.phase", string(corev1.PodSucceeded)), fields.OneTermNotEqualSelector("status.phase", string(corev1.PodFailed)))
	c.do(&api.Request{Verb: api.List, Resource: api.Pods, FieldSelector: onNode}, func(r *api.Response) {
		pods := typed[*corev1.Pod](r.Items)
		c.do(&api.Request{Verb: api.Get, Resource: api.Leases, Namespace: corev1.NamespaceNodeLease, Name: n.Name}, func(r *api.Response) {
			lease, _ := r.Object.(*coordinationv1.Lease)
			p.node(n, lease, r.Err, pods)
			finish()
		})
	})
}

// eventsOf lists the events about an object. A pod's are looked up without the kind, a node's by its name as well,
// because kubelets sign with the node's name in place of its UID.
func (c *cmd) eventsOf(in *info, then func([]*corev1.Event)) {
	ns := in.obj.GetNamespace()
	search := func(uid, kind string, then func([]*corev1.Event)) {
		terms := fields.Set{"involvedObject.name": in.obj.GetName(), "involvedObject.namespace": ns, "involvedObject.uid": uid}
		if kind != "" {
			terms["involvedObject.kind"] = kind
		}
		c.do(&api.Request{Verb: api.List, Resource: api.Events, Namespace: ns, FieldSelector: terms.AsSelector()}, func(r *api.Response) {
			found := typed[*corev1.Event](r.Items)
			if found == nil && r.Err == nil {
				found = []*corev1.Event{}
			}
			then(found)
		})
	}
	uid := string(in.obj.GetUID())
	switch in.res {
	case api.Pods:
		search(uid, "", then)
	case api.Nodes:
		search(uid, in.res.Kind, func(first []*corev1.Event) {
			search(in.name, in.res.Kind, func(second []*corev1.Event) { then(append(first, second...)) })
		})
	default:
		search(uid, in.res.Kind, then)
	}
}

func (p *page) configMap(cm *corev1.ConfigMap) {
	p.line(0, "Name:\t%s", cm.Name)
	p.line(0, "Namespace:\t%s", cm.Namespace)
	p.labels("Labels", cm.Labels)
	p.annotations("Annotations", cm.Annotations)
	p.line(0, "\nData\n====")
	for _, k := range sortedKeys(cm.Data) {
		p.line(0, "%s:\n----\n%s\n", k, cm.Data[k])
	}
	p.line(0, "\nBinaryData\n====")
	for _, k := range sortedKeys(cm.BinaryData) {
		p.line(0, "%s: %d bytes", k, len(cm.BinaryData[k]))
	}
	p.line(0, "")
}

func (p *page) secret(s *corev1.Secret) {
	p.line(0, "Name:\t%s", s.Name)
	p.line(0, "Namespace:\t%s", s.Namespace)
	p.labels("Labels", s.Labels)
	p.annotations("Annotations", s.Annotations)
	p.line(0, "\nType:\t%s", s.Type)
	p.line(0, "\nData\n====")
	for _, k := range sortedKeys(s.Data) {
		if k == corev1.ServiceAccountTokenKey && s.Type == corev1.SecretTypeServiceAccountToken {
			p.line(0, "%s:\t%s", k, s.Data[k])
		} else {
			p.line(0, "%s:\t%d bytes", k, len(s.Data[k]))
		}
	}
}

func (p *page) namespace(n *corev1.Namespace) {
	p.line(0, "Name:\t%s", n.Name)
	p.labels("Labels", n.Labels)
	p.annotations("Annotations", n.Annotations)
	p.line(0, "Status:\t%s", n.Status.Phase)
	if len(n.Status.Conditions) > 0 {
		p.line(0, "Conditions:")
		p.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage")
		p.line(1, "----\t------\t------------------\t------\t-------")
		for _, c := range n.Status.Conditions {
			p.line(1, "%s\t%s\t%s\t%s\t%s", c.Type, c.Status, stamp(c.LastTransitionTime), c.Reason, c.Message)
		}
	}
}

// generic writes any object, field by field.
func (p *page) generic(in *info) {
	p.line(0, "Name:\t%s", in.obj.GetName())
	p.line(0, "Namespace:\t%s", in.obj.GetNamespace())
	p.labels("Labels", in.obj.GetLabels())
	p.annotations("Annotations", in.obj.GetAnnotations())
	p.fields(0, content(in.res, in.obj, false), "")
}

func (p *page) fields(level int, m map[string]any, prefix string) {
	for _, k := range sortedKeys(m) {
		path := prefix + "." + k
		switch path {
		case ".metadata.name", ".metadata.namespace", ".metadata.labels", ".metadata.annotations":
			continue
		}
		switch v := m[k].(type) {
		case map[string]any:
			p.line(level, "%s:", fieldTitle(k))
			p.fields(level+1, v, path)
		case []any:
			p.line(level, "%s:", fieldTitle(k))
			for _, item := range v {
				if child, ok := item.(map[string]any); ok {
					p.fields(level+1, child, path)
				} else {
					p.line(level+1, "%v", item)
				}
			}
		default:
			p.line(level, "%s:\t%v", fieldTitle(k), v)
		}
	}
}

// fieldTitle makes "Resource Version" of "resourceVersion".
func fieldTitle(field string) string {
	if strings.IndexFunc(field, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }) >= 0 {
		return field
	}
	var parts []string
	from := 0
	rs := []rune(field)
	for i := 1; i <= len(rs); i++ {
		switch {
		case i == len(rs),
			unicode.IsUpper(rs[i]) && !unicode.IsUpper(rs[i-1]),
			i+1 < len(rs) && unicode.IsUpper(rs[i]) && unicode.IsUpper(rs[i-1]) && unicode.IsLower(rs[i+1]),
			(rs[i] == '-') != (rs[i-1] == '-'):
			parts = append(parts, string(rs[from:i]))
			from = i
		}
	}
	for i, part := range parts {
		switch up := strings.ToUpper(part); {
		case up == "API" || up == "URL" || up == "UID" || up == "GUID":
			parts[i] = up
		case strings.ToLower(part) == part:
			parts[i] = strings.ToUpper(part[:1]) + part[1:]
		}
	}
	return fmt.Sprint(strings.Join(parts, " "))
}
