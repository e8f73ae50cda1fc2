package kubelet

import (
	"slices"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/runtime"
)

// The Node and its lease: pkg/kubelet/kubelet_node_status.go, nodestatus/setters.go, k8s.io/component-helpers
// apimachinery/lease. The lease is renewed every 10 s; the status is looked at every 10 s and posted when it changed
// or has not been posted for 5 min.
const (
	leasePeriod    = 10 * time.Second
	leaseDuration  = 40 // seconds
	statusPeriod   = 10 * time.Second
	reportInterval = 5 * time.Minute
	leaseNamespace = corev1.NamespaceNodeLease
	// networkReadyAfter is when the network plugin has written its configuration.
	networkReadyAfter = 500 * time.Millisecond
)

// node is what the kubelet remembers of its Node.
type node struct {
	labels   map[string]string
	ready    bool
	reported time.Time
	images   int
	lease    string // its name once it exists
	busy     bool
}

func (k *Kubelet) nodeLabels() map[string]string {
	l := map[string]string{
		"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux",
		corev1.LabelArchStable: "amd64", corev1.LabelOSStable: "linux", corev1.LabelHostname: k.conf.NodeName,
	}
	for key, v := range k.conf.Labels {
		l[key] = v
	}
	return l
}

// register makes the Node, or finds the one of an earlier run, and then keeps status and lease going. It does so once in
// a kubelet's life (registrationCompleted): a Node that is deleted afterwards comes back when the kubelet starts again.
func (k *Kubelet) register(done func()) {
	k.node.labels = k.nodeLabels()
	cidrs := k.net.PodCIDRs()
	obj := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: k.conf.NodeName, Labels: k.node.labels,
			// The addresses that --node-ip names are told to the cloud provider too (pkg/kubelet/nodestatus, NodeAddress).
			Annotations: map[string]string{"alpha.kubernetes.io/provided-node-ip": joined(k.onHostIPs), "volumes.kubernetes.io/controller-managed-attach-detach": "true"}},
		Spec:   corev1.NodeSpec{PodCIDR: cidrs[0], PodCIDRs: cidrs},
		Status: k.nodeStatus(false),
	}
	// A node that is not ready yet is tainted by the admission plugin TaintNodesByCondition; registering with the taint
	// gives the same where that plugin is not there.
	obj.Spec.Taints = append(slices.Clone(k.conf.Taints), corev1.Taint{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoSchedule})
	client.Create(k.c, api.Nodes, obj, func(n *corev1.Node, err error) {
		switch {
		case err == nil:
			k.registered(n, done)
			k.event(corev1.EventTypeNormal, "NodeHasSufficientMemory", "Node "+k.conf.NodeName+" status is now: NodeHasSufficientMemory")
			k.event(corev1.EventTypeNormal, "NodeHasNoDiskPressure", "Node "+k.conf.NodeName+" status is now: NodeHasNoDiskPressure")
			k.event(corev1.EventTypeNormal, "NodeHasSufficientPID", "Node "+k.conf.NodeName+" status is now: NodeHasSufficientPID")
			k.event(corev1.EventTypeNormal, "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods")
		case apierrors.IsAlreadyExists(err):
			client.Get(k.c, api.Nodes, "", k.conf.NodeName, func(n *corev1.Node, err error) {
				if err != nil {
					k.a.After(time.Second, "register node", func() { k.register(done) })
					return
				}
				k.registered(n, done)
				if n.Status.NodeInfo.BootID != "" && n.Status.NodeInfo.BootID != k.bootID() {
					k.event(corev1.EventTypeWarning, "Rebooted", "Node "+k.conf.NodeName+" has been rebooted, boot id: "+k.bootID())
				}
			})
		default:
			k.a.After(time.Second, "register node", func() { k.register(done) })
		}
	})
}

func (k *Kubelet) registered(n *corev1.Node, done func()) {
	k.nodeUID = n.UID
	k.node.labels = n.Labels
	if k.nodes == nil {
		// Upstream sends it before it registers, and its recorder keeps it until there is an API server.
		k.event(corev1.EventTypeNormal, "Starting", "Starting kubelet.")
		// Like upstream's node lister: a watch of one object.
		k.nodes = client.NewCache[*corev1.Node](k.c, api.Nodes, client.Selection{Fields: fields.OneTermEqualSelector("metadata.name", k.conf.NodeName)})
		k.nodes.Subscribe(k.nodeChanged)
		k.renew()
		k.a.Periodic(k.net.Phase(statusPeriod), "node status", k.checkNode)
	}
	k.a.After(networkReadyAfter, "network ready", func() {
		k.node.ready = true
		k.postNode(true)
	})
	done()
}

