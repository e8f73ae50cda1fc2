package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

func scheme(t testing.TB) *runtime.Scheme {
	t.Helper()
	s := runtime.NewScheme()
	require.NoError(t, appsv1.AddToScheme(s))
	require.NoError(t, corev1.AddToScheme(s))
	return s
}

func decode(t testing.TB, doc Document, strict bool) (runtime.Object, []string, error) {
	t.Helper()
	into, err := scheme(t).New(doc.GVK)
	require.NoError(t, err)
	warnings, err := Decode(doc, into, strict)
	return into, warnings, err
}

// summary is one line for each document: where, what, which.
func summary(docs []Document) string {
	var b strings.Builder
	for _, d := range docs {
		fmt.Fprintf(&b, "%d line %d %s %s %s/%s\n", d.Index, d.Line, d.GVK.GroupVersion(), d.GVK.Kind, d.Namespace, d.Name)
	}
	return b.String()
}

func TestSplitFiles(t *testing.T) {
	for name, want := range map[string]string{
		"nginx-app.yaml": `
0 line 2 v1 Service /my-nginx-svc
1 line 22 apps/v1 Deployment /my-nginx
`,
		"guestbook-all-in-one.yaml": `
0 line 1 v1 Service /redis-master
1 line 18 apps/v1 Deployment /redis-master
2 line 46 v1 Service /redis-replica
3 line 62 apps/v1 Deployment /redis-replica
4 line 98 v1 Service /frontend
5 line 117 apps/v1 Deployment /frontend
`,
	} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		docs, err := Split(text)
		require.NoError(t, err)
		assert.Equal(t, strings.TrimPrefix(want, "\n"), summary(docs))
		for _, d := range docs {
			_, warnings, err := decode(t, d, true)
			assert.NoError(t, err)
			assert.Empty(t, warnings)
		}
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", ""},
		{"only separators and comments", "---\n# nothing\n---\n\n--- # here\n", ""},
		{"null", "null\n", ""},
		{"byte order mark and CRLF", "\xef\xbb\xbf# c\r\napiVersion: v1\r\nkind: Pod\r\n---\r\napiVersion: v1\r\nkind: Node\r\n",
			"0 line 2 v1 Pod /\n1 line 5 v1 Node /\n"},
		{"JSON stream", "{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}\n\n {\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"}}",
			"0 line 1 v1 Pod /\n1 line 3 v1 Node /n\n"},
		{"JSON between separators", "{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}\n---\n{apiVersion: v1, kind: Node,}\n",
			"0 line 1 v1 Pod /\n1 line 3 v1 Node /\n"},
		{"separator inside a block", "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    x\n    ---\n    y\n", "0 line 1 v1 ConfigMap /\n"},
		{"List", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: ns}}\n- {apiVersion: v1, kind: List, items: [{apiVersion: apps/v1, kind: Deployment, metadata: {name: b}}]}\n",
			"0 line 1 v1 Pod ns/a\n1 line 1 apps/v1 Deployment /b\n"},
		{"typed list", "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n", "0 line 1 v1 Pod /a\n"},
		{"alias", "apiVersion: v1\nkind: Pod\nmetadata: &m {name: a, namespace: b}\nx: *m\n", "0 line 1 v1 Pod b/a\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			docs, err := Split([]byte(c.text))
			require.NoError(t, err)
			assert.Equal(t, c.want, summary(docs))
		})
	}
}

func TestSplitErrors(t *testing.T) {
	pod := "apiVersion: v1\nkind: Pod\n"
	laughs := "apiVersion: v1\nkind: Pod\na: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for i := byte('b'); i < 'l'; i++ {
		laughs += fmt.Sprintf("%c: &%c [%s]\n", i, i, strings.TrimSuffix(strings.Repeat("*"+string(i-1)+",", 10), ","))
	}
	for _, c := range []struct {
		name, text   string
		docs         int
		line, column int
		message      string
	}{
		{"mapping value", pod + "metadata:\n  name: a: b\n", 0, 4, 10, "yaml: line 4, column 10: mapping values are not allowed in this context"},
		{"mapping value in line 1", "a: b: c\n", 0, 1, 5, "yaml: line 1, column 5: mapping values are not allowed in this context"},
		{"tab", pod + "metadata:\n\tname: a\n", 0, 4, 1, "yaml: line 4, column 1: found character that cannot start any token"},
		{"second document", pod + "---\n" + pod + "spec:\n  a: b\n c: d\n", 1, 8, 2, "yaml: line 8, column 2: did not find expected key"},
		{"open bracket", pod + "x: [a, b\ny: c\n", 0, 4, 1, "yaml: line 4, column 1: did not find expected ',' or ']'"},
		{"open quote", "a: \"x\n", 0, 2, 0, "yaml: line 2: found unexpected end of stream"},
		{"alias", "a: *b\n", 0, 1, 0, "yaml: unknown anchor 'b' referenced"},
		{"control character", pod + "x: a\x01b\n", 0, 3, 5, "yaml: line 3, column 5: control characters are not allowed"},
		{"invalid UTF-8", "x: \xff\n", 0, 1, 4, "yaml: line 1, column 4: control characters are not allowed"},
		{"separator", pod + "--- x\n", 0, 3, 4, "invalid Yaml document separator: x"},
		{"no kind", "---\n\na: b\n", 0, 3, 0, `Object 'Kind' is missing in '{"a":"b"}'`},
		{"no version", "kind: Pod\n", 0, 1, 0, `Object 'apiVersion' is missing in '{"kind":"Pod"}'`},
		{"bad version", "apiVersion: a/b/c\nkind: Pod\n", 0, 1, 0, "unexpected GroupVersion string: a/b/c"},
		{"scalar", "hello\n", 0, 1, 0, "couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }"},
		{"list of documents", "[{}]\n", 0, 1, 0, "json: cannot unmarshal array"},
		{"bad item", "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod}, {}]\n", 1, 1, 0, "Object 'Kind' is missing in '{}'"},
		{"not a number", pod + "x: .nan\n", 0, 1, 0, "json: unsupported value: NaN"},
		{"odd key", pod + "? [a]\n: b\n", 0, 1, 0, "invalid map key"},
		{"billion laughs", laughs, 0, 1, 0, "document contains excessive aliasing"},
		{"big", strings.Repeat("#", MaxBytes+1), 0, 1, 0, "the text has 3145729 bytes, the limit is 3145728"},
		{"grows", pod + "a: &a " + strings.Repeat("x", 400_000) + "\nb: [*a,*a,*a,*a,*a,*a,*a,*a]\n", 0, 1, 0, "the document expands to 3600"},
		{"deep", pod + "x: " + strings.Repeat("[", 100) + strings.Repeat("]", 100), 0, 1, 0, "the document is nested 101 levels deep, the limit is 100"},
		{"deeper", strings.Repeat("[", 20_000), 0, 1, 0, "exceeded max depth of 10000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			docs, err := Split([]byte(c.text))
			var e *Error
			require.True(t, errors.As(err, &e), "%v", err)
			assert.Contains(t, e.Error(), c.message)
			assert.Equal(t, []int{c.line, c.column}, []int{e.Line, e.Column}, "line and column")
			assert.Len(t, docs, c.docs)
		})
	}
}

