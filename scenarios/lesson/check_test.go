package lesson

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

// class is a cluster and somebody who types.
type class struct {
	t     *testing.T
	c     *engine.Cluster
	since engine.Moment
}

const twoWebs = `apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: hello
        image: gcr.io/google-samples/hello-app:1.0
        resources: {requests: {cpu: 250m, memory: 64Mi}}
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 2}
        lifecycle: {preStop: {sleep: {seconds: 5}}}
`

func newClass(t *testing.T, lines ...string) *class {
	t.Helper()
	c, err := engine.New(engine.Config{Nodes: 2, Seed: 1})
	require.NoError(t, err)
	c.RunTo(sim.Time(time.Minute), c.Ready, 0)
	x := &class{t: t, c: c}
	x.types(append([]string{"kubectl apply -f web.yaml", "settle 60s"}, lines...)...)
	x.begin()
	return x
}

// begin begins a step.
func (x *class) begin() { x.since = x.c.Moment() }

func (x *class) types(lines ...string) {
	x.t.Helper()
	l := &Lesson{files: map[string]string{"web.yaml": twoWebs}}
	for _, text := range lines {
		line, err := ParseLine(text)
		require.NoError(x.t, err, text)
		require.NoError(x.t, l.run(x.c, line), text)
	}
}

// ask asks one check, written in the flow style.
func (x *class) ask(check string) CheckResult {
	x.t.Helper()
	l, err := Parse(map[string]string{ScenarioFile: "steps:\n- id: a\n  checks:\n  - " + check + "\n", EnglishFile: "# x\n"})
	require.NoError(x.t, err, check)
	before := x.c.Stats()
	r, err := l.Check(x.c, 0, x.since)
	require.NoError(x.t, err)
	require.Len(x.t, r, 1)
	require.Equal(x.t, before, x.c.Stats(), "who only asks leaves no trace")
	return r[0]
}

func (x *class) holds(checks ...string) {
	x.t.Helper()
	for _, check := range checks {
		r := x.ask(check)
		assert.True(x.t, r.OK, "%s: %s", check, r.Got.EN)
		assert.Zero(x.t, r.Got, check)
	}
}

// fails wants a check not to hold, and to say what is the case instead; "" for whatever.
func (x *class) fails(check, en, zh string) {
	x.t.Helper()
	r := x.ask(check)
	assert.False(x.t, r.OK, check)
	if en != "" {
		assert.Equal(x.t, Texts{en, zh}, r.Got, check)
	}
	assert.True(x.t, strings.HasSuffix(r.Got.EN, ".") && strings.HasSuffix(r.Got.ZH, "。"), check)
}

func TestObjects(t *testing.T) {
	x := newClass(t)
	x.holds("{object: deployment/web}", "{object: deploy/default/web}", "{object: deployments.apps/web}", "{object: node/node-1}", "{object: svc/web}",
		"{object: deployment/web, field: .spec.replicas, is: 2}", `{object: deployment/web, field: "{.spec.replicas}", is: "2"}`, "{object: deployment/web, field: spec.replicas, atLeast: 2, atMost: 2}",
		"{object: deployment/web, field: .spec.replicas, is: 2.0}",
		`{object: deployment/web, field: ".spec.template.spec.containers[0].image", matches: "hello-app:1\\.0$"}`,
		`{object: deployment/web, field: ".spec.template.spec.containers[0].resources.requests.cpu", atLeast: 0.2, atMost: 250m}`,
		`{object: deployment/web, field: ".spec.template.spec.containers[*].resources.requests.memory", atLeast: 64Mi}`,
		`{object: deployment/web, field: '.status.conditions[?(@.type=="Available")].status', is: "True"}`,
		"{object: deployment/web, field: .spec.paused, is: \"\"}",
		"{object: deployment/web, condition: Available}", "{object: deployment/web, condition: available=true}", "{not: {object: deployment/web, condition: Available=False}}",
		"{object: deployment/web, field: .apiVersion, is: apps/v1}", "{object: deployment/web, field: .kind, is: Deployment}")
	x.fails("{object: deployment/other}", "deployment/other does not exist.", "deployment/other 不存在。")
	x.fails("{object: deployment/kube-system/web}", "deployment/kube-system/web does not exist.", "deployment/kube-system/web 不存在。")
	x.fails("{not: {object: deployment/web}}", "deployment/web exists.", "deployment/web 存在。")
	x.fails("{object: deployment/web, field: .spec.replicas, atLeast: 3}", ".spec.replicas of deployment/web is 2.", "deployment/web 的 .spec.replicas 是 2。")
	x.fails("{object: deployment/web, field: .spec.paused, is: true}", ".spec.paused of deployment/web is not set.", "deployment/web 没有设置 .spec.paused。")
	x.fails("{object: deployment/web, field: .metadata.name, atLeast: 1}", ".metadata.name of deployment/web is web.", "deployment/web 的 .metadata.name 是 web。")
	x.fails("{object: deployment/web, condition: Available=False}", "condition Available of deployment/web is True (MinimumReplicasAvailable).", "deployment/web 的 Available 状况是 True (MinimumReplicasAvailable)。")
	x.fails("{object: service/web, condition: Ready}", "service/web has no condition Ready.", "service/web 没有 Ready 状况。")
}

