package realclient

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// overSPDY makes kubectl stream as it did before WebSockets, and as it does when they are refused.
const overSPDY = "KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false"

var execID = regexp.MustCompile(`exec "[0-9a-f]{64}"`)

// startBox runs a pod that does nothing.
func startBox(k *kubectl, name string) {
	k.t.Helper()
	k.ok("run", name, "--image=busybox:1.36", "--restart=Never", "--", "sleep", "360000")
	k.ok("wait", "--for=condition=Ready", "pod/"+name, "--timeout=60s")
}

func TestExec(t *testing.T) {
	t.Parallel()
	k := newKubectl(t, "exec")
	startBox(k, "box")
	k.ok("create", "deployment", "web", "--image=nginx:1.27")
	for _, c := range []struct {
		name, internal string
		env            []string
	}{
		// A translator between WebSockets and what containerd speaks wraps the error it reads in one of its own.
		{"WebSockets", "Internal error occurred: Internal error occurred: ", nil},
		{"SPDY", "Internal error occurred: ", []string{overSPDY}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := &kubectl{t: t, ns: k.ns, env: c.env}
			require.Equal(t, "hello\n", k.ok("exec", "box", "--", "echo", "hello"))

			out, errs, code := k.run("exec", "box", "--", "sh", "-c", "echo out; echo err >&2; sleep 1; exit 7")
			require.Equal(t, "out\n", out)
			require.Equal(t, "err\ncommand terminated with exit code 7\n", errs)
			require.Equal(t, 7, code)

			big := strings.Repeat("0123456789abcdef", 20_000)
			k.stdin = strings.NewReader(big)
			require.Equal(t, big, k.ok("exec", "-i", "box", "--", "cat"), "input ends where the pipe does")
			k.stdin = strings.NewReader(big)
			k.ok("exec", "-i", "box", "--", "sh", "-c", "cat > /tmp/big")
			require.Equal(t, big, k.ok("exec", "box", "--", "sh", "-c", "cat /tmp/big | cat"))
			k.stdin = strings.NewReader("one\ntwo\n")
			require.Equal(t, "<one>\n<two>\n", k.ok("exec", "-i", "box", "--", "sh", "-c", `while read l; do echo "<$l>"; done`))
			k.stdin = nil

			require.Regexp(t, `^web-[-a-z0-9]+\n$`, k.ok("exec", "deploy/web", "--", "hostname"))
			require.Equal(t, "error: "+c.internal+`error executing command in container: failed to exec in container: failed to start exec "ID": OCI runtime exec failed: exec failed: unable to start container process: exec: "nothing": executable file not found in $PATH`,
				execID.ReplaceAllString(k.fails("exec", "box", "--", "nothing"), `exec "ID"`))
			require.Equal(t, `Error from server (NotFound): pods "none" not found`, k.fails("exec", "none", "--", "true"))
		})
	}
	k.ok("run", "soon", "--image=no-such-image")
	k.ok("wait", "--for=condition=PodScheduled", "pod/soon")
	require.Equal(t, `error: unable to upgrade connection: container not found ("soon")`, k.fails("exec", "soon", "--", "true"))
	require.Equal(t, `error: unable to upgrade connection: container soon not found in pod soon_exec`, k.fails("attach", "soon", "-q"))
}

// Whoever may not create pods/exec may not exec, whichever way they come.
func TestExecNeedsCreate(t *testing.T) {
	t.Parallel()
	k := newKubectl(t, "exec-rbac")
	startBox(k, "box")
	k.ok("create", "role", "look", "--verb=get,list", "--resource=pods,pods/exec")
	k.ok("create", "rolebinding", "look", "--role=look", "--user=jane")
	require.Equal(t, `error: unable to upgrade connection: pods "box" is forbidden: User "jane" cannot create resource "pods/exec" in API group "" in the namespace "exec-rbac"`,
		k.fails("exec", "box", "--as=jane", "--", "true"))
	k.ok("create", "role", "do", "--verb=create", "--resource=pods/exec")
	k.ok("create", "rolebinding", "do", "--role=do", "--user=jane")
	require.Equal(t, "in\n", k.ok("exec", "box", "--as=jane", "--", "echo", "in"))

	// A page of another origin cannot open a stream, though browsers would let it.
	req, err := http.NewRequest("GET", url+"/api/v1/namespaces/exec-rbac/pods/box/exec?command=true&stdout=true", nil)
	require.NoError(t, err)
	for n, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Origin": "https://example.com", "Sec-Websocket-Version": "13", "Sec-Websocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
		req.Header.Set(n, v)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
}

// terminal is a command at a pseudo terminal.
type terminal struct {
	t    *testing.T
	file *os.File
	wait func() int
	out  chan string
	seen string
}

func (k *kubectl) terminal(args ...string) *terminal {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), commandLimit)
	k.t.Cleanup(cancel)
	c := k.command(ctx, args...)
	f, err := pty.StartWithSize(c, &pty.Winsize{Rows: 43, Cols: 132})
	require.NoError(k.t, err)
	t := &terminal{t: k.t, file: f, out: make(chan string, 100)}
	go func() {
		r := bufio.NewReader(f)
		buf := make([]byte, 4096)
		for {
			n, err := r.Read(buf)
			if n > 0 {
				t.out <- string(buf[:n])
			}
			if err != nil {
				close(t.out)
				return
			}
		}
	}()
	t.wait = func() int {
		for text := range t.out {
			t.seen += text
		}
		_ = c.Wait()
		require.NoError(k.t, ctx.Err(), t.seen)
		_ = f.Close()
		return c.ProcessState.ExitCode()
	}
	return t
}

// expect waits until the screen ends with a text, and then forgets what is on it.
func (t *terminal) expect(text string) {
	t.t.Helper()
	for !strings.HasSuffix(t.seen, text) {
		more, ok := <-t.out
		require.Truef(t.t, ok, "it ended; expected %q, seen %q", text, t.seen)
		t.seen += more
	}
	t.seen = ""
}

func (t *terminal) types(keys string) {
	t.t.Helper()
	_, err := io.WriteString(t.file, keys)
	require.NoError(t.t, err)
}

func TestExecTerminal(t *testing.T) {
	t.Parallel()
	k := newKubectl(t, "exec-tty")
	startBox(k, "box")
	for _, env := range [][]string{nil, {overSPDY}} {
		k.env = env
		term := k.terminal("exec", "-it", "box", "--", "sh")
		term.expect("/ # ")
		term.types("echo $((6*7))\r")
		term.expect("echo $((6*7))\r\n42\r\n/ # ")
		term.types("stty size\r")
		term.expect("43 132\r\n/ # ")
		require.NoError(t, pty.Setsize(term.file, &pty.Winsize{Rows: 10, Cols: 40}))
		require.Eventually(t, func() bool {
			term.types("stty size\r")
			for !strings.HasSuffix(term.seen, "/ # ") {
				term.seen += <-term.out
			}
			defer func() { term.seen = "" }()
			return strings.Contains(term.seen, "10 40\r\n")
		}, 10*time.Second, 50*time.Millisecond)
		term.types("sleep 100000\r")
		term.expect("sleep 100000\r\n")
		term.types("\x03")
		term.expect("^C\r\n/ # ")
		term.types("exit 5\r")
		require.Equal(t, 5, term.wait())
		require.Contains(t, term.seen, "command terminated with exit code 5")
	}
}
