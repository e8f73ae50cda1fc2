package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// at runs a line at a terminal, which does with each message what act says, and returns what was printed.
func (h *fakeHost) at(line string, act func(id int, a answer)) lineResult {
	h.t.Helper()
	seen := len(h.answers)
	h.b.receive(request{ID: 7, Op: "run", Line: line, Terminal: true})
	for {
		for ; seen < len(h.answers); seen++ {
			if a := h.answers[seen]; a.ID == 7 {
				if a.Type == "result" {
					return a.Value.(lineResult)
				}
				require.NotEqual(h.t, "error", a.Type, a.Message)
				act(7, a)
			}
		}
		require.NotEmpty(h.t, h.queue, "%s does not end", line)
		fn := h.queue[0]
		h.queue = h.queue[1:]
		fn()
	}
}

// What kubectl cannot read is opened again with what is wrong at its top; who has no terminal has no editor.
func TestEditInAPausedClock(t *testing.T) {
	h := newHost(t)
	h.init()
	h.kubectl("create configmap settings --from-literal=color=blue")
	require.Contains(t, h.kubectl("edit configmap settings").Stderr, "unable to launch the editor")
	opened := 0
	r := h.at("edit configmap settings", func(id int, a answer) {
		if a.Type != "edit" {
			return
		}
		opened++
		text := strings.Replace(a.Text, "color: blue", "color: [blue", 1)
		if opened > 1 {
			require.Contains(t, a.Text, "# ")
			text = strings.Replace(a.Text, "color: [blue", "color: green", 1)
		}
		require.NotEqual(t, a.Text, text)
		h.b.receive(request{ID: 8, Op: "edited", Of: id, Text: &text})
	})
	require.Equal(t, 2, opened)
	require.Equal(t, lineResult{Stdout: "configmap/settings edited\n", Stderr: "error: configmaps \"settings\" is invalid\n"}, r)
	require.Equal(t, "green", h.kubectl("get configmap settings -o jsonpath={.data.color}").Stdout)
	require.Equal(t, "Edit cancelled, no changes made.\n", h.at("edit configmap settings", func(id int, a answer) {
		if a.Type == "edit" {
			h.b.receive(request{ID: 9, Op: "edited", Of: id})
		}
	}).Stderr)
	require.Contains(t, h.ask(request{Op: "edited", Of: 7}).Message, "not running")
}

func TestTypedIntoAPodInAPausedClock(t *testing.T) {
	h := newHost(t)
	h.init()
	h.kubectl("run web --image=nginx")
	require.Equal(t, "result", h.ask(request{Op: "settle", MaxSeconds: 120}).Type)
	reads, typed := 0, []string{"hostname", "half a line\x03", "\x04"}
	r := h.at("exec -it web -- sh", func(id int, a answer) {
		if a.Type == "keys" {
			reads++
			require.True(t, a.Raw, "Ctrl-C is the pod's")
		}
		if strings.HasSuffix(a.Text, "# ") {
			h.b.receive(request{ID: 8, Op: "input", Of: id, Line: typed[0]})
			typed = typed[1:]
		}
	})
	require.Equal(t, 1, reads)
	require.Equal(t, 130, r.Code, "the shell ends as what ran last in it")
	require.Equal(t, "/ # hostname\nweb\n/ # half a line^C\n/ # \n", r.Stdout)
	require.Contains(t, h.ask(request{Op: "input", Of: 7, Line: "x"}).Message, "not running")
}
