package printers

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

var now = time.Date(2026, 11, 22, 22, 41, 12, 0, time.UTC)

func ago(d time.Duration) metav1.Time { return metav1.NewTime(now.Add(-d)) }

// object reads a fixture; age is its AGE.
func object[T any, P interface {
	*T
	runtime.Object
	metav1.Object
}](t testing.TB, text string, age time.Duration) P {
	t.Helper()
	var o T
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), &o))
	P(&o).SetCreationTimestamp(ago(age))
	return &o
}

func rows(objs ...runtime.Object) []metav1.TableRow {
	var out []metav1.TableRow
	for _, o := range objs {
		out = append(out, Row(o, now))
	}
	return out
}

func kind(group, kind string) schema.GroupKind { return schema.GroupKind{Group: group, Kind: kind} }

// recorded is the output of a real kubectl, without command and exit status.
func recorded(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".txt")
	require.NoError(t, err)
	lines := strings.SplitAfter(string(text), "\n")
	return strings.Join(lines[1:len(lines)-2], "")
}

func TestPodColumns(t *testing.T) {
	text, err := os.ReadFile("testdata/pod-columns.json")
	require.NoError(t, err)
	var want []metav1.TableColumnDefinition
	require.NoError(t, json.Unmarshal(text, &want))
	assert.Empty(t, cmp.Diff(want, Columns(kind("", "Pod"))))
}

// TestColumns: headers and cells fit together, and every column is described.
func TestColumns(t *testing.T) {
	for gk, obj := range map[schema.GroupKind]runtime.Object{
		kind("", "Pod"):                           &corev1.Pod{},
		kind("", "Node"):                          &corev1.Node{},
		kind("", "Service"):                       &corev1.Service{},
		kind("", "Namespace"):                     &corev1.Namespace{},
		kind("", "ConfigMap"):                     &corev1.ConfigMap{},
		kind("", "Secret"):                        &corev1.Secret{},
		kind("", "ServiceAccount"):                &corev1.ServiceAccount{},
		kind("", "Event"):                         &corev1.Event{},
		kind("apps", "Deployment"):                &appsv1.Deployment{},
		kind("apps", "ReplicaSet"):                &appsv1.ReplicaSet{},
		kind("discovery.k8s.io", "EndpointSlice"): &discoveryv1.EndpointSlice{},
		kind("coordination.k8s.io", "Lease"):      &coordinationv1.Lease{},
		kind("x", "Other"):                        &metav1.PartialObjectMetadata{},
	} {
		columns, row := Columns(gk), Row(obj, now)
		require.Len(t, row.Cells, len(columns), gk)
		names := 0
		for i, c := range columns {
			assert.NotEmpty(t, c.Description, "%s %s", gk, c.Name)
			if c.Format == "name" {
				names++
			}
			if c.Type == "integer" {
				assert.IsType(t, int64(0), row.Cells[i], "%s %s", gk, c.Name)
			}
		}
		assert.Equal(t, 1, names, gk)
	}
}

func workloads(t testing.TB) (d *appsv1.Deployment, rs *appsv1.ReplicaSet) {
	d = object[appsv1.Deployment](t, `
metadata: {name: nginx}
spec: {replicas: 3, selector: {matchLabels: {app: nginx}}, template: {spec: {containers: [{name: nginx, image: "nginx:1.26"}]}}}
status: {readyReplicas: 3, updatedReplicas: 3, availableReplicas: 3}`, 0)
	rs = object[appsv1.ReplicaSet](t, `
metadata: {name: nginx-6d897b74dc}
spec: {replicas: 3, selector: {matchLabels: {app: nginx, pod-template-hash: 6d897b74dc}}, template: {spec: {containers: [{name: nginx, image: "nginx:1.26"}]}}}
status: {replicas: 3, readyReplicas: 3}`, 0)
	return d, rs
}

func runningPod(t testing.TB, name, ip, node string) *corev1.Pod {
	p := object[corev1.Pod](t, `
metadata: {labels: {app: nginx, pod-template-hash: 6d897b74dc}}
spec: {containers: [{name: nginx}]}
status: {phase: Running, containerStatuses: [{name: nginx, ready: true, state: {running: {}}}]}`, 0)
	p.Name, p.Spec.NodeName, p.Namespace = name, node, "default"
	p.Status.PodIPs = []corev1.PodIP{{IP: ip}}
	return p
}

