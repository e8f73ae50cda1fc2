package manifest

import (
	"k8s.io/apimachinery/pkg/runtime"
	kjson "sigs.k8s.io/json"
)

// Decode reads a document into an object of its kind. Fields that the type
// does not have and keys that are given twice are warnings, or with strict an
// error ("strict decoding error: unknown field …"). A value of the wrong type
// is always an error, in the JSON decoder's words. The object is not of use
// after an error, except a strict one (runtime.IsStrictDecodingError).
//
// Upstream: k8s.io/apimachinery/pkg/runtime/serializer/json. The API server
// puts "Deployment in version "v1" cannot be handled as a Deployment: " before
// the text.
func Decode(doc Document, into runtime.Object, strict bool) (warnings []string, err error) {
	var found []error
	if c, ok := into.(interface {
		DecodeContent(map[string]any) ([]error, error)
	}); ok { // a custom object, which knows its schema
		content := map[string]any{}
		if found, err = kjson.UnmarshalStrict(doc.Raw, &content); err == nil {
			var unknown []error
			unknown, err = c.DecodeContent(content)
			found = append(found, unknown...)
		}
	} else if u, ok := into.(runtime.Unstructured); ok {
		content := map[string]any{}
		if found, err = kjson.UnmarshalStrict(doc.Raw, &content); err == nil {
			u.SetUnstructuredContent(content)
		}
	} else {
		found, err = kjson.UnmarshalStrict(doc.Raw, into)
	}
	if err != nil {
		return nil, err
	}
	found = append(doc.duplicates[:len(doc.duplicates):len(doc.duplicates)], found...)
	if len(found) == 0 {
		return nil, nil
	}
	if strict {
		return nil, runtime.NewStrictDecodingError(found)
	}
	for _, e := range found {
		warnings = append(warnings, e.Error())
	}
	return warnings, nil
}
