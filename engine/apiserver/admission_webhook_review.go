package apiserver

import (
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
)

// admissionRequest is k8s.io/api/admission/v1's AdmissionRequest, which v1beta1 has the same fields as.
type admissionRequest struct {
	UID                string                    `json:"uid"`
	Kind               groupVersionKind          `json:"kind"`
	Resource           groupVersionResource      `json:"resource"`
	SubResource        string                    `json:"subResource,omitempty"`
	RequestKind        groupVersionKind          `json:"requestKind"`
	RequestResource    groupVersionResource      `json:"requestResource"`
	RequestSubResource string                    `json:"requestSubResource,omitempty"`
	Name               string                    `json:"name,omitempty"`
	Namespace          string                    `json:"namespace,omitempty"`
	Operation          string                    `json:"operation"`
	UserInfo           authenticationv1.UserInfo `json:"userInfo"`
	Object             any                       `json:"object"`
	OldObject          any                       `json:"oldObject"`
	DryRun             bool                      `json:"dryRun"`
	Options            *requestOptions           `json:"options"`
}

type groupVersionKind struct {
	Group   string `json:"group"`
	Version string `json:"version"`
	Kind    string `json:"kind"`
}

type groupVersionResource struct {
	Group    string `json:"group"`
	Version  string `json:"version"`
	Resource string `json:"resource"`
}

// asked is the row in whose version the client speaks.
func (a *attributes) asked() *api.Resource {
	if a.req.Version != nil {
		return a.req.Version
	}
	return a.r
}

// partKinds are the kinds of subresources whose object is not the resource's own.
var partKinds = [...]struct{ sub, group, version, kind string }{
	{"scale", "autoscaling", "v1", "Scale"},
	{"binding", "", "v1", "Binding"},
	{"eviction", "policy", "v1", "Eviction"},
	{"token", "authentication.k8s.io", "v1", "TokenRequest"},
	{"exec", "", "v1", "PodExecOptions"},
	{"attach", "", "v1", "PodAttachOptions"},
	{"portforward", "", "v1", "PodPortForwardOptions"},
}

// kind is the kind of the write's object in a version of its resource.
func (a *attributes) kind(r *api.Resource) schema.GroupVersionKind {
	for i := range partKinds {
		if p := &partKinds[i]; p.sub == a.sub {
			return schema.GroupVersionKind{Group: p.group, Version: p.version, Kind: p.kind}
		}
	}
	return r.GVK()
}

// whole reports that the object of the write is the resource's own.
func (a *attributes) whole() bool { return a.kind(a.r) == a.r.GVK() }

// foreign are the custom objects of a write, the old one first, if only the kind's conversion webhook can make of them what
// this webhook wants to see.
func (inv *invocation) foreign(a *attributes) (list []api.Object) {
	if a.r.Custom == nil || a.r.Custom.Webhook == nil || !a.whole() {
		return nil
	}
	differ := false
	for _, o := range [...]api.Object{a.old, a.obj} {
		if o != nil {
			list = append(list, o)
			differ = differ || o.(*api.Custom).Resource.Version != inv.r.Version
		}
	}
	if !differ {
		return nil
	}
	return list
}

// fresh reports that the webhook sees a new object before upstream's strategy has named and stamped it.
func (a *attributes) fresh(inv *invocation) bool {
	return a.op == opCreate && a.whole() && inv.mutating
}

// seen is an object as a webhook is shown it: in the version the webhook asked for, with its kind, and with managedFields
// instead of notes. It may share parts with the object.
func (s *Server) seen(a *attributes, inv *invocation, o api.Object) (api.Object, error) {
	switch {
	case a.sub == "scale" && a.r.Custom != nil:
		c := o.(*api.Custom)
		if inv.r.Hub != nil {
			c = inv.r.FromHub(c).(*api.Custom)
		}
		sc, _, err := customScaleOf(c)
		if err != nil {
			return nil, err
		}
		o = sc
	case a.sub == "scale":
		o = scaleOf(o)
	case a.whole():
		row := a.r
		c, custom := o.(*api.Custom)
		if custom {
			row = c.Resource
		}
		if len(o.GetManagedFields()) > 0 {
			o = s.fields.Shown(row, o)
		}
		if inv.r.Hub != nil && !(custom && row.Version == inv.r.Version) {
			o = inv.r.FromHub(o)
		}
	}
	o = api.Copy(o)
	if a.fresh(inv) {
		o.SetUID("")
		o.SetCreationTimestamp(metav1.Time{})
		if a.naming {
			o.SetName("")
		}
	}
	o.GetObjectKind().SetGroupVersionKind(a.kind(inv.r))
	return o, nil
}

// question is the request of a review.
func (s *Server) question(a *attributes, inv *invocation) (*admissionRequest, error) {
	asked := a.asked()
	kind, was := a.kind(inv.r), a.kind(asked)
	q := &admissionRequest{
		UID: string(s.newUID()), Kind: groupVersionKind(kind), RequestKind: groupVersionKind(was), SubResource: a.sub, RequestSubResource: a.sub,
		Resource: groupVersionResource{inv.r.Group, inv.r.Version, inv.r.Name}, RequestResource: groupVersionResource{asked.Group, asked.Version, asked.Name},
		Namespace: a.namespace(), Operation: string(a.op), DryRun: a.req.DryRun, Options: a.options(), Name: a.name(),
	}
	if a.naming {
		q.Name = "" // upstream knows none yet
	}
	id, err := s.gate.authenticate(a.req)
	if err != nil {
		return nil, err
	}
	q.UserInfo = userInfo(&id.UserInfo)
	for _, x := range [...]struct {
		from, shown api.Object
		into        *any
	}{{a.obj, inv.obj, &q.Object}, {a.old, inv.old, &q.OldObject}} {
		if x.from == nil {
			continue
		}
		if x.shown != nil {
			x.from = x.shown
		}
		o, err := s.seen(a, inv, x.from)
		if err != nil {
			return nil, err
		}
		*x.into = o
	}
	return q, nil
}

// requestOptions are CreateOptions, UpdateOptions or DeleteOptions.
type requestOptions struct {
	Kind               string                      `json:"kind"`
	APIVersion         string                      `json:"apiVersion"`
	DryRun             []string                    `json:"dryRun,omitempty"`
	FieldManager       string                      `json:"fieldManager,omitempty"`
	FieldValidation    string                      `json:"fieldValidation,omitempty"`
	GracePeriodSeconds *int64                      `json:"gracePeriodSeconds,omitempty"`
	PropagationPolicy  *metav1.DeletionPropagation `json:"propagationPolicy,omitempty"`
	Preconditions      *metav1.Preconditions       `json:"preconditions,omitempty"`
}

// options are those of the request; nil if it has none.
func (a *attributes) options() *requestOptions {
	r := a.req
	o := &requestOptions{APIVersion: "meta.k8s.io/v1", FieldManager: r.FieldManager, FieldValidation: r.FieldValidation}
	switch a.op {
	case opCreate:
		o.Kind = "CreateOptions"
	case opUpdate:
		o.Kind = "UpdateOptions"
	case opDelete:
		*o = requestOptions{Kind: "DeleteOptions", APIVersion: o.APIVersion, GracePeriodSeconds: r.GracePeriodSeconds, PropagationPolicy: r.Propagation, Preconditions: r.Preconditions}
	default:
		return nil
	}
	if r.DryRun {
		o.DryRun = []string{metav1.DryRunAll}
	}
	return o
}
