package realclient

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRunAttached(t *testing.T) {
	t.Parallel()
	k := newKubectl(t, "attach")
	out, errs, code := k.run("run", "once", "--image=busybox:1.36", "--restart=Never", "--rm", "--attach", "-q", "--", "sh", "-c", "sleep 60; echo out; echo err >&2; exit 3")
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
	// A server's output, as it comes; nobody listens to what is typed.
	k.ok("run", "web", "--image=nginx:1.27")
	k.ok("wait", "--for=condition=Ready", "pod/web", "--timeout=60s")
	web := k.terminal("attach", "web")
	web.expect("try pressing enter.\r\n")
	require.Eventually(t, func() bool {
		_, _, code := k.run("exec", "web", "--", "wget", "-qO-", "localhost/asked")
		return code != 7 && strings.Contains(k.ok("logs", "web"), "GET /asked")
	}, commandLimit, 100*time.Millisecond)
	web.expect("\"-\"\r\n")
	web.types("\x03")
	web.wait()

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

func TestCopy(t *testing.T) {
	t.Parallel()
	k := newKubectl(t, "cp")
	startBox(k, "box")
	from := t.TempDir()
	big := strings.Repeat("0123456789abcdef", 50_000)
	long := strings.Repeat("a-long-name-", 12)
	require.NoError(t, os.MkdirAll(filepath.Join(from, "tree", "sub", "empty"), 0o755))
	files := map[string]string{"a.txt": "one\n", "sub/big": big, "sub/" + long: "", "sub/äöü": "\x00\x01\xff"}
	for name, text := range files {
		writeFile(t, filepath.Join(from, "tree", name), text)
	}
	for _, env := range [][]string{nil, {overSPDY}} {
		k.env = env
		k.ok("cp", filepath.Join(from, "tree"), "box:/tmp")
		require.Equal(t, "one\n", k.ok("exec", "box", "--", "cat", "/tmp/tree/a.txt"))
		require.Equal(t, "800000\n", k.ok("exec", "box", "--", "wc", "-c", "/tmp/tree/sub/big"))
		to := t.TempDir()
		k.ok("cp", "box:/tmp/tree", filepath.Join(to, "back"))
		for name, text := range files {
			b, err := os.ReadFile(filepath.Join(to, "back", name))
			require.NoError(t, err)
			require.True(t, text == string(b), name)
		}
		info, err := os.Stat(filepath.Join(to, "back", "sub", "empty"))
		require.NoError(t, err)
		require.True(t, info.IsDir())
		k.ok("cp", "--retries=2", "box:/tmp/tree/sub/big", filepath.Join(to, "again"))
		b, err := os.ReadFile(filepath.Join(to, "again"))
		require.NoError(t, err)
		require.True(t, big == string(b))
		k.ok("exec", "box", "--", "rm", "-r", "/tmp/tree")
	}
	require.Equal(t, "error: none doesn't exist in local filesystem", k.fails("cp", "none", "box:/tmp"))
	require.Contains(t, k.fails("cp", filepath.Join(from, "tree"), "box:/nowhere/deep/"), "tar: can't change directory to '/nowhere")
}
