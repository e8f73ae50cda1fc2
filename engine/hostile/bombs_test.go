package hostile_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/hostile"
)

// laughs is a text that expands to 10^levels words.
func laughs(levels int) string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < levels; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	return b.String()
}

func configMap(data string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n" + data
}

func definition(schema string) string {
	return `{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: xs.hostile.example.com}, spec: {group: hostile.example.com, scope: Namespaced, names: {plural: xs, kind: X}, ` +
		`versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: ` + schema + `}}}}]}}`
}

// TestBombs: texts that grow when they are read, or that take what reads them apart. Each gives its error, or is taken for
// what it is.
func TestBombs(t *testing.T) {
	deep := func(open, end string, n int) string { return strings.Repeat(open, n) + strings.Repeat(end, n) }
	many := func(n int, line string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, line, i)
		}
		return b.String()
	}
	for _, x := range []struct{ name, text, want string }{
		{"billion laughs", laughs(12), "document contains excessive aliasing"},
		{"a thousand laughs", laughs(3), `unknown field "a0"`},
		{"merge keys", "a: &a {x: 1}\n" + many(2000, "b%d: {<<: *a}\n"), "Object 'Kind' is missing"},
		{"merge of itself", "apiVersion: v1\nkind: ConfigMap\nmetadata: &m {name: x, <<: *m}\n", "anchor 'm' value contains itself"},
		{"deep flow", configMap("  a: " + deep("[", "]", 5000)), "nested"},
		{"deep blocks", configMap(many(400, "%[1]d") + ": 1\n"), ""},
		{"deep maps", configMap("  a: " + deep("{a: ", "}", 3000)), "nested"},
		{"deep JSON", `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":` + deep(`{"a":`, "}", 9000)[:9000*5] + "1" + strings.Repeat("}", 9001), "nested"},
		{"huge key", configMap("  " + strings.Repeat("k", 200_000) + ": v\n"), "mapping values are not allowed"},
		{"huge quoted key", configMap("  \"" + strings.Repeat("k", 900) + "\": v\n"), "must be no more than 253 characters"},
		{"4 MiB scalar", configMap("  k: " + strings.Repeat("v", 4<<20) + "\n"), "at most 4194304 are allowed"},
		{"2 MiB scalar", configMap("  k: " + strings.Repeat("v", 2<<20) + "\n"), "Too long: may not be more than 1048576 bytes"},
		{"many keys", configMap(many(60_000, "  k%d: v\n")), "created"},
		{"many duplicates", configMap(strings.Repeat("  k: v\n", 20_000)), "already set in map"},
		{"many documents", strings.Repeat("---\n", 200_000), "no objects passed"},
		{"many small documents", many(400, "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: 'X %d'}}\n"), "Invalid value"},
		{"tags", configMap("  k: !!binary aGk=\n  l: !!python/object/apply:os.system [x]\n"), "cannot be handled"},
		{"directives", "%YAML 1.1\n%TAG ! tag:x,2000:\n---\n" + configMap("  k: !x v\n"), ""},
		{"labels", `{apiVersion: v1, kind: ConfigMap, metadata: {name: x, labels: {` + many(20_000, "l%d: v, ") + `z: z}}}`, "created"},
		{"annotations", `{apiVersion: v1, kind: ConfigMap, metadata: {name: x, annotations: {a: "` + strings.Repeat("a", 300_000) + `"}}}`, "Too long: may not be more than 262144 bytes"},
		{"owners", `{apiVersion: v1, kind: ConfigMap, metadata: {name: x, ownerReferences: [` + many(5000, "{apiVersion: v1, kind: ConfigMap, name: o%d, uid: u}, ") + `]}}`, "created"},
		{"quantity", "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: x}\nspec: {hard: {pods: 1e1000000, requests.cpu: '1e-1000000', limits.cpu: '" + strings.Repeat("9", 100_000) + "', requests.memory: 9223372036854775807Ei}}\n", "created"},
		{"quantity exponent", "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: x}\nspec: {hard: {requests.cpu: '1e30000', requests.memory: 99999999999999999999999999999Ei}}\n", "created"},
		{"time", "apiVersion: v1\nkind: Event\nmetadata: {name: x, namespace: default}\ninvolvedObject: {namespace: default}\nlastTimestamp: 9999999999-01-01T00:00:00Z\n", "cannot parse"},
		{"cron", "{apiVersion: batch/v1, kind: CronJob, metadata: {name: x}, spec: {schedule: '" + strings.TrimSuffix(strings.Repeat("0-59/1,", 20_000), ",") + " * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}}}}}", ""},
		{"cron that never comes", "{apiVersion: batch/v1, kind: CronJob, metadata: {name: x}, spec: {schedule: '0 0 31 2 *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}}}}}", "created"},
		{"cron of every second", "{apiVersion: batch/v1, kind: CronJob, metadata: {name: x}, spec: {schedule: '@every 1ns', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}}}}}", ""},
		{"index", "{apiVersion: batch/v1, kind: Job, metadata: {name: x}, spec: {completionMode: Indexed, completions: 2147483647, parallelism: 2147483647, template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}}}", "parallelism"},
		{"replicas", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {replicas: 2147483647, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: busybox}]}}}}", "created"},
		{"containers", "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [" + many(3000, "{name: c%d, image: busybox, command: [sleep, infinity]}, ") + "]}}", "created"},
		{"environment", "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: c, image: busybox, env: [{name: A0, value: aaaaaaaaaa}, " +
			many(30, "{name: A%[1]d1, value: '$(A0)$(A0)$(A0)$(A0)$(A0)$(A0)$(A0)$(A0)'}, ") + growing(12) + "], args: ['$(B11)$(B11)$(B11)']}]}}", "created"},
		{"pattern", definition(`{type: object, properties: {a: {type: string, pattern: "` + strings.Repeat("(a{0,100}){0,9}", 40) + `"}}}`), ""},
		{"nested repeats", definition(`{type: object, properties: {a: {type: string, pattern: "((((a{1,1000}){1,1000}){1,1000}))"}}}`), "must be a valid regular expression"},
		{"deep schema", definition(strings.Repeat("{type: object, properties: {a: ", 40) + "{type: string}" + strings.Repeat("}}", 40)), ""},
		{"wide schema", definition("{type: object, properties: {" + many(20_000, "p%d: {type: string, description: d}, ") + "}}"), "created"},
		{"schema of enums", definition("{type: object, properties: {a: {type: string, enum: [" + many(20_000, "'%d', ") + "]}}}"), "created"},
		{"junctors", definition("{type: object, " + strings.Repeat("allOf: [{", 30) + "type: object" + strings.Repeat("}]", 30) + "}"), "allOf"},
		{"selector", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {selector: {matchExpressions: [" + many(5000, "{key: k%d, operator: NotIn, values: [v]}, ") + "]}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: busybox}]}}}}", "created"},
		{"affinity", "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [" + many(5000, "{matchExpressions: [{key: k%d, operator: Gt, values: ['1']}]}, ") + "]}}}, containers: [{name: c, image: busybox}]}}", "created"},
		{"cidr", "{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: x}, spec: {cidrs: ['::/0', 0.0.0.0/0]}}", ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			w := begin(t)
			out, _ := w.run("create -f x.yaml", map[string]string{"x.yaml": x.text})
			require.Contains(t, out, x.want, "%.300s", out)
			require.NotContains(t, out, "panic")
			w.wait(20 * time.Second)
			_, _ = w.run("get all,configmaps,crd -A -o yaml", nil)
			_, _ = w.run("describe pods,jobs,cronjobs,quota", nil)
			_, _, err := w.c.Export()
			require.NoError(t, err)
			if text, _, err := w.c.Import(x.text); err == nil {
				_, _, err = w.c.Import(text)
				require.NoError(t, err)
			}
		})
	}
}

