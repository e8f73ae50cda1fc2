package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLinesOnStandardInput(t *testing.T) {
	c, err := newCluster(config{nodes: 1, masters: 3, seed: 1, speed: 100})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go c.loop.run(ctx)
	var out bytes.Buffer
	c.lines(ctx, strings.NewReader(`
# nothing
kill etcd@control-plane-2
kill etcd@control-plane-2
cut node-1
cut node-9 *
explode
etcdctl endpoint health --endpoints=control-plane-1
restart etcd@control-plane-2
kubectl get nodes node-1 -o name
`), &out)
	require.Equal(t, `ok: kill etcd@control-plane-2
error: etcd@control-plane-2 is stopped already
error: cut: the other side is missing; write: cut MACHINE,... MACHINE,...|* [both]
error: there is no machine "node-9"
`, firstLines(out.String(), 4))
	require.Contains(t, out.String(), "\nok: restart etcd@control-plane-2\nnode/node-1\nok: kubectl get nodes node-1 -o name\n")

	// Lines after the cluster's end are not answered, and nobody waits.
	cancel()
	<-c.loop.ended
	c.lines(ctx, strings.NewReader("kill node-1\n"), io.Discard)
}

func firstLines(s string, n int) string {
	return strings.Join(strings.SplitAfterN(s, "\n", n+1)[:n], "")
}

func TestTextsOnStandardInput(t *testing.T) {
	c, err := newCluster(config{nodes: 1, masters: 1, seed: 1, speed: 100})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go c.loop.run(ctx)
	var out bytes.Buffer
	c.lines(ctx, strings.NewReader("kubectl create configmap x --from-literal=a=b\nexport\nimport ../scenarios/manifests/import/shop.yaml\nimport nowhere.yaml\njournal\n"), &out)
	text := out.String()
	require.Contains(t, text, "data:\n  a: b\nkind: ConfigMap\nmetadata:\n  name: x\n  namespace: default\n# left out, ")
	require.Contains(t, text, "\nok: export\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n---\n")
	require.Contains(t, text, "# left out, this cluster has no such kind: BackendConfig shop/web\nok: import ../scenarios/manifests/import/shop.yaml\nerror: open nowhere.yaml: no such file or directory\n# Journal of a Tabernetes cluster")
	require.True(t, strings.HasSuffix(text, "ok: journal\n"))
}
