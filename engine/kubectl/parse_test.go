package kubectl

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/sim"

	"tabernetes/engine/api/jsonpath"
)

// shape writes a parsed line as text: words in brackets, here-documents after a <.
func shape(list []pipeline) string {
	var b strings.Builder
	for _, p := range list {
		b.WriteString(p.join)
		for i, c := range p.commands {
			if i > 0 {
				b.WriteString("|")
			}
			for _, a := range c.args {
				b.WriteString("[" + a + "]")
			}
			if c.heredoc != nil {
				b.WriteString("<" + *c.heredoc)
			}
		}
	}
	return b.String()
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{`kubectl get pods`, `[kubectl][get][pods]`},
		{`  a   b  `, `[a][b]`},
		{``, ``},
		{`a 'b c' "d e" f\ g`, `[a][b c][d e][f g]`},
		{`a "x\"y\\z\n" '\n'`, `[a][x"y\z\n][\n]`},
		{`a --x='{"spec":{"a":1}}'`, `[a][--x={"spec":{"a":1}}]`},
		{`a ""`, `[a][]`},
		{`a | b | c`, `[a]|[b]|[c]`},
		{`a; b && c || d;`, `[a];[b]&&[c]||[d]`},
		{"a \\\n  b", `[a][b]`},
		{"a\nb\n", `[a];[b]`},
		{"# all comment\na # rest", `[a]`},
		{"a 2>&1 | b", `[a]|[b]`},
		{"cat <<EOF | k apply -f -\nx: 1\ny: 'z'\nEOF\nk get", "[cat]<x: 1\ny: 'z'\n|[k][apply][-f][-];[k][get]"},
		{"k apply -f - <<-'E'\n\tx\n\tE", "[k][apply][-f][-]<x\n"},
		{`a #b 'c`, `[a]`},
		{`a x#b`, `[a][x#b]`},
	} {
		list, err := parse(c.line)
		require.NoError(t, err, c.line)
		assert.Equal(t, c.want, shape(list), c.line)
	}
	for _, bad := range []string{`a 'b`, `a "b`, `a |`, `| a`, `a && `, `a && && b`, `a > b`, `a & b`, "a `b`", `(a)`, `a <<`} {
		_, err := parse(bad)
		assert.Error(t, err, bad)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a 'b' | c <<E\nx\nE\n && d")
	f.Fuzz(func(t *testing.T, line string) {
		_, _ = parse(line)
		_, _ = jsonpath.Parse(line)
		_, _ = parseWaitFor(line)
		_, _ = jsonpath.Relaxed(line)
	})
}

func TestParseFlags(t *testing.T) {
	defs := parseDefs("output/o:s watch/w:b replicas:i=1 dry-run:s=none?unchanged file/f:l env:a", globalFlags)
	f, rest, dash, err := parseFlags(defs, strings.Fields("a -wo yaml --replicas=3 b --dry-run -fx,y -f z --env=a,b -n=web -- -c d"))
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b", "-c", "d"}, rest)
	assert.Equal(t, 2, dash)
	assert.True(t, f.bool("watch"))
	assert.Equal(t, "yaml", f.str("output"))
	assert.Equal(t, int64(3), f.int("replicas"))
	assert.Equal(t, "unchanged", f.str("dry-run"))
	assert.Equal(t, []string{"x", "y", "z"}, f.list("file"))
	assert.Equal(t, []string{"a,b"}, f.list("env"))
	assert.Equal(t, "web", f.str("namespace"))
	for args, want := range map[string]string{
		"--nope":                            "unknown flag: --nope",
		"-x":                                "unknown shorthand flag: 'x' in -x",
		"-wx":                               "unknown shorthand flag: 'x' in -x",
		"--output":                          "flag needs an argument: --output",
		"-o":                                "flag needs an argument: 'o' in -o",
		"--watch=maybe":                     `invalid argument "maybe" for "-w, --watch" flag: strconv.ParseBool: parsing "maybe": invalid syntax`,
		"--replicas=1000000000000000000000": `invalid argument "1000000000000000000000" for "--replicas" flag: strconv.ParseInt: parsing "1000000000000000000000": value out of range`,
	} {
		_, _, _, err := parseFlags(defs, strings.Fields(args))
		assert.EqualError(t, err, want)
	}
}

