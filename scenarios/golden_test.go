package scenarios

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/sim"
	"tabernetes/scenarios/golden"
)

// page is the page's kubectl.
type page struct {
	t testing.TB
	c *engine.Cluster
}

func newPage(t testing.TB) *page {
	c, err := engine.New(engine.Config{Nodes: 3, Seed: 1})
	require.NoError(t, err)
	require.True(t, c.RunTo(sim.Time(time.Minute), c.Ready, 0))
	p := &page{t, c}
	p.Wait(30) // as in the recording, the controllers have looked around
	return p
}

func (p *page) Run(line string, files map[string]string) (output string, exit int) {
	p.t.Helper()
	put := func(s string) { output += s }
	exit = -1
	proc, err := p.c.Start(engine.Command{Op: engine.OpKubectl, Line: line, Files: files}, engine.Output{Out: put, Err: put, Done: func(code int) { exit = code }})
	require.NoError(p.t, err)
	p.c.RunTo(p.c.Now().Add(5*time.Minute), proc.Done, 0)
	return output, exit
}

func (p *page) Wait(seconds int) {
	p.c.RunTo(p.c.Now().Add(time.Duration(seconds)*time.Second), nil, 0)
}

// TestRecordedSession plays what was recorded of a real cluster against the page's kubectl.
func TestRecordedSession(t *testing.T) { golden.PlaySession(t, newPage(t)) }

// TestRecordedErrors tries the manifests a real cluster refused.
func TestRecordedErrors(t *testing.T) {
	p := newPage(t)
	out, code := p.Run("apply -f crd.yaml", map[string]string{"crd.yaml": golden.WidgetCRD})
	require.Zero(t, code, out)
	p.Wait(2)
	golden.PlayInvalid(t, p)
}
