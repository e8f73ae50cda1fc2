package runtime

import (
	"bytes"
	"encoding/json"
)

// What agnhost's webhooks have in common: a review comes in, and goes out with an answer.

type gvr struct{ Group, Version, Resource string }

// question is an AdmissionRequest or a ConversionRequest.
type question struct {
	UID         string
	Name        string
	Operation   string
	Resource    gvr
	SubResource string
	Object      json.RawMessage
	OldObject   json.RawMessage

	DesiredAPIVersion string
	Objects           []map[string]any
}

// reviewed answers a review of a group and kind, in version v1 or v1beta1. answer gives the response, and the reply
// without its body.
func reviewed(rq Request, group, kind string, answer func(*question) (any, Reply)) Reply {
	if rq.Method != "POST" {
		return Reply{Status: 200} // a request without a media type
	}
	var in struct {
		Kind, APIVersion string
		Request          *question
	}
	d := json.NewDecoder(bytes.NewReader(rq.Body))
	d.UseNumber()
	err := d.Decode(&in)
	if err != nil || in.Kind != kind || in.APIVersion != group+"v1" && in.APIVersion != group+"v1beta1" {
		return Reply{Status: 400, Body: []byte("Unsupported group version kind: " + in.APIVersion + ", Kind=" + in.Kind + "\n")}
	}
	if in.Request == nil {
		return Reply{}
	}
	response, r := answer(in.Request)
	if r.Status != 0 {
		r.Body, _ = json.Marshal(map[string]any{"kind": in.Kind, "apiVersion": in.APIVersion, "response": response})
		r.JSON = true
	}
	return r
}

// elsewhere answers at the paths that are no webhook's.
func elsewhere(rq Request) Reply {
	if rq.Path == "/readyz" {
		return Reply{Status: 200, Body: []byte("ok")}
	}
	return Reply{Status: 404, Body: []byte("404 page not found\n")}
}
