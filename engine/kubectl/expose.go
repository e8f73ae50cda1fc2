package kubectl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	appsv1 "k8s.io/api/apps/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/patch"
)

func exposeCommand() *command {
	return &command{name: "expose", use: "(-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]",
		short: "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service",
		flags: createFlags + fileFlags + "port:s target-port:s protocol:s name:s type:s selector:s labels/l:s external-ip:s cluster-ip:s session-affinity:s load-balancer-ip:s overrides:s override-type:s=merge",
		run:   runExpose}
}

// mapSelector is the selector of an object as a Service can have it.
func mapSelector(o api.Object) (map[string]string, error) {
	fromSelector := func(s *metav1.LabelSelector, kind string) (map[string]string, error) {
		if s == nil || len(s.MatchLabels) == 0 {
			return nil, fmt.Errorf("invalid %s: no selectors, therefore cannot be exposed", kind)
		}
		if len(s.MatchExpressions) > 0 {
			return nil, fmt.Errorf("couldn't convert expressions - \"%+v\" to map-based selector format", s.MatchExpressions)
		}
		return s.MatchLabels, nil
	}
	switch o := o.(type) {
	case *corev1.Pod:
		if len(o.Labels) == 0 {
			return nil, errors.New("the pod has no labels and cannot be exposed")
		}
		return o.Labels, nil
	case *corev1.Service:
		if o.Spec.Selector == nil {
			return nil, errors.New("the service has no pod selector set")
		}
		return o.Spec.Selector, nil
	case *corev1.ReplicationController:
		return o.Spec.Selector, nil
	case *appsv1.Deployment:
		return fromSelector(o.Spec.Selector, "deployment")
	case *appsv1.ReplicaSet:
		return fromSelector(o.Spec.Selector, "replicaset")
	}
	return nil, fmt.Errorf("cannot extract pod selector from %T", o)
}

// portsOf are the ports an object has, with their protocols.
func portsOf(o api.Object) (ports []string, protocols map[string][]string) {
	protocols = map[string][]string{}
	see := func(port int32, protocol corev1.Protocol) {
		key := strconv.Itoa(int(port))
		if _, ok := protocols[key]; !ok {
			ports = append(ports, key)
		}
		if protocol == "" {
			protocol = corev1.ProtocolTCP
		}
		for _, p := range protocols[key] {
			if p == string(protocol) {
				return
			}
		}
		protocols[key] = append(protocols[key], string(protocol))
	}
	if s, ok := o.(*corev1.Service); ok {
		for _, p := range s.Spec.Ports {
			see(p.Port, p.Protocol)
		}
		return ports, protocols
	}
	if spec, _ := podSpecOf(o); spec != nil {
		for i := range spec.Containers {
			for _, p := range spec.Containers[i].Ports {
				see(p.ContainerPort, p.Protocol)
			}
		}
	}
	return ports, protocols
}

func runExpose(c *cmd) {
	dry, f, validation, ok := c.createOptions()
	if !ok {
		return
	}
	s := c.selectionFromFlags(c.args)
	s.typeImplied, s.labels = false, ""
	c.gather(s, func(r *result) {
		c.fresh(r, func() {
			errs := r.errs
			each(len(r.infos), func(i int, next func()) {
				svc, err := c.exposed(r.infos[i])
				if err != nil {
					errs = append(errs, err)
					next()
					return
				}
				in := &info{res: api.Services, ns: c.ns, name: svc.Name}
				if dry != "client" || c.nsSet {
					svc.Namespace = c.ns
				}
				if c.f.bool("save-config") {
					setLastApplied(svc, content(api.Services, svc, false))
				}
				c.create(in, svc, dry, "kubectl-expose", validation, func(err error) {
					if err != nil {
						errs = append(errs, err)
					} else {
						c.did(f, in, "exposed", dry)
					}
					next()
				})
			}, func() { c.end(errs...) })
		})
	})
}

