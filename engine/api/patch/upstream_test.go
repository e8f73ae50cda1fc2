package patch

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// The tests here hold this package against upstream's on random objects: built
// by walking a Go type, so that every merge strategy of the type comes up.

type generator struct{ *rand.Rand }

func (g generator) word() string { return []string{"a", "b", "c", "d"}[g.Intn(4)] }

func (g generator) value(t reflect.Type, depth int, tag reflect.StructTag) any {
	switch t {
	case reflect.TypeFor[metav1.Time](), reflect.TypeFor[metav1.MicroTime]():
		return "2026-01-01T00:00:00Z"
	case reflect.TypeFor[resource.Quantity]():
		return fmt.Sprint(1 + g.Intn(3))
	case reflect.TypeFor[intstr.IntOrString]():
		return g.word()
	case reflect.TypeFor[metav1.FieldsV1](), reflect.TypeFor[runtime.RawExtension]():
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return g.value(t.Elem(), depth, tag)
	case reflect.String:
		return g.word()
	case reflect.Bool:
		return g.Intn(2) == 0
	case reflect.Map:
		m := map[string]any{}
		for range g.Intn(3) {
			m[g.word()] = g.value(t.Elem(), depth-1, "")
		}
		return m
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "YQ=="
		}
		list := []any{}
		key := tag.Get("patchMergeKey")
		seen := map[any]bool{}
		for range g.Intn(4) {
			e := g.value(t.Elem(), depth-1, "")
			if e == nil {
				continue
			}
			if m, ok := e.(map[string]any); ok && key != "" {
				field, _ := findField(t.Elem(), key)
				m[key] = g.value(field.Type, depth, "")
				e, _ = m[key], 0
				if seen[e] && g.Intn(20) > 0 {
					continue
				}
				seen[e] = true
				list = append(list, m)
				continue
			}
			if s, ok := e.(string); ok && seen[s] {
				continue
			} else if ok {
				seen[s] = true
			}
			list = append(list, e)
		}
		return list
	case reflect.Struct:
		m := map[string]any{}
		g.fields(m, t, depth)
		return m
	default:
		return int64(1 + g.Intn(3))
	}
}

func (g generator) fields(m map[string]any, t reflect.Type, depth int) {
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" && strings.Contains(opts, "inline") {
			g.fields(m, f.Type, depth)
			continue
		}
		chance := 30
		if name == "spec" || name == "template" || name == "metadata" || name == "containers" || name == "volumes" {
			chance = 90
		} else if depth <= 0 {
			chance = 5
		}
		if name == "-" || name == "" || name == "apiVersion" || name == "kind" || g.Intn(100) >= chance || depth < -3 {
			continue
		}
		if v := g.value(f.Type, depth-1, f.Tag); v != nil {
			m[name] = v
		}
	}
}

// mutate returns a copy of an object with some fields gone, new or other.
func (g generator) mutate(v any, t reflect.Type, tag reflect.StructTag) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, k := range sortedKeys(v) {
			if t.Kind() == reflect.Struct {
				if f, ok := findField(t, k); ok {
					if g.Intn(12) > 0 {
						out[k] = g.mutate(v[k], f.Type, f.Tag)
					}
					continue
				}
			}
			if g.Intn(5) > 0 {
				out[k] = v[k]
			}
		}
		if t.Kind() == reflect.Struct && g.Intn(3) == 0 {
			extra := map[string]any{}
			g.fields(extra, t, -1)
			for _, k := range sortedKeys(extra) {
				if _, ok := out[k]; !ok {
					out[k] = extra[k]
				}
			}
		}
		return out
	case []any:
		out := []any{}
		for _, e := range v {
			if g.Intn(5) > 0 {
				m := g.mutate(e, t.Elem(), "")
				if key := tag.Get("patchMergeKey"); key != "" {
					m.(map[string]any)[key] = e.(map[string]any)[key]
				}
				out = append(out, m)
			}
		}
		if g.Intn(4) == 0 {
			g.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		}
		if g.Intn(4) == 0 {
			more, _ := g.value(t, 1, tag).([]any)
			out = append(out, more...)
		}
		// Upstream's order for a set that holds a value twice depends on the
		// spare capacity of slices.
		return dedupe(out)
	default:
		if g.Intn(6) == 0 {
			return g.value(t, 0, tag)
		}
		return v
	}
}

// direct adds directives to a patch, sensible ones and others.
func (g generator) direct(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range sortedKeys(v) {
			sub := v[k]
			if list, ok := sub.([]any); ok && len(list) > 0 {
				switch g.Intn(10) {
				case 0:
					v[elementOrderPrefix+"/"+k] = runtime.DeepCopyJSONValue(list)
				case 1:
					v[deleteFromListPrefix+"/"+k] = runtime.DeepCopyJSONValue(list)
				case 2:
					if e, ok := list[g.Intn(len(list))].(map[string]any); ok {
						e[directiveKey] = []string{directiveDelete, directiveReplace, directiveMerge, "x"}[g.Intn(4)]
					}
				}
			}
			if g.Intn(15) == 0 {
				v[k] = nil
				continue
			}
			v[k] = g.direct(sub)
		}
		switch g.Intn(40) {
		case 0:
			v[directiveKey] = directiveReplace
		case 1:
			v[directiveKey] = directiveDelete
		case 2:
			keys := []any{"a", "name"}
			for _, k := range sortedKeys(v) {
				keys = append(keys, k)
			}
			v[retainKeysKey] = keys
		}
	case []any:
		for i := range v {
			v[i] = g.direct(v[i])
		}
	}
	return v
}

