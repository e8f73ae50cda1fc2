package kubectl

import (
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tabernetes/engine/api"
)

func portForwardCommand() *command {
	return &command{name: "port-forward", use: "TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]",
		short: "Forward one or more local ports to a pod", flags: "address:a=localhost pod-running-timeout:d=1m0s", run: runPortForward}
}

// runPortForward is port-forward (kubectl/pkg/cmd/portforward).
func runPortForward(c *cmd) {
	if len(c.args) < 2 {
		c.usageError("TYPE/NAME and list of ports are required for port-forward")
		return
	}
	name, ports := c.args[0], c.args[1:]
	if !strings.Contains(name, "/") {
		name = "pods/" + name
	}
	c.resolve(selection{args: []string{name}, table: c.table()}, func(r *result) {
		if len(r.errs) > 0 {
			c.end(r.errs...)
			return
		}
		obj := r.infos[0].obj
		c.podOf(r.infos[0], func(pod *corev1.Pod) {
			pairs, err := podPorts(pod, ports)
			if svc, ok := obj.(*corev1.Service); ok {
				pairs, err = servicePorts(svc, pod, ports)
			}
			if err == nil && pod.Status.Phase != corev1.PodRunning {
				err = fmt.Errorf("unable to forward port because pod is not running. Current status=%v", pod.Status.Phase)
			}
			var list []portPair
			if err == nil {
				list, err = parsePortPairs(pairs)
			}
			if err != nil {
				c.fail(err)
				return
			}
			(&forwarder{c: c, ports: list}).open(pod)
		})
	})
}

// splitPort takes LOCAL:REMOTE apart; one port is both.
func splitPort(port string) (local, remote string) {
	if local, remote, ok := strings.Cut(port, ":"); ok && !strings.Contains(remote, ":") {
		return local, remote
	}
	return port, port
}

func joinPort(local, remote string) string {
	if local == remote {
		return remote
	}
	return local + ":" + remote
}

// servicePorts translates ports of a Service into those of one of its pods.
func servicePorts(svc *corev1.Service, pod *corev1.Pod, ports []string) (out []string, err error) {
	for _, p := range ports {
		local, remote := splitPort(p)
		n, err := strconv.Atoi(remote)
		if err != nil {
			i := indexOf(svc.Spec.Ports, func(sp corev1.ServicePort) bool { return sp.Name == remote })
			if i < 0 {
				return nil, fmt.Errorf("Service '%s' does not have a named port '%s'", svc.Name, remote)
			}
			n = int(svc.Spec.Ports[i].Port)
			if local == remote {
				local = strconv.Itoa(n)
			}
		}
		i := indexOf(svc.Spec.Ports, func(sp corev1.ServicePort) bool { return int(sp.Port) == n && sp.Protocol != corev1.ProtocolUDP })
		if i < 0 {
			if indexOf(svc.Spec.Ports, func(sp corev1.ServicePort) bool { return int(sp.Port) == n }) >= 0 {
				return nil, fmt.Errorf("UDP protocol is not supported for %s", remote)
			}
			return nil, fmt.Errorf("Service %s does not have a service port %d", svc.Name, n)
		}
		target := int32(n)
		switch sp := svc.Spec.Ports[i]; {
		case svc.Spec.ClusterIP == corev1.ClusterIPNone:
		case sp.TargetPort.Type == intstr.String:
			if target, err = namedPort(pod, sp.TargetPort.StrVal); err != nil {
				return nil, err
			}
		case sp.TargetPort.IntVal != 0:
			target = sp.TargetPort.IntVal
		}
		out = append(out, joinPort(local, strconv.Itoa(int(target))))
	}
	return out, nil
}

