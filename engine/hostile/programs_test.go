package hostile_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/hostile"
)

// programs never end, print for ever, or want everything there is.
var programs = []string{
	"while true; do :; done", "while :; do echo x; done", "yes", "yes > /dev/null", "yes | cat", "yes > /tmp/full", "cat /dev/zero", "cat /dev/zero > /tmp/full", "head -c 1000000000 /dev/zero", "cat /dev/urandom",
	"f() { f; }; f", "f() { f | f & }; f", "while :; do sh -c true & done", "while :; do sleep 0; done", "sleep 0.000001; exec sh -c 'while :; do sleep 0.000001; done'",
	"a=x; while :; do a=$a$a; done", "set -- x; while :; do set -- $@ $@; done", "seq 1 999999999999", "printf '%999999999s' x", "for i in $(seq 1 10000000); do :; done", "echo {1..100000000}",
	"while :; do wget -qO- http://127.0.0.1:1/; done", "while :; do nslookup kubernetes.default; done", "while :; do nc -z 127.0.0.1 1; done", "trap '' TERM INT HUP; while :; do :; done",
	"i=0; while :; do echo $i > /tmp/$i; i=$((i+1)); done", "mkdir -p /a/$(printf 'b/%.0s' $(seq 1 5000))", "while :; do cat /proc/*/cmdline; done", "while :; do ls -R /; done", "ln -s /tmp/a /tmp/b; ln -s /tmp/b /tmp/a; cat /tmp/a", "kill -9 -1; kill -9 1; while :; do kill $$; done",
	"until false; do echo; done | while read x; do echo $x; done", "while read x; do :; done < /dev/zero", "tail -f /dev/null", "tail -f /tmp/nothing", "exec < /dev/zero; read x", "sed 's/\\(a*\\)*b/x/' /dev/zero", "awk 'BEGIN{while(1)print}'", "grep x /dev/zero", "sort /dev/zero", "wc /dev/zero",
}

// TestPrograms: containers that run for ever take time of the cluster and not of who looks at it: the clock goes on, logs
// stay bounded, and the pods can be deleted.
func TestPrograms(t *testing.T) {
	for _, program := range programs {
		t.Run(program, func(t *testing.T) {
			w := begin(t)
			pod := map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "p"}, "spec": map[string]any{
				"terminationGracePeriodSeconds": 1, "restartPolicy": "Never", "containers": []any{map[string]any{"name": "c", "image": "busybox:1.36", "command": []any{"sh", "-c", program}}},
			}}
			text, err := json.Marshal(pod)
			require.NoError(t, err)
			out, code := w.run("create -f p.json", map[string]string{"p.json": string(text)})
			require.Zero(t, code, out)
			for range 30 { // seconds
				at := w.c.Now()
				w.wait(time.Second)
				require.Equal(t, at.Add(time.Second), w.c.Now())
			}
			info, err := w.c.Object("pods/default/p")
			require.NoError(t, err)
			require.Less(t, len(info.Logs["c"]), 16<<20)
			out, _ = w.run("logs p", nil)
			require.Less(t, len(out), 16<<20)
			out, code = w.run("delete pod p", nil)
			require.Zero(t, code, out)
		})
	}
}

// TestPrinted: what a container prints is told as it is, and the page is who must take care; what stands in objects is made
// visible by kubectl.
func TestPrinted(t *testing.T) {
	w := begin(t)
	payload := strings.Join(hostile.Payloads[:13], "\n")
	pod := map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "p"}, "spec": map[string]any{
		"containers": []any{map[string]any{"name": "c", "image": "busybox:1.36", "command": []any{"sh", "-c", `echo "$P"; sleep 1d`}, "env": []any{map[string]any{"name": "P", "value": strings.ReplaceAll(payload, "\x00", "")}}}},
	}}
	text, err := json.Marshal(pod)
	require.NoError(t, err)
	out, code := w.run("create -f p.json", map[string]string{"p.json": string(text)})
	require.Zero(t, code, out)
	w.wait(10 * time.Second)
	out, _ = w.run("logs p", nil)
	require.Contains(t, out, "\x1b]52;c;")
	out, _ = w.run("describe pod p", nil)
	require.NotContains(t, out, "\x1b")
	require.Contains(t, out, "^[]52;c;")
}
