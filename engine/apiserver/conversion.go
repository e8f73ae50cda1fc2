package apiserver

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
)

// Conversion webhooks (apiextensions-apiserver, apiserver/conversion/webhook_converter.go): custom objects are converted
// between their versions by a program.

// conversionTimeout is that of the webhook client (apiserver/pkg/util/webhook/authentication.go).
const conversionTimeout = 30 * time.Second

// conversionReview is the document that goes out and comes back.
type conversionReview struct {
	Kind       string             `json:"kind"`
	APIVersion string             `json:"apiVersion"`
	Request    *conversionRequest `json:"request,omitempty"`
	Response   *struct {
		UID              string           `json:"uid"`
		Result           metav1.Status    `json:"result"`
		ConvertedObjects []map[string]any `json:"convertedObjects"`
	} `json:"response,omitempty"`
}

type conversionRequest struct {
	UID               string `json:"uid"`
	DesiredAPIVersion string `json:"desiredAPIVersion"`
	Objects           []any  `json:"objects"`
}

const extensionsGroup = "apiextensions.k8s.io/"

// convertOne converts one object; see convert.
func (s *Server) convertOne(o *api.Custom, to *api.Resource, then func(api.Object, error)) {
	s.convert([]api.Object{o}, to, func(out []api.Object, err error) {
		if err != nil {
			then(nil, err)
			return
		}
		then(out[0], nil)
	})
}

// convert gives custom objects in a version of their kind: at once if they have it, else the kind's webhook is asked. The
// errors are of status 500, as upstream's.
func (s *Server) convert(objs []api.Object, to *api.Resource, then func([]api.Object, error)) {
	out := slices.Clone(objs)
	var asked []int
	for i, o := range objs {
		if c := o.(*api.Custom); c.Resource.Version != to.Version {
			asked = append(asked, i)
		} else if c.Resource != to {
			out[i] = c.In(to)
		}
	}
	if len(asked) == 0 {
		then(out, nil)
		return
	}
	of := objs[asked[0]].(*api.Custom).Resource.GVK().String()
	fail := func(why string) { then(nil, storageError(errors.New("conversion webhook for "+of+why))) }
	def := s.custom.defs[to.Qualified()]
	if def == nil || def.target == nil {
		fail(" failed: there is none")
		return
	}
	i := slices.IndexFunc(to.Custom.Webhook.ConversionReviewVersions, func(v string) bool { return v == "v1" || v == "v1beta1" })
	if i < 0 {
		then(nil, storageError(errors.New("no supported conversion review versions")))
		return
	}
	if def.target.err != nil {
		then(nil, storageError(def.target.err))
		return
	}
	version := to.Custom.Webhook.ConversionReviewVersions[i]
	review := &conversionReview{Kind: "ConversionReview", APIVersion: extensionsGroup + version}
	review.Request = &conversionRequest{UID: string(s.newUID()), DesiredAPIVersion: to.APIVersion()}
	for _, i := range asked {
		c := objs[i].(*api.Custom)
		review.Request.Objects = append(review.Request.Objects, s.fields.Shown(c.Resource, c).(*api.Custom).Full())
	}
	answer := &conversionReview{}
	s.post(def.target, conversionTimeout, review, answer, func(err error) {
		if err != nil {
			fail(" failed: " + err.Error())
			return
		}
		if why := answer.failed(review, version); why != "" {
			fail(" failed: " + why)
			return
		}
		got := answer.Response.ConvertedObjects
		if len(got) != len(asked) {
			fail(" returned " + strconv.Itoa(len(got)) + " objects, expected " + strconv.Itoa(len(asked)))
			return
		}
		for n, i := range asked {
			c, why := converted(objs[i].(*api.Custom), to, got[n], n)
			if why != "" {
				fail(" returned " + why)
				return
			}
			out[i] = c
		}
		then(out, nil)
	})
}