// podPorts turns names of ports of a pod into numbers.
func podPorts(pod *corev1.Pod, ports []string) (out []string, err error) {
	for _, p := range ports {
		local, remote := splitPort(p)
		if remote == "" {
			return nil, fmt.Errorf("remote port cannot be empty")
		}
		if _, err := strconv.Atoi(remote); err != nil {
			n, err := namedPort(pod, remote)
			if err != nil {
				return nil, err
			}
			if local == remote {
				p = remote + ":" + strconv.Itoa(int(n)) // which does not parse, as upstream
			} else {
				p = local + ":" + strconv.Itoa(int(n))
			}
			out = append(out, p)
			continue
		}
		if onlyUDP(pod, remote) {
			return nil, fmt.Errorf("UDP protocol is not supported for %s", remote)
		}
		out = append(out, joinPort(local, remote))
	}
	return out, nil
}

// onlyUDP tells whether the pod's containers name a port for UDP and not for TCP.
func onlyUDP(pod *corev1.Pod, port string) bool {
	udp := false
	for i := range pod.Spec.Containers {
		for _, p := range pod.Spec.Containers[i].Ports {
			if strconv.Itoa(int(p.ContainerPort)) == port {
				if p.Protocol != corev1.ProtocolUDP {
					return false
				}
				udp = true
			}
		}
	}
	return udp
}

func namedPort(pod *corev1.Pod, name string) (int32, error) {
	for _, list := range [...][]corev1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
		for i := range list {
			for _, p := range list[i].Ports {
				if p.Name == name {
					return p.ContainerPort, nil
				}
			}
		}
	}
	return 0, fmt.Errorf("Pod '%s' does not have a named port '%s'", pod.Name, name)
}

func indexOf[T any](list []T, is func(T) bool) int {
	for i := range list {
		if is(list[i]) {
			return i
		}
	}
	return -1
}

// portPair is a port of the workstation and the pod's that it leads to.
type portPair struct{ local, remote int32 }

// parsePortPairs reads "LOCAL:REMOTE" (client-go/tools/portforward, parsePorts).
func parsePortPairs(ports []string) (out []portPair, err error) {
	for _, p := range ports {
		parts := strings.Split(p, ":")
		if len(parts) > 2 {
			return nil, fmt.Errorf("invalid port format '%s'", p)
		}
		local, remote := parts[0], parts[len(parts)-1]
		if local == "" {
			local = "0"
		}
		l, err := strconv.ParseUint(local, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("error parsing local port '%s': %s", local, err)
		}
		n, err := strconv.ParseUint(remote, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("error parsing remote port '%s': %s", remote, err)
		}
		if n == 0 {
			return nil, fmt.Errorf("remote port must be > 0")
		}
		out = append(out, portPair{int32(l), int32(n)})
	}
	return out, nil
}

// forwarder is a port-forward under way (client-go/tools/portforward). The workstation has no other programs that open
// ports, so its ports are those of the forwarders that run.
type forwarder struct {
	c     *cmd
	r     *remote
	ports []portPair
	ids   int
	calls map[int]func(api.Frame)

	child *Process // a line that runs meanwhile
	keys  func(keys string)
}

func (f *forwarder) open(pod *corev1.Pod) {
	c := f.c
	f.calls = map[int]func(api.Frame){}
	f.r = c.connect("portforward", pod.Namespace, pod.Name, api.StreamOptions{}, func(err error) {
		if f.r.opened {
			f.lost()
			return
		}
		c.failf("error upgrading connection: %v", err)
	})
	f.r.onOpen = f.listen
	f.r.onFrame = func(fr api.Frame) {
		if call := f.calls[fr.ID]; call != nil {
			delete(f.calls, fr.ID)
			call(fr)
		}
	}
}

func (f *forwarder) lost() { f.c.failf("lost connection to pod") }

