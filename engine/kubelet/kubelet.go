package kubelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/network"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// Version is the kubelet's.
const Version = "v1.37.2"

// Config is what a kubelet is started with.
type Config struct {
	NodeName string
	Runtime  *runtime.Runtime
	Network  *network.Node

	CPU     string // capacity in cores, "" is "4"
	Memory  string // "" is "8Gi"
	Storage string // ephemeral, "" is "100Gi"
	MaxPods int    // 0 is 110

	Labels map[string]string // beside those every node has, e.g. the zone
	Taints []corev1.Taint    // with which the node registers

	Manifests []*corev1.Pod // static pods, the contents of /etc/kubernetes/manifests
}

// Kubelet is one run of the agent.
type Kubelet struct {
	a    *sim.Actor
	c    *client.Client
	conf Config
	rt   *runtime.Runtime
	net  *network.Node
	rec  *client.Recorder

	hostIP  string
	hostIPs []corev1.HostIP
	// onHostIPs are the same, as those of pods in the host's network.
	onHostIPs []corev1.PodIP
	nodeUID   types.UID

	capacity    corev1.ResourceList
	allocatable corev1.ResourceList
	cpu, memory int64 // allocatable, in thousandths of a core and bytes

	cache   *client.Cache[*corev1.Pod]
	nodes   *client.Cache[*corev1.Node] // the node's own object
	pods    map[types.UID]*pod
	byKey   map[string]*pod
	watched map[string]*watched                // objects that volumes are filled from
	inUse   map[corev1.UniqueVolumeName][]*pod // attachable volumes
	csiNode bool                               // the node has, or had, a CSINode
	synced  bool

	relistAt sim.Timer
	dirty    []*pod
	pulls    pullQueue

	node node
}

// Intervals and limits of pkg/kubelet.
const (
	relistPeriod   = time.Second
	backOffPeriod  = 10 * time.Second
	maxBackOff     = 5 * time.Minute
	resyncInterval = time.Minute
)

// Run boots a kubelet.
func Run(a *sim.Actor, conf client.Config, k Config) {
	if k.CPU == "" {
		k.CPU = "4"
	}
	if k.Memory == "" {
		k.Memory = "8Gi"
	}
	if k.Storage == "" {
		k.Storage = "100Gi"
	}
	if k.MaxPods == 0 {
		k.MaxPods = 110
	}
	c := client.New(a, conf)
	kl := &Kubelet{a: a, c: c, conf: k, rt: k.Runtime, net: k.Network, rec: client.NewRecorder(c, "kubelet", k.NodeName),
		pods: map[types.UID]*pod{}, byKey: map[string]*pod{}, watched: map[string]*watched{}, inUse: map[corev1.UniqueVolumeName][]*pod{}}
	kl.hostIP = k.Network.IP()
	for _, ip := range k.Network.IPs() {
		kl.hostIPs = append(kl.hostIPs, corev1.HostIP{IP: ip})
		kl.onHostIPs = append(kl.onHostIPs, corev1.PodIP{IP: ip})
	}
	kl.resources()
	kl.rt.SetDialer(k.Network.Network())
	kl.rt.OnChange = kl.runtimeChanged
	kl.rt.OnForgive, kl.rt.OnManifest = kl.forgive, kl.manifestChanged
	kl.rt.OnDrivers = kl.postCSINode
	kl.rt.Cores = kl.capacity.Cpu().MilliValue()
	kl.serve()
	a.After(kubeletStart, "kubelet start", kl.start)
}

// kubeletStart is how long the process takes until it talks to the API server.
const kubeletStart = 150 * time.Millisecond

func (k *Kubelet) resources() {
	cpu, mem, disk := resource.MustParse(k.conf.CPU), resource.MustParse(k.conf.Memory), resource.MustParse(k.conf.Storage)
	k.capacity = corev1.ResourceList{
		corev1.ResourceCPU: cpu, corev1.ResourceMemory: mem, corev1.ResourceEphemeralStorage: disk,
		corev1.ResourcePods: *resource.NewQuantity(int64(k.conf.MaxPods), resource.DecimalSI),
		"hugepages-1Gi":     *resource.NewQuantity(0, resource.DecimalSI),
		"hugepages-2Mi":     *resource.NewQuantity(0, resource.DecimalSI),
	}
	k.allocatable = corev1.ResourceList{}
	for name, q := range k.capacity {
		k.allocatable[name] = q
	}
	// Kept back by the default hard eviction thresholds: 100Mi of memory and a tenth of the disk.
	mem.Sub(resource.MustParse("100Mi"))
	k.allocatable[corev1.ResourceMemory] = mem
	k.allocatable[corev1.ResourceEphemeralStorage] = *resource.NewQuantity(disk.Value()*9/10, resource.BinarySI)
	k.cpu, k.memory = cpu.MilliValue(), mem.Value()
}

