package patch

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
)

// JSON applies an RFC 6902 patch and returns a new object of obj's type.
// Errors are API statuses: 400 for a patch that cannot be read, 413 for one of
// more than 10,000 operations, 422 for one that does not apply or whose result
// is not an object of this type. Unknown fields are dropped.
func JSON(obj runtime.Object, patch []byte) (runtime.Object, error) {
	out, _, err := Apply(types.JSONPatchType, obj, patch, metav1.FieldValidationWarn)
	return out, err
}

// Merge applies an RFC 7386 merge patch; see JSON.
func Merge(obj runtime.Object, patch []byte) (runtime.Object, error) {
	out, _, err := Apply(types.MergePatchType, obj, patch, metav1.FieldValidationWarn)
	return out, err
}

// Strategic applies a strategic merge patch; see JSON. Objects without a Go
// type (runtime.Unstructured) do not support it.
func Strategic(obj runtime.Object, patch []byte) (runtime.Object, error) {
	out, _, err := Apply(types.StrategicMergePatchType, obj, patch, metav1.FieldValidationWarn)
	return out, err
}

// Apply applies a patch of the type that a request's Content-Type names, with
// the request's fieldValidation (metav1.FieldValidation…; empty means Warn).
// With Strict, unknown and duplicate fields are an error; with Warn they come
// back as warnings, one text each. obj is not changed. obj should have its
// apiVersion and kind set, because patches may test them.
//
// The caller checks names, defaults, validates and sets managed fields.
func Apply(kind types.PatchType, obj runtime.Object, patch []byte, fieldValidation string) (runtime.Object, []string, error) {
	a := application{obj: obj, patch: patch, validation: fieldValidation}
	if a.validation == "" {
		a.validation = metav1.FieldValidationWarn
	}
	var err error
	switch kind {
	case types.JSONPatchType:
		err = a.json()
	case types.MergePatchType:
		err = a.merge()
	case types.StrategicMergePatchType:
		err = a.strategic()
	default:
		err = fmt.Errorf("unknown Content-Type header for patch: %v", kind)
	}
	if err != nil {
		return nil, nil, err
	}
	return a.out, a.warnings, nil
}

// application is one patch on its way.
type application struct {
	obj        runtime.Object
	patch      []byte
	validation string

	strictErrs []error
	out        runtime.Object
	warnings   []string
}

func (a *application) checks() bool { return a.validation != metav1.FieldValidationIgnore }

// content returns the object as JSON values that may be changed.
func (a *application) content() (map[string]any, error) {
	if u, ok := a.obj.(runtime.Unstructured); ok {
		return runtime.DeepCopyJSON(u.UnstructuredContent()), nil
	}
	return runtime.DefaultUnstructuredConverter.ToUnstructured(a.obj)
}

// jsonPatchOp is only for the strict check of a patch's members.
type jsonPatchOp struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	From  string `json:"from"`
	Value any    `json:"value"`
}

func (a *application) json() error {
	if a.checks() {
		var ops []jsonPatchOp
		strictErrs, err := kjson.UnmarshalStrict(a.patch, &ops)
		if err != nil {
			// Clients see the name of upstream's type in this text.
			text := strings.ReplaceAll(err.Error(), "patch.jsonPatchOp", "handlers.jsonPatchOp")
			return apierrors.NewBadRequest("error decoding patch: " + text)
		}
		for _, e := range strictErrs {
			a.strictErrs = append(a.strictErrs, fmt.Errorf("json patch %v", e))
		}
	}
	var ops []operation
	if err := json.Unmarshal(a.patch, &ops); err != nil {
		return apierrors.NewBadRequest(strings.ReplaceAll(err.Error(), "[]patch.operation", "jsonpatch.Patch"))
	}
	if len(ops) > maxJSONPatchOperations {
		return apierrors.NewRequestEntityTooLargeError(fmt.Sprintf("The allowed maximum operations in a JSON patch is %d, got %d",
			maxJSONPatchOperations, len(ops)))
	}
	doc, err := a.operate(ops)
	if err != nil {
		return unprocessable(err.Error())
	}
	return a.decode(doc)
}

func (a *application) operate(ops []operation) (any, error) {
	content, err := a.content()
	if err != nil {
		return nil, err
	}
	p := jsonPatch{doc: content}
	for _, o := range ops {
		if err := p.apply(o); err != nil {
			return nil, err
		}
	}
	return p.doc, nil
}

// ErrUndecodable is what Operations says of text that is no list of operations.
type ErrUndecodable struct{ error }

