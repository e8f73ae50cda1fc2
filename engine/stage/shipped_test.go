package stage_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/api"
)

// What came with the cluster is not drawn, whatever is done to it; what its user made is, be its name what it may.
func TestShipped(t *testing.T) {
	c, err := engine.New(engine.Config{Nodes: 2, Seed: 1, Addons: true})
	require.NoError(t, err)
	pass := func(d time.Duration) { c.Sim.RunUntil(c.Now().Add(d), 0) }
	do := func(line string, files map[string]string) {
		t.Helper()
		code := -1
		p, err := c.Start(engine.Command{Op: engine.OpKubectl, Line: "kubectl " + line, Files: files}, engine.Output{Done: func(n int) { code = n }, Err: func(s string) { t.Log(s) }})
		require.NoError(t, err)
		c.RunTo(c.Now().Add(5*time.Minute), p.Done, 0)
		require.Zero(t, code, line)
	}
	stored := func() int {
		n := 0
		c.Each(api.Pods, func(_ string, o api.Object) {
			if o.GetAnnotations()["kubernetes.io/config.mirror"] == "" {
				n++
			}
		})
		return n
	}
	drawn := func() (pods int, names []string) {
		c.Stage.Everything()
		f := c.Stage.Take(0)
		for _, w := range f.Workloads {
			names = append(names, w.Ref)
		}
		for _, s := range f.Services {
			names = append(names, s.Ref)
		}
		for _, n := range c.Stage.PodCounts() {
			pods += n
		}
		return pods, names
	}
	none := func(when string) {
		t.Helper()
		pods, names := drawn()
		require.Zero(t, pods, when)
		require.Equal(t, []string{"services/default/kubernetes"}, names, when)
	}
	pass(2 * time.Minute)
	require.Equal(t, 2, stored())
	none("they run")
	do("rollout restart deployment metrics-server -n kube-system", nil)
	do("label deployment,service --all -n kube-system k8s-app=mine --overwrite", nil)
	do("apply --server-side --force-conflicts -f d.yaml", map[string]string{
		"d.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: metrics-server, namespace: kube-system, labels: {k8s-app: mine}}\nspec: {replicas: 2}\n"})
	pass(time.Minute)
	require.Equal(t, 3, stored())
	none("their user changed them")
	// Its ReplicaSets and pods outlive it; what takes them over says whose they are.
	do("delete deployment local-path-provisioner -n local-path-storage --cascade=orphan", nil)
	pass(time.Minute)
	require.Equal(t, 3, stored())
	none("orphans")
	do("delete deployment metrics-server -n kube-system", nil)
	do("delete service metrics-server -n kube-system", nil)
	none("on their way out")
	pass(2 * time.Minute)
	require.Equal(t, 1, stored())
	none("gone")
	do("apply -f mine.yaml", map[string]string{"mine.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: metrics-server, namespace: kube-system, labels: {k8s-app: metrics-server}}
spec:
  replicas: 2
  selector: {matchLabels: {k8s-app: metrics-server}}
  template:
    metadata: {labels: {k8s-app: metrics-server}}
    spec: {containers: [{name: web, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: metrics-server, namespace: kube-system}
spec: {selector: {k8s-app: metrics-server}, ports: [{port: 80}]}
`})
	pass(time.Minute)
	pods, names := drawn()
	require.Equal(t, 2, pods)
	require.ElementsMatch(t, []string{"services/default/kubernetes", "services/kube-system/metrics-server", "deployments/kube-system/metrics-server"}, names)
}
