package runtime

import (
	"encoding/json"
	"strings"
	"time"
)

// agnhost's subcommand webhook (test/images/agnhost/webhook): a server that answers AdmissionReviews, one answer a path.

// webhook is one that runs.
type webhook struct{ sidecar string }

// reviewed is as much of an object as the answers look at.
type reviewed struct {
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

type gvr struct{ Group, Version, Resource string }

// question is an AdmissionRequest.
type question struct {
	UID         string
	Name        string
	Operation   string
	Resource    gvr
	SubResource string
	Object      json.RawMessage
	OldObject   json.RawMessage
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

// answers are the paths. A nil verdict is upstream's nil response: the handler panics, and the connection is closed.
var answers = map[string]func(w *webhook, q *question) *verdict{
	"/always-allow-delay-5s": func(*webhook, *question) *verdict {
		return &verdict{Allowed: true, after: 5 * time.Second, Status: &verdictStatus{Message: "this webhook allows all requests"}}
	},
	"/always-deny":              func(*webhook, *question) *verdict { return refuse("this webhook denies all requests") },
	"/add-label":                addLabel,
	"/pods":                     admitPods,
	"/pods/attach":              admitAttach,
	"/mutating-pods":            mutatePods,
	"/mutating-pods-sidecar":    addSidecar,
	"/configmaps":               admitConfigMaps,
	"/mutating-configmaps":      mutateConfigMaps,
	"/custom-resource":          func(_ *webhook, q *question) *verdict { return admitData(q, false) },
	"/mutating-custom-resource": func(_ *webhook, q *question) *verdict { return mutateData(q, false) },
	"/crd":                      admitDefinition,
}

func (w *webhook) serve(_ *Container, rq Request) Reply {
	if rq.Path == "/readyz" {
		return Reply{Status: 200, Body: []byte("ok")}
	}
	answer := answers[rq.Path]
	switch {
	case answer == nil:
		return Reply{Status: 404, Body: []byte("404 page not found\n")}
	case rq.Method != "POST":
		return Reply{Status: 200} // a request without a media type
	}
	var in struct {
		Kind, APIVersion string
		Request          *question
	}
	if err := json.Unmarshal(rq.Body, &in); err != nil {
		return Reply{Status: 400, Body: []byte("Request could not be decoded: " + err.Error() + "\n")}
	}
	version, ok := strings.CutPrefix(in.APIVersion, "admission.k8s.io/")
	if !ok || in.Kind != "AdmissionReview" || version != "v1" && version != "v1beta1" {
		return Reply{Status: 400, Body: []byte("Unsupported group version kind: " + in.APIVersion + ", Kind=" + in.Kind + "\n")}
	}
	if in.Request == nil {
		return Reply{}
	}
	out := answer(w, in.Request)
	if out == nil {
		return Reply{}
	}
	out.UID = in.Request.UID
	body, _ := json.Marshal(map[string]any{"kind": in.Kind, "apiVersion": in.APIVersion, "response": out})
	return Reply{Status: 200, Body: body, JSON: true, After: out.after, Never: out.never}
}

// read decodes an object of the question; typed objects are decoded by their kind, and that is said when they are absent.
func read(raw json.RawMessage, typed bool) (o reviewed, bad *verdict) {
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
		func(o *reviewed) bool {
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
		func(o *reviewed) bool {
			for _, c := range o.Spec.Containers {
				if c.Name == "webhook-added-sidecar" {
					return false
				}
			}
			return true
		})
}

func patchPod(q *question, patch string, should func(*reviewed) bool) *verdict {
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
