package validation_test

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	authorizationv1 "k8s.io/api/authorization/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/printers"
	"tabernetes/engine/api/validation"
)

// policyEdit sets one field of an object, named by its path; without a value it removes it.
type policyEdit struct {
	Path  string          `json:"path"`
	Value json.RawMessage `json:"value"`
}

type policyFact struct {
	Base, Verb       string
	Set, Old         []policyEdit
	Errors, Warnings []string
	Object           json.RawMessage
	Cells            []any
}

func editAt(t *testing.T, at any, keys []string, value json.RawMessage) any {
	t.Helper()
	var v any
	if len(keys) == 0 {
		require.NoError(t, json.Unmarshal(value, &v))
		return v
	}
	if list, ok := at.([]any); ok {
		n, err := strconv.Atoi(keys[0])
		require.NoError(t, err)
		list[n] = editAt(t, list[n], keys[1:], value)
		return list
	}
	object, _ := at.(map[string]any)
	if object == nil {
		object = map[string]any{}
	}
	if len(keys) == 1 && value == nil {
		delete(object, keys[0])
		return object
	}
	object[keys[0]] = editAt(t, object[keys[0]], keys[1:], value)
	return object
}

func policyObject(t *testing.T, base json.RawMessage, edits []policyEdit) api.Object {
	t.Helper()
	var doc any
	require.NoError(t, json.Unmarshal(base, &doc))
	for _, e := range edits {
		doc = editAt(t, doc, strings.Split(e.Path, "/"), e.Value)
	}
	text, err := json.Marshal(doc)
	require.NoError(t, err)
	var kind metav1.TypeMeta
	require.NoError(t, json.Unmarshal(text, &kind))
	r := api.ByGVK(schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind))
	require.NotNil(t, r, kind.Kind)
	obj := r.New()
	require.NoError(t, json.Unmarshal(text, obj))
	defaults.Set(obj)
	return obj
}

// TestUpstreamPolicies replays what kube-apiserver v1.37.2's strategies, validation and printers made of the kinds of
// networking, RBAC, admission and certificates. The file holds a valid object of each kind, and for each fact the fields
// that were changed, the verb, and either the errors in their order or the object as it would be stored and its row.
func TestUpstreamPolicies(t *testing.T) {
	text, err := os.ReadFile("testdata/policies.json")
	require.NoError(t, err)
	var file struct {
		Bases   map[string]json.RawMessage
		Columns map[string][]metav1.TableColumnDefinition
		Facts   []policyFact
	}
	require.NoError(t, json.Unmarshal(text, &file))
	refused := 0
	created := metav1.Unix(1767225600, 0)
	for i, fact := range file.Facts {
		obj := policyObject(t, file.Bases[fact.Base], fact.Set)
		r := api.ResourceOf(obj)
		if len(fact.Errors) > 0 {
			refused++
		}
		review := false
		switch obj.(type) {
		case *authorizationv1.SubjectAccessReview, *authorizationv1.SelfSubjectAccessReview, *authorizationv1.LocalSubjectAccessReview:
			review = true
		default:
			obj.SetUID("uid-1")
			obj.SetCreationTimestamp(created)
		}
		var got field.ErrorList
		if fact.Verb == "create" {
			defaults.PrepareForCreate(obj)
			got = validation.Create(obj)
		} else {
			old := policyObject(t, file.Bases[fact.Base], fact.Old)
			old.SetUID("uid-1")
			old.SetCreationTimestamp(created)
			old.SetResourceVersion("7")
			obj.SetResourceVersion("7")
			switch fact.Verb {
			case "update":
				defaults.PrepareForUpdate(obj, old)
				got = validation.Update(obj, old)
			case "status":
				defaults.PrepareForStatusUpdate(obj, old)
				if c, ok := obj.(*certificatesv1.CertificateSigningRequest); ok {
					defaults.StampConditions(c, old.(*certificatesv1.CertificateSigningRequest), created)
				}
				got = validation.StatusUpdate(obj, old)
			case "approval":
				c, was := obj.(*certificatesv1.CertificateSigningRequest), old.(*certificatesv1.CertificateSigningRequest)
				defaults.PrepareForApproval(c, was, created)
				got = validation.ApprovalUpdate(c, was)
			}
		}
		name := func() string {
			set, err := json.Marshal(fact.Set)
			require.NoError(t, err)
			return strconv.Itoa(i) + ": " + fact.Verb + " of " + fact.Base + " with " + string(set)
		}
		if diff := cmp.Diff(fact.Errors, texts(got)); diff != "" {
			t.Errorf("%s (-upstream +ours):\n%s", name(), diff)
			continue
		}
		if len(got) > 0 || review {
			continue
		}
		if fact.Object != nil {
			obj.GetObjectKind().SetGroupVersionKind(r.GVK())
			if c, ok := obj.(*certificatesv1.CertificateSigningRequest); ok && fact.Verb == "create" {
				// Who asks is written by the server.
				c.Spec.Username, c.Spec.UID, c.Spec.Groups = "alice", "u1", []string{"g1", "system:authenticated"}
			}
			want := r.New()
			require.NoError(t, json.Unmarshal(fact.Object, want))
			if diff := cmp.Diff(policyMap(t, want), policyMap(t, obj)); diff != "" {
				t.Errorf("%s: object (-upstream +ours):\n%s", name(), diff)
			}
		}
		if fact.Cells != nil {
			columns := printers.Columns(r.GVK().GroupKind())
			if diff := cmp.Diff(file.Columns[r.Kind], columns); diff != "" {
				t.Errorf("%s: columns (-upstream +ours):\n%s", name(), diff)
			}
			row := printers.Row(obj, created.Add(time.Hour))
			require.Len(t, row.Cells, len(fact.Cells))
			for j, cell := range fact.Cells {
				if n, ok := cell.(float64); ok {
					cell = int64(n)
				}
				if j < len(columns) && columns[j].Name == "Age" || j >= len(columns) {
					cell = "60m"
				}
				require.Equal(t, cell, row.Cells[j], name())
			}
		}
	}
	require.GreaterOrEqual(t, refused, 120)
}

func policyMap(t *testing.T, obj runtime.Object) (out map[string]any) {
	t.Helper()
	text, err := json.Marshal(obj)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &out))
	return out
}

// TestWithoutCEL: what would need CEL is refused, once an object, with a way out.
func TestWithoutCEL(t *testing.T) {
	text, err := os.ReadFile("testdata/policies.json")
	require.NoError(t, err)
	var file struct{ Bases map[string]json.RawMessage }
	require.NoError(t, json.Unmarshal(text, &file))
	const words = "this API server is built without CEL and cannot evaluate expressions: remove the expression, or use a build with CEL"
	for _, c := range []struct {
		base, path, value, at string
	}{
		{"vap", "spec/validations", `[{"expression":"true"},{"expression":"false","messageExpression":"'no'"}]`, "spec.validations[0].expression"},
		{"vap", "spec/validations", `[{"expression":"object.spec.replicas < 5","message":"too many"}]`, "spec.validations[0].expression"},
		{"map", "spec/mutations", `[{"patchType":"JSONPatch","jsonPatch":{"expression":"[]"}}]`, "spec.mutations[0].jsonPatch.expression"},
		{"vwc", "webhooks/0/matchConditions", `[{"name":"a","expression":"true"}]`, "webhooks[0].matchConditions[0].expression"},
	} {
		obj := policyObject(t, file.Bases[c.base], []policyEdit{{c.path, json.RawMessage(c.value)}})
		require.Equal(t, []string{c.at + ": Forbidden: " + words}, texts(validation.Create(obj)), c.value)
	}
}
