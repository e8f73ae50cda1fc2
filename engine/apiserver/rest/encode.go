package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"sigs.k8s.io/yaml"

	"tabernetes/engine/api"
)

func encode(v any, out output) ([]byte, error) {
	var b []byte
	var err error
	if out.packed {
		return pack(v)
	}
	if out.pretty && !out.yaml {
		b, err = json.MarshalIndent(v, "", "  ")
	} else {
		b, err = json.Marshal(v)
	}
	if err != nil {
		return nil, err
	}
	if out.yaml {
		return yaml.JSONToYAML(b)
	}
	return append(b, '\n'), nil
}

// write sends v as the client asked for.
func (s *server) write(w http.ResponseWriter, out output, code int, v any) {
	b, err := encode(v, out)
	if err != nil {
		code, out = http.StatusInternalServerError, output{}
		b, _ = encode(statusOf(apierrors.NewInternalError(err)), out)
	}
	t := jsonType
	switch {
	case out.yaml:
		t = yamlType
	case out.packed:
		t = protobufType
	}
	s.send(w, t, code, b)
}

func (s *server) send(w http.ResponseWriter, contentType string, code int, b []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(code)
	_, _ = w.Write(b)
}

// writeJSON sends a document that is no object of the table.
func (s *server) writeJSON(w http.ResponseWriter, r *http.Request, code int, v any) {
	out, err := negotiate(r, offer{})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.write(w, out, code, v)
}

// fail answers with an error. A client that wants none of our media types gets JSON.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	out, nerr := negotiate(r, offer{})
	if nerr != nil {
		out = output{pretty: pretty(r)}
	}
	st := statusOf(err)
	if d := st.Details; d != nil && d.RetryAfterSeconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(d.RetryAfterSeconds)))
	}
	s.write(w, out, int(st.Code), st)
}

// statusOf is an error as clients see it (responsewriters/status.go).
func statusOf(err error) *metav1.Status {
	st := metav1.Status{Message: err.Error(), Code: http.StatusInternalServerError, Reason: metav1.StatusReasonUnknown}
	var known apierrors.APIStatus
	if errors.As(err, &known) {
		st = known.Status()
	}
	if st.Status == "" {
		st.Status = metav1.StatusFailure
	}
	if st.Code < 200 || st.Code > 599 {
		st.Code = http.StatusInternalServerError
	}
	st.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	return &st
}

// named is a copy of an object that says of what kind it is; objects of the core do not.
func named(obj api.Object, kind schema.GroupVersionKind) api.Object {
	c := api.Copy(obj)
	c.GetObjectKind().SetGroupVersionKind(kind)
	return c
}

// kindOf is the kind of what a call answers with.
func (c *call) kind() schema.GroupVersionKind {
	if sub, ok := subresourceOf(c.subresource); ok && !sub.kind.Empty() {
		return sub.kind
	}
	return c.resource.GVK()
}

// transformed is an object in the form the client asked for.
func (s *server) transformed(r *http.Request, c *call, out output, obj api.Object) (any, error) {
	switch out.as.Kind {
	case "":
		return named(obj, c.kind()), nil
	case "Table":
		t, err := s.tableFor(r, c, out)
		if err != nil {
			return nil, err
		}
		return t.one(obj), nil
	case "PartialObjectMetadata":
		return partial(obj, out.as.Version), nil
	}
	return nil, failure(http.StatusNotAcceptable, metav1.StatusReasonNotAcceptable, fmt.Sprintf("you requested PartialObjectMetadataList, but the requested object is not a list (%T)", obj))
}

func partial(obj api.Object, version string) *metav1.PartialObjectMetadata {
	p := meta.AsPartialObjectMetadata(obj)
	p.TypeMeta = metav1.TypeMeta{APIVersion: metav1.GroupName + "/" + version, Kind: "PartialObjectMetadata"}
	return p
}

// list is a list in the form the client asked for.
func (s *server) list(r *http.Request, c *call, out output, items []api.Object, lm metav1.ListMeta) (any, error) {
	switch out.as.Kind {
	case "":
		l := c.resource.NewList(items)
		gvk := c.resource.GVK()
		gvk.Kind += "List"
		l.GetObjectKind().SetGroupVersionKind(gvk)
		return l, setListMeta(l, lm)
	case "Table":
		t, err := s.tableFor(r, c, out)
		if err != nil {
			return nil, err
		}
		return t.many(items, lm), nil
	case "PartialObjectMetadataList":
		l := &metav1.PartialObjectMetadataList{ListMeta: lm, Items: make([]metav1.PartialObjectMetadata, 0, len(items))}
		l.TypeMeta = metav1.TypeMeta{APIVersion: metav1.GroupName + "/" + out.as.Version, Kind: out.as.Kind}
		for _, o := range items {
			l.Items = append(l.Items, *partial(o, out.as.Version))
		}
		return l, nil
	}
	return nil, failure(http.StatusNotAcceptable, metav1.StatusReasonNotAcceptable, "you requested PartialObjectMetadata, but the requested object is a list ("+c.resource.Kind+"List)")
}

func setListMeta(l runtime.Object, lm metav1.ListMeta) error {
	m, err := meta.ListAccessor(l)
	if err != nil {
		return apierrors.NewInternalError(err)
	}
	m.SetResourceVersion(lm.ResourceVersion)
	m.SetContinue(lm.Continue)
	m.SetRemainingItemCount(lm.RemainingItemCount)
	return nil
}

// warn adds Warning headers; texts that a header cannot hold are left out.
func warn(w http.ResponseWriter, texts []string) {
	for _, t := range texts {
		if h, err := utilnet.NewWarningHeader(299, "-", t); err == nil {
			w.Header().Add("Warning", h)
		}
	}
}