func node(t testing.TB, name string, age time.Duration) *corev1.Node {
	n := object[corev1.Node](t, `
metadata: {labels: {kubernetes.io/role: agent, node-role.kubernetes.io/agent: ""}}
status:
  addresses: [{type: InternalIP, address: 127.0.0.1}]
  conditions: [{type: Ready, status: "True"}]
  nodeInfo: {kubeletVersion: kwok-0.7.0, kernelVersion: kwok-0.7.0, architecture: amd64, containerRuntimeVersion: kwok-0.7.0,
    machineID: "", systemUUID: "", bootID: "", osImage: "", kubeProxyVersion: "", operatingSystem: linux}`, age)
	n.Name = name
	return n
}

// TestText holds text against recorded output of a real cluster.
func TestText(t *testing.T) {
	d, rs := workloads(t)
	pods := rows(runningPod(t, "nginx-6d897b74dc-7n4p8", "10.0.0.2", "node-00001"),
		runningPod(t, "nginx-6d897b74dc-xr79z", "10.0.0.3", "node-00002"),
		runningPod(t, "nginx-6d897b74dc-zm69m", "10.0.0.1", "node-00000"))
	podColumns := Columns(kind("", "Pod"))
	assert.Equal(t, recorded(t, "pods-wide"), Text(podColumns, pods, Options{Wide: true}))
	assert.Equal(t, recorded(t, "pods-labels"), Text(podColumns, pods, Options{ShowLabels: true}))
	assert.Equal(t, recorded(t, "deployments-wide"), Text(Columns(kind("apps", "Deployment")), rows(d), Options{Wide: true}))
	assert.Equal(t, recorded(t, "nodes-wide"), Text(Columns(kind("", "Node")),
		rows(node(t, "node-00000", 3*time.Second), node(t, "node-00001", 3*time.Second), node(t, "node-00002", 3*time.Second)), Options{Wide: true}))
	second := node(t, "node-00001", 9*time.Second)
	second.Spec.Unschedulable = true
	assert.Equal(t, recorded(t, "nodes-cordoned"), Text(Columns(kind("", "Node")),
		rows(node(t, "node-00000", 9*time.Second), second, node(t, "node-00002", 9*time.Second)), Options{}))
	assert.Equal(t, recorded(t, "replicasets-wide"), Text(Columns(kind("apps", "ReplicaSet")), rows(rs), Options{Wide: true}))
	assert.Equal(t, recorded(t, "services-wide"), Text(Columns(kind("", "Service")), rows(
		object[corev1.Service](t, `{metadata: {name: kubernetes}, spec: {type: ClusterIP, clusterIPs: [10.96.0.1], ports: [{port: 443, protocol: TCP}]}}`, 8*time.Second),
		object[corev1.Service](t, `{metadata: {name: nginx}, spec: {type: ClusterIP, clusterIPs: [10.96.15.79], ports: [{port: 80, protocol: TCP}], selector: {app: nginx}}}`, 0),
	), Options{Wide: true}))

	// The events' own text has all that is needed to make them.
	var events []metav1.TableRow
	for _, line := range strings.Split(strings.TrimSpace(recorded(t, "events")), "\n")[1:] {
		f := strings.Fields(line)
		k, name, _ := strings.Cut(f[3], "/")
		e := &corev1.Event{Type: f[1], Reason: f[2], Message: strings.Join(f[4:], " ") + "\n", LastTimestamp: ago(0)}
		e.InvolvedObject = corev1.ObjectReference{Kind: strings.ToUpper(k[:1]) + k[1:], Name: name}
		events = append(events, Row(e, now))
	}
	assert.Equal(t, recorded(t, "events"), Text(Columns(kind("", "Event")), events, Options{}))
}