// exposed makes the Service for an object.
// Upstream: k8s.io/kubectl/pkg/cmd/expose.
func (c *cmd) exposed(in *info) (*corev1.Service, error) {
	switch in.obj.(type) {
	case *corev1.Pod, *corev1.Service, *corev1.ReplicationController, *appsv1.Deployment, *appsv1.ReplicaSet:
	default:
		return nil, fmt.Errorf("cannot expose a %s", in.res.GVK().GroupKind())
	}
	selector, err := parsePairs(c.f.str("selector"))
	if err == nil && selector == nil {
		if selector, err = mapSelector(in.obj); err != nil {
			err = fmt.Errorf("couldn't retrieve selectors via --selector flag or introspection: %v", err)
		}
	}
	if err != nil {
		return nil, err
	}
	labels, err := parsePairs(c.f.str("labels"))
	if err != nil {
		return nil, err
	}
	if labels == nil {
		labels = in.obj.GetLabels()
	}
	ports, protocols := portsOf(in.obj)
	if p := c.f.str("port"); p != "" {
		ports = strings.Split(p, ",")
	}
	if len(ports) == 0 && c.f.str("cluster-ip") != "None" {
		return nil, errors.New("couldn't find port via --port flag or introspection")
	}
	name := c.f.str("name")
	if name == "" {
		name = in.name[:min(len(in.name), 63)]
	}
	svc := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}, Spec: corev1.ServiceSpec{Selector: selector}}
	for i, text := range ports {
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, numError(err, "strconv.Atoi")
		}
		portName := ""
		if len(ports) > 1 {
			portName = fmt.Sprintf("port-%d", i+1)
		}
		add := func(name, protocol string) {
			target := intstr.FromInt32(int32(n))
			if t := c.f.str("target-port"); t != "" {
				target = intstr.Parse(t)
			}
			svc.Spec.Ports = append(svc.Spec.Ports, corev1.ServicePort{Name: name, Port: int32(n), Protocol: corev1.Protocol(protocol), TargetPort: target})
		}
		found := protocols[text]
		switch flag := c.f.str("protocol"); {
		case flag != "":
			add(portName, flag)
		case len(found) > 1:
			for _, p := range found {
				add(fmt.Sprintf("port-%d-%s", i+1, strings.ToLower(p)), p)
			}
		case len(found) == 1:
			add(portName, found[0])
		default:
			add(portName, "TCP")
		}
	}
	if ip := c.f.str("external-ip"); ip != "" {
		svc.Spec.ExternalIPs = []string{ip}
	}
	svc.Spec.Type = corev1.ServiceType(c.f.str("type"))
	if svc.Spec.Type == corev1.ServiceTypeLoadBalancer {
		svc.Spec.LoadBalancerIP = c.f.str("load-balancer-ip")
	}
	switch a := corev1.ServiceAffinity(c.f.str("session-affinity")); a {
	case "", corev1.ServiceAffinityNone, corev1.ServiceAffinityClientIP:
		svc.Spec.SessionAffinity = a
	default:
		return nil, fmt.Errorf("unknown session affinity: %s", a)
	}
	svc.Spec.ClusterIP = c.f.str("cluster-ip")
	out, err := c.override(svc)
	if err != nil {
		return nil, err
	}
	return out.(*corev1.Service), nil
}

// parsePairs reads a=b,c=d; nil for nothing.
func parsePairs(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	out := map[string]string{}
	for _, pair := range strings.Split(text, ",") {
		k, v, ok := strings.Cut(pair, "=")
		switch {
		case !ok:
			return nil, fmt.Errorf("unexpected label spec: %s", pair)
		case k == "":
			return nil, errors.New("unexpected empty label key")
		}
		out[k] = v
	}
	return out, nil
}

// override applies --overrides to an object.
func (c *cmd) override(obj api.Object) (api.Object, error) {
	text := c.f.str("overrides")
	if text == "" {
		return obj, nil
	}
	obj.GetObjectKind().SetGroupVersionKind(api.ResourceOf(obj).GVK())
	var err error
	var out any
	switch kind := c.f.str("override-type"); kind {
	case "json":
		out, err = patch.JSON(obj, []byte(text))
	case "merge":
		if !json.Valid([]byte(text)) {
			return nil, fmt.Errorf("Invalid JSON Patch")
		}
		out, err = patch.Merge(obj, []byte(text))
	case "strategic":
		out, err = patch.Strategic(obj, []byte(text))
	default:
		return nil, fmt.Errorf("invalid override type: %v", kind)
	}
	if err != nil {
		return nil, err
	}
	return out.(api.Object), nil
}
