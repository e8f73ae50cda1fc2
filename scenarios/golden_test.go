package scenarios

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

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

// TestRecordedServices creates the recorded Services, which must get the families, policies and kinds of addresses that
// the real server gave them; what else is in the recorded objects is compared where there is a serialised API.
func TestRecordedServices(t *testing.T) {
	p := newPage(t)
	seen := 0
	for _, o := range golden.Objects() {
		if !strings.HasPrefix(o.Name, "service-") {
			continue
		}
		seen++
		var want, got corev1.Service
		require.NoError(t, json.Unmarshal([]byte(o.Get), &want))
		out, code := p.Run("create -f s.yaml", map[string]string{"s.yaml": o.Manifest})
		require.Zero(t, code, out)
		out, code = p.Run("get service "+want.Name+" -o json", nil)
		require.Zero(t, code, out)
		require.NoError(t, json.Unmarshal([]byte(out), &got))
		for _, s := range []*corev1.Service{&want, &got} {
			require.Equal(t, s.Spec.ClusterIP, s.Spec.ClusterIPs[0])
			for i, ip := range s.Spec.ClusterIPs {
				inRange := false
				for _, cidr := range []string{"10.96.0.0/12", "fd00:10:96::/112"} {
					inRange = inRange || netip.MustParsePrefix(cidr).Contains(netip.MustParseAddr(ip))
				}
				require.True(t, inRange, ip)
				s.Spec.ClusterIPs[i] = strings.Trim(ip, "0123456789abcdef")[:1] // "." or ":"
			}
			s.Spec.ClusterIP = ""
		}
		require.Equal(t, want.Spec, got.Spec, o.Name)
	}
	require.Equal(t, 2, seen)
}

// TestRecordedErrors tries the manifests a real cluster refused.
func TestRecordedErrors(t *testing.T) {
	p := newPage(t)
	out, code := p.Run("apply -f crd.yaml", map[string]string{"crd.yaml": golden.WidgetCRD})
	require.Zero(t, code, out)
	p.Wait(2)
	golden.PlayInvalid(t, p)
}