// TestUnknownKind: what cannot be judged is never true, nor is its contrary.
func TestUnknownKind(t *testing.T) {
	x := newClass(t)
	const en, zh = `the cluster serves no kind "unicorn".`, `集群中没有 "unicorn" 这种资源。`
	x.fails("{object: unicorn/a}", en, zh)
	x.fails("{not: {object: unicorn/a}}", en, zh)
	x.fails("{not: {count: unicorn, is: 3}}", en, zh)
	x.fails("{any: [{object: unicorn/a}, {object: deployment/web}]}", en, zh)
}

func TestCounts(t *testing.T) {
	x := newClass(t)
	x.holds("{count: pods, is: 2}", "{count: pods, selector: app=web, is: 2}", `{count: pods, selector: "app in (web,other)", atLeast: 1, atMost: 5}`, "{count: pods, selector: app=other, is: 0}",
		"{count: pods, namespace: default, where: [{condition: Ready}, {field: .status.phase, is: Running}], is: 2}",
		"{count: nodes, is: 3}", "{count: nodes, where: [{field: .metadata.name, matches: ^node-}], is: 2}",
		`{count: pods, namespace: "*", atLeast: 5}`, "{count: pods, namespace: kube-system, atLeast: 3}")
	x.fails("{count: pods, is: 3}", "the number of pods is 2.", "有 2 个 Pod。")
	x.fails("{count: deployments, selector: app=web, is: 1}", "the number of deployments (app=web) is 0.", "有 0 个 Deployment（app=web）。")
	x.types("kubectl cordon node-1")
	x.fails("{count: nodes, where: [{field: .spec.unschedulable, is: true}], is: 2}", "1 of 3 nodes fit.", "3 个 Node 中有 1 个符合条件。")
}

func TestTogether(t *testing.T) {
	x := newClass(t)
	x.holds("{all: [{object: svc/web}, {object: deployment/web}]}", "{any: [{object: svc/other}, {object: deployment/web}]}", "{not: {all: [{object: svc/web}, {object: svc/other}]}}")
	x.fails("{all: [{object: svc/web}, {object: svc/other}]}", "service/other does not exist.", "service/other 不存在。")
	x.fails("{any: [{object: svc/a}, {object: svc/b}]}", "service/a does not exist; service/b does not exist.", "service/a 不存在；service/b 不存在。")
	x.fails("{not: {any: [{object: svc/a}, {object: svc/web}]}}", "service/web exists.", "service/web 存在。")
}

func TestElapsed(t *testing.T) {
	x := newClass(t)
	x.types("advance 40s")
	x.holds("{elapsed: 40s}")
	x.fails("{elapsed: 5m}", "40s have passed since the step began.", "这一步开始至今过去了 40s。")
}

func TestCommands(t *testing.T) {
	x := newClass(t, "kubectl scale deployment web --replicas=3", "settle 60s")
	x.fails("{command: kubectl scale deployment web}", `nobody has run "kubectl scale deployment web" yet.`, `还没有执行过 "kubectl scale deployment web"。`)
	x.types("kubectl scale deploy/web --replicas 4 -n default")
	x.holds("{command: kubectl scale deployment web}", "{command: scale deployments}", "{command: kubectl scale deployment/web --replicas=4}", "{command: scale, is: 1}")
	x.fails("{command: kubectl scale deployment web --replicas=3}", "", "")
	x.fails("{command: kubectl scale web deployment}", "", "")
	x.types("load web 10", "kill node-1", "advance 1s", "restart node-1")
	x.holds("{command: load web}", "{command: kill node-1}", "{sequence: [{command: kill node-1}, {command: restart node-1}]}", "{command: scale, atMost: 1}", "{command: undo, is: 0}")
	r := x.ask("{not: {command: kill node-1}}")
	assert.Regexp(t, `^"kill node-1" was run at \d\d:\d\d:\d\d \(1 in all\)\.$`, r.Got.EN)
	x.fails("{sequence: [{command: restart node-1}, {command: kill node-1}]}", `this has not happened: "kill node-1", after: "restart node-1".`, `在 "restart node-1" 之后还没有发生："kill node-1"。`)
	x.begin()
	x.fails("{command: kill node-1}", "", "")
}

