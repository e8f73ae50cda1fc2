package kubelet

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// environment works out a container's environment (pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables). failed is
// what CreateContainerConfigError says.
func (p *pod) environment(c *ctr, done func(env []string, failed string)) {
	if len(c.spec.Env) == 0 && len(c.spec.EnvFrom) == 0 {
		done(nil, "")
		return
	}
	var names []source
	for i := range c.spec.EnvFrom {
		e := &c.spec.EnvFrom[i]
		if e.ConfigMapRef != nil {
			names = append(names, source{false, e.ConfigMapRef.Name, flag(e.ConfigMapRef.Optional)})
		}
		if e.SecretRef != nil {
			names = append(names, source{true, e.SecretRef.Name, flag(e.SecretRef.Optional)})
		}
	}
	for i := range c.spec.Env {
		if v := c.spec.Env[i].ValueFrom; v != nil {
			if r := v.ConfigMapKeyRef; r != nil {
				names = append(names, source{false, r.Name, flag(r.Optional)})
			}
			if r := v.SecretKeyRef; r != nil {
				names = append(names, source{true, r.Name, flag(r.Optional)})
			}
		}
	}
	p.fetch(names, func(data map[source]map[string]string, failed string) {
		if failed != "" {
			done(nil, failed)
			return
		}
		env, failed := p.buildEnv(c, data)
		done(env, failed)
	})
}

// source is a ConfigMap or Secret that a pod refers to.
type source struct {
	secret   bool
	name     string
	optional bool
}

func (s source) String() string {
	if s.secret {
		return "secret \"" + s.name + "\""
	}
	return "configmap \"" + s.name + "\""
}

// fetch reads ConfigMaps and Secrets, one after the other. failed names the first that is missing.
func (p *pod) fetch(names []source, done func(data map[source]map[string]string, failed string)) {
	data := map[source]map[string]string{}
	var next func(i int)
	next = func(i int) {
		for i < len(names) && data[names[i]] != nil {
			i++
		}
		if i == len(names) {
			done(data, "")
			return
		}
		n := names[i]
		got := func(m map[string]string, err error) {
			switch {
			case p.k.a.Dead():
			case err == nil:
				data[n] = m
				next(i + 1)
			case apierrors.IsNotFound(err) && n.optional:
				data[n] = map[string]string{}
				next(i + 1)
			case apierrors.IsNotFound(err):
				done(nil, n.String()+" not found")
			default:
				done(nil, "failed to sync "+strings.Fields(n.String())[0]+" cache: timed out waiting for the condition")
			}
		}
		if n.secret {
			client.Get(p.k.c, api.Secrets, p.obj.Namespace, n.name, func(s *corev1.Secret, err error) {
				if err != nil {
					got(nil, err)
					return
				}
				m := make(map[string]string, len(s.Data))
				for k, v := range s.Data {
					m[k] = string(v)
				}
				got(m, nil)
			})
			return
		}
		client.Get(p.k.c, api.ConfigMaps, p.obj.Namespace, n.name, func(cm *corev1.ConfigMap, err error) {
			if err != nil {
				got(nil, err)
				return
			}
			m := make(map[string]string, len(cm.Data)+len(cm.BinaryData))
			for k, v := range cm.Data {
				m[k] = v
			}
			for k, v := range cm.BinaryData {
				m[k] = string(v)
			}
			got(m, nil)
		})
	}
	next(0)
}

