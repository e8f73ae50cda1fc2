package runtime

import (
	"maps"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/sim"
)

// Version is what nodes report as their container runtime.
const Version = "containerd://2.1.4"

// Runtime is the containerd of one host. It outlives power loss as far as its disk does: images and the records of
// containers stay, processes do not.
type Runtime struct {
	// OnChange hears of a sandbox in which a container changed its state by itself or by a call. Whoever starts
	// listening replaces whoever listened before.
	OnChange func(*Sandbox)
	// OnForgive hears of programs whose containers are to be started at once; see Forgive.
	OnForgive func(program string)
	// OnDrivers hears that CSI drivers came or went.
	OnDrivers func()
	// OnManifest hears of a static pod's manifest that was written on this machine; see Manifest.
	OnManifest func(*corev1.Pod)
	// OnBoot is called, before anything else runs, when the host got power back: every process is gone.
	OnBoot func()
	// Cores is the CPU of the machine in thousandths of a core; 0 is 4000.
	Cores int64

	host      *sim.Host
	reg       *Registry
	a         *sim.Actor
	images    map[string]*Image
	sandboxes map[types.UID]*Sandbox
	boots     int
	booted    sim.Time
	http      Dialer
	programs  Programs
	root      Volume
	drivers   []Driver
	guests    Guests
}

// Dialer lets programs in containers talk over the pod network: it is given by whoever owns that network.
type Dialer interface {
	// Get requests a URL from within a sandbox, over one family if it is not "". err is in curl's spirit: "Could not
	// resolve host: x", "Connection refused".
	Get(from *Sandbox, host string, family corev1.IPFamily, port int32, path string, done func(status int, body string, err error))
	// Resolve gives the addresses of a name, IPv4 before IPv6, or nil.
	Resolve(from *Sandbox, name string) []string
}

// NewEngine installs containerd on a host. Its registry is shared by all nodes of a cluster.
func NewEngine(h *sim.Host, reg *Registry) *Runtime {
	rt := &Runtime{host: h, reg: reg, images: map[string]*Image{}, sandboxes: map[types.UID]*Sandbox{}}
	h.Install("containerd", rt.boot)
	return rt
}

// SetDialer gives the programs in containers a network.
func (rt *Runtime) SetDialer(d Dialer) { rt.http = d }

// Host is the machine.
func (rt *Runtime) Host() *sim.Host { return rt.host }

// Boots counts the starts of the host; it stands for the kernel's boot id.
func (rt *Runtime) Boots() int { return rt.boots }

// Booted is when the host got its power.
func (rt *Runtime) Booted() sim.Time { return rt.booted }

func (rt *Runtime) boot(a *sim.Actor) {
	rt.a = a
	rt.boots++
	rt.booted = a.Now()
	if rt.boots == 1 {
		return
	}
	for _, uid := range rt.uids() {
		rt.sandboxes[uid].lostPower()
	}
	if rt.OnBoot != nil {
		rt.OnBoot()
	}
}

func (rt *Runtime) uids() []types.UID { return slices.Sorted(maps.Keys(rt.sandboxes)) }

// ImagePresent finds an image in the node's store by any of its names.
func (rt *Runtime) ImagePresent(name string) *Image {
	if im := rt.images[name]; im != nil {
		return im
	}
	repo, tag, digest, err := Normalize(name)
	if err != nil {
		return nil
	}
	if digest != "" {
		return rt.images[repo+"@"+digest]
	}
	return rt.images[repo+":"+tag]
}

// ImageCount is how many images the node has.
func (rt *Runtime) ImageCount() int { return len(rt.images) }

// Images lists the node's images by name.
func (rt *Runtime) Images() []*Image {
	var out []*Image
	for _, n := range slices.Sorted(maps.Keys(rt.images)) {
		out = append(out, rt.images[n])
	}
	return out
}

// Preload puts an image into the store without pulling it, as images that come with the machine are. It reports
// whether the registry knows it.
func (rt *Runtime) Preload(name string) bool {
	im, err := rt.reg.Find(name)
	if err != nil {
		return false
	}
	rt.images[im.Name] = im
	return true
}

// Pull fetches an image. done gets it and the time the pull took, or containerd's error.
func (rt *Runtime) Pull(name string, done func(*Image, time.Duration, error)) {
	im, err := rt.reg.Find(name)
	if err != nil {
		d := pullLatency*9/10 + time.Duration(rt.a.Rand().Int64N(int64(pullLatency/5)))
		rt.a.After(d, "pull failed", func() { done(nil, d, err) })
		return
	}
	d := pullTime(rt.a, im)
	rt.a.After(d, "pull image", func() {
		rt.images[im.Name] = im
		done(im, d, nil)
	})
}

