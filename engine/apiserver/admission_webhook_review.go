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
	Options            any                       `json:"options"`
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
var partKinds = map[string]schema.GroupVersionKind{
	"scale":    {Group: "autoscaling", Version: "v1", Kind: "Scale"},
	"binding":  {Version: "v1", Kind: "Binding"},
	"eviction": {Group: "policy", Version: "v1", Kind: "Eviction"},
	"token":    {Group: "authentication.k8s.io", Version: "v1", Kind: "TokenRequest"},
	"exec":     {Version: "v1", Kind: "PodExecOptions"},
}

// whole reports that the object of the write is the resource's own.
func (a *attributes) whole() bool {
	_, part := partKinds[a.sub]
	return !part
}

func (a *attributes) kind(r *api.Resource) schema.GroupVersionKind {
	if k, part := partKinds[a.sub]; part {
		return k
	}
	return r.GVK()
}

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

// options are those of the request, as the API has them.
func (a *attributes) options() any {
	r := a.req
	kind := map[operation]string{opCreate: "CreateOptions", opUpdate: "UpdateOptions", opDelete: "DeleteOptions"}[a.op]
	if kind == "" {
		return nil
	}
	out := map[string]any{"kind": kind, "apiVersion": "meta.k8s.io/v1"}
	set := func(name string, value any, is bool) {
		if is {
			out[name] = value
		}
	}
	set("dryRun", []string{metav1.DryRunAll}, r.DryRun)
	if a.op == opDelete {
		set("gracePeriodSeconds", r.GracePeriodSeconds, r.GracePeriodSeconds != nil)
		set("propagationPolicy", r.Propagation, r.Propagation != nil)
		set("preconditions", r.Preconditions, r.Preconditions != nil)
		return out
	}
	set("fieldManager", r.FieldManager, r.FieldManager != "")
	set("fieldValidation", r.FieldValidation, r.FieldValidation != "")
	return out
}