// failed says why an answer is none (getConvertedObjectsFromResponse).
func (w *conversionReview) failed(sent *conversionReview, version string) string {
	gvk := func(w *conversionReview) string { return w.APIVersion + ", Kind=" + w.Kind }
	got := gvk(w)
	if w.APIVersion == "" {
		got = "/" + got
	}
	switch r := w.Response; {
	case version == "v1" && got != gvk(sent):
		return "expected webhook response of " + gvk(sent) + ", got " + got
	case r == nil:
		return "no response provided"
	case version == "v1" && r.UID != sent.Request.UID:
		return "expected response.uid=" + strconv.Quote(sent.Request.UID) + ", got " + strconv.Quote(r.UID)
	case r.Result.Status == metav1.StatusSuccess:
		return ""
	case r.Result.Message != "":
		return r.Result.Message
	default:
		return "response.result.status was '" + r.Result.Status + "', not 'Success'"
	}
}

// converted makes an object of what a webhook returned: but for labels and annotations, its metadata stays what it was
// (validateConvertedObject, restoreObjectMeta).
func converted(from *api.Custom, to *api.Resource, content map[string]any, index int) (*api.Custom, string) {
	text := func(name string) string { v, _ := content[name].(string); return v }
	gv, err := schema.ParseGroupVersion(text("apiVersion"))
	if err != nil || text("kind") == "" {
		return nil, "invalid converted object at index " + strconv.Itoa(index) + ": Object 'Kind' is missing"
	}
	switch want := to.GVK(); {
	case gv != want.GroupVersion():
		return nil, "invalid object at index 0: invalid groupVersion (expected " + want.GroupVersion().String() + ", received " + gv.String() + ")"
	case text("kind") != want.Kind:
		return nil, "invalid object at index 0: invalid kind (expected " + want.Kind + ", received " + text("kind") + ")"
	}
	meta, found := content["metadata"]
	fields, _ := meta.(map[string]any)
	differs := func(name, field, old string) string {
		if now, _ := fields[field].(string); now != old {
			return "invalid object: must have the same " + name + ": " + old + " != " + now
		}
		return ""
	}
	for _, why := range []string{differs("name", "name", from.Name), differs("namespace", "namespace", from.Namespace), differs("UID", "uid", string(from.UID))} {
		if why != "" {
			return nil, why
		}
	}
	if !found {
		return nil, "invalid metadata: missing metadata in converted object"
	}
	if fields == nil {
		return nil, "invalid metadata: invalid metadata of type " + typeName(meta) + " in converted object"
	}
	labels, why := textMap(fields, "labels", from.Labels)
	if why == "" && !maps.Equal(labels, from.Labels) {
		why = aggregate(metav1validation.ValidateLabels(labels, field.NewPath("metadata", "labels")))
	}
	annotations, bad := textMap(fields, "annotations", from.Annotations)
	if bad == "" && !maps.Equal(annotations, from.Annotations) {
		bad = aggregate(apivalidation.ValidateAnnotations(annotations, field.NewPath("metadata", "annotation")))
	}
	if why += bad; why != "" {
		return nil, "invalid metadata: " + why
	}
	out := &api.Custom{Resource: to}
	delete(content, "metadata")
	if _, err := out.DecodeContent(content); err != nil {
		return nil, "invalid object: " + err.Error()
	}
	out.TypeMeta = metav1.TypeMeta{}
	out.ObjectMeta = from.ObjectMeta
	out.Labels, out.Annotations = labels, annotations
	return out, ""
}

func aggregate(errs field.ErrorList) string {
	if len(errs) == 0 {
		return ""
	}
	return errs.ToAggregate().Error()
}

func typeName(v any) string {
	if v == nil {
		return "<nil>"
	}
	return reflect.TypeOf(v).String()
}

// textMap reads labels or annotations; old is returned if nothing differs.
func textMap(meta map[string]any, name string, old map[string]string) (map[string]string, string) {
	v := meta[name]
	if v == nil {
		return nil, ""
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, "invalid metadata." + name + " of type " + typeName(v) + " in converted object"
	}
	out := make(map[string]string, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if out[k], ok = m[k].(string); !ok {
			return nil, "metadata." + name + "[" + k + "] must be a string, but is " + typeName(m[k]) + " in converted object"
		}
	}
	if maps.Equal(out, old) {
		return old, ""
	}
	return out, ""
}
