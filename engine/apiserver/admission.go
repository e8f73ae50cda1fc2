package apiserver

import (
	"errors"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/sim"
)

// The admission chain of kube-apiserver: the plugins that are on by default, and NodeRestriction, which kubeadm turns on,
// in upstream's order (pkg/kubeapiserver/options/plugins.go). Mutating plugins run between defaults and the strategy,
// validating ones after validation, the quota at the very end.

// operation is what a write does, in the words of webhook rules.
type operation string

const (
	opCreate  operation = "CREATE"
	opUpdate  operation = "UPDATE"
	opDelete  operation = "DELETE"
	opConnect operation = "CONNECT"
)

// attributes are a write as the plugins see it.
type attributes struct {
	req      *api.Request
	r        *api.Resource
	op       operation
	sub      string
	obj, old api.Object             // obj is nil in a delete, old in a create
	naming   bool                   // the name is still to be generated, as far as messages go
	account  *corev1.ServiceAccount // of a new pod
	early    bool                   // the account that every namespace gets is not there yet
	behind   *api.Resource          // something of it was not found, which the watch cache may not know yet
	warnings []string

	patched     bool   // by a webhook
	beforePatch func() // of the first; nil if there is nothing to do
}

// name is what messages call the object.
func (a *attributes) name() string {
	if a.obj == nil || a.obj.GetName() == "" {
		return a.req.Name
	}
	if a.naming {
		return a.obj.GetGenerateName()
	}
	return a.obj.GetName()
}

func (a *attributes) namespace() string {
	if a.r == api.Namespaces {
		return a.name()
	}
	return a.req.Namespace
}

func (a *attributes) forbidden(why string) error { return forbiddenBecause(a.r, a.name(), why) }

func forbiddenBecause(r *api.Resource, name, why string) error {
	return apierrors.NewForbidden(r.GR(), name, errors.New(why))
}

func (a *attributes) warn(text string) { a.warnings = append(a.warnings, text) }

// admitCreate runs defaults and the mutating plugins but for webhooks over a new object, in upstream's order.
func (s *Server) admitCreate(a *attributes) error {
	s.admission()
	dropOwnersTwice(a)
	if err := s.admitNamespace(a); err != nil {
		return err
	}
	if pod, ok := a.obj.(*corev1.Pod); ok {
		return s.preparePod(a, pod)
	}
	defaults.Set(a.obj)
	return s.mutate(a)
}

// mutate runs the mutating plugins of all kinds but pods.
func (s *Server) mutate(a *attributes) error {
	if err := s.restrictNode(a); err != nil {
		return err
	}
	switch o := a.obj.(type) {
	case *corev1.Node:
		if a.op == opCreate {
			taintNewNode(o)
		}
	default:
		if a.op == opCreate {
			s.admitClasses(a)
		}
	}
	return nil
}

// admitNamespace is the NamespaceLifecycle plugin for what is created.
func (s *Server) admitNamespace(a *attributes) error {
	if !a.r.Namespaced {
		return nil
	}
	ns, _ := s.kinds[api.Namespaces].objects[a.req.Namespace].(*corev1.Namespace)
	if ns == nil {
		a.behind = api.Namespaces
		return notFound(api.Namespaces, a.req.Namespace)
	}
	if ns.Status.Phase != corev1.NamespaceTerminating && ns.DeletionTimestamp == nil {
		return nil
	}
	err := apierrors.NewForbidden(a.r.GR(), a.name(), errors.New("unable to create new content in namespace "+ns.Name+" because it is being terminated"))
	err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{
		Type: corev1.NamespaceTerminatingCause, Message: "namespace " + ns.Name + " is being terminated", Field: "metadata.namespace",
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

// admitUpdate runs the mutating plugins over an update that is not a component's own.
func (s *Server) admitUpdate(a *attributes) error {
	if pod, ok := a.obj.(*corev1.Pod); ok && a.sub == "" {
		old := a.old.(*corev1.Pod)
		if err := s.restrictNode(a); err != nil {
			return err
		}
		if pod.Spec.Priority == nil {
			pod.Spec.Priority = old.Spec.Priority
		}
		if pod.Spec.PreemptionPolicy == nil {
			pod.Spec.PreemptionPolicy = old.Spec.PreemptionPolicy
		}
		admitTolerations(pod)
		return nil
	}
	return s.mutate(a)
}

// validateAdmission runs the validating plugins but for webhooks and ResourceQuota, which are last and may take their time.
func (s *Server) validateAdmission(a *attributes) error {
	if p, ok := a.obj.(*corev1.Pod); ok {
		return s.validatePodAdmission(a, p)
	}
	return s.validateOthers(a)
}

// immortal namespaces cannot be deleted (apiserver/pkg/admission/plugin/namespace/lifecycle).
var immortal = []string{metav1.NamespaceDefault, metav1.NamespaceSystem, metav1.NamespacePublic}

// admitDelete runs the chain over a delete and then goes on.
func (s *Server) admitDelete(req *api.Request, then func(error, []string)) {
	if req.Resource == api.Namespaces && slices.Contains(immortal, req.Name) {
		then(forbiddenBecause(req.Resource, req.Name, "this namespace may not be deleted"), nil)
		return
	}
	hooked := s.admission().hooked
	if nodeOf(req) == "" && !hooked {
		then(nil, nil)
		return
	}
	a := &attributes{req: req, r: req.Resource, op: opDelete, sub: req.Subresource}
	if k := s.kinds[req.Resource]; k != nil {
		a.old = k.objects[api.Key(req.Namespace, req.Name)]
	}
	if err := s.restrictNode(a); err != nil || !hooked {
		then(err, nil)
		return
	}
	s.callBoth(a, func(err error) { then(err, a.warnings) })
}

// admitConnected runs the chain over the creation of what is no object of its own, a binding, an eviction, a token, and
// then serves it.
func (s *Server) admitConnected(k *cacher, req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	if req.Object == nil {
		s.serveSubresource(k, req, by, reply) // which has the words for it
		return
	}
	a := attributes{req: req, r: req.Resource, op: opCreate, sub: req.Subresource, obj: req.Object}
	err := s.admitNamespace(&a)
	if err == nil {
		err = s.restrictNode(&a)
	}
	if err != nil {
		reply(&api.Response{Err: err})
		return
	}
	if !s.admission().hooked {
		s.serveSubresource(k, req, by, reply)
		return
	}
	h := a // the webhooks' own, so that the common case allocates nothing
	s.callBoth(&h, func(err error) {
		if err != nil {
			reply(&api.Response{Err: err, Warnings: h.warnings})
			return
		}
		req.Object = h.obj
		s.serveSubresource(k, req, by, reply)
	})
}