// nodeChanged follows the Node: somebody may have made another one under its name.
func (k *Kubelet) nodeChanged(old, n *corev1.Node) {
	if n != nil && n.UID != k.nodeUID {
		k.nodeUID = n.UID
		if k.synced {
			k.createMirrors()
		}
	}
	k.volumesAttached(old, n)
}

// nodeless reports that the Node was deleted: its status goes nowhere, and nothing is made that would belong to it.
func (k *Kubelet) nodeless() bool {
	if k.nodes == nil || !k.nodes.Synced() {
		return false
	}
	_, ok := k.nodes.Get("", k.conf.NodeName)
	return !ok
}

func (k *Kubelet) bootID() string {
	h := runtime.Hex(uint64(k.rt.Boots())<<32 + uint64(len(k.conf.NodeName)))
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:32]
}

func (k *Kubelet) machineID() string {
	var x uint64 = 1469598103934665603
	for i := 0; i < len(k.conf.NodeName); i++ {
		x = (x ^ uint64(k.conf.NodeName[i])) * 1099511628211
	}
	return runtime.Hex(x)[:32]
}

// nodeStatus is the status a node registers with.
func (k *Kubelet) nodeStatus(ready bool) corev1.NodeStatus {
	id := k.machineID()
	var addresses []corev1.NodeAddress
	for i := range k.hostIPs { // --node-ip names both
		addresses = append(addresses, corev1.NodeAddress{Type: corev1.NodeInternalIP, Address: k.hostIPs[i].IP})
	}
	return corev1.NodeStatus{
		Capacity: k.capacity, Allocatable: k.allocatable,
		Conditions: k.nodeConditions(nil, ready),
		Addresses:  append(addresses, corev1.NodeAddress{Type: corev1.NodeHostName, Address: k.conf.NodeName}),
		DaemonEndpoints: corev1.NodeDaemonEndpoints{
			KubeletEndpoint: corev1.DaemonEndpoint{Port: 10250}},
		NodeInfo: corev1.NodeSystemInfo{
			MachineID: id, SystemUUID: id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:], BootID: k.bootID(),
			KernelVersion: "6.12.48-cloud-amd64", OSImage: "Debian GNU/Linux 13 (trixie)", ContainerRuntimeVersion: runtime.Version,
			KubeletVersion: Version, OperatingSystem: "linux", Architecture: "amd64",
		},
	}
}