// listen opens the ports.
func (f *forwarder) listen() {
	c, sh := f.c, f.c.sh
	if sh.ports == nil {
		sh.ports = map[int32]*forwarder{}
	}
	open := 0
	var asked []string
	for i := range f.ports {
		p := &f.ports[i]
		asked = append(asked, fmt.Sprintf("{%d %d}", p.local, p.remote))
		if p.local == 0 {
			for p.local = 32768 + int32(sh.a.Rand().IntN(28232)); sh.ports[p.local] != nil; p.local++ {
			}
		}
		if sh.ports[p.local] != nil {
			why := func(network, addr string) string {
				return fmt.Sprintf("unable to create listener: Error listen %s %s:%d: bind: address already in use", network, addr, p.local)
			}
			c.errf("Unable to listen on port %d: Listeners failed to create with the following errors: [%s %s]\n", p.local, why("tcp4", "127.0.0.1"), why("tcp6", "[::1]"))
			continue
		}
		open++
		sh.ports[p.local] = f
		c.stops = append(c.stops, func() { delete(sh.ports, p.local) })
		for _, a := range c.f.list("address") {
			for _, addr := range strings.Split(a, ",") {
				if addr == "localhost" {
					c.printf("Forwarding from 127.0.0.1:%d -> %d\n", p.local, p.remote)
					addr = "[::1]"
				}
				c.printf("Forwarding from %s:%d -> %d\n", addr, p.local, p.remote)
			}
		}
	}
	if open == 0 {
		c.failf("unable to listen on any of the requested ports: [%s]", strings.Join(asked, " "))
		return
	}
	f.readLines()
}

// readLines lets the terminal be used while the forwarding runs: a person would open a second one. Ctrl-C ends what runs
// there, and then the forwarding.
func (f *forwarder) readLines() {
	c := f.c
	if !c.atTerminal() {
		return
	}
	c.stops = append(c.stops, func() {
		if f.child != nil {
			f.child.Cancel()
		}
	})
	ctx := c.sh.a.Sim().Context()
	c.keys(true, func(keys string) {
		if !c.over {
			c.sh.a.Sim().In(ctx, func() { c.after(0, "typed", func() { f.typed(keys) }) })
		}
	})
}

func (f *forwarder) typed(keys string) {
	c := f.c
	running := f.child != nil && !f.child.Over()
	switch {
	case running && f.keys != nil:
		f.keys(keys)
	case strings.HasSuffix(keys, "\x03") && running:
		f.child.Cancel()
	case strings.HasSuffix(keys, "\x03"):
		c.exit(0)
	case !running:
		line := strings.TrimRight(keys, "\r\x04")
		if strings.TrimSpace(line) == "" {
			return
		}
		c.out(line + "\n") // as the terminal echoes it
		env := c.env
		env.Stdin = ""
		env.Keys = func(_ bool, typed func(string)) { f.keys = typed }
		f.keys = nil
		f.child = c.sh.Run(line, env, func(int) { f.keys = nil })
	}
}

// exchange carries one request to a local port on a connection of its own. err says that the connection ended.
func (f *forwarder) exchange(local int32, req *api.HTTPRequest, done func(*api.HTTPAnswer, error)) {
	c := f.c
	pair := f.ports[indexOf(f.ports, func(p portPair) bool { return p.local == local })]
	c.printf("Handling connection for %d\n", local)
	f.ids++
	id := f.ids
	f.calls[id] = func(fr api.Frame) {
		if fr.Err != nil {
			c.errf("E%s %7d portforward.go:549] \"An error occurred forwarding\" err=%q logger=\"UnhandledError\" localPort=%d remotePort=%d\n",
				c.sh.a.Wall().Format("0102 15:04:05.000000"), workstationPID, fr.Err.Error(), local, pair.remote)
			done(nil, fr.Err)
			f.lost()
			return
		}
		f.calls[id] = func(fr api.Frame) {
			f.r.st.Send(api.Frame{Kind: api.HangUp, ID: id})
			done(fr.Answer, fr.Err)
		}
		f.r.st.Send(api.Frame{Kind: api.Exchange, ID: id, Request: req})
	}
	c.stops = append(c.stops, func() {
		if f.calls[id] != nil {
			delete(f.calls, id)
			done(nil, api.ErrStreamLost)
		}
	})
	f.r.st.Send(api.Frame{Kind: api.Dial, ID: id, Port: pair.remote})
}

// workstationPID is what kubectl's log lines say of the process that writes them.
const workstationPID = 4711