// growing are variables each of which is ten times the one before.
func growing(n int) string {
	var b strings.Builder
	b.WriteString("{name: B0, value: bbbbbbbbbb}")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, ", {name: B%d, value: '%s'}", i, strings.Repeat(fmt.Sprintf("$(B%d)", i-1), 10))
	}
	return b.String()
}

// TestLines: lines of the terminal that are no lines.
func TestLines(t *testing.T) {
	w := begin(t)
	w.run("create -f -", nil)
	w.run("create configmap x --from-literal=a=b", nil)
	w.run("run p --image=busybox -- sleep 1d", nil)
	w.wait(10 * time.Second)
	lines := []string{
		"", " ", "'", `"`, "'a", `"a\`, `\`, "get '' ''", "get pods,,,", "get ,", "get /", "get pods/ x/", "get pods -l 'a in (((' ", "get pods -l " + strings.Repeat("a=b,", 20_000) + "c=d",
		"get pods --field-selector=" + strings.Repeat("metadata.name=x,", 5000) + "a=b", "get pods -l '" + strings.Repeat("!", 5000) + "a'",
		"get pods -o jsonpath='{" + strings.Repeat("..", 500) + "}'", "get pods -o jsonpath='{..*..*..*..*..*}'", "get pods -o jsonpath='{" + strings.Repeat(".*", 2000) + "}'", "get pods -A -o jsonpath='{..[*]..[*]..[*]..[*]..[*]..[*]..[*]..[*]..[*]}'",
		"get pods -o jsonpath='{range .items[*]}{range .items[*]}{range .items[*]}'", "get pods -o jsonpath='" + strings.Repeat("{range .items[*]}", 3000) + strings.Repeat("{end}", 3000) + "'",
		"get pods -o jsonpath='{.items[?(@.a==\"" + strings.Repeat("x", 100_000) + "\")]}'", "get pods -o jsonpath='{.items[0:9999999999999]}'", "get pods -o jsonpath='{.items[-9999999999999:]}'", "get pods -o jsonpath='{.items[::0]}'",
		"get pods -o custom-columns=" + strings.Repeat("A:.metadata.name,", 3000) + "B:.x", "get pods --sort-by='{" + strings.Repeat("..a", 1000) + "}'",
		"create configmap y --from-literal=" + strings.Repeat("a", 2000) + "=b", "create configmap z --from-literal=a=" + strings.Repeat("$(x)", 100_000), "label pods p " + strings.Repeat("a=b ", 5000), "annotate pods p x=" + strings.Repeat("y", 300_000),
		"scale deployment x --replicas=99999999999999999999", "patch pods p -p '" + strings.Repeat("[", 20_000) + "'", "patch pods p --type=json -p '[" + strings.Repeat(`{"op":"copy","from":"/metadata","path":"/metadata/annotations"},`, 200) + "{}]'",
		"patch configmap x --type=json -p '[" + strings.TrimSuffix(strings.Repeat(`{"op":"copy","from":"/data","path":"/data/a"},`, 30), ",") + "]'",
		"wait pods p --for=jsonpath='{..*}'=x --timeout=1s", "wait --for=condition=" + strings.Repeat("x", 10_000) + " pods p --timeout=1s", "expose pod p --port=99999999999", "run -f", "run --image", "--", "-- -- --", "get --raw=/" + strings.Repeat("../", 5000), "get --raw '/api/v1/pods?" + strings.Repeat("limit=1&", 5000) + "'",
		"explain pods." + strings.Repeat("spec.", 3000), "explain " + strings.Repeat("crd.spec.versions.schema.openAPIV3Schema.properties.", 200), "auth can-i '*' '*' --as=" + strings.Repeat("x", 100_000), "cp p:/" + strings.Repeat("a/", 20_000) + " x", "exec p -- sh -c '" + strings.Repeat("(", 3000) + "'",
		"exec p -- sh -c '" + strings.Repeat("$(", 2000) + strings.Repeat(")", 2000) + "'", "exec p -- sh -c 'x=" + strings.Repeat("${x:-", 2000) + strings.Repeat("}", 2000) + "'", "exec p -- sh -c 'echo {1..1000000}'", "exec p -- sh -c 'echo {1..9999999999}'", "exec p -- sh -c 'echo $((1<<99999)) $((9**99999999)) $((1/0))'",
		"exec p -- sh -c 'f() { f; }; f'", "exec p -- sh -c 'a=x; while [ ${#a} -lt 100000000 ]; do a=$a$a; done; echo ${#a}'", "exec p -- sh -c 'set -- $(seq 1 1000000); echo $#'", "exec p -- seq 1 1000000000", "exec p -- sh -c 'seq 1 1000000000 | head -1'", "exec p -- sh -c 'printf %999999999d 1'", "exec p -- sh -c 'eval $(printf \"eval %.0s\" $(seq 10000))'",
		"exec p -- sh -c 'head -c 10000000000 /dev/zero'", "exec p -- sh -c 'cat /dev/zero | head -c 100'", "exec p -- sh -c 'yes | head -3'", "exec p -- sh -c 'trap \"exit\" EXIT; exit'", "exec p -- sh -c 'exec sh -c \"exec sh\"'",
	}
	for _, payload := range hostile.Payloads {
		for _, form := range []string{"get pods %s", "get %s", "%s", "get pods -n '%s'", "create namespace '%s'", "label pods p '%s'", "run '%s' --image='%s'", "exec p -- echo '%s'", "get pods -o jsonpath='%s'", "annotate pods p 'a=%s'", "get events --field-selector='%s'"} {
			lines = append(lines, strings.ReplaceAll(form, "%s", payload))
		}
	}
	for _, line := range lines {
		out := w.try(line + " ")
		require.NotContains(t, out, "panic", "%.200s", line)
		require.Less(t, len(out), 64<<20, "%.200s", line)
	}
}

// try carries out a line for a while, and ends it like Ctrl-C if it goes on: somebody's program may.
func (w *world) try(line string) string {
	w.t.Helper()
	var out strings.Builder
	put := func(s string) { out.WriteString(s) }
	p, err := w.c.Start(engine.Command{Op: engine.OpKubectl, Line: line}, engine.Output{Out: put, Err: put})
	if err != nil {
		return err.Error()
	}
	w.c.RunTo(w.c.Now().Add(5*time.Second), p.Done, 0)
	if !p.Done() {
		w.c.Cancel(p)
		w.c.RunTo(w.c.Now().Add(time.Minute), p.Done, 0)
	}
	require.True(w.t, p.Done(), "cannot be ended: %.200s", line)
	return out.String()
}
