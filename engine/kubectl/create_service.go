package kubectl

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
)

func createService(typ corev1.ServiceType) func(*cmd) {
	return func(c *cmd) {
		name, ok := c.oneName()
		if !ok {
			return
		}
		s := &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": name}},
			Spec:       corev1.ServiceSpec{Type: typ, Selector: map[string]string{"app": name}},
		}
		clusterIP := c.f.str("clusterip")
		tcp := c.f.list("tcp")
		switch {
		case typ == corev1.ServiceTypeExternalName:
			if !c.f.changed("external-name") {
				c.failf("required flag(s) \"external-name\" not set")
				return
			}
			s.Spec.ExternalName = c.f.str("external-name")
			if errs := validation.IsDNS1123Subdomain(s.Spec.ExternalName); len(errs) > 0 {
				c.failf("invalid service external name %s", s.Spec.ExternalName)
				return
			}
		case clusterIP != corev1.ClusterIPNone && len(tcp) == 0:
			c.failf("at least one tcp port specifier must be provided")
			return
		}
		s.Spec.ClusterIP = clusterIP
		for _, text := range tcp {
			port, target, err := parsePorts(text)
			if err != nil {
				c.fail(err)
				return
			}
			s.Spec.Ports = append(s.Spec.Ports, corev1.ServicePort{
				Name: strings.ReplaceAll(text, ":", "-"), Port: port, TargetPort: target,
				Protocol: corev1.ProtocolTCP, NodePort: int32(c.f.int("node-port")),
			})
		}
		c.createGenerated(s, func(err error) error { return fmt.Errorf("failed to create %s service: %v", typ, err) })
	}
}

// parsePorts reads PORT or PORT:TARGET.
func parsePorts(text string) (int32, intstr.IntOrString, error) {
	first, target, two := strings.Cut(text, ":")
	port, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		return 0, intstr.IntOrString{}, numError(err, "strconv.ParseUint")
	}
	if !two {
		return int32(port), intstr.FromInt32(int32(port)), nil
	}
	n, err := strconv.Atoi(target)
	if err != nil {
		if errs := validation.IsValidPortName(target); len(errs) > 0 {
			return 0, intstr.IntOrString{}, errors.New(strings.Join(errs, ","))
		}
		return int32(port), intstr.FromString(target), nil
	}
	if errs := validation.IsValidPortNum(n); len(errs) > 0 {
		return 0, intstr.IntOrString{}, errors.New(strings.Join(errs, ","))
	}
	return int32(port), intstr.FromInt32(int32(n)), nil
}
