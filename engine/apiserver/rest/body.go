package rest

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

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
		err = errors.New("the document is empty")
	}
	return manifest.Document{}, err
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
	}
	return c.resource.New()
}

// decodeObject reads the object of a POST or PUT (endpoints/handlers/create.go, rest.go).
func decodeObject(w http.ResponseWriter, r *http.Request, c *call, validation string) (obj api.Object, warnings []string, err error) {
	isYAML, err := bodyType(r)
	if err != nil {
		return nil, nil, err
	}
	b, err := readBody(w, r)
	if err != nil {
		return nil, nil, err
	}
	want := c.kind()
	doc, err := document(b, isYAML)
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err == nil {
		if err = json.Unmarshal(doc.Raw, &head); err != nil {
			err = fmt.Errorf("couldn't get version/kind; json parse error: %w", err)
		}
	}
	unrecognized := func(err error) error {
		return apierrors.NewBadRequest(fmt.Sprintf("the object provided is unrecognized (must be of type %s): %v (%s)", want.Kind, err, summary(b)))
	}
	if err != nil {
		return nil, nil, unrecognized(err)
	}
	got := want
	if head.APIVersion != "" {
		gv, err := schema.ParseGroupVersion(head.APIVersion)
		if err != nil {
			return nil, nil, unrecognized(err)
		}
		got.Group, got.Version = gv.Group, gv.Version
	}
	if head.Kind != "" {
		got.Kind = head.Kind
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
	warnings, err = manifest.Decode(doc, obj, validation == metav1.FieldValidationStrict)
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
