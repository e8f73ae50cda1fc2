package kubectl

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSetEnvLists(t *testing.T) {
	w := newWorld(t)
	w.files["ds.yaml"] = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      initContainers: [{name: setup, image: busybox}]
      containers:
      - {name: c, image: busybox, env: [{name: B, value: "2"}, {name: OWN, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}
`
	require.Equal(t, "daemonset.apps/agent created\n[exit 0]\n", w.command("kubectl apply -f ds.yaml"))
	require.Equal(t, "# DaemonSet agent, container c\nB=2\n# OWN from field path metadata.name\nA=1\n# DaemonSet agent, container setup\nA=1\n[exit 0]\n",
		w.command("kubectl set env daemonset/agent A=1 --list"), "with the changes, which are not made")
	require.Equal(t, "# DaemonSet agent, container setup\n[exit 0]\n", w.command("kubectl set env daemonset/agent --list -c set*"))
}

func TestPatternsOfContainers(t *testing.T) {
	for pattern, want := range map[string]bool{"*": true, "web": true, "we": false, "we*": true, "*eb": true, "*e": false, "x*": false, "*web": true} {
		require.Equal(t, want, matchesPattern("web", pattern), pattern)
	}
}
