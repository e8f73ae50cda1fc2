package apiserver

import (
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
)

// prepareCreate runs defaults, mutating admission and the strategy over a new object, in upstream's order.
func (s *Server) prepareCreate(k *cacher, req *api.Request, obj api.Object) (warnings []string, err error) {
	if err := s.admitNamespace(k.r, obj); err != nil {
		return nil, err
	}
	if pod, ok := obj.(*corev1.Pod); ok {
		if err := s.preparePod(pod); err != nil {
			return nil, err
		}
		defaults.PrepareForCreate(pod)
		return nil, nil
	}
	defaults.Set(obj)
	if n, ok := obj.(*corev1.Node); ok {
		taintNewNode(n)
	}
	defaults.PrepareForCreate(obj)
	return nil, nil
}

// admitNamespace is the NamespaceLifecycle plugin.
func (s *Server) admitNamespace(r *api.Resource, obj api.Object) error {
	if !r.Namespaced {
		return nil
	}
	ns, _ := s.kinds[api.Namespaces].objects[obj.GetNamespace()].(*corev1.Namespace)
	if ns == nil {
		return notFound(api.Namespaces, obj.GetNamespace())
	}
	if ns.Status.Phase != corev1.NamespaceTerminating && ns.DeletionTimestamp == nil {
		return nil
	}
	name := obj.GetName()
	err := apierrors.NewForbidden(r.GR(), name, fmt.Errorf("unable to create new content in namespace %s because it is being terminated", ns.Name))
	err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{
		Type: corev1.NamespaceTerminatingCause, Message: fmt.Sprintf("namespace %s is being terminated", ns.Name), Field: "metadata.namespace",
	})
	return err
}

// taintNewNode is the TaintNodesByCondition plugin.
func taintNewNode(n *corev1.Node) {
	t := corev1.Taint{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoSchedule}
	for _, x := range n.Spec.Taints {
		if x.Key == t.Key && x.Effect == t.Effect {
			return
		}
	}
	n.Spec.Taints = append(slices.Clone(n.Spec.Taints), t)
}

// The priorities every cluster has (pkg/apis/scheduling).
const (
	clusterCritical = 2000000000
	nodeCritical    = 2000001000
)

func admitPriority(p *corev1.Pod) error {
	var value int32
	policy := corev1.PreemptLowerPriority
	switch p.Spec.PriorityClassName {
	case "":
	case "system-cluster-critical":
		value = clusterCritical
	case "system-node-critical":
		value = nodeCritical
	default:
		return apierrors.NewForbidden(api.Pods.GR(), p.Name, fmt.Errorf("no PriorityClass with name %v was found", p.Spec.PriorityClassName))
	}
	if p.Spec.Priority != nil && *p.Spec.Priority != value {
		return apierrors.NewForbidden(api.Pods.GR(), p.Name, errors.New("the integer value of priority must not be provided in pod spec; priority admission controller computed "+fmt.Sprint(value)+" from the given PriorityClass name"))
	}
	p.Spec.Priority = &value
	if p.Spec.PreemptionPolicy == nil {
		p.Spec.PreemptionPolicy = &policy
	}
	return nil
}

// defaultTolerationSeconds of the DefaultTolerationSeconds plugin.
const defaultTolerationSeconds int64 = 300

func admitTolerations(p *corev1.Pod) {
	notReady, unreachable := false, false
	for _, t := range p.Spec.Tolerations {
		if t.Effect == corev1.TaintEffectNoExecute || t.Effect == "" {
			notReady = notReady || t.Key == corev1.TaintNodeNotReady || t.Key == ""
			unreachable = unreachable || t.Key == corev1.TaintNodeUnreachable || t.Key == ""
		}
	}
	if notReady && unreachable {
		return
	}
	out := slices.Clone(p.Spec.Tolerations)
	for _, x := range []struct {
		has bool
		key string
	}{{notReady, corev1.TaintNodeNotReady}, {unreachable, corev1.TaintNodeUnreachable}} {
		if !x.has {
			seconds := defaultTolerationSeconds
			out = append(out, corev1.Toleration{Key: x.key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &seconds})
		}
	}
	p.Spec.Tolerations = out
}