func TestTextOptions(t *testing.T) {
	p := runningPod(t, "a", "10.0.0.2", "n")
	columns := Columns(kind("", "Pod"))
	assert.Equal(t, "", Text(columns, nil, Options{}))
	assert.Equal(t, "a     1/1   Running   0     0s\n", Text(columns, rows(p), Options{NoHeaders: true}))
	assert.Equal(t, ""+
		"NAMESPACE   NAME    READY   STATUS    RESTARTS   AGE   APP     NAME\n"+
		"default     pod/a   1/1     Running   0          0s    nginx   <none>\n",
		Text(columns, rows(p), Options{WithNamespace: true, WithKind: kind("", "Pod"), LabelColumns: []string{"app", "app.kubernetes.io/name"}}))
	d, _ := workloads(t)
	assert.Equal(t, "deployment.apps/nginx   3/3   3     3     0s\n",
		Text(Columns(kind("apps", "Deployment")), rows(d), Options{NoHeaders: true, WithKind: kind("apps", "Deployment")}))

	cells := []metav1.TableRow{{Cells: []any{"a\x1b[31m", "line\nmore", nil, "tab\there", 1}}}
	custom := []metav1.TableColumnDefinition{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}
	assert.Equal(t, "A         B         C     D\na^[[31m   line...         tab   here\n", Text(custom, cells, Options{}))
	assert.Equal(t, "A   B\n\u00e9   x\n", strings.ReplaceAll(Text(custom[:2], []metav1.TableRow{{Cells: []any{"\u00e9", "x"}}}, Options{}), "     ", "   "))
}

// TestWatch: the header once, widths that only grow, event types in front.
func TestWatch(t *testing.T) {
	columns := Columns(kind("", "Pod"))
	p := NewPrinter(Options{})
	pod := runningPod(t, "a", "", "")
	assert.Equal(t, "", p.Print(columns, nil))
	assert.Equal(t, "NAME   READY   STATUS    RESTARTS   AGE\na      1/1     Running   0          0s\n", p.Print(columns, rows(pod)))
	pod.DeletionTimestamp = &metav1.Time{Time: now}
	assert.Equal(t, "a      1/1     Terminating   0          0s\n", p.Print(nil, rows(pod)))
	pod.DeletionTimestamp = nil
	assert.Equal(t, "a      1/1     Running       0          0s\n", p.Print(columns, rows(pod)))

	p = NewPrinter(Options{})
	assert.Equal(t, "EVENT      NAME   READY   STATUS    RESTARTS   AGE\nADDED      a      1/1     Running   0          0s\n", p.PrintEvent("ADDED", columns, rows(pod)))
	assert.Equal(t, "MODIFIED   a      1/1     Running   0          0s\n", p.PrintEvent("MODIFIED", nil, rows(pod)))
}