func (p *pod) buildEnv(c *ctr, data map[source]map[string]string) ([]string, string) {
	env := &variables{at: map[string]int{}}
	for i := range c.spec.EnvFrom {
		e := &c.spec.EnvFrom[i]
		var m map[string]string
		if r := e.ConfigMapRef; r != nil {
			m = data[source{false, r.Name, flag(r.Optional)}]
		} else if r := e.SecretRef; r != nil {
			m = data[source{true, r.Name, flag(r.Optional)}]
		}
		for _, k := range sortedKeys(m) {
			env.set(e.Prefix+k, m[k])
		}
	}
	for i := range c.spec.Env {
		e := &c.spec.Env[i]
		value := env.expand(e.Value)
		if v := e.ValueFrom; v != nil {
			var ok, optional bool
			switch {
			case v.FieldRef != nil:
				value, ok = p.field(v.FieldRef.FieldPath)
				if !ok {
					return nil, "unsupported fieldPath: " + v.FieldRef.FieldPath
				}
			case v.ResourceFieldRef != nil:
				value = p.resourceField(c, v.ResourceFieldRef)
			case v.ConfigMapKeyRef != nil:
				r := v.ConfigMapKeyRef
				optional = flag(r.Optional)
				if value, ok = data[source{false, r.Name, optional}][r.Key]; !ok && !optional {
					return nil, "couldn't find key " + r.Key + " in ConfigMap " + p.obj.Namespace + "/" + r.Name
				}
			case v.SecretKeyRef != nil:
				r := v.SecretKeyRef
				optional = flag(r.Optional)
				if value, ok = data[source{true, r.Name, optional}][r.Key]; !ok && !optional {
					return nil, "couldn't find key " + r.Key + " in Secret " + p.obj.Namespace + "/" + r.Name
				}
			}
			if optional && !ok {
				continue
			}
		}
		env.set(e.Name, value)
	}
	return env.list, ""
}

// field is a field of the pod by the downward API's path.
func (p *pod) field(path string) (string, bool) {
	if key, ok := subscript(path, "metadata.labels"); ok {
		return p.obj.Labels[key], true
	}
	if key, ok := subscript(path, "metadata.annotations"); ok {
		return p.obj.Annotations[key], true
	}
	switch path {
	case "metadata.name":
		return p.obj.Name, true
	case "metadata.namespace":
		return p.obj.Namespace, true
	case "metadata.uid":
		return string(p.obj.UID), true
	case "metadata.labels":
		return formatMap(p.obj.Labels), true
	case "metadata.annotations":
		return formatMap(p.obj.Annotations), true
	case "spec.nodeName":
		return p.obj.Spec.NodeName, true
	case "spec.serviceAccountName":
		return p.obj.Spec.ServiceAccountName, true
	case "status.hostIP":
		return p.k.hostIP, true
	case "status.hostIPs":
		return joined(p.k.onHostIPs), true
	case "status.podIP":
		if p.sb != nil {
			return p.sb.IP(), true
		}
		return "", true
	case "status.podIPs":
		if p.sb != nil {
			return joined(p.sb.IPs), true
		}
		return "", true
	}
	return "", false
}

func joined(ips []corev1.PodIP) string {
	out := ""
	for i := range ips {
		if i > 0 {
			out += ","
		}
		out += ips[i].IP
	}
	return out
}

func subscript(path, name string) (string, bool) {
	if s, ok := strings.CutPrefix(path, name+"['"); ok {
		return strings.CutSuffix(s, "']")
	}
	return "", false
}

func formatMap(m map[string]string) string {
	var b strings.Builder
	for i, k := range sortedKeys(m) {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(k + "=" + strconv.Quote(m[k]))
	}
	return b.String()
}

// resourceField is a container's request or limit in units of the divisor, rounded up; a limit that is not set is
// what the node has.
func (p *pod) resourceField(c *ctr, r *corev1.ResourceFieldSelector) string {
	if r.ContainerName != "" {
		if o := p.find(r.ContainerName); o != nil {
			c = o
		}
	}
	what, name, _ := strings.Cut(r.Resource, ".")
	list := c.spec.Resources.Requests
	if what == "limits" {
		list = c.spec.Resources.Limits
	}
	q, ok := list[corev1.ResourceName(name)]
	if !ok && what == "limits" {
		q = p.k.allocatable[corev1.ResourceName(name)]
	}
	if name == "cpu" {
		d := int64(1000)
		if !r.Divisor.IsZero() {
			d = r.Divisor.MilliValue()
		}
		return strconv.FormatInt((q.MilliValue()+d-1)/d, 10)
	}
	d := int64(1)
	if !r.Divisor.IsZero() {
		d = r.Divisor.Value()
	}
	return strconv.FormatInt((q.Value()+d-1)/d, 10)
}