// TestDecodeLikeServer holds the errors against what a real API server said.
func TestDecodeLikeServer(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.Len(t, files, 3)
	said := regexp.MustCompile(`cannot be handled as a \w+: (.*)`)
	for _, file := range files {
		recorded, err := os.ReadFile(file)
		require.NoError(t, err)
		text, err := os.ReadFile(strings.TrimSuffix(file, ".txt") + ".yaml")
		require.NoError(t, err)
		docs, err := Split(text)
		require.NoError(t, err)
		require.Len(t, docs, 1)
		_, _, err = decode(t, docs[0], true)
		assert.EqualError(t, err, string(said.FindSubmatch(recorded)[1]), file)
	}
	text, err := os.ReadFile("testdata/11-kind-unknown.yaml")
	require.NoError(t, err)
	docs, err := Split(text)
	require.NoError(t, err)
	assert.Equal(t, "0 line 1 apps/v1 Deploymentt /bad\n", summary(docs))
}

func TestDecodeStrict(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  name: b\nspec: {nodName: x}\n",
			"yaml: unmarshal errors:\n  line 8: key \"name\" already set in map|unknown field \"spec.nodName\""},
		{`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","name":"b"},"Spec":{}}`,
			`duplicate field "metadata.name"|unknown field "Spec"`},
	} {
		docs, err := Split([]byte(c.text))
		require.NoError(t, err)
		last := docs[len(docs)-1]
		obj, warnings, err := decode(t, last, false)
		require.NoError(t, err)
		assert.Equal(t, c.want, strings.Join(warnings, "|"))
		assert.Equal(t, "b", obj.(*corev1.Pod).Name, "the last one counts")
		assert.Equal(t, "b", last.Name)
		_, warnings, err = decode(t, last, true)
		assert.EqualError(t, err, "strict decoding error: "+strings.ReplaceAll(c.want, "|", ", "))
		assert.True(t, runtime.IsStrictDecodingError(err))
		assert.Empty(t, warnings)
	}
}

func TestDecodeUnstructured(t *testing.T) {
	docs, err := Split([]byte("apiVersion: x.io/v1\nkind: Widget\nspec: {m: 1, f: 1.5, big: 9007199254740993}\n"))
	require.NoError(t, err)
	u := &unstructured.Unstructured{}
	_, err = Decode(docs[0], u, true)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"m": int64(1), "f": 1.5, "big": int64(9007199254740993)}, u.Object["spec"])
}

func FuzzSplitDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	require.NoError(f, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(text)
	}
	for _, s := range []string{"", "---\n--- #\n", "{}{}", "a: &a [*a]\n", "\tx", "kind: List\napiVersion: v1\nitems: [null]", "? {}\n: 1", "!!binary x", "%YAML 2.0\n", "<<: 1\n", "a:\n- b\n  c: d: e"} {
		f.Add([]byte(s))
	}
	s := scheme(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		docs, err := Split(text)
		if err != nil {
			var e *Error
			require.True(t, errors.As(err, &e))
			require.GreaterOrEqual(t, e.Line, 1)
			require.LessOrEqual(t, e.Line, bytes.Count(text, []byte("\n"))+1)
		}
		for i, d := range docs {
			require.Equal(t, i, d.Index)
			require.NotEmpty(t, d.GVK.Kind)
			if into, err := s.New(d.GVK); err == nil {
				_, _ = Decode(d, into, false)
			}
			_, _ = Decode(d, &unstructured.Unstructured{}, true)
		}
	})
}