func TestJSONPath(t *testing.T) {
	var doc any
	require.NoError(t, json.Unmarshal([]byte(`{
		"kind": "List",
		"items": [
			{"metadata": {"name": "a", "labels": {"app.kubernetes.io/name": "x"}}, "status": {"capacity": {"cpu": "4"}, "n": 1, "up": true}},
			{"metadata": {"name": "b"}, "status": {"capacity": {"cpu": "8"}, "n": 2, "conditions": [{"type": "Ready", "status": "True"}]}}
		],
		"users": [{"name": "u", "user": {}}, {"name": "e2e", "user": {"password": "secret"}}]
	}`), &doc))
	for template, want := range map[string]string{
		`{.kind}`:                                                 "List",
		`{kind}`:                                                  "List",
		`text {.kind}!`:                                           "text List!",
		`{.items[*].metadata.name}`:                               "a b",
		`{.items[0].metadata.name}`:                               "a",
		`{.items[-1].metadata.name}`:                              "b",
		`{.items[0:1].metadata.name}`:                             "a",
		`{.items[*]['metadata.name', 'status.n']}`:                "a b 1 2",
		`{.items[*].status.capacity}`:                             `{"cpu":"4"} {"cpu":"8"}`,
		`{.items[*].metadata['name']}`:                            "a b",
		`{.items[0].metadata.labels.app\.kubernetes\.io/name}`:    "x",
		`{.items[0].metadata.labels['app\.kubernetes\.io/name']}`: "x",
		`{.items[0].metadata.labels["app.kubernetes.io/name"]}`:   "x",
		`{..name}`: "a b u e2e",
		`{.users[?(@.name=="e2e")].user.password}`:                                                 "secret",
		`{.users[?(@.user.password)].name}`:                                                        "e2e",
		`{.items[?(@.status.n>1)].metadata.name}`:                                                  "b",
		`{.items[?(@.status.n<=1)].metadata.name}`:                                                 "a",
		`{.items[?(@.status.up==true)].metadata.name}`:                                             "a",
		`{.items[1].status.conditions[?(@.type=='Ready')].status}`:                                 "True",
		`{range .items[*]}{.metadata.name}={.status.capacity.cpu}{"\n"}{end}`:                      "a=4\nb=8\n",
		`{range .items[*]}[{.metadata.name}{range .status.conditions[*]}{"\t"}{@.type}{end}]{end}`: "[a][b\tReady]",
		`{.nothing}`:          "",
		`{.items[*].nothing}`: "",
		`{$.kind}`:            "List",
		`{"quo\"te"}`:         `quo"te`,
	} {
		p, err := jsonpath.Parse(template)
		require.NoError(t, err, template)
		got, err := p.Print(doc, template, true)
		require.NoError(t, err, template)
		assert.Equal(t, want, got, template)
	}
	for template, want := range map[string]string{
		`{.items`:               "unclosed action",
		`{range .items[*]}{.a}`: "unclosed range",
		`{end}`:                 "not in range, nothing to end",
		`{.items[x]}`:           "invalid array index x",
		`{.items[?(@.a}`:        "unterminated filter",
		`{.items[0}`:            "unterminated array",
	} {
		_, err := jsonpath.Parse(template)
		assert.EqualError(t, err, want, template)
	}
	p, err := jsonpath.Parse(`{.items[9]}`)
	require.NoError(t, err)
	_, err = p.Values(doc, true)
	assert.EqualError(t, err, "array index out of bounds: index 9, length 2")
}

func TestNaturalOrder(t *testing.T) {
	in := []string{"node-10", "node-2", "node-1", "a", "node-02"}
	for i := range in {
		for j := i + 1; j < len(in); j++ {
			if naturalLess(in[j], in[i]) {
				in[i], in[j] = in[j], in[i]
			}
		}
	}
	assert.Empty(t, cmp.Diff([]string{"a", "node-1", "node-2", "node-02", "node-10"}, in))
	assert.True(t, lessField("900m", "1"))
	assert.True(t, lessField(nil, "1"))
	assert.True(t, lessField(int64(2), int64(10)))
}

func TestFieldTitle(t *testing.T) {
	for in, want := range map[string]string{
		"resourceVersion": "Resource Version", "uid": "UID", "creationTimestamp": "Creation Timestamp", "apiVersion": "API Version",
		"kind": "Kind", "holderIdentity": "Holder Identity", "a.b": "a.b",
	} {
		assert.Equal(t, want, fieldTitle(in), in)
	}
}

func TestErrorText(t *testing.T) {
	assert.Equal(t, "a\nb\n", errorText(aggregate([]error{errString("a"), nil, errString("b")}), ""))
	assert.Equal(t, "error: a\n", errorText(aggregate([]error{errString("a")}), ""))
	assert.Empty(t, errorText(nil, ""))
	assert.Empty(t, errorText(errExit, ""))
	assert.Equal(t, "The connection to the server cp-1:6443 was refused - did you specify the right host or port?\n",
		errorText(fmt.Errorf("dial tcp cp-1:6443: %w", sim.ErrRefused), "https://cp-1:6443"))
	invalid := apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "bad", field.ErrorList{
		field.Required(field.NewPath("spec", "containers").Index(0).Child("image"), ""),
		field.Duplicate(field.NewPath("spec", "containers").Index(1).Child("name"), "c"),
	})
	assert.Equal(t, "The Pod \"bad\" is invalid: \n* spec.containers[0].image: Required value\n* spec.containers[1].name: Duplicate value: \"c\"\n",
		errorText(withSource("creating", "bad.yaml", invalid), ""))
}

type errString string

func (e errString) Error() string { return string(e) }