// Sandbox is a pod's: its network namespace with the pod's address, and its containers.
type Sandbox struct {
	Namespace, Name string
	UID             types.UID
	IPs             []corev1.PodIP // one a family; the pod's status shares the slice
	HostNetwork     bool
	ServiceAccount  string
	Static          bool // made from a manifest on this machine
	Attempt         int32
	Ready           bool
	Containers      []*Container // the newest of each name

	// Lost is the record after which nothing answers at the address any more: the power loss, or the pod's end.
	Lost sim.RecordID

	rt       *Runtime
	hostname string
	volumes  map[string]*use
}

// IP is the sandbox's first address, or "".
func (sb *Sandbox) IP() string {
	if len(sb.IPs) == 0 {
		return ""
	}
	return sb.IPs[0].IP
}

// What the calls of the CRI take.
const (
	sandboxTime = 180 * time.Millisecond // the network plugin's work above all
	createTime  = 25 * time.Millisecond
	startTime   = 60 * time.Millisecond
)

// Sandbox finds the sandbox of a pod, or nil.
func (rt *Runtime) Sandbox(uid types.UID) *Sandbox { return rt.sandboxes[uid] }

// Sandboxes lists all sandboxes, ordered by pod UID.
func (rt *Runtime) Sandboxes() []*Sandbox {
	out := make([]*Sandbox, 0, len(rt.sandboxes))
	for _, u := range rt.uids() {
		out = append(out, rt.sandboxes[u])
	}
	return out
}

// RunSandbox makes the sandbox of a pod, or makes it anew after it was lost; containers it had stay known.
func (rt *Runtime) RunSandbox(pod *corev1.Pod, done func(*Sandbox)) {
	d := sandboxTime*4/5 + time.Duration(rt.a.Rand().Int64N(int64(sandboxTime*2/5)))
	rt.a.After(d, "run sandbox", func() {
		sb := rt.sandboxes[pod.UID]
		if sb == nil {
			sb = &Sandbox{Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID, HostNetwork: pod.Spec.HostNetwork, rt: rt,
				ServiceAccount: pod.Spec.ServiceAccountName, Static: pod.Annotations["kubernetes.io/config.source"] == "file"}
			if pod.Spec.Hostname != "" {
				sb.hostname = pod.Spec.Hostname
			} else if pod.Spec.HostNetwork {
				sb.hostname = rt.host.Name
			}
			rt.sandboxes[pod.UID] = sb
		} else {
			sb.Attempt++
		}
		sb.Ready = true
		sb.Lost = 0
		done(sb)
	})
}

// Hostname is what `hostname` prints in the pod.
func (sb *Sandbox) Hostname() string {
	if sb.hostname != "" {
		return sb.hostname
	}
	if len(sb.Name) > 63 {
		return sb.Name[:63]
	}
	return sb.Name
}

// ID is the sandbox's, 64 hexadecimal digits.
func (sb *Sandbox) ID() string {
	h := uint64(14695981039346656037) // FNV-1a
	for _, b := range []byte(string(sb.UID) + strconv.Itoa(int(sb.Attempt))) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return Hex(h)
}

// Ref is the pod's name in the journal.
func (sb *Sandbox) Ref() string { return "pods/" + sb.Namespace + "/" + sb.Name }

// Runtime is the engine the sandbox belongs to.
func (sb *Sandbox) Runtime() *Runtime { return sb.rt }

// Container finds the newest container of a name, or nil.
func (sb *Sandbox) Container(name string) *Container {
	for _, c := range sb.Containers {
		if c.Spec.Name == name {
			return c
		}
	}
	return nil
}

// Listener finds the container that has, or would have, a port open; ok tells whether it accepts connections now.
func (sb *Sandbox) Listener(port int32) (c *Container, ok bool) {
	for _, x := range sb.Containers {
		if x.opens(port) {
			if x.Listening() {
				return x, true
			}
			c = x
		}
	}
	return c, false
}

// Remove forgets a sandbox whose containers have all ended.
func (rt *Runtime) Remove(sb *Sandbox) {
	sb.Ready = false
	if rt.sandboxes[sb.UID] == sb {
		delete(rt.sandboxes, sb.UID)
	}
}

func (sb *Sandbox) lostPower() {
	sb.Ready = false
	for _, u := range sb.volumes {
		if u.memory {
			u.v.Clear("")
		}
	}
	for _, c := range sb.Containers {
		if c.State == Running || c.State == Created {
			c.ended(255, "Unknown")
		}
	}
}

func (sb *Sandbox) changed() {
	if sb.rt.OnChange != nil {
		sb.rt.OnChange(sb)
	}
}