// nodeConditions are the kubelet's conditions in upstream's order, with transition times of the old ones where
// nothing changed; conditions of others come first as they are.
func (k *Kubelet) nodeConditions(old []corev1.NodeCondition, ready bool) []corev1.NodeCondition {
	now := k.wall(k.a.Now())
	own := [...]corev1.NodeCondition{
		{Type: corev1.NodeMemoryPressure, Status: corev1.ConditionFalse, Reason: "KubeletHasSufficientMemory", Message: "kubelet has sufficient memory available"},
		{Type: corev1.NodeDiskPressure, Status: corev1.ConditionFalse, Reason: "KubeletHasNoDiskPressure", Message: "kubelet has no disk pressure"},
		{Type: corev1.NodePIDPressure, Status: corev1.ConditionFalse, Reason: "KubeletHasSufficientPID", Message: "kubelet has sufficient PID available"},
		{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady", Message: "kubelet is posting ready status"},
	}
	if !ready {
		own[3] = corev1.NodeCondition{Type: corev1.NodeReady, Status: corev1.ConditionFalse, Reason: "KubeletNotReady",
			Message: "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"}
	}
	out := make([]corev1.NodeCondition, 0, len(old)+4)
	for _, c := range old {
		if !slices.ContainsFunc(own[:], func(o corev1.NodeCondition) bool { return o.Type == c.Type }) {
			out = append(out, c)
		}
	}
	for _, c := range own {
		c.LastHeartbeatTime, c.LastTransitionTime = now, now
		for i := range old {
			if old[i].Type == c.Type && old[i].Status == c.Status {
				c.LastTransitionTime = old[i].LastTransitionTime
			}
		}
		out = append(out, c)
	}
	return out
}

// checkNode is the ten-second look at the node's status.
func (k *Kubelet) checkNode() {
	k.a.Periodic(statusPeriod, "node status", k.checkNode)
	if !k.node.ready || k.node.busy {
		return
	}
	if k.nodeless() {
		k.node.reported = time.Time{} // upstream asks, is told that there is none, and asks again ten seconds later
		return
	}
	if k.node.reported.IsZero() || k.a.Wall().Sub(k.node.reported) >= reportInterval || k.rt.ImageCount() != k.node.images {
		k.postNode(false)
		return
	}
	// Somebody else may have changed the conditions while this node was silent.
	n, ok := k.nodes.Get("", k.conf.NodeName)
	if !ok {
		return // not heard of yet
	}
	k.node.labels = n.Labels
	for i := range n.Status.Conditions {
		if c := &n.Status.Conditions[i]; c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue || c.Status == corev1.ConditionUnknown {
			k.postNode(false)
			return
		}
	}
}

// postNode writes the node's status. first tells the world that the node is ready.
func (k *Kubelet) postNode(first bool) {
	images := k.images()
	k.node.busy = true
	if first {
		k.event(corev1.EventTypeNormal, "NodeReady", "Node "+k.conf.NodeName+" status is now: NodeReady")
	}
	k.node.reported, k.node.images = k.a.Wall(), k.rt.ImageCount()
	fresh := k.nodeStatus(true)
	client.Mutate(k.c, api.Nodes, "status", "", k.conf.NodeName, func(n *corev1.Node) bool {
		old := n.Status
		n.Status = fresh
		n.Status.Phase, n.Status.VolumesAttached, n.Status.VolumesInUse, n.Status.Config = old.Phase, old.VolumesAttached, old.VolumesInUse, old.Config
		n.Status.Conditions = k.nodeConditions(old.Conditions, true)
		n.Status.Images = images
		if len(old.Addresses) > len(fresh.Addresses) {
			n.Status.Addresses = old.Addresses // the cloud knows more
		}
		return true
	}, func(_ *corev1.Node, err error) {
		k.node.busy = false
		if err != nil {
			k.node.reported = time.Time{}
		}
	})
}

// images lists what the node has, largest first, at most 50 (nodeStatusMaxImages).
func (k *Kubelet) images() []corev1.ContainerImage {
	list := k.rt.Images()
	slices.SortStableFunc(list, func(a, b *runtime.Image) int { return int(b.Bytes - a.Bytes) })
	if len(list) > 50 {
		list = list[:50]
	}
	if len(list) == 0 {
		return nil
	}
	out := make([]corev1.ContainerImage, len(list))
	for i, im := range list {
		out[i] = corev1.ContainerImage{Names: []string{im.Ref, im.Name}, SizeBytes: im.Bytes}
	}
	return out
}

// renew keeps the lease: the first time it is made, or taken over, and then only its time changes.
func (k *Kubelet) renew() {
	k.a.Periodic(leasePeriod+time.Duration(k.a.Rand().Int64N(int64(400*time.Millisecond))), "renew lease", k.renew)
	name := k.conf.NodeName
	now := metav1.NewMicroTime(k.a.Wall().Truncate(time.Microsecond))
	if k.node.lease == "" {
		if k.nodeless() {
			return // a lease without an owner would stay for ever
		}
		seconds := int32(leaseDuration)
		client.Create(k.c, api.Leases, &coordinationv1.Lease{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: leaseNamespace, OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: name, UID: k.nodeUID}}},
			Spec:       coordinationv1.LeaseSpec{HolderIdentity: &name, LeaseDurationSeconds: &seconds, RenewTime: &now},
		}, func(_ *coordinationv1.Lease, err error) {
			if err == nil {
				k.node.lease = name
			} else if apierrors.IsAlreadyExists(err) {
				k.node.lease = name
				k.touchLease(now)
			}
		})
		return
	}
	k.touchLease(now)
}

func (k *Kubelet) touchLease(now metav1.MicroTime) {
	client.Mutate(k.c, api.Leases, "", leaseNamespace, k.node.lease, func(l *coordinationv1.Lease) bool {
		l.Spec.RenewTime = &now
		return true
	}, func(_ *coordinationv1.Lease, err error) {
		if apierrors.IsNotFound(err) {
			k.node.lease = ""
		}
	})
}

func (k *Kubelet) event(typ, reason, message string) {
	uid := k.nodeUID
	k.rec.EventFor(corev1.ObjectReference{Kind: "Node", APIVersion: "v1", Name: k.conf.NodeName, UID: uid}, typ, reason, "", message)
}
