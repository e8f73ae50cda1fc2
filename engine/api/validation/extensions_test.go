package validation_test

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/validation"
)

// TestDefinitions holds definitions and objects of the kinds they define against what apiextensions-apiserver v0.37.2
// says of them: testdata/definitions/cases.txt has them, want.txt upstream's errors, sorted, the fields it drops, and
// what is left with its defaults.
func TestDefinitions(t *testing.T) {
	cases, err := os.ReadFile("testdata/definitions/cases.txt")
	require.NoError(t, err)
	text, err := os.ReadFile("testdata/definitions/want.txt")
	require.NoError(t, err)
	want := map[string]string{}
	for _, part := range strings.Split("\n"+string(text), "\n## ")[1:] {
		name, body, _ := strings.Cut(part, "\n")
		want[name] = strings.TrimSpace(body)
	}
	count := 0
	check := func(name string, lines []string) {
		count++
		if d := cmp.Diff(strings.Split(want[name], "\n"), strings.Split(strings.Join(lines, "\n"), "\n")); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	for _, part := range strings.Split("\n"+string(cases), "\n## ")[1:] {
		name, body, _ := strings.Cut(part, "\n")
		docs := strings.Split(body, "\n---\n")
		crd := &apiextensions.CustomResourceDefinition{}
		require.NoError(t, yaml.Unmarshal([]byte(docs[0]), crd), name)
		defaults.Set(crd)
		defaults.PrepareForCreate(crd)
		lines := errorLines(validation.Create(crd))
		check(name, lines)
		if len(lines) > 0 || len(docs) == 1 {
			continue
		}
		crd.Status.AcceptedNames = crd.Spec.Names
		hub, _, err := api.CustomRows(crd)
		require.NoError(t, err, name)
		for i, doc := range docs[1:] {
			raw, err := yaml.YAMLToJSON([]byte(doc))
			require.NoError(t, err)
			content := map[string]any{}
			require.NoError(t, kjson.UnmarshalCaseSensitivePreserveInts(raw, &content))
			o := hub.New().(*api.Custom)
			unknown, err := o.DecodeContent(content)
			var lines []string
			for _, u := range unknown {
				lines = append(lines, strings.ReplaceAll(u.Error(), `"`, ""))
			}
			if err != nil {
				lines = append(lines, "coerce: "+err.Error())
			} else {
				o.Namespace, o.CreationTimestamp = "default", metav1.Now()
				lines = append(lines, errorLines(validation.Create(o))...)
				slices.Sort(lines)
			}
			full := o.Full()
			delete(full, "metadata")
			b, err := json.Marshal(full)
			require.NoError(t, err)
			check(name+"/"+strconv.Itoa(i+1), append(lines, "object "+string(b)))
		}
	}
	require.Len(t, want, count)
}

func errorLines[E error](errs []E) []string {
	var out []string
	for _, e := range errs {
		out = append(out, e.Error())
	}
	slices.Sort(out)
	return out
}