// TestPausedClock: a command that was given at the very moment the step began belongs to the step; those before do not.
func TestPausedClock(t *testing.T) {
	x := newClass(t)
	require.NoError(t, x.c.Do(engine.Command{Op: engine.OpKill, Name: "node-1"}))
	x.begin()
	x.fails("{command: kill node-1}", "", "")
	require.NoError(t, x.c.Do(engine.Command{Op: engine.OpKill, Name: "node-2"}))
	x.holds("{command: kill node-2}", "{happened: {what: fault, object: nodes/node-2}}")
}

// TestDrainedNotKilled tells the ways apart in which pods leave a node.
func TestDrainedNotKilled(t *testing.T) {
	const (
		drained = `{all: [{command: kubectl drain node-1}, {happened: {what: update, object: "pods/default/web-*", text: marked for deletion, because: kubectl drain node-1}}, {not: {happened: {what: fault, object: nodes/node-1}}}, {count: pods, selector: app=web, where: [{field: .spec.nodeName, is: node-1}], is: 0}]}`
		forced  = `{happened: {what: delete, object: "pods/default/web-*", by: "kubectl@*"}}`
		ended   = `{happened: {what: delete, object: "pods/default/web-*", by: "kubelet@*"}, atLeast: 1}`
	)
	t.Run("drained", func(t *testing.T) {
		x := newClass(t)
		x.fails(drained, "", "")
		x.types("kubectl drain node-1 --ignore-daemonsets", "settle 60s")
		x.holds(drained, ended, "{not: "+forced+"}",
			`{sequence: [{happened: {object: node/node-1, text: cordoned}}, {happened: {what: update, object: "pod/web-*", text: marked for deletion}}, {happened: {what: delete, object: "pods/default/web-*"}}]}`,
			`{happened: {what: create, object: "pods/default/web-*", because: drain}}`)
		x.begin()
		x.fails(drained, "", "")
	})
	t.Run("killed", func(t *testing.T) {
		x := newClass(t)
		x.types("kill node-1", "advance 7m")
		x.fails(drained, `nobody has run "kubectl drain node-1" yet.`, `还没有执行过 "kubectl drain node-1"。`)
		x.holds("{happened: {what: fault, object: nodes/node-1, text: lost power}, is: 1}")
		r := x.ask("{not: {happened: {what: fault}}}")
		assert.Regexp(t, `^this happened at \d\d:\d\d:\d\d \(1 in all\): fault nodes/node-1: node-1 lost power\.$`, r.Got.EN)
	})
	t.Run("forced", func(t *testing.T) {
		x := newClass(t)
		x.types("kubectl delete pod -l app=web --force --grace-period=0", "settle 60s")
		x.fails(drained, "", "")
		x.holds(forced)
		x.fails(`{happened: {because: kubectl drain node-1}}`, "this has not happened yet: ← kubectl drain node-1.", "还没有发生：← kubectl drain node-1。")
	})
}

func TestTraffic(t *testing.T) {
	x := newClass(t)
	x.fails("{traffic: web, measure: rps, atLeast: 20}", "web gets 0 requests a second.", "web 每秒收到 0 个请求。")
	x.fails("{traffic: web, measure: share, version: hello-app:1.0, atMost: 100}", "no request to web was answered since the step began.", "这一步开始以来，发往 web 的请求没有一个得到应答。")
	x.types("load web 40", "advance 20s")
	x.holds("{traffic: web, measure: rps, is: 40}", "{traffic: default/web, measure: requests, atLeast: 600, atMost: 1000}", "{traffic: web, measure: failed, is: 0}", "{traffic: web, measure: share, version: hello-app:1.0, is: 100}",
		"{traffic: web, measure: requests, window: 5s, atLeast: 100, atMost: 300}", "{traffic: web, measure: requests, version: hello-app:2.0, is: 0}")
	x.types("kubectl scale deployment web --replicas=0", "advance 20s")
	x.holds("{traffic: web, measure: failed, atLeast: 300}", "{traffic: web, measure: failedPercent, atLeast: 20, atMost: 50}", "{traffic: web, measure: failedPercent, window: 10s, is: 100}")
	x.fails("{traffic: web, measure: share, version: hello-app:1.0, atMost: 50}", "100 % of the answered requests to web were answered by this version (hello-app:1.0) since the step began.", "这一步开始以来，发往 web 并得到应答的请求中，有 100% 由这个版本（hello-app:1.0）应答。")
	x.fails("{traffic: web, measure: requests, version: hello-app:2.0, atLeast: 1}", "0 requests to web (hello-app:2.0) are over since the step began.", "这一步开始以来，发往 web 的请求（hello-app:2.0）完成了 0 个。")
	r := x.ask("{traffic: web, measure: failedPercent, window: 10s, atMost: 5}")
	assert.Regexp(t, `^100 % of \d+ requests to web failed in the last 10s\.$`, r.Got.EN)
	assert.Regexp(t, `^最近 10s 里，发往 web 的 \d+ 个请求有 100% 失败。$`, r.Got.ZH)
	x.begin()
	x.types("advance 2s", "load web 0", "kubectl scale deployment web --replicas=2", "settle 60s", "advance 2s")
	x.fails("{traffic: web, measure: requests, window: 2s, atLeast: 1}", "0 requests to web are over in the last 2s.", "最近 2s 里，发往 web 的请求完成了 0 个。")
	x.begin()
	x.holds("{traffic: web, measure: failed, is: 0}")
}

