package kubelet

import (
	"fmt"
	"strings"
	"time"

	"tabernetes/engine/api"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// server is the kubelet's own API, which the API server uses for logs.
type server struct{ k *Kubelet }

var _ api.KubeletEndpoint = server{}

func (k *Kubelet) serve() {
	k.a.Listen(api.KubeletService, func(c *sim.Conn) { c.Handler = server{k} })
}

// Logs is the container's log. A container that has not started, or is not there, gives the kubelet's error.
func (s server) Logs(namespace, name, container string, opts api.LogOptions, reply func(string, error)) {
	k := s.k
	p := k.byKey[api.Key(namespace, name)]
	if p == nil {
		reply("", fmt.Errorf("pod %q not found", name+"_"+namespace))
		return
	}
	c := p.find(container)
	if c == nil {
		reply("", fmt.Errorf("container %s is not valid for pod %s", container, name))
		return
	}
	run := c.run
	if opts.Previous && run != nil {
		run = run.Prev
	}
	if run == nil || run.State == runtime.Created {
		switch {
		case opts.Previous:
			reply("", fmt.Errorf("previous terminated container %q in pod %q not found", container, name))
		case c.reason != "":
			reply("", fmt.Errorf("container %q in pod %q is waiting to start: %s", container, name, logReason(c)))
		default:
			reply("", fmt.Errorf("container %q in pod %q is waiting to start: %s", container, name, waitingWord(p)))
		}
		return
	}
	lines := run.Logs()
	if opts.SinceTime != nil || opts.SinceSeconds != nil {
		var from time.Time
		if opts.SinceTime != nil {
			from = opts.SinceTime.Time
		} else {
			from = k.a.Wall().Add(-time.Duration(*opts.SinceSeconds) * time.Second)
		}
		for len(lines) > 0 && k.a.WallAt(lines[0].At).Before(from) {
			lines = lines[1:]
		}
	}
	if opts.TailLines != nil && int64(len(lines)) > *opts.TailLines {
		lines = lines[int64(len(lines))-*opts.TailLines:]
	}
	var b strings.Builder
	for _, l := range lines {
		if opts.Timestamps {
			b.WriteString(k.a.WallAt(l.At).Format("2006-01-02T15:04:05.000000000Z07:00"))
			b.WriteByte(' ')
		}
		b.WriteString(l.Text)
		b.WriteByte('\n')
		if opts.LimitBytes != nil && int64(b.Len()) >= *opts.LimitBytes {
			reply(b.String()[:*opts.LimitBytes], nil)
			return
		}
	}
	reply(b.String(), nil)
}

func logReason(c *ctr) string {
	switch c.reason {
	case "ErrImagePull":
		return "image can't be pulled"
	case "ImagePullBackOff":
		return "trying and failing to pull image"
	}
	return c.reason
}

func waitingWord(p *pod) string {
	if len(p.obj.Spec.InitContainers) > 0 {
		return "PodInitializing"
	}
	return "ContainerCreating"
}

// followPeriod is how often a followed log is looked at.
const followPeriod = 200 * time.Millisecond

// Follow streams a container's log until the container's run is over.
func (s server) Follow(namespace, name, container string, opts api.LogOptions, send func(string, bool, error)) func() {
	stopped := false
	var run *runtime.Container
	seen := 0
	s.Logs(namespace, name, container, opts, func(text string, err error) {
		if err != nil {
			send("", true, err)
			stopped = true
			return
		}
		if p := s.k.byKey[api.Key(namespace, name)]; p != nil && p.find(container) != nil {
			run = p.find(container).run
			if opts.Previous {
				run = run.Prev
			}
			seen = run.LinesPrinted()
		}
		send(text, run == nil, nil)
	})
	var look func()
	look = func() {
		if stopped || run == nil {
			return
		}
		over := run.State == runtime.Exited
		if n := run.LinesPrinted(); n > seen || over {
			lines := run.Logs()
			lines = lines[max(len(lines)-(n-seen), 0):]
			seen = n
			var b strings.Builder
			for _, l := range lines {
				if opts.Timestamps {
					b.WriteString(s.k.a.WallAt(l.At).Format("2006-01-02T15:04:05.000000000Z07:00"))
					b.WriteByte(' ')
				}
				b.WriteString(l.Text)
				b.WriteByte('\n')
			}
			send(b.String(), over, nil)
		}
		if !over {
			s.k.a.Periodic(followPeriod, "follow log", look)
		}
	}
	s.k.a.Periodic(followPeriod, "follow log", look)
	return func() { stopped = true }
}
