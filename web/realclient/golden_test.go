package realclient

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"tabernetes/scenarios/golden"
)

// line runs a whole line, as the recordings have them; the shell's quotes are single ones.
func (k *kubectl) line(line string, files map[string]string) (string, int) {
	k.t.Helper()
	var args []string
	for _, m := range regexp.MustCompile(`(?:'[^']*'|[^\s'])+`).FindAllString(line, -1) {
		args = append(args, strings.ReplaceAll(m, "'", ""))
	}
	if len(files) > 0 {
		dir := k.t.TempDir()
		k.t.Chdir(dir)
		for name, text := range files {
			writeFile(k.t, name, text)
		}
	}
	out, errs, code := k.run(args...)
	return out + errs, code
}

type recorded struct{ *kubectl }

// Run tells kubectl's ages right: the server's clock runs ahead of kubectl's.
func (r recorded) Run(line string, files map[string]string) (string, int) {
	text, code := r.line(line, files)
	return strings.ReplaceAll(text, "<invalid>", "0s"), code
}

func (r recorded) Wait(seconds int) { time.Sleep(time.Duration(seconds) * time.Second / speed) }

// TestRecordedSession plays what was recorded of a real cluster with the real kubectl.
func TestRecordedSession(t *testing.T) {
	golden.PlaySession(t, recorded{&kubectl{t: t, ns: "default"}})
}

// TestRecordedErrors tries the manifests a real cluster refused.
func TestRecordedErrors(t *testing.T) {
	k := &kubectl{t: t, ns: "default"}
	k.ok("apply", "-f", file(t, golden.WidgetCRD))
	k.ok("wait", "--for=condition=Established", "crd/widgets.example.com")
	golden.PlayInvalid(t, recorded{k})
}

// plural of the kinds that were recorded.
func plural(kind string) string {
	p := strings.ToLower(kind)
	if strings.HasSuffix(p, "s") {
		return p + "es"
	}
	return p + "s"
}

// TestRecordedObjects sends what was sent to a real cluster and wants the same answers: defaults, allocations and
// managed fields.
func TestRecordedObjects(t *testing.T) {
	for _, o := range golden.Objects() {
		t.Run(o.Name, func(t *testing.T) {
			var head struct{ APIVersion, Kind string }
			require.NoError(t, yaml.Unmarshal([]byte(o.Manifest), &head))
			path := "/api/v1"
			if strings.Contains(head.APIVersion, "/") {
				path = "/apis/" + head.APIVersion
			}
			resp, err := http.Post(url+path+"/namespaces/default/"+plural(head.Kind)+"?fieldManager=golden", "application/yaml", strings.NewReader(o.Manifest))
			require.NoError(t, err)
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			if diff := cmp.Diff(masked(t, o.Post), masked(t, string(b))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// masked is a JSON document without what differs from run to run.
func masked(t *testing.T, text string) any {
	var v any
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return mask("", v)
}

var (
	accessVolume = regexp.MustCompile(`kube-api-access-\w{5}`)
	uid          = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	moment       = regexp.MustCompile(`^\d{4}-\d\d-\d\dT`)
)

func mask(key string, v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			x[k] = mask(k, e)
		}
	case []any:
		for i, e := range x {
			x[i] = mask(key, e)
		}
	case string:
		switch {
		case key == "resourceVersion" || key == "clusterIP" || key == "clusterIPs":
			return key
		case uid.MatchString(x):
			return "UID"
		case moment.MatchString(x):
			return "TIME"
		}
		return accessVolume.ReplaceAllString(x, "kube-api-access-XXXXX")
	}
	return v
}