// Operations applies an RFC 6902 patch as the API server applies a webhook's: errors are those of the library it uses,
// not API statuses, and unknown fields are dropped. A patch without operations gives obj itself.
func Operations(obj runtime.Object, patch []byte) (runtime.Object, error) {
	a := application{obj: obj, patch: patch, validation: metav1.FieldValidationIgnore}
	var ops []operation
	if err := json.Unmarshal(patch, &ops); err != nil {
		return nil, ErrUndecodable{err}
	}
	if len(ops) == 0 {
		return obj, nil
	}
	doc, err := a.operate(ops)
	if err != nil {
		return nil, err
	}
	err = a.decode(doc)
	return a.out, err
}

func (a *application) merge() error {
	if a.checks() {
		var m map[string]any
		strictErrs, err := kjson.UnmarshalStrict(a.patch, &m)
		if err != nil {
			return apierrors.NewBadRequest(fmt.Sprintf("error decoding patch: %v", err))
		}
		a.strictErrs = strictErrs
	}
	var patch any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(a.patch, &patch); err != nil || patch == nil {
		return apierrors.NewBadRequest("Invalid JSON Patch")
	}
	content, err := a.content()
	if err != nil {
		return err
	}
	return a.decode(mergeValue(content, patch))
}

// mergeValue is MergePatch of RFC 7386 section 2.
func mergeValue(target, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	t, ok := target.(map[string]any)
	if !ok {
		t = map[string]any{}
	}
	for key, value := range p {
		if value == nil {
			delete(t, key)
		} else {
			t[key] = mergeValue(t[key], value)
		}
	}
	return t
}

// decode turns the patched JSON into an object of the original's type.
func (a *application) decode(doc any) error {
	text, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	if u, ok := a.obj.(runtime.Unstructured); ok {
		content, ok := doc.(map[string]any)
		if !ok {
			return a.invalid(string(text), errors.New("json: cannot unmarshal array into Go value of type map[string]interface {}"))
		}
		out := u.NewEmptyInstance()
		if c, ok := out.(interface {
			DecodeContent(map[string]any) ([]error, error)
		}); ok { // a custom object, which knows its schema
			unknown, err := c.DecodeContent(content)
			if err != nil {
				return a.invalid(string(text), err)
			}
			return a.finish(out, string(text), unknown)
		}
		out.SetUnstructuredContent(content)
		return a.finish(out, string(text), nil)
	}
	out := reflect.New(reflect.TypeOf(a.obj).Elem()).Interface().(runtime.Object)
	strictErrs, err := kjson.UnmarshalStrict(text, out)
	if err != nil {
		return a.invalid(string(text), err)
	}
	return a.finish(out, string(text), strictErrs)
}

func (a *application) strategic() error {
	if _, ok := a.obj.(runtime.Unstructured); ok {
		return asStatus(errStrategicNotSupported)
	}
	var patch map[string]any
	strictErrs, err := kjson.UnmarshalStrict(a.patch, &patch)
	if err != nil {
		return apierrors.NewBadRequest(err.Error())
	}
	if a.checks() {
		a.strictErrs = strictErrs
	}
	if patch == nil {
		patch = map[string]any{}
	}
	ti, err := typeOf(a.obj)
	if err != nil {
		return err
	}
	content, err := a.content()
	if err != nil {
		return err
	}
	merged, err := merger{}.merge(content, patch, ti)
	if err != nil {
		return asStatus(err)
	}
	value := func() string { return fmt.Sprintf("%+v", patch) }
	out := reflect.New(reflect.TypeOf(a.obj).Elem()).Interface().(runtime.Object)
	err = runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(merged, out, a.checks())
	strict, isStrict := runtime.AsStrictDecodingError(err)
	if err != nil && !isStrict {
		return a.invalid(value(), err)
	}
	// The kind is the Go type's; a patch cannot change it.
	out.GetObjectKind().SetGroupVersionKind(a.obj.GetObjectKind().GroupVersionKind())
	if isStrict {
		return a.finish(out, value(), strict.Errors())
	}
	return a.finish(out, value(), nil)
}

// finish treats unknown and duplicate fields as the request wishes.
func (a *application) finish(out runtime.Object, value string, strictErrs []error) error {
	was, is := a.obj.GetObjectKind().GroupVersionKind(), out.GetObjectKind().GroupVersionKind()
	if !was.Empty() && is != was {
		return a.invalid(value, fmt.Errorf("unable to decode %s into %v", is, reflect.TypeOf(a.obj)))
	}
	if all := append(a.strictErrs, strictErrs...); len(all) > 0 {
		switch a.validation {
		case metav1.FieldValidationStrict:
			return a.invalid(value, runtime.NewStrictDecodingError(all))
		case metav1.FieldValidationWarn:
			for _, e := range all {
				a.warnings = append(a.warnings, e.Error())
			}
		}
	}
	a.out = out
	return nil
}

func (a *application) invalid(value string, err error) error {
	return apierrors.NewInvalid(schema.GroupKind{}, "", field.ErrorList{field.Invalid(field.NewPath("patch"), value, err.Error())})
}
