package runtime

import (
	"encoding/json"
	"strings"
	"time"
)

// agnhost's subcommand webhook (test/images/agnhost/webhook): a server that answers AdmissionReviews, one answer a path.

// webhook is one that runs.
type webhook struct{ sidecar string }

// seen is as much of an object as the answers look at.
type seen struct {
	Metadata struct {
		Name   string            `json:"name"`
		Labels map[string]string `json:"labels"`
	} `json:"metadata"`
	Spec struct {
		InitContainers []struct{ Name string } `json:"initContainers"`
		Containers     []struct{ Name string } `json:"containers"`
	} `json:"spec"`
	Data      map[string]any `json:"data"`
	Stdin     bool           `json:"stdin"`
	Container string         `json:"container"`
}

// verdict is an AdmissionResponse.
type verdict struct {
	UID       string         `json:"uid"`
	Allowed   bool           `json:"allowed"`
	Status    *verdictStatus `json:"status,omitempty"`
	Patch     []byte         `json:"patch,omitempty"`
	PatchType string         `json:"patchType,omitempty"`

	never bool
	after time.Duration
}

type verdictStatus struct {
	Metadata struct{} `json:"metadata"`
	Status   string   `json:"status,omitempty"`
	Message  string   `json:"message,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	Code     int      `json:"code,omitempty"`
}

func refuse(message string) *verdict { return &verdict{Status: &verdictStatus{Message: message}} }

func (v *verdict) patched(patch string) *verdict {
	v.Patch, v.PatchType = []byte(patch), "JSONPatch"
	return v
}

// answers are what is answered at the paths. A nil verdict is upstream's nil response: the handler panics, and the
// connection is closed.
var answers = [...]struct {
	path string
	give func(w *webhook, q *question) *verdict
}{
	{"/always-allow-delay-5s", allowLate}, {"/always-deny", denyAll}, {"/add-label", addLabel}, {"/pods", admitPods}, {"/pods/attach", admitAttach},
	{"/mutating-pods", mutatePods}, {"/mutating-pods-sidecar", addSidecar}, {"/configmaps", admitConfigMaps}, {"/mutating-configmaps", mutateConfigMaps},
	{"/custom-resource", admitCustom}, {"/mutating-custom-resource", mutateCustom}, {"/crd", admitDefinition},
}

func allowLate(*webhook, *question) *verdict {
	return &verdict{Allowed: true, after: 5 * time.Second, Status: &verdictStatus{Message: "this webhook allows all requests"}}
}

func denyAll(*webhook, *question) *verdict          { return refuse("this webhook denies all requests") }
func admitCustom(_ *webhook, q *question) *verdict  { return admitData(q, false) }
func mutateCustom(_ *webhook, q *question) *verdict { return mutateData(q, false) }

func (w *webhook) serve(_ *Container, rq Request) Reply {
	for i := range answers {
		if answers[i].path == rq.Path {
			return reviewed(rq, "admission.k8s.io/", "AdmissionReview", func(q *question) (any, Reply) {
				v := answers[i].give(w, q)
				if v == nil {
					return nil, Reply{}
				}
				v.UID = q.UID
				return v, Reply{Status: 200, After: v.after, Never: v.never}
			})
		}
	}
	return elsewhere(rq)
}

// read decodes an object of the question; typed objects are decoded by their kind, and that is said when they are absent.
func read(raw json.RawMessage, typed bool) (o seen, bad *verdict) {
	if len(raw) == 0 || string(raw) == "null" {
		text := "unexpected end of JSON input"
		if typed {
			text = "couldn't get version/kind; json parse error: " + text
		}
		return o, refuse(text)
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return o, refuse(err.Error())
	}
	return o, nil
}

// subject is what a validating answer looks at: in a delete, what there was.
func (q *question) subject() json.RawMessage {
	if q.Operation == "DELETE" {
		return q.OldObject
	}
	return q.Object
}

func addLabel(_ *webhook, q *question) *verdict {
	o, bad := read(q.Object, false)
	if bad != nil {
		return bad
	}
	v := &verdict{Allowed: true}
	switch value, has := o.Metadata.Labels["added-label"]; {
	case len(o.Metadata.Labels) == 0:
		return v.patched(`[{"op":"add","path":"/metadata/labels","value":{"added-label":"yes"}}]`)
	case !has:
		return v.patched(`[{"op":"add","path":"/metadata/labels/added-label","value":"yes"}]`)
	case value != "yes":
		return v.patched(`[{"op":"replace","path":"/metadata/labels/added-label","value":"yes"}]`)
	}
	return v
}

var (
	podsGVR       = gvr{"", "v1", "pods"}
	configMapsGVR = gvr{"", "v1", "configmaps"}
)

func admitPods(_ *webhook, q *question) *verdict {
	if q.Resource != podsGVR {
		return refuse("expect resource to be { v1 pods}")
	}
	o, bad := read(q.Object, true)
	if bad != nil {
		return bad
	}
	v, why := &verdict{}, ""
	switch o.Metadata.Labels["webhook-e2e-test"] {
	case "webhook-disallow":
		why = "the pod contains unwanted label; "
	case "wait-forever":
		v.never = true
		return v
	}
	for _, c := range o.Spec.Containers {
		if strings.Contains(c.Name, "webhook-disallow") {
			why += "the pod contains unwanted container name; "
		}
	}
	if why != "" {
		return refuse(strings.TrimSpace(why))
	}
	v.Allowed = true
	return v
}

func admitAttach(_ *webhook, q *question) *verdict {
	switch {
	case q.Name != "to-be-attached-pod":
		return &verdict{Allowed: true}
	case q.Resource != podsGVR:
		return refuse("expect resource to be { v1 pods}, got { " + q.Resource.Version + " " + q.Resource.Resource + "}")
	case q.SubResource != "attach":
		return refuse("expect subresource to be attach, got " + q.SubResource)
	}
	o, bad := read(q.Object, true)
	if bad != nil {
		return bad
	}
	if !o.Stdin || o.Container != "container1" {
		return &verdict{Allowed: true}
	}
	return refuse("attaching to pod 'to-be-attached-pod' is not allowed")
}

func mutatePods(_ *webhook, q *question) *verdict {
	return patchPod(q, `[{"op":"add","path":"/spec/initContainers","value":[{"image":"webhook-added-image","name":"webhook-added-init-container","resources":{}}]}]`,
		func(o *seen) bool {
			for _, c := range o.Spec.InitContainers {
				if c.Name == "webhook-added-init-container" {
					return false
				}
			}
			return o.Metadata.Name == "webhook-to-be-mutated"
		})
}

func addSidecar(w *webhook, q *question) *verdict {
	if w.sidecar == "" {
		return &verdict{Status: &verdictStatus{Status: "Failure", Message: "No image specified by the sidecar-image parameter", Code: 500}}
	}
	return patchPod(q, `[{"op":"add","path":"/spec/containers/-","value":{"image":"`+w.sidecar+`","name":"webhook-added-sidecar","resources":{}}}]`,
		func(o *seen) bool {
			for _, c := range o.Spec.Containers {
				if c.Name == "webhook-added-sidecar" {
					return false
				}
			}
			return true
		})
}

func patchPod(q *question, patch string, should func(*seen) bool) *verdict {
	if q.Resource != podsGVR {
		return nil
	}
	o, bad := read(q.Object, true)
	if bad != nil {
		return bad
	}
	v := &verdict{Allowed: true}
	if should(&o) {
		v.patched(patch)
	}
	return v
}

func admitConfigMaps(_ *webhook, q *question) *verdict {
	if q.Resource != configMapsGVR {
		return nil
	}
	return admitData(q, true)
}

// admitData refuses objects with certain data; what it calls them is the configmap or the custom resource.
func admitData(q *question, configMap bool) *verdict {
	o, bad := read(q.subject(), configMap)
	if bad != nil {
		return bad
	}
	kind, data := "custom resource", "data"
	if configMap {
		kind, data = "configmap", "key and value"
	}
	deletes := q.Operation == "DELETE"
	switch value := o.Data["webhook-e2e-test"]; {
	case value == "webhook-disallow" && (q.Operation == "CREATE" || q.Operation == "UPDATE"):
		return &verdict{Status: &verdictStatus{Reason: "the " + kind + " contains unwanted " + data}}
	case value == "webhook-nondeletable" && deletes:
		return &verdict{Status: &verdictStatus{Reason: "the " + kind + " cannot be deleted because it contains unwanted key and value"}}
	}
	return &verdict{Allowed: true}
}

func mutateConfigMaps(_ *webhook, q *question) *verdict {
	if q.Resource != configMapsGVR {
		return nil
	}
	return mutateData(q, true)
}

func mutateData(q *question, typed bool) *verdict {
	o, bad := read(q.Object, typed)
	if bad != nil {
		return bad
	}
	v := &verdict{Allowed: true}
	for _, stage := range [...][2]string{{"mutation-stage-1", "2"}, {"mutation-start", "1"}} {
		if o.Data[stage[0]] == "yes" {
			return v.patched(`[{"op":"add","path":"/data/mutation-stage-` + stage[1] + `","value":"yes"}]`)
		}
	}
	return v
}

func admitDefinition(_ *webhook, q *question) *verdict {
	const group, resource = "apiextensions.k8s.io", "customresourcedefinitions"
	if r := q.Resource; r.Group != group || r.Resource != resource {
		return refuse("expect resource to be one of [{" + group + " v1beta1 " + resource + "}, {" + group + " v1 " + resource + "}] but got {" + r.Group + " " + r.Version + " " + r.Resource + "}")
	}
	o, bad := read(q.Object, true)
	if bad != nil {
		return bad
	}
	if o.Metadata.Labels["webhook-e2e-test"] == "webhook-disallow" {
		return refuse("the crd contains unwanted label")
	}
	return &verdict{Allowed: true}
}
