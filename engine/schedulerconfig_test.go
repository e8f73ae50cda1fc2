package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine"
	"tabernetes/engine/api"
)

const twoProfiles = `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- schedulerName: default-scheduler
- schedulerName: second
`

// configure is the line that gives kube-scheduler a file.
func configure(text string) engine.Command {
	return engine.Command{Op: engine.OpScheduler, Line: "kube-scheduler --config -", Files: map[string]string{"-": text}}
}

func nodeOf(h *house, pod string) string {
	p, ok := h.Peek(api.Pods, "default/"+pod).(*corev1.Pod)
	require.True(h.t, ok, pod)
	return p.Spec.NodeName
}

// TestSchedulerConfiguration: the file is on the machine's disk and in the manifest, so it outlives power, kubelet and
// program; and without it everything is as kubeadm left it.
func TestSchedulerConfiguration(t *testing.T) {
	h := newHouse(t, 1)
	bound := func(name, scheduler string) func() bool {
		h.line(`kubectl run ` + name + ` --image=nginx --overrides='{"spec":{"schedulerName":"` + scheduler + `"}}'`)
		return func() bool { return nodeOf(h, name) != "" }
	}
	command := func() string {
		return h.line("kubectl get pod kube-scheduler-control-plane-1 -n kube-system -o jsonpath={.spec.containers[0].command}")
	}
	defaults, manifest := h.SchedulerConfig(), command()
	require.Contains(t, defaults, "kubeconfig: /etc/kubernetes/scheduler.conf")
	first := bound("first", "second")
	h.wait(10 * time.Second)
	require.False(t, first(), "nobody answers for it")

	h.do(configure(twoProfiles))
	h.until(time.Minute, "the profile is there", first)
	require.Equal(t, twoProfiles, h.SchedulerConfig())
	require.Contains(t, command(), "--config=/etc/kubernetes/scheduler-config.yaml")

	for i, fault := range []string{"control-plane-1", "kube-scheduler@control-plane-1", "kubelet@control-plane-1"} {
		h.do(engine.Command{Op: engine.OpKill, Name: fault})
		h.wait(time.Second)
		h.do(engine.Command{Op: engine.OpRestart, Name: fault})
		h.wait(30 * time.Second)
		h.until(2*time.Minute, "after "+fault, bound("after-"+string(rune('a'+i)), "second"))
	}

	// The whole text of the defaults means the same as no file.
	h.do(configure(defaults))
	h.wait(30 * time.Second)
	h.until(time.Minute, "the default profile", bound("usual", "default-scheduler"))
	h.do(engine.Command{Op: engine.OpScheduler, Line: "kube-scheduler"})
	h.wait(30 * time.Second)
	require.Equal(t, defaults, h.SchedulerConfig())
	require.Equal(t, manifest, command())
	h.replays()
}

// TestChangesOneAfterTheOther: a second file comes while the first is still being written, and a machine fails between.
func TestChangesOneAfterTheOther(t *testing.T) {
	h := newHouse(t, 3)
	h.do(configure(twoProfiles))
	h.do(configure(strings.Replace(twoProfiles, "second", "third", 1)))
	h.do(engine.Command{Op: engine.OpKill, Name: "control-plane-3"})
	h.wait(time.Second)
	h.do(engine.Command{Op: engine.OpRestart, Name: "control-plane-3"})
	h.wait(time.Minute)
	h.line(`kubectl run web --image=nginx --overrides='{"spec":{"schedulerName":"third"}}'`)
	h.until(time.Minute, "it is scheduled", func() bool { return nodeOf(h, "web") != "" })
	require.Equal(t, 3, strings.Count(h.line("kubectl get pods -n kube-system -l component=kube-scheduler --no-headers"), "1/1"))
	h.replays()
}

func TestRefusedSchedulerConfigurations(t *testing.T) {
	h := newHouse(t, 1)
	n := len(h.Log())
	for line, want := range map[string]string{
		"kube-scheduler --config -":           "profiles[1].schedulerName: Duplicate value: {}",
		"kube-scheduler --config other.yaml":  "open other.yaml: no such file or directory",
		"kube-scheduler --config":             `unknown arguments "--config"; write: kube-scheduler [--config FILE | --write-config-to -]`,
		"kube-scheduler --write-config-to x":  "write: kube-scheduler --write-config-to -",
		"kube-scheduler --config - --leader":  `unknown arguments "--config - --leader"; write: kube-scheduler [--config FILE | --write-config-to -]`,
		"kube-scheduler start --config=a.yml": `unknown arguments "start --config=a.yml"; write: kube-scheduler [--config FILE | --write-config-to -]`,
	} {
		cmd, err := engine.ParseLine(line, map[string]string{"-": strings.Replace(twoProfiles, "second", "default-scheduler", 1)})
		require.NoError(t, err)
		require.Equal(t, engine.OpScheduler, cmd.Op)
		require.EqualError(t, h.Do(cmd), want, line)
		require.True(t, engine.Answered(line))
	}
	require.Len(t, h.Log(), n, "nothing happened")

	var out strings.Builder
	p, err := h.Start(engine.Command{Op: engine.OpScheduler, Line: "kube-scheduler --write-config-to=-"}, engine.Output{Out: func(s string) { out.WriteString(s) }})
	require.NoError(t, err)
	require.Nil(t, p)
	require.Equal(t, h.SchedulerConfig(), out.String())
	require.Len(t, h.Log(), n, "looking is no command")
}
