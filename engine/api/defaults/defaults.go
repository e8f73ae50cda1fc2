package defaults

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Set applies the defaults of the object's kind and version in place, as the API server does after decoding. Kinds
// without defaults, and unknown ones, are left alone. Setting twice changes nothing more.
func Set(obj runtime.Object) {
	switch o := obj.(type) {
	case *corev1.Pod:
		setPod(o)
	case *corev1.Service:
		setService(o)
	case *corev1.Node:
		setNode(o)
	case *corev1.Namespace:
		setNamespace(o)
	case *corev1.Secret:
		setSecret(o)
	case *corev1.ConfigMap:
		if o.Data == nil {
			o.Data = map[string]string{}
		}
	case *appsv1.Deployment:
		setDeployment(o)
	case *appsv1.ReplicaSet:
		orElse(&o.Spec.Replicas, 1)
		PodTemplate(&o.Spec.Template)
	case *discoveryv1.EndpointSlice:
		for i := range o.Ports {
			orElse(&o.Ports[i].Name, "")
			orElse(&o.Ports[i].Protocol, corev1.ProtocolTCP)
		}
	default:
		_ = setWorkloads(obj) || setStorage(obj) || setPolicies(obj) || setExtensions(obj)
	}
}

// orElse points an unset optional field at a value of its own.
func orElse[T any](field **T, value T) {
	if *field == nil {
		*field = &value
	}
}

// orValue replaces the zero value of a required field.
func orValue[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func setDeployment(d *appsv1.Deployment) {
	spec := &d.Spec
	orElse(&spec.Replicas, 1)
	orValue(&spec.Strategy.Type, appsv1.RollingUpdateDeploymentStrategyType)
	if spec.Strategy.Type == appsv1.RollingUpdateDeploymentStrategyType {
		if spec.Strategy.RollingUpdate == nil {
			spec.Strategy.RollingUpdate = &appsv1.RollingUpdateDeployment{}
		}
		orElse(&spec.Strategy.RollingUpdate.MaxUnavailable, intstr.FromString("25%"))
		orElse(&spec.Strategy.RollingUpdate.MaxSurge, intstr.FromString("25%"))
	}
	orElse(&spec.RevisionHistoryLimit, 10)
	orElse(&spec.ProgressDeadlineSeconds, 600)
	PodTemplate(&spec.Template)
}

func setNode(n *corev1.Node) {
	if n.Status.Allocatable == nil && n.Status.Capacity != nil {
		n.Status.Allocatable = n.Status.Capacity.DeepCopy()
	}
	roundToMilli(n.Status.Capacity)
	roundToMilli(n.Status.Allocatable)
	// podCIDR is the old name of the first podCIDRs, and wins; upstream keeps the two together when it converts.
	spec := &n.Spec
	if spec.PodCIDR != "" && (len(spec.PodCIDRs) == 0 || spec.PodCIDRs[0] != spec.PodCIDR) {
		spec.PodCIDRs = []string{spec.PodCIDR}
	}
	if len(spec.PodCIDRs) > 0 {
		spec.PodCIDR = spec.PodCIDRs[0]
	}
}

func setNamespace(ns *corev1.Namespace) {
	orValue(&ns.Status.Phase, corev1.NamespaceActive)
	// Before its name is generated a Namespace cannot carry its name as a label; PrepareForCreate catches up.
	if ns.Name != "" {
		labelWithName(ns)
	}
}

func labelWithName(ns *corev1.Namespace) {
	if ns.Labels[corev1.LabelMetadataName] == ns.Name {
		return
	}
	// The map may still be the caller's: copy to write.
	labels := make(map[string]string, len(ns.Labels)+1)
	for k, v := range ns.Labels {
		labels[k] = v
	}
	labels[corev1.LabelMetadataName] = ns.Name
	ns.Labels = labels
}

func setSecret(s *corev1.Secret) {
	orValue(&s.Type, corev1.SecretTypeOpaque)
	// stringData is write-only: decoding merges it into data, where it wins.
	if len(s.StringData) > 0 {
		data := make(map[string][]byte, len(s.Data)+len(s.StringData))
		for k, v := range s.Data {
			data[k] = v
		}
		for k, v := range s.StringData {
			data[k] = []byte(v)
		}
		s.Data, s.StringData = data, nil
	}
}

// roundToMilli rounds quantities up to thousandths, the finest that a cluster keeps.
func roundToMilli(list corev1.ResourceList) {
	for name, quantity := range list {
		if !quantity.RoundUp(resource.Milli) {
			list[name] = quantity
		}
	}
}
