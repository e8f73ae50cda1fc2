package realclient

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRunAttached(t *testing.T) {
	t.Parallel()
	k := newKubectl(t, "attach")
	out, errs, code := k.run("run", "once", "--image=busybox:1.36", "--restart=Never", "--rm", "--attach", "-q", "--", "sh", "-c", "sleep 20; echo out; echo err >&2; exit 3")
	require.Equal(t, "out\n", out)
	require.Equal(t, "err\npod attach/once terminated (Error)\n", errs)
	require.Equal(t, 3, code)
	require.Empty(t, k.ok("get", "pods", "-o", "name"))

	k.stdin = strings.NewReader("one\ntwo\nthree\n")
	require.Equal(t, "3\n", k.ok("run", "count", "--image=busybox:1.36", "--restart=Never", "--rm", "-i", "-q", "--", "wc", "-l"))
	k.stdin = nil

	term := k.terminal("run", "-it", "box", "--image=busybox:1.36", "--restart=Never", "--rm", "--", "sh")
	term.expect("/ # ")
	term.types("hostname\r")
	term.expect("hostname\r\nbox\r\n/ # ")
	term.types("exit\r")
	require.Zero(t, term.wait(), term.seen)
	require.Contains(t, term.seen, "Session ended, resume using 'kubectl attach box -c box -n attach -i -t' command")
	require.Contains(t, term.seen, `pod "box" deleted from attach namespace`)
}

func TestAttach(t *testing.T) {
	t.Parallel()
	k := newKubectl(t, "attach2")
	k.ok("run", "shell", "--image=busybox:1.36", "--restart=Never", "-it", "--attach=false", "--leave-stdin-open", "--", "sh")
	k.ok("wait", "--for=condition=Ready", "pod/shell", "--timeout=60s")
	for _, env := range [][]string{nil, {overSPDY}} {
		k.env = env
		term := k.terminal("attach", "-it", "shell")
		term.expect("/ # ")
		term.types("x=$((x+1)); echo $x\r")
		term.expect(map[bool]string{true: "\r\n1\r\n/ # ", false: "\r\n2\r\n/ # "}[env == nil])
		// Whoever leaves leaves the shell as it is.
		term.types("\x10\x11")
		term.wait()
	}
}