func TestPodStatus(t *testing.T) {
	finished := ago(90 * time.Second).UTC().Format(time.RFC3339)
	last := `lastState: {terminated: {exitCode: 1, finishedAt: "` + finished + `"}}`
	for _, c := range []struct{ name, pod, ready, status, restarts string }{
		{"pending", `{spec: {containers: [{name: c}]}, status: {phase: Pending}}`, "0/1", "Pending", "0"},
		{"gated", `{spec: {containers: [{name: c}]}, status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: SchedulingGated}]}}`, "0/1", "SchedulingGated", "0"},
		{"evicted", `{spec: {containers: [{name: c}]}, status: {phase: Failed, reason: Evicted}}`, "0/1", "Evicted", "0"},
		{"creating", `{spec: {containers: [{name: c}]}, status: {phase: Pending, containerStatuses: [{name: c, state: {waiting: {reason: ContainerCreating}}}]}}`, "0/1", "ContainerCreating", "0"},
		{"crash loop", `{spec: {containers: [{name: c}]}, status: {phase: Running, containerStatuses: [{name: c, restartCount: 2, state: {waiting: {reason: CrashLoopBackOff}}, ` + last + `}]}}`, "0/1", "CrashLoopBackOff", "2 (90s ago)"},
		{"running, not ready", `{spec: {containers: [{name: c}]}, status: {phase: Running, containerStatuses: [{name: c, state: {running: {}}}]}}`, "0/1", "Running", "0"},
		{"first container wins", `{spec: {containers: [{name: a}, {name: b}]}, status: {phase: Pending, containerStatuses: [{name: a, state: {waiting: {reason: ImagePullBackOff}}}, {name: b, state: {waiting: {reason: ErrImagePull}}}]}}`, "0/2", "ImagePullBackOff", "0"},
		{"completed", `{spec: {containers: [{name: c}]}, status: {phase: Succeeded, containerStatuses: [{name: c, state: {terminated: {exitCode: 0, reason: Completed}}}]}}`, "0/1", "Completed", "0"},
		{"error", `{spec: {containers: [{name: c}]}, status: {phase: Failed, containerStatuses: [{name: c, state: {terminated: {exitCode: 1, reason: Error}}}]}}`, "0/1", "Error", "0"},
		{"signal", `{spec: {containers: [{name: c}]}, status: {phase: Failed, containerStatuses: [{name: c, state: {terminated: {exitCode: 137, signal: 9}}}]}}`, "0/1", "Signal:9", "0"},
		{"exit code", `{spec: {containers: [{name: c}]}, status: {phase: Failed, containerStatuses: [{name: c, state: {terminated: {exitCode: 3}}}]}}`, "0/1", "ExitCode:3", "0"},
		{"one completed, one ready", `{spec: {containers: [{name: a}, {name: b}]}, status: {phase: Running, conditions: [{type: Ready, status: "True"}], containerStatuses: [{name: a, state: {terminated: {exitCode: 0, reason: Completed}}}, {name: b, ready: true, state: {running: {}}}]}}`, "1/2", "Running", "0"},
		{"one completed, pod not ready", `{spec: {containers: [{name: a}, {name: b}]}, status: {phase: Running, containerStatuses: [{name: a, state: {terminated: {exitCode: 0, reason: Completed}}}, {name: b, ready: true, state: {running: {}}}]}}`, "1/2", "NotReady", "0"},
		{"one completed, one failed", `{spec: {containers: [{name: a}, {name: b}]}, status: {phase: Running, containerStatuses: [{name: a, state: {terminated: {exitCode: 0, reason: Completed}}}, {name: b, state: {terminated: {exitCode: 2, reason: Error}}}]}}`, "0/2", "Error", "0"},
		{"init running", `{spec: {initContainers: [{name: i}, {name: j}], containers: [{name: c}]}, status: {phase: Pending, initContainerStatuses: [{name: i, state: {terminated: {exitCode: 0}}}, {name: j, state: {running: {}}}]}}`, "0/1", "Init:1/2", "0"},
		{"init waits for its turn", `{spec: {initContainers: [{name: i}], containers: [{name: c}]}, status: {phase: Pending, initContainerStatuses: [{name: i, state: {waiting: {reason: PodInitializing}}}]}}`, "0/1", "Init:0/1", "0"},
		{"init crash loop", `{spec: {initContainers: [{name: i}], containers: [{name: c}]}, status: {phase: Pending, initContainerStatuses: [{name: i, restartCount: 3, state: {waiting: {reason: CrashLoopBackOff}}, ` + last + `}]}}`, "0/1", "Init:CrashLoopBackOff", "3 (90s ago)"},
		{"init error", `{spec: {initContainers: [{name: i}], containers: [{name: c}]}, status: {phase: Pending, initContainerStatuses: [{name: i, state: {terminated: {exitCode: 1, reason: Error}}}]}}`, "0/1", "Init:Error", "0"},
		{"init exit code", `{spec: {initContainers: [{name: i}], containers: [{name: c}]}, status: {phase: Pending, initContainerStatuses: [{name: i, state: {terminated: {exitCode: 1}}}]}}`, "0/1", "Init:ExitCode:1", "0"},
		{"init signal", `{spec: {initContainers: [{name: i}], containers: [{name: c}]}, status: {phase: Pending, initContainerStatuses: [{name: i, state: {terminated: {exitCode: 1, signal: 15}}}]}}`, "0/1", "Init:Signal:15", "0"},
		{"init done, restarts forgotten", `{spec: {initContainers: [{name: i}], containers: [{name: c}]}, status: {phase: Running, initContainerStatuses: [{name: i, restartCount: 3, state: {terminated: {exitCode: 0}}, ` + last + `}], containerStatuses: [{name: c, ready: true, restartCount: 1, state: {running: {}}}]}}`, "1/1", "Running", "1"},
		{"sidecar", `{spec: {initContainers: [{name: i, restartPolicy: Always}], containers: [{name: c}]}, status: {phase: Running, initContainerStatuses: [{name: i, restartCount: 3, started: true, ready: true, state: {running: {}}, ` + last + `}], containerStatuses: [{name: c, ready: true, state: {running: {}}}]}}`, "2/2", "Running", "3 (90s ago)"},
		{"sidecar not started", `{spec: {initContainers: [{name: i, restartPolicy: Always}], containers: [{name: c}]}, status: {phase: Pending, initContainerStatuses: [{name: i, started: false, state: {running: {}}}]}}`, "0/2", "Init:0/1", "0"},
		{"initialized, sidecar restarts", `{spec: {initContainers: [{name: i, restartPolicy: Always}], containers: [{name: c}]}, status: {phase: Running, conditions: [{type: Initialized, status: "True"}], initContainerStatuses: [{name: i, started: false, state: {waiting: {reason: CrashLoopBackOff}}}], containerStatuses: [{name: c, ready: true, state: {running: {}}}]}}`, "1/2", "Init:CrashLoopBackOff", "0"},
		{"terminating", `{metadata: {deletionTimestamp: "` + finished + `"}, spec: {containers: [{name: c}]}, status: {phase: Running}}`, "0/1", "Terminating", "0"},
		{"terminating but done", `{metadata: {deletionTimestamp: "` + finished + `"}, spec: {containers: [{name: c}]}, status: {phase: Succeeded}}`, "0/1", "Succeeded", "0"},
		{"node lost", `{metadata: {deletionTimestamp: "` + finished + `"}, spec: {containers: [{name: c}]}, status: {phase: Running, reason: NodeLost}}`, "0/1", "Unknown", "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &corev1.Pod{}
			require.NoError(t, yaml.Unmarshal([]byte(c.pod), p))
			row := Row(p, now)
			assert.Equal(t, []any{"", c.ready, c.status, c.restarts, "<unknown>", none, none, none, none}, row.Cells)
			assert.Equal(t, c.status, PodStatus(p))
			assert.Equal(t, p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed, len(row.Conditions) == 1)
		})
	}
	p := object[corev1.Pod](t, `{spec: {nodeName: host, readinessGates: [{conditionType: a}, {conditionType: b}]}, status: {podIP: "1.2.3.4", nominatedNodeName: m, conditions: [{type: a, status: "True"}]}}`, time.Hour)
	assert.Equal(t, []any{"60m", "1.2.3.4", "host", "m", "1/2"}, Row(p, now).Cells[4:])
}