func (k *Kubelet) start() {
	k.runStatics()
	k.register(func() {
		k.cache = client.NewCache[*corev1.Pod](k.c, api.Pods, client.Selection{Fields: fields.OneTermEqualSelector("spec.nodeName", k.conf.NodeName)})
		k.cache.Subscribe(k.podChanged)
		k.cache.OnSynced(func() {
			k.cleanUpOrphans()
			k.createMirrors()
			k.postCSINode()
			if n, ok := k.nodes.Get("", k.conf.NodeName); ok && len(n.Status.VolumesInUse) > 0 {
				k.a.Periodic(resyncInterval, "volumes in use", k.reportInUse) // of an earlier run
			}
		})
	})
}

// podChanged hears of the API's changes to pods of this node.
func (k *Kubelet) podChanged(old, new *corev1.Pod) {
	some := new
	if some == nil {
		some = old
	}
	if _, mirror := isMirror(some); mirror {
		k.mirrorChanged(old, new)
		return
	}
	switch {
	case new != nil && new.Spec.NodeName != k.conf.NodeName:
	case new == nil:
		if p := k.pods[old.UID]; p != nil {
			p.deleted(old)
		}
	default:
		p := k.pods[new.UID]
		if p == nil {
			k.add(new)
			return
		}
		p.updated(new)
	}
}

func (k *Kubelet) add(obj *corev1.Pod) {
	p := &pod{k: k, obj: obj}
	k.pods[obj.UID] = p
	k.byKey[api.KeyOf(obj)] = p
	p.init()
	if sb := k.rt.Sandbox(obj.UID); sb != nil {
		p.adopt(sb)
	}
	if terminal(obj.Status.Phase) && p.sb == nil {
		p.finished = true
		if obj.DeletionTimestamp != nil {
			p.confirmGone()
		}
		return
	}
	if obj.DeletionTimestamp == nil && p.sb == nil {
		k.consider(p)
		return
	}
	p.sync()
}

func (k *Kubelet) forget(p *pod) {
	p.stopTimers()
	if k.pods[p.obj.UID] == p {
		delete(k.pods, p.obj.UID)
	}
	if key := api.KeyOf(p.obj); k.byKey[key] == p {
		delete(k.byKey, key)
	}
}

// cleanUpOrphans stops what runs for pods that the API does not know any more: they were deleted by force while this
// node was away.
func (k *Kubelet) cleanUpOrphans() {
	k.synced = true
	for _, sb := range k.rt.Sandboxes() {
		if k.pods[sb.UID] == nil {
			left := 1
			over := func() {
				if left--; left == 0 {
					k.net.Detach(sb)
					k.rt.Remove(sb)
				}
			}
			for _, c := range sb.Containers {
				left++
				c.Stop(minimumGrace, over)
			}
			over()
		}
	}
}

// runtimeChanged is the runtime's word that something happened in a sandbox; the worker acts on it at the next relist.
func (k *Kubelet) runtimeChanged(sb *runtime.Sandbox) {
	if p := k.pods[sb.UID]; p != nil && !k.a.Dead() {
		k.markDirty(p)
	}
}

func (k *Kubelet) markDirty(p *pod) {
	ctx := k.a.Sim().Context()
	if p.dirty {
		if !ctx.Background {
			p.ctx = ctx
		}
		return
	}
	p.dirty, p.ctx = true, ctx
	k.dirty = append(k.dirty, p)
	if !k.relistAt.Pending() {
		k.relistAt = k.a.After(k.nextTick(relistPeriod), "relist", k.relist)
	}
}

func (k *Kubelet) relist() {
	list := k.dirty
	k.dirty = nil
	for _, p := range list {
		p.dirty = false
		k.a.Sim().In(p.ctx, p.sync)
	}
}

// record writes a line about a pod into the journal.
func (k *Kubelet) record(p *pod, text string) sim.RecordID {
	return k.a.Record(sim.KindAct, p.ref(), text).ID
}

// jitter is k8s.io/apimachinery/pkg/util/wait.Jitter with a factor of 0.5.
func (k *Kubelet) jitter(d time.Duration) time.Duration {
	return d + time.Duration(k.a.Rand().Float64()*0.5*float64(d))
}