// TestRollback: the history of a Deployment is in its revisions and in the commands.
func TestRollback(t *testing.T) {
	x := newClass(t)
	x.types("kubectl set image deployment/web hello=gcr.io/google-samples/hello-app:9.9", "advance 30s")
	x.holds(`{count: pods, where: [{field: ".status.containerStatuses[0].state.waiting.reason", matches: "ImagePull"}], atLeast: 1}`)
	x.types("kubectl rollout undo deployment/web", "settle 60s")
	x.holds("{command: rollout undo deployment web}", `{sequence: [{command: set image}, {happened: {what: act, text: failed to pull image}}, {command: rollout undo}]}`,
		`{object: deployment/web, field: '.metadata.annotations.deployment\.kubernetes\.io/revision', is: 3}`)
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "abc", true}, {"a*", "abc", true}, {"*c", "abc", true},
		{"a*c", "abc", true}, {"a*c", "ac", true}, {"a*c", "acd", false}, {"a*b*c", "axbxc", true}, {"a*b*c", "axxc", false}, {"a*a", "a", false}, {"*b*", "abc", true},
		{"pods/default/web-*", "pods/default/web-1", true}, {"kubelet@*", "kubelet@node-1", true}, {"kubelet@*", "kube-proxy@node-1", false}, {"a*bc*bc", "abcbc", true},
	} {
		assert.Equal(t, c.want, glob(c.pattern, c.text), "%s %s", c.pattern, c.text)
	}
}

// TestPlaceholders: names that nobody can know beforehand.
func TestPlaceholders(t *testing.T) {
	x := newClass(t)
	expand := func(text string) (string, error) {
		l, err := ParseLine(text)
		require.NoError(t, err)
		return l.Expand(x.c)
	}
	text, err := expand("kubectl delete pod {{pod app=web}} --now")
	require.NoError(t, err)
	assert.Regexp(t, `^kubectl delete pod web-\w+-\w+ --now$`, text)
	text, err = expand("kubectl drain {{node app=web}}")
	require.NoError(t, err)
	assert.Regexp(t, `^kubectl drain node-[12]$`, text)
	_, err = expand("kubectl delete pod {{pod app=web -n shop}}")
	assert.Error(t, err)
	x.types("kubectl cordon node-1", "kubectl cordon node-2", "kubectl run waits --image=nginx:1.27 -l app=waits", "advance 5s")
	_, err = expand("kubectl drain {{node app=waits}}")
	assert.ErrorContains(t, err, "pod waits has no node yet")
}

// TestPlayTells plays lessons whose checks are wrong.
func TestPlayTells(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"    is: 3\n  solution", "    atLeast: 1\n  solution", `scenario.yaml:18: check "three-ready" of step "scale" holds before anything is done`},
		{"--replicas=3", "--replicas=2", `scenario.yaml:18: check "three-ready" of step "scale" does not hold after the solution: .status.readyReplicas of deployment/hello is 2.`},
		{"kubectl scale deployment hello", "kubectl scale deployment helo", `scenario.yaml:23: kubectl scale deployment helo --replicas=3: exit code 1: `},
		{"kubectl scale deployment hello --replicas=3", "kubectl get pods --watch", `scenario.yaml:23: kubectl get pods --watch: it is not done after 10m0s`},
		{"{{pod app=hello}}", "{{pod app=helo}}", `scenario.yaml:34: kubectl delete pod {{pod app=helo}}: no pod has the labels`},
		{"- settle 60s\nsteps", "- advance 50m\n- advance 50m\n- advance 50m\nsteps", "scenario.yaml: the lesson takes 2h30m"},
	} {
		files := template(t)
		require.Contains(t, files[ScenarioFile], c.old)
		files[ScenarioFile] = strings.Replace(files[ScenarioFile], c.old, c.new, 1)
		l, err := Lint(files)
		require.NoError(t, err)
		_, err = l.Play()
		require.Error(t, err, c.new)
		assert.Contains(t, err.Error(), c.want)
	}
}