// upstream runs a function of upstream's, which may panic on odd input.
func upstream(f func() ([]byte, error)) (out []byte, err error, panicked bool) {
	defer func() { panicked = recover() != nil }()
	out, err = f()
	return out, err, false
}

func text(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

func strategicText(original, patch []byte, sample any) ([]byte, error) {
	ti, err := typeOf(sample)
	if err != nil {
		return nil, err
	}
	docs, err := decodeAll(original, patch)
	if err != nil {
		return nil, err
	}
	merged, err := merger{}.merge(docs[0], docs[1], ti)
	if err != nil {
		return nil, err
	}
	return json.Marshal(merged)
}

func compare(t *testing.T, what string, want []byte, wantErr error, got []byte, gotErr error, inputs ...[]byte) bool {
	t.Helper()
	diff := ""
	switch {
	case (wantErr == nil) != (gotErr == nil):
		diff = fmt.Sprintf("upstream's error %v, ours %v", wantErr, gotErr)
	case wantErr == nil:
		diff = cmp.Diff(string(want), string(got))
	}
	if diff != "" {
		t.Errorf("%s: %s", what, diff)
		for _, in := range inputs {
			t.Logf("input: %s", in)
		}
		return false
	}
	return true
}

var samples = []runtime.Object{&corev1.Pod{}, &appsv1.Deployment{}, &corev1.Service{}, &corev1.Node{}, &corev1.ServiceAccount{}, &corev1.ConfigMap{}}

func TestRandomPatchesLikeUpstream(t *testing.T) {
	const rounds = 3000
	compared, failed := 0, 0
	for seed := range rounds {
		g := generator{rand.New(rand.NewSource(int64(seed)))}
		sample := samples[seed%len(samples)]
		typ := reflect.TypeOf(sample).Elem()
		first := g.value(typ, 6, "").(map[string]any)
		second := g.mutate(first, typ, "").(map[string]any)
		live := g.mutate(first, typ, "").(map[string]any)
		original, modified, current := text(t, first), text(t, second), text(t, live)

		// The client: what apply would send.
		meta, err := strategicpatch.NewPatchMetaFromStruct(sample)
		require.NoError(t, err)
		want, wantErr, panicked := upstream(func() ([]byte, error) {
			return strategicpatch.CreateThreeWayMergePatch(original, modified, current, meta, true)
		})
		if !panicked {
			got, gotErr := ThreeWayStrategic(original, modified, current, sample)
			compared++
			if !compare(t, fmt.Sprintf("seed %d three-way", seed), want, wantErr, got, gotErr, original, modified, current) {
				failed++
			}
			// The server: applying it.
			if wantErr == nil {
				after, afterErr, panicked := upstream(func() ([]byte, error) {
					return strategicpatch.StrategicMergePatch(current, want, sample)
				})
				if !panicked {
					got, gotErr := strategicText(current, want, sample)
					compared++
					if !compare(t, fmt.Sprintf("seed %d apply", seed), after, afterErr, got, gotErr, current, want) {
						failed++
					}
				}
			}
		}
		want, wantErr, panicked = upstream(func() ([]byte, error) {
			return strategicpatch.CreateTwoWayMergePatch(original, modified, sample)
		})
		if !panicked {
			got, gotErr := TwoWayStrategic(original, modified, sample)
			compared++
			if !compare(t, fmt.Sprintf("seed %d two-way", seed), want, wantErr, got, gotErr, original, modified) {
				failed++
			}
		}
		// Patches that people write.
		wild := text(t, g.direct(runtime.DeepCopyJSON(second)))
		want, wantErr, panicked = upstream(func() ([]byte, error) {
			return strategicpatch.StrategicMergePatch(original, wild, sample)
		})
		if !panicked {
			got, gotErr := strategicText(original, wild, sample)
			compared++
			// Two directives for one field: upstream's outcome is that of
			// whichever comes first in a Go map.
			for try := 0; try < 40 && ((wantErr == nil) != (gotErr == nil) || wantErr == nil && string(want) != string(got)); try++ {
				want, wantErr, _ = upstream(func() ([]byte, error) {
					return strategicpatch.StrategicMergePatch(original, wild, sample)
				})
			}
			if !compare(t, fmt.Sprintf("seed %d wild", seed), want, wantErr, got, gotErr, original, wild) {
				failed++
			}
		}
		if failed > 2 {
			t.Fatal("more differences left out")
		}
	}
	require.Greater(t, compared, rounds)
}