func TestOtherRows(t *testing.T) {
	old := 100 * 24 * time.Hour
	for _, c := range []struct {
		obj  runtime.Object
		want []any
	}{
		{object[corev1.Service](t, `{metadata: {name: s}, spec: {type: LoadBalancer, clusterIPs: [1.1.1.1], ports: [{port: 80, nodePort: 30080, protocol: TCP}, {port: 53, protocol: UDP}]}}`, old),
			[]any{"s", "LoadBalancer", "1.1.1.1", "<pending>", "80:30080/TCP,53/UDP", "100d", "<none>"}},
		{object[corev1.Service](t, `{metadata: {name: s}, spec: {type: LoadBalancer, externalIPs: [9.9.9.9]}, status: {loadBalancer: {ingress: [{ip: 2.2.2.2}, {hostname: a.b}, {ip: 2.2.2.2}]}}}`, old),
			[]any{"s", "LoadBalancer", "<none>", "2.2.2.2,a.b,9.9.9.9", "<none>", "100d", "<none>"}},
		{object[corev1.Service](t, `{metadata: {name: s}, spec: {type: ExternalName, externalName: x.y, selector: {b: "2", a: "1"}}}`, old),
			[]any{"s", "ExternalName", "<none>", "x.y", "<none>", "100d", "a=1,b=2"}},
		{object[corev1.Service](t, `{metadata: {name: s}, spec: {type: ClusterIP, clusterIPs: [None], externalIPs: [3.3.3.3, 4.4.4.4]}}`, old),
			[]any{"s", "ClusterIP", "None", "3.3.3.3,4.4.4.4", "<none>", "100d", "<none>"}},
		{object[corev1.Node](t, `{metadata: {name: w, labels: {node-role.kubernetes.io/control-plane: "", node-role.kubernetes.io/a: ""}}, spec: {unschedulable: true}, status: {conditions: [{type: Ready, status: Unknown}]}}`, old),
			[]any{"w", "NotReady,SchedulingDisabled", "a,control-plane", "100d", "", none, none, "<unknown>", "<unknown>", "<unknown>"}},
		{object[corev1.Node](t, `{metadata: {name: w}}`, old), []any{"w", "Unknown", none, "100d", "", none, none, "<unknown>", "<unknown>", "<unknown>"}},
		{object[discoveryv1.EndpointSlice](t, `{metadata: {name: e}, addressType: IPv4, ports: [{port: 80}, {name: x}, {}, {port: 4}], endpoints: [{addresses: [a, b]}, {addresses: [c]}, {addresses: [d, e]}]}`, old),
			[]any{"e", "IPv4", "80,x,* + 1 more...", "a,b,c + 2 more...", "100d"}},
		{object[discoveryv1.EndpointSlice](t, `{metadata: {name: e}, addressType: IPv6, endpoints: []}`, old), []any{"e", "IPv6", "<unset>", "<unset>", "100d"}},
		{object[corev1.ConfigMap](t, `{metadata: {name: c}, data: {a: b}, binaryData: {c: ""}}`, old), []any{"c", int64(2), "100d"}},
		{object[corev1.Secret](t, `{metadata: {name: s}, type: Opaque, data: {a: ""}}`, old), []any{"s", "Opaque", int64(1), "100d"}},
		{object[corev1.Namespace](t, `{metadata: {name: w}, status: {phase: Terminating}}`, old), []any{"w", "Terminating", "100d"}},
		{object[coordinationv1.Lease](t, `{metadata: {name: l}, spec: {holderIdentity: h}}`, old), []any{"l", "h", "100d"}},
		{object[metav1.PartialObjectMetadata](t, `{metadata: {name: x}}`, 0), []any{"x", "2026-11-22T22:41:12Z"}},
		{object[appsv1.ReplicaSet](t, `{metadata: {name: r}, spec: {selector: {matchExpressions: [{key: a, operator: In, values: [b, c]}]}, template: {}}}`, old),
			[]any{"r", int64(0), int64(0), int64(0), "100d", "", "", "a in (b,c)"}},
		{object[appsv1.Deployment](t, `{metadata: {name: d}, spec: {replicas: 2, selector: {matchExpressions: [{key: a, operator: Bad}]}, template: {spec: {containers: [{name: a, image: x}, {name: b, image: z}]}}}}`, old),
			[]any{"d", "0/2", int64(0), int64(0), "100d", "a,b", "x,z", "<invalid>"}},
		{&corev1.Event{ObjectMeta: metav1.ObjectMeta{Name: "e"}, EventTime: metav1.MicroTime(ago(time.Minute)), ReportingController: "rc", ReportingInstance: "ri", Message: " m\n",
			Type: "Normal", Reason: "R", InvolvedObject: corev1.ObjectReference{Kind: "Pod", Name: "p", FieldPath: "spec.containers{c}"}, Series: &corev1.EventSeries{Count: 7, LastObservedTime: metav1.MicroTime(ago(time.Second))}},
			[]any{"1s", "Normal", "R", "pod/p", "spec.containers{c}", "rc, ri", "m", "60s", int64(7), "e"}},
		{&corev1.Event{Source: corev1.EventSource{Component: "kubelet"}, InvolvedObject: corev1.ObjectReference{Kind: "Node"}},
			[]any{"<unknown>", "", "", "node", "", "kubelet", "", "<unknown>", int64(1), ""}},
	} {
		assert.Empty(t, cmp.Diff(c.want, Row(c.obj, now).Cells))
	}
}
