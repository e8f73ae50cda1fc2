package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const applied = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx, env: [{name: A, value: b}]}]}
`

// TestServerSideApply is a change from client-side to server-side apply, and a quarrel, as a user sees them.
func TestServerSideApply(t *testing.T) {
	c := ready(t, 1)
	require.Equal(t, "deployment.apps/web created\n", kubectl(t, c, "apply -f -", applied))
	c.RunTo(c.Now().Add(30*time.Second), nil, 0)
	managers := `get deployment web -o "jsonpath={range .metadata.managedFields[*]}{.manager}/{.operation}/{.subresource};{end}"`
	require.Equal(t, "kubectl-client-side-apply/Update/;kube-controller-manager/Update/status;", kubectl(t, c, managers, ""))
	require.NotContains(t, kubectl(t, c, "get deployment web -o yaml", ""), "managedFields")
	shown := kubectl(t, c, "get deployment web -o yaml --show-managed-fields", "")
	require.Contains(t, shown, "manager: kube-controller-manager")
	require.Contains(t, shown, "f:availableReplicas: {}")
	require.Contains(t, shown, "f:deployment.kubernetes.io/revision: {}")
	require.NotContains(t, shown, "fieldsType: Status")

	changed := strings.Replace(applied, ", env: [{name: A, value: b}]", "", 1)
	require.Equal(t, "deployment.apps/web serverside-applied\n", kubectl(t, c, "apply --server-side -f -", changed))
	require.Equal(t, "kubectl-last-applied/Apply/;kubectl/Apply/;kube-controller-manager/Update/status;", kubectl(t, c, managers, ""))
	require.Empty(t, kubectl(t, c, `get deployment web -o "jsonpath={.spec.template.spec.containers[0].env}"`, ""), "what client-side apply owned goes when the manifest drops it")
	require.NotContains(t, kubectl(t, c, "apply view-last-applied deployment web", ""), "env")

	require.Equal(t, "deployment.apps/web scaled\n", kubectl(t, c, "scale deployment web --replicas=3", ""))
	out := kubectl(t, c, "apply --server-side -f -", changed)
	require.Contains(t, out, `Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas`)
	require.Contains(t, out, "Please review the fields above--they currently have other managers. Here\nare the ways you can resolve this warning:\n")
	require.Equal(t, "deployment.apps/web serverside-applied\n", kubectl(t, c, "apply --server-side --force-conflicts -f -", changed))
	require.Equal(t, "2", kubectl(t, c, `get deployment web -o "jsonpath={.spec.replicas}"`, ""))
	require.Contains(t, kubectl(t, c, "apply --server-side --field-manager=me -f -", strings.Replace(changed, "image: nginx", "image: httpd", 1)), `conflict with "kubectl": .spec.template.spec.containers[name="c"].image`)
	require.Equal(t, "deployment.apps/other serverside-applied (server dry run)\n", kubectl(t, c, "apply --server-side --dry-run=server -f -", strings.Replace(changed, "name: web", "name: other", 1)))

	require.Contains(t, kubectl(t, c, "apply set-last-applied -f -", strings.Replace(changed, "replicas: 2", "replicas: 7", 1)), "deployment.apps/web configured\n")
	require.Contains(t, kubectl(t, c, "apply view-last-applied deployment web", ""), "replicas: 7")
	require.Equal(t, "set-last-applied web: no changes required.\n", kubectl(t, c, "apply set-last-applied -f -", strings.Replace(changed, "replicas: 2", "replicas: 7", 1)))
}
