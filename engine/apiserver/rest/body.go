package rest

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	authenticationv1 "k8s.io/api/authentication/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"tabernetes/engine/api"
	"tabernetes/engine/api/manifest"
)

// readBody reads at most what upstream takes (--max-request-body-bytes of the generic server).
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return nil, apierrors.NewRequestEntityTooLargeError(fmt.Sprintf("limit is %d", maxBody))
	case err != nil:
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return b, nil
}

// document is a body as JSON. Of several YAML documents the first counts, as upstream.
func document(b []byte, isYAML bool) (manifest.Document, error) {
	if !isYAML {
		return manifest.Document{Raw: b}, nil
	}
	docs, err := manifest.Split(b)
	if len(docs) > 0 {
		return docs[0], nil
	}
	if err == nil {
		return manifest.Document{}, errors.New("the document is empty")
	}
	// Which kind is meant the path may say, so it need not stand in the body; kubectl's splitter insists.
	if why := errors.Unwrap(err); runtime.IsMissingKind(why) || runtime.IsMissingVersion(why) {
		raw, err := yaml.YAMLToJSON(b)
		return manifest.Document{Raw: raw}, err
	}
	return manifest.Document{}, err
}

// parsed is a body of which the kind is known.
type parsed struct {
	head   runtime.TypeMeta
	doc    manifest.Document // JSON, YAML
	packed []byte            // protobuf
}

func openBody(b []byte, typ string) (p parsed, err error) {
	if typ == protobufType {
		env, err := openEnvelope(b)
		if err != nil {
			return p, err
		}
		return parsed{head: env.TypeMeta, packed: env.Raw}, nil
	}
	if p.doc, err = document(b, typ == yamlType); err != nil {
		return p, err
	}
	if err = json.Unmarshal(p.doc.Raw, &p.head); err != nil {
		err = fmt.Errorf("couldn't get version/kind; json parse error: %w", err)
	}
	return p, err
}

func (p *parsed) decode(obj api.Object, strict bool) (warnings []string, err error) {
	if p.packed == nil {
		return manifest.Decode(p.doc, obj, strict)
	}
	m, ok := obj.(interface{ Unmarshal([]byte) error })
	if !ok {
		return nil, fmt.Errorf("object %T cannot be read from protobuf", obj)
	}
	return nil, m.Unmarshal(p.packed)
}

// envelope is how every protobuf body begins (runtime/serializer/protobuf).
var envelope = [...]byte{'k', '8', 's', 0}

func openEnvelope(b []byte) (*runtime.Unknown, error) {
	switch {
	case len(b) == 0:
		return nil, errors.New("empty data")
	case !bytes.HasPrefix(b, envelope[:]):
		return nil, fmt.Errorf("provided data does not appear to be a protobuf message, expected prefix %v", envelope)
	case len(b) == len(envelope):
		return nil, errors.New("empty body")
	}
	u := &runtime.Unknown{}
	if err := u.Unmarshal(b[len(envelope):]); err != nil {
		return nil, err
	}
	if u.Raw == nil {
		u.Raw = []byte{}
	}
	return u, nil
}

// newObject makes an empty object of what a call takes.
func (c *call) newObject() api.Object {
	switch c.subresource {
	case "scale":
		return &autoscalingv1.Scale{}
	case "binding":
		return &corev1.Binding{}
	case "eviction":
		return &policyv1.Eviction{}
	case "token":
		return &authenticationv1.TokenRequest{}
	}
	return c.resource.New()
}

// decodeObject reads the object of a POST or PUT (endpoints/handlers/create.go, rest.go).
func decodeObject(w http.ResponseWriter, r *http.Request, c *call, validation string) (obj api.Object, warnings []string, err error) {
	typ, err := bodyType(r)
	if err != nil {
		return nil, nil, err
	}
	b, err := readBody(w, r)
	if err != nil {
		return nil, nil, err
	}
	want := c.kind()
	body, err := openBody(b, typ)
	unrecognized := func(err error) error {
		return apierrors.NewBadRequest(fmt.Sprintf("the object provided is unrecognized (must be of type %s): %v (%s)", want.Kind, err, summary(b)))
	}
	if err != nil {
		return nil, nil, unrecognized(err)
	}
	got := want
	if body.head.APIVersion != "" {
		gv, err := schema.ParseGroupVersion(body.head.APIVersion)
		if err != nil {
			return nil, nil, unrecognized(err)
		}
		got.Group, got.Version = gv.Group, gv.Version
	}
	if body.head.Kind != "" {
		got.Kind = body.head.Kind
	}
	cannot := func(format string, args ...any) error {
		return apierrors.NewBadRequest(fmt.Sprintf("%s in version %q cannot be handled as a %s: ", got.Kind, got.Version, want.Kind) + fmt.Sprintf(format, args...))
	}
	if got.Kind != want.Kind || got.Group != want.Group {
		if r := api.ByGVK(got); r != nil {
			return nil, nil, cannot("converting (%s) to (%s): unknown conversion", r.Version+"."+r.Kind, internalName(want))
		}
		return nil, nil, cannot("no kind %q is registered for version %q in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\"", got.Kind, got.GroupVersion())
	}
	if got.Version != want.Version && !(want.Kind == "Eviction" && got.Version == "v1beta1") {
		return nil, nil, apierrors.NewBadRequest(fmt.Sprintf("the API version in the data (%s) does not match the expected API version (%s)", got.GroupVersion(), want.GroupVersion()))
	}
	obj = c.newObject()
	warnings, err = body.decode(obj, validation == metav1.FieldValidationStrict)
	if err != nil {
		return nil, nil, cannot("%v", err)
	}
	if validation == metav1.FieldValidationIgnore {
		warnings = nil
	}
	obj.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
	return obj, warnings, nil
}

// internalName is what upstream calls its internal form of a kind.
func internalName(k schema.GroupVersionKind) string {
	switch k.Group {
	case "":
		return "core." + k.Kind
	case "coordination.k8s.io":
		return "coordination." + k.Kind
	case "discovery.k8s.io":
		return "discovery." + k.Kind
	}
	return k.Group + "." + k.Kind
}

// summary shows the beginning of a body that is no object.
func summary(b []byte) string {
	const most = 30
	switch {
	case len(b) == 0:
		return "<empty>"
	case b[0] == '{':
		if len(b) > most {
			return string(b[:most]) + " ..."
		}
		return string(b)
	case len(b) > most:
		return hex.EncodeToString(b[:most]) + " ..."
	}
	return hex.EncodeToString(b)
}
