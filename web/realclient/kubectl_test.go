package realclient

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const manifests = `apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data: {greeting: hello}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: nginx, image: "nginx:1.26", ports: [{containerPort: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80}]
`

func TestNodes(t *testing.T) {
	k := &kubectl{t: t, ns: "default"}
	out := k.ok("get", "nodes")
	require.Equal(t, []string{"NAME", "STATUS", "ROLES", "AGE", "VERSION"}, strings.Fields(strings.Split(out, "\n")[0]))
	for _, n := range []string{"control-plane-1", "node-1", "node-2", "node-3"} {
		require.Regexp(t, `(?m)^`+n+` +Ready `, out)
	}
	require.Contains(t, k.ok("get", "nodes", "-o", "wide"), "containerd://")
	require.Contains(t, k.ok("describe", "node", "node-1"), "KubeletReady")
	require.Regexp(t, `(?m)^deployments +deploy +apps/v1 +true +Deployment$`, k.ok("api-resources"))
	require.Equal(t, "ok", k.ok("get", "--raw", "/readyz"))
}

func TestWorkload(t *testing.T) {
	k := newKubectl(t, "workload")
	f := file(t, manifests)
	require.Equal(t, "configmap/conf created\ndeployment.apps/web created\nservice/web created\n", k.ok("apply", "-f", f))
	require.Contains(t, k.ok("rollout", "status", "deployment/web", "--timeout=60s"), `deployment "web" successfully rolled out`)
	require.Equal(t, "configmap/conf unchanged\ndeployment.apps/web unchanged\nservice/web unchanged\n", k.ok("apply", "-f", f))
	require.Equal(t, "hello", k.ok("get", "configmap", "conf", "-o", "jsonpath={.data.greeting}"))

	require.Equal(t, "deployment.apps/web scaled\n", k.ok("scale", "deployment/web", "--replicas=4"))
	require.Equal(t, "deployment.apps/web image updated\n", k.ok("set", "image", "deployment/web", "nginx=nginx:1.27"))
	require.Contains(t, k.ok("rollout", "status", "deployment/web", "--timeout=120s"), "successfully rolled out")
	require.Regexp(t, `(?m)^web +4/4 +4 +4 `, k.ok("get", "deployment", "web"))
	require.Equal(t, "nginx:1.27 nginx:1.27 nginx:1.27 nginx:1.27", k.ok("get", "pods", "-l", "app=web", "--field-selector=status.phase=Running", "-o", "jsonpath={.items[*].spec.containers[0].image}"))

	text := k.ok("describe", "deployment", "web")
	require.Contains(t, text, "4 desired | 4 updated | 4 total | 4 available | 0 unavailable")
	require.Contains(t, text, "Scaled up replica set web-")
	pods := strings.Fields(k.ok("get", "pods", "-o", "name"))
	require.Contains(t, k.ok("describe", pods[0]), "Successfully assigned workload/web-")
	require.Contains(t, k.ok("logs", "deployment/web"), "Configuration complete; ready for start up")
	require.Contains(t, k.ok("get", "events"), "SuccessfulCreate")

	require.Equal(t, "deployment.apps/web rolled back\n", k.ok("rollout", "undo", "deployment/web"))
	k.ok("rollout", "status", "deployment/web", "--timeout=120s")
	require.Equal(t, "nginx:1.26", k.ok("get", "deployment", "web", "-o", "jsonpath={.spec.template.spec.containers[0].image}"))

	for typ, patch := range map[string]string{
		"json":      `[{"op":"replace","path":"/spec/replicas","value":3}]`,
		"merge":     `{"spec":{"replicas":2}}`,
		"strategic": `{"spec":{"template":{"spec":{"containers":[{"name":"nginx","imagePullPolicy":"Always"}]}}}}`,
	} {
		require.Equal(t, "deployment.apps/web patched\n", k.ok("patch", "deployment", "web", "--type="+typ, "-p", patch), typ)
	}
	require.Equal(t, "nginx:1.26 Always", k.ok("get", "deployment", "web", "-o", "jsonpath={.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].imagePullPolicy}"))
	require.Equal(t, "deployment.apps/web labeled\n", k.ok("label", "deployment", "web", "tier=front"))
	require.Contains(t, k.ok("get", "deployment", "-L", "tier", "-o", "wide"), "front")

	require.Equal(t, "configmap \"conf\" deleted from workload namespace\ndeployment.apps \"web\" deleted from workload namespace\nservice \"web\" deleted from workload namespace\n", k.ok("delete", "-f", f))
	k.ok("wait", "--for=delete", "pod", "-l", "app=web", "--timeout=60s")
	require.Empty(t, k.ok("get", "all"))
}

