package runtime_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

func TestNames(t *testing.T) {
	reg := runtime.NewRegistry()
	for name, want := range map[string]string{
		"nginx":                            "docker.io/library/nginx:latest",
		"nginx:1.7.9":                      "docker.io/library/nginx:1.7.9",
		"nginx:1.29":                       "docker.io/library/nginx:1.29",
		"nginx:1.27-alpine":                "docker.io/library/nginx:1.27-alpine",
		"docker.io/redis:6.0.5":            "docker.io/library/redis:6.0.5",
		"k8s.gcr.io/pause:2.0":             "k8s.gcr.io/pause:2.0",
		"docker.io/corelab/gb-frontend:v5": "docker.io/corelab/gb-frontend:v5",
		"registry.k8s.io/redis:e2e":        "registry.k8s.io/redis:e2e",
		"us-docker.pkg.dev/google-samples/containers/gke/gb-redis-follower:v2": "us-docker.pkg.dev/google-samples/containers/gke/gb-redis-follower:v2",
		"gcr.io/google_samples/gb-redisslave:v1":                               "gcr.io/google_samples/gb-redisslave:v1",
		"wordpress:6.2.1-apache":                                               "docker.io/library/wordpress:6.2.1-apache",
		"docker.io/library/bash:5":                                             "docker.io/library/bash:5",
		"registry.k8s.io/e2e-test-images/agnhost:2.40":                         "registry.k8s.io/e2e-test-images/agnhost:2.40",
		"quay.io/fluentd_elasticsearch/fluentd:v2.5.2":                         "quay.io/fluentd_elasticsearch/fluentd:v2.5.2",
	} {
		im, err := reg.Find(name)
		require.NoError(t, err, name)
		require.Equal(t, want, im.Name)
	}
	for name, want := range map[string]string{
		"nginx:9.99":     `rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:9.99": failed to resolve reference "docker.io/library/nginx:9.99": docker.io/library/nginx:9.99: not found`,
		"nosuch/image":   `rpc error: code = Unknown desc = failed to pull and unpack image "docker.io/nosuch/image:latest": failed to resolve reference "docker.io/nosuch/image:latest": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
		"Nginx":          `invalid reference format: repository name (library/Nginx) must be lowercase`,
		"nginx:1.26:bad": "invalid reference format",
	} {
		_, err := reg.Find(name)
		require.EqualError(t, err, want, name)
	}
}

type box struct {
	s  *sim.Sim
	rt *runtime.Runtime
	sb *runtime.Sandbox
}

func newBox(t *testing.T) *box {
	t.Helper()
	s := sim.New(sim.Config{Seed: 7})
	b := &box{s: s, rt: runtime.NewEngine(s.AddHost("node-1"), runtime.NewRegistry())}
	s.RunUntil(sim.Time(time.Second), 0)
	b.rt.RunSandbox(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "default", UID: "u"}}, func(sb *runtime.Sandbox) { b.sb = sb })
	b.run(time.Second)
	return b
}

func (b *box) run(d time.Duration) { b.s.RunUntil(b.s.Now().Add(d), 0) }

func (b *box) start(t *testing.T, image string, command, args []string, env ...string) *runtime.Container {
	t.Helper()
	require.True(t, b.rt.Preload(image))
	var c *runtime.Container
	b.sb.Create(runtime.Config{Spec: &corev1.Container{Name: "c"}, Image: b.rt.ImagePresent(image), Command: command, Args: args, Env: env}, func(x *runtime.Container) {
		c = x
		x.Start(func(error) {})
	})
	b.run(200 * time.Millisecond)
	return c
}

func text(c *runtime.Container) string {
	var out []string
	for _, l := range c.Logs() {
		out = append(out, l.Text)
	}
	return strings.Join(out, "|")
}

func TestShell(t *testing.T) {
	for script, want := range map[string]string{
		`echo a; echo b && false || echo c`:                                               "a|b|c",
		`for i in 1 2 3; do echo $i; sleep 1; done`:                                       "1|2|3",
		`i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo n$i; done`:                          "n1|n2|n3",
		`x=$(echo hi | tr h H); echo "${x}-${Y:-no}-$A"`:                                  "Hi-no-env",
		`echo one > /tmp/f; echo two >> /tmp/f; cat /tmp/f | wc -l`:                       "2",
		`if [ -f /nope ]; then echo yes; else echo no; fi; cat /nope || echo $?`:          "no|cat: can't open '/nope': No such file or directory|1",
		`case abc in a*) echo star;; *) echo other;; esac`:                                "star",
		`f() { echo in $1; return 3; }; f x; echo $?`:                                     "in x|3",
		`hostname; seq 2; printf '%s\n' q`:                                                "p|1|2|q",
		`set -e; false; echo never`:                                                       "",
		`until test -e /tmp/x; do touch /tmp/x; done; [[ 3 -gt 2 && x == x ]] && echo ok`: "ok",
	} {
		b := newBox(t)
		c := b.start(t, "busybox", []string{"sh", "-c", script}, nil, "A=env")
		b.run(10 * time.Second)
		require.Equal(t, runtime.Exited, c.State, script)
		require.Equal(t, want, text(c), script)
	}
}

func TestExitCodesAndSignals(t *testing.T) {
	b := newBox(t)
	c := b.start(t, "bash", []string{"bash"}, []string{"-c", `echo "Hello world!" && sleep 5 && exit 42`})
	b.run(4 * time.Second)
	require.Equal(t, runtime.Running, c.State)
	b.run(2 * time.Second)
	require.EqualValues(t, 42, c.ExitCode)
	require.Equal(t, "Error", c.Reason)

	// Without a trap, PID 1 does not hear SIGTERM.
	c = b.start(t, "busybox", []string{"sleep", "1000"}, nil)
	over := false
	c.Stop(10*time.Second, func() { over = true })
	b.run(9 * time.Second)
	require.False(t, over)
	b.run(2 * time.Second)
	require.True(t, over)
	require.EqualValues(t, 137, c.ExitCode)

	c = b.start(t, "busybox", []string{"sh", "-c", `trap 'echo bye; exit 0' TERM; while true; do sleep 1; done`}, nil)
	c.Stop(10*time.Second, func() {})
	b.run(100 * time.Millisecond)
	require.Equal(t, runtime.Exited, c.State)
	require.EqualValues(t, 0, c.ExitCode)
	require.Equal(t, "bye", text(c))

	// A Go server without a handler exits with 2, nginx drains and exits with 0.
	c = b.start(t, "gcr.io/google-samples/hello-app:1.0", nil, nil)
	c.Stop(10*time.Second, func() {})
	b.run(time.Second)
	require.EqualValues(t, 2, c.ExitCode)
	c = b.start(t, "nginx:1.29", nil, nil)
	require.Equal(t, "SIGQUIT", c.StopSignal())
	c.Stop(10*time.Second, func() {})
	b.run(time.Second)
	require.EqualValues(t, 0, c.ExitCode)

	c = b.start(t, "nginx", []string{"no-such-program"}, nil)
	require.EqualValues(t, 128, c.ExitCode)
	require.Equal(t, "StartError", c.Reason)
	require.Contains(t, c.Message, `exec: "no-such-program": executable file not found in $PATH`)
}

func TestServersListenAfterAWhile(t *testing.T) {
	b := newBox(t)
	c := b.start(t, "mysql:8.0", nil, nil)
	_, ok := b.sb.Listener(3306)
	require.False(t, ok)
	b.run(10 * time.Second)
	got, ok := b.sb.Listener(3306)
	require.True(t, ok)
	require.Equal(t, c, got)
	var code int
	c.Exec([]string{"mysqladmin", "ping"}, time.Second, func(_ string, n int, err error) { require.NoError(t, err); code = n })
	require.Zero(t, code)
	require.True(t, b.s.Settled(), "a running server costs no events")

	l := b.start(t, "registry.k8s.io/e2e-test-images/agnhost:2.40", nil, []string{"liveness"})
	b.run(time.Second)
	status, _ := l.Serve("", "GET", "/healthz", "", false)
	require.Equal(t, 200, status)
	b.run(10 * time.Second)
	status, _ = l.Serve("", "GET", "/healthz", "", false)
	require.Equal(t, 500, status)
}

// A script that calls the image's server in the end is that server from then on.
func TestAShellBecomesTheServer(t *testing.T) {
	b := newBox(t)
	c := b.start(t, "nginx:1.29", []string{"sh", "-c", "echo prepared; sleep 5; nginx -t && nginx -g 'daemon off;'; echo never"}, nil)
	b.run(4 * time.Second)
	_, ok := b.sb.Listener(80)
	require.False(t, ok)
	b.run(3 * time.Second)
	got, ok := b.sb.Listener(80)
	require.True(t, ok)
	require.Equal(t, c, got)
	require.True(t, b.s.Settled())
	require.Equal(t, "prepared", c.Logs()[0].Text)
	require.Greater(t, len(c.Logs()), 1)
	c.Stop(10*time.Second, func() {})
	b.run(time.Second)
	require.Equal(t, runtime.Exited, c.State)
	require.EqualValues(t, 0, c.ExitCode, "it stops as nginx does")
	require.NotContains(t, c.Logs()[len(c.Logs())-1].Text, "never")
}

// milliCPU is what the container used between the last two readings.
func milliCPU(c *runtime.Container) float64 {
	last, prev, _ := c.Samples()
	return float64(last.CPU-prev.CPU) / float64(last.At.Sub(prev.At)) * 1000
}

func TestUsageFollowsLoad(t *testing.T) {
	b := newBox(t)
	c := b.start(t, "registry.k8s.io/hpa-example", nil, nil)
	_, _, ok := c.Samples()
	require.False(t, ok, "nothing was read since the start")
	b.run(15 * time.Second)
	last, _, ok := c.Samples()
	require.True(t, ok)
	idle := last.Memory
	for range 600 {
		c.Serve("10.0.0.9", "GET", "/", "curl", true)
		b.run(100 * time.Millisecond)
	}
	require.InDelta(t, 850, milliCPU(c), 10, "10 requests a second of 85 ms")
	b.run(2 * time.Minute)
	require.InDelta(t, 1, milliCPU(c), 0.01)
	last, _, _ = c.Samples()
	require.Equal(t, idle, last.Memory)
	require.True(t, b.s.Settled(), "counting costs no events")
}

func TestLimitThrottles(t *testing.T) {
	b := newBox(t)
	c := b.start(t, "registry.k8s.io/hpa-example", nil, nil)
	c.Spec.Resources.Limits = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("500m")}
	b.run(15 * time.Second)
	_, d := c.Serve("10.0.0.9", "GET", "/", "curl", true)
	require.GreaterOrEqual(t, d, 170*time.Millisecond, "85 ms of work at half a core")
	for range 600 {
		_, d = c.Serve("10.0.0.9", "GET", "/", "curl", true)
		b.run(100 * time.Millisecond)
	}
	require.InDelta(t, 500, milliCPU(c), 1)
	require.InDelta(t, 40, d.Seconds(), 5, "a tenth of a second came in 0.17 s of work")
	last, _, _ := c.Samples()
	require.Greater(t, last.Memory, int64(200<<20), "requests in work hold memory")
	status := 200
	for i := 0; i < 1000 && status != 0; i++ {
		status, _ = c.Serve("10.0.0.9", "GET", "/", "curl", true)
	}
	require.Zero(t, status, "no more is accepted")
}

func TestShellsUseCPU(t *testing.T) {
	b := newBox(t)
	c := b.start(t, "busybox", []string{"sh", "-c", "while true; do :; done"}, nil)
	d := b.start(t, "busybox", []string{"sleep", "3600"}, nil)
	b.run(time.Minute)
	require.InDelta(t, 1000, milliCPU(c), 20, "a loop that never waits")
	require.InDelta(t, 0, milliCPU(d), 0.1)
	e := b.start(t, "busybox", []string{"sh", "-c", "stress --cpu 2 --timeout 60s; sleep 3600"}, nil)
	b.run(time.Minute)
	require.InDelta(t, 2000, milliCPU(e), 20)
	b.run(time.Minute)
	require.InDelta(t, 0, milliCPU(e), 0.1)
}
