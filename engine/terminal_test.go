package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

// TestEditorSurvivesReplay: an editor that is open when a session is shared is open in the session that is made again,
// and what is saved there has the same consequences.
func TestEditorSurvivesReplay(t *testing.T) {
	c, err := engine.New(engine.Config{Nodes: 1, Seed: 3})
	require.NoError(t, err)
	require.True(t, c.RunTo(sim.Time(time.Minute), c.Ready, 0))
	require.NoError(t, c.Do(engine.Command{Op: engine.OpKubectl, Line: "kubectl create configmap settings --from-literal=color=blue"}))
	c.RunTo(c.Now().Add(time.Second), nil, 0)

	// A terminal without an editor.
	said := ""
	p, err := c.Start(engine.Command{Op: engine.OpKubectl, Line: "kubectl edit configmap settings"}, engine.Output{Err: func(s string) { said += s }})
	require.NoError(t, err)
	c.RunTo(c.Now().Add(time.Second), p.Done, 0)
	require.Contains(t, said, "unable to launch the editor")

	var name, text string
	p, err = c.Start(engine.Command{Op: engine.OpKubectl, Line: "kubectl edit configmap settings"}, engine.Output{Edit: func(n, s string) { name, text = n, s }})
	require.NoError(t, err)
	c.RunTo(c.Now().Add(time.Second), p.Waits, 0)
	require.False(t, p.Done())
	require.Contains(t, text, "color: blue")
	c.RunTo(c.Now().Add(time.Minute), nil, 0)

	again, err := engine.Replay(c.Config(), c.Log(), c.Now())
	require.NoError(t, err)
	require.Equal(t, []engine.Editor{{Of: p.N(), Name: name, Text: text}}, again.Editors())
	edited := engine.Command{Op: engine.OpEdited, Of: p.N(), Files: map[string]string{"-": strings.ReplaceAll(text, "blue", "green")}}
	for _, c := range []*engine.Cluster{c, again} {
		require.NoError(t, c.Do(edited))
		require.Error(t, c.Do(edited), "an editor can be left once")
		require.Empty(t, c.Editors())
		c.RunTo(c.Now().Add(time.Minute), nil, 0)
	}
	require.True(t, p.Done())
	require.Equal(t, c.Stats(), again.Stats())
	require.Equal(t, c.Sim.Journal.Len(), again.Sim.Journal.Len())
	require.Error(t, c.Do(engine.Command{Op: engine.OpInput, Of: p.N(), Line: "x"}))
}