func TestPodsAndNodes(t *testing.T) {
	k := newKubectl(t, "pods")
	require.Equal(t, "pod/one created\n", k.ok("run", "one", "--image=busybox", "--restart=Never", "--command", "--", "sleep", "1000"))
	k.ok("wait", "--for=condition=Ready", "pod/one", "--timeout=60s")
	node := k.ok("get", "pod", "one", "-o", "jsonpath={.spec.nodeName}")
	require.Contains(t, k.ok("drain", node, "--force", "--ignore-daemonsets", "--timeout=60s"), "pod/one evicted")
	require.Contains(t, k.ok("get", "node", node), "SchedulingDisabled")
	require.Equal(t, "node/"+node+" uncordoned\n", k.ok("uncordon", node))
	require.Equal(t, "node/"+node+" tainted\n", k.ok("taint", "node", node, "a=b:NoSchedule"))
	require.Equal(t, "node/"+node+" untainted\n", k.ok("taint", "node", node, "a-"))
}

func TestErrors(t *testing.T) {
	k := newKubectl(t, "errors")
	require.Equal(t, `Error from server (NotFound): pods "nope" not found`, k.fails("get", "pod", "nope"))
	require.Equal(t, `error: the server doesn't have a resource type "gadgets"`, k.fails("get", "gadgets"))
	deployment := strings.Split(manifests, "---\n")[1]
	for _, c := range []struct{ from, to, want string }{
		{"replicas: 2", "replica: 2", `Error from server (BadRequest): error when creating "FILE": Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica"`},
		{"replicas: 2", "replicas: two", `Error from server (BadRequest): error when creating "FILE": Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`},
		{"matchLabels: {app: web}", "matchLabels: {app: other}", "The Deployment \"web\" is invalid: spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not match template `labels`"},
		{"kind: Deployment", "kind: Deploymentt", "error: resource mapping not found for name: \"web\" namespace: \"\" from \"FILE\": no matches for kind \"Deploymentt\" in version \"apps/v1\"\nensure CRDs are installed first"},
	} {
		require.Contains(t, deployment, c.from)
		f := file(t, strings.Replace(deployment, c.from, c.to, 1))
		for _, args := range [][]string{{"apply", "-f", f}, {"apply", "--dry-run=server", "-f", f}} {
			require.Equal(t, strings.ReplaceAll(c.want, "FILE", f), k.fails(args...))
		}
	}
	require.Equal(t, "deployment.apps/web created (server dry run)\n", k.ok("apply", "--dry-run=server", "-f", file(t, deployment)))
	require.Equal(t, `Error from server (NotFound): deployments.apps "web" not found`, k.fails("get", "deployment", "web"))
	require.Equal(t, "deployment.apps/web serverside-applied (server dry run)\n", k.ok("apply", "--server-side", "--dry-run=server", "-f", file(t, deployment)))
}

func TestExplain(t *testing.T) {
	k := &kubectl{t: t, ns: "default"}
	text := k.ok("explain", "pod.spec.containers.ports")
	require.Contains(t, text, "FIELD: ports <[]ContainerPort>")
	require.Contains(t, text, "containerPort\t<integer> -required-")
	require.Contains(t, k.ok("explain", "deployment.spec.strategy.rollingUpdate"), "maxSurge\t<IntOrString>")
}
