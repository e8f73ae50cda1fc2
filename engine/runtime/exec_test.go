package runtime_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/runtime"
)

// watcher is somebody at the other end of a session.
type watcher struct {
	out, err string
	code     int
}

func (w *watcher) stdio(stdin, tty bool) runtime.Stdio {
	w.out, w.err, w.code = "", "", -1
	return runtime.Stdio{Stdin: stdin, TTY: tty, Exit: func(n int) { w.code = n }, Out: func(text string, stderr bool) {
		if stderr {
			w.err += text
		} else {
			w.out += text
		}
	}}
}

func TestSessions(t *testing.T) {
	b := newBox(t)
	c := b.start(t, "busybox:1.36", []string{"sleep", "3600"}, nil)
	var w watcher

	// Input is copied as it comes, until it ends.
	s, err := c.Attend([]string{"cat"}, w.stdio(true, false))
	require.NoError(t, err)
	s.Write("in\n")
	require.Equal(t, "in\n", w.out)
	s.Write("more")
	require.Equal(t, "in\nmore", w.out)
	require.Equal(t, -1, w.code)
	s.CloseInput()
	require.Zero(t, w.code)

	_, err = c.Attend([]string{"no-such-program"}, w.stdio(false, false))
	require.ErrorContains(t, err, `exec: "no-such-program": executable file not found in $PATH`)

	// The two outputs are two, unless one is led into the other.
	_, err = c.Attend([]string{"sh", "-c", "echo a; ls /none; ls /none 2>/dev/null; ls /none 2>&1; echo b >&2; exit 3"}, w.stdio(false, false))
	require.NoError(t, err)
	require.Equal(t, "a\nls: /none: No such file or directory\n", w.out)
	require.Equal(t, "ls: /none: No such file or directory\nb\n", w.err)
	require.Equal(t, 3, w.code)

	// A shell without a terminal takes its commands from its input one by one, and they read from the same.
	s, err = c.Attend([]string{"sh"}, w.stdio(true, false))
	require.NoError(t, err)
	s.Write("read x y\none two three\necho $x, $y\nfor i in 1 2\n")
	require.Equal(t, "one, two three\n", w.out)
	s.Write("do echo $i; done\n")
	require.Equal(t, "one, two three\n1\n2\n", w.out)
	s.Write("false\n")
	s.CloseInput()
	require.Equal(t, 1, w.code)

	_, err = c.Attend([]string{"sh", "-c", `printf "a\nb\n" | while read l; do echo "<$l>"; done`}, w.stdio(false, false))
	require.NoError(t, err)
	require.Equal(t, "<a>\n<b>\n", w.out)

	// Without input there is nothing to read.
	_, err = c.Attend([]string{"cat"}, w.stdio(false, false))
	require.NoError(t, err)
	require.Zero(t, w.code)
}

func TestTerminal(t *testing.T) {
	b := newBox(t)
	c := b.start(t, "busybox:1.36", []string{"sleep", "3600"}, nil)
	var w watcher
	s, err := c.Attend([]string{"sh"}, w.stdio(true, true))
	require.NoError(t, err)
	s.Write("sleep 5; echo late\r")
	s.Write("echo typed ahead\r\x04")
	b.run(time.Second)
	require.Equal(t, "/ # sleep 5; echo late\r\n", w.out)
	require.Equal(t, -1, w.code)
	b.run(10 * time.Second)
	require.Equal(t, "/ # sleep 5; echo late\r\nlate\r\n/ # echo typed ahead\r\ntyped ahead\r\n/ # \r\n", w.out)
	require.Zero(t, w.code)

	// Lines are edited; a function key is none.
	s, err = c.Attend([]string{"sh"}, w.stdio(true, true))
	require.NoError(t, err)
	s.Write("echo a\x7f\x1b[Ab\r")
	require.Equal(t, "/ # echo a\b \bb\r\nb\r\n/ # ", w.out)
	w.out = ""
	s.Write("nonsense\x15echo é\x7fe\r")
	require.Contains(t, w.out, "\r\ne\r\n/ # ")

	// Ctrl-C ends what runs, and not the shell.
	w.out = ""
	s.Write("sleep 100\r")
	b.run(time.Second)
	s.Write("\x03")
	s.Write("echo $?\r")
	require.Equal(t, "sleep 100\r\n^C\r\n/ # echo $?\r\n130\r\n/ # ", w.out)
	w.out = ""
	s.Write("abc\x03")
	require.Equal(t, "abc^C\r\n/ # ", w.out)

	// What runs reads the terminal too; its Ctrl-D is not the shell's.
	w.out = ""
	s.Write("cat\rhi\r\x04echo still\r")
	require.Equal(t, "cat\r\nhi\r\nhi\r\n/ # echo still\r\nstill\r\n/ # ", w.out)
	s.Resize(132, 43)
	w.out = ""
	s.Write("stty size\r")
	require.Equal(t, "stty size\r\n43 132\r\n/ # ", w.out)

	// A line that is not whole asks for more.
	w.out = ""
	s.Write("if true\rthen echo yes\rfi\r")
	require.Equal(t, "if true\r\n> then echo yes\r\n> fi\r\nyes\r\n/ # ", w.out)
	s.Write("exit 4\r")
	require.Equal(t, 4, w.code)

	// A shell in the shell.
	s, err = c.Attend([]string{"bash"}, w.stdio(true, true))
	require.NoError(t, err)
	s.Write("sh\rsleep 9\r\x03\x04")
	require.Contains(t, w.out, ":/# sh\r\n/ # sleep 9\r\n^C\r\n/ # \r\nroot@")
	require.Equal(t, -1, w.code)
	s.Write("\x04")
	require.Equal(t, 130, w.code)

	// Whoever has no shell around it is ended by Ctrl-C.
	s, err = c.Attend([]string{"sleep", "100"}, w.stdio(true, true))
	require.NoError(t, err)
	s.Write("\x03")
	require.Equal(t, 130, w.code)

	// It ends with its container.
	s, err = c.Attend([]string{"sh"}, w.stdio(true, true))
	require.NoError(t, err)
	killed := watcher{}
	again, err := c.Attend([]string{"sleep", "60"}, killed.stdio(false, false))
	require.NoError(t, err)
	again.Kill()
	c.Stop(0, func() {})
	b.run(time.Minute)
	require.Equal(t, 137, w.code)
	require.Equal(t, -1, killed.code)
	s.Write("echo nobody hears\r")
	_, err = c.Attend([]string{"true"}, w.stdio(false, false))
	require.ErrorContains(t, err, "container not running")
}
