package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/kubeadm"
	"tabernetes/engine/scheduler"
	"tabernetes/engine/scheduler/config"
	"tabernetes/engine/sim"
)

// The configuration of kube-scheduler is a file on each control-plane node, which the program reads when it starts. Who
// changes it logs in there, writes the file, and makes the kubelet start the static pod anew: by the flag --config in its
// manifest the first time, by taking the manifest away and putting it back later.
//
//	kube-scheduler --config FILE           the file, on every control-plane node; "-" is the editor's text
//	kube-scheduler                         no file again: the defaults
//	kube-scheduler --write-config-to -     prints the configuration in force; it changes nothing

const schedulerConfigFile = "/etc/kubernetes/scheduler-config.yaml"

const (
	// configureStep is what whoever changes the control-plane nodes takes from one to the next.
	configureStep = 2 * time.Second
	// configured is how long after that a scheduler may still be waiting to lead.
	configured = 10 * time.Second
	// releaseTime is what a scheduler gets to give up its Lease before it ends.
	releaseTime = 10 * time.Millisecond
)

// isScheduler reports a line about the configuration of kube-scheduler.
func isScheduler(line string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	return first == "kube-scheduler"
}

// Answered reports a line that is carried out at once, without a process: whoever starts it learns by the error whether
// it was.
func Answered(line string) bool { return IsFault(line) || isScheduler(line) }

// SchedulerFile is the name of the file that a line about kube-scheduler reads, "" if it reads none.
func SchedulerFile(line string) string {
	if !isScheduler(line) {
		return ""
	}
	f := strings.Fields(line)
	for i, arg := range f {
		if name, ok := strings.CutPrefix(arg, "--config="); ok {
			return name
		}
		if arg == "--config" && i+1 < len(f) {
			return f[i+1]
		}
	}
	return ""
}

// configureScheduler carries out a line about the configuration of kube-scheduler.
func (c *Cluster) configureScheduler(cmd Command, out Output) error {
	f := strings.Fields(cmd.Line)
	file := SchedulerFile(cmd.Line)
	switch {
	case len(f) < 2:
	case strings.HasPrefix(f[1], "--write-config-to"):
		if f = strings.Fields(strings.Replace(cmd.Line, "=", " ", 1)); len(f) != 3 || f[2] != "-" {
			return fmt.Errorf("write: kube-scheduler --write-config-to -")
		}
		if out.Out != nil {
			out.Out(c.SchedulerConfig())
		}
		return nil
	case file == "" || len(f) > 3 || len(f) == 3 && f[1] != "--config":
		return fmt.Errorf("unknown arguments %q; write: kube-scheduler [--config FILE | --write-config-to -]", strings.Join(f[1:], " "))
	}
	text, ok := cmd.Files[file]
	if file != "" {
		if !ok {
			return fmt.Errorf("open %s: no such file or directory", file)
		}
		if _, err := config.Load(text); err != nil {
			return err
		}
	}
	for _, h := range c.masters {
		switch {
		case !h.Up():
			return fmt.Errorf("%s has no power", h.Name)
		case !running(h.Programs(), "kubelet"):
			return fmt.Errorf("kubelet@%s is stopped: nobody would start kube-scheduler@%s", h.Name, h.Name)
		}
	}
	cmd.Files = map[string]string{file: text}
	c.log = append(c.log, cmd)
	c.Sim.Do(func() {
		c.Sim.Record(sim.KindCommand, "", strings.TrimSpace(cmd.Line))
		c.configureNext(0, text)
	})
	return nil
}

// configureNext changes one control-plane node after the other, so that somebody schedules all the time.
func (c *Cluster) configureNext(i int, text string) {
	if h := c.masters[i]; h.Up() {
		c.static[h.Name].configure(text)
	}
	c.Sim.Expect(configured)
	if i++; i < len(c.masters) {
		c.Sim.After(configureStep, "configure kube-scheduler", func() { c.configureNext(i, text) })
	}
}

// configure writes the file, "" removes it, and lets the kubelet start the static pod anew.
func (s *programs) configure(text string) {
	s.conf.SchedulerConfig = ""
	delete(s.h.Disk, schedulerConfigFile)
	file := strings.TrimPrefix(schedulerConfigFile, "/")
	s.rt.Root().Clear(file)
	if text != "" {
		s.conf.SchedulerConfig = schedulerConfigFile
		s.h.Disk[schedulerConfigFile] = text
		s.rt.Root().Set(file, text)
	}
	s.manifests = kubeadm.Manifests(s.conf, s.i)
	i := slices.IndexFunc(s.manifests, func(m *corev1.Pod) bool { return m.Name == "kube-scheduler" })
	s.rt.Manifest(s.manifests[i])
}

// SchedulerConfig is the configuration that kube-scheduler has: the file as it was given, or what the defaults are,
// written out in full.
func (c *Cluster) SchedulerConfig() string {
	if text, ok := c.masters[0].Disk[schedulerConfigFile].(string); ok {
		return text
	}
	conf := config.Default()
	conf.ClientConnection.Kubeconfig = "/etc/kubernetes/scheduler.conf"
	return conf.Text()
}

// runScheduler is the program kube-scheduler of a control-plane node. The flag --leader-elect=true of its manifest goes
// before what the file says.
func (c *Cluster) runScheduler(a *sim.Actor) {
	opts := scheduler.Options{}
	if text, ok := a.Host().Disk[schedulerConfigFile].(string); ok {
		conf, err := config.Load(text)
		if err != nil {
			a.Exit()
			return
		}
		opts = scheduler.OptionsOf(conf)
	}
	opts.LeaderElect = true
	c.schedulers[a.Host().Name] = scheduler.Run(a, c.clientFor("system:kube-scheduler", "kube-scheduler"), opts)
}
