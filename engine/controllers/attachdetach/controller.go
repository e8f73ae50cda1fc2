package attachdetach

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

const (
	// attachTimeout is how long an attacher is waited for before it is said that it does not come.
	attachTimeout = 2 * time.Minute
	// unmountTimeout is how long a node that has gone silent may keep a volume nobody shall use there
	// (ReconcilerMaxWaitForUnmountDuration).
	unmountTimeout = 6 * time.Minute

	indexClaim  = "pvc"    // namespace/name of the claims a pod's volumes use
	indexVolume = "volume" // of claims and attachments
	indexNode   = "node"   // of attachments
	indexOn     = "spec.nodeName"
)

// Controller is one run of the controller.
type Controller struct {
	a   *sim.Actor
	c   *client.Client
	rec *client.Recorder

	pods        *client.Cache[*corev1.Pod]
	nodes       *client.Cache[*corev1.Node]
	claims      *client.Cache[*corev1.PersistentVolumeClaim]
	volumes     *client.Cache[*corev1.PersistentVolume]
	drivers     *client.Cache[*storagev1.CSIDriver]
	attachments *client.Cache[*storagev1.VolumeAttachment]

	queue    *client.Queue
	state    map[string]*attachment // by name of the VolumeAttachment
	reported map[string]bool        // volume/node of which it was said that another node has the volume
}

// attachment is what the controller remembers of an attachment beside what its object says.
type attachment struct {
	told     bool     // the pods heard that it is attached
	failed   string   // what they heard last that went wrong
	leaving  sim.Time // since when nobody wants it; 0: somebody does
	deadline sim.Timer
	force    sim.Timer
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{a: c.Actor(), c: c, rec: client.NewRecorder(c, "attachdetach-controller", ""),
		pods: client.Shared[*corev1.Pod](f, api.Pods), nodes: client.Shared[*corev1.Node](f, api.Nodes),
		claims:      client.Shared[*corev1.PersistentVolumeClaim](f, api.PersistentVolumeClaims),
		volumes:     client.Shared[*corev1.PersistentVolume](f, api.PersistentVolumes),
		drivers:     client.Shared[*storagev1.CSIDriver](f, api.CSIDrivers),
		attachments: client.Shared[*storagev1.VolumeAttachment](f, api.VolumeAttachments),
		state:       map[string]*attachment{}, reported: map[string]bool{}}
	k.queue = client.NewQueue(k.a, "attachdetach", 1, k.sync)
	k.pods.AddIndex(indexClaim, binding.Claims)
	k.pods.AddIndex(indexOn, func(p *corev1.Pod) []string {
		if p.Spec.NodeName == "" {
			return nil
		}
		return []string{p.Spec.NodeName}
	})
	k.attachments.AddIndex(indexVolume, func(a *storagev1.VolumeAttachment) []string { return []string{volumeOf(a)} })
	k.attachments.AddIndex(indexNode, func(a *storagev1.VolumeAttachment) []string { return []string{a.Spec.NodeName} })
	look := func(p *corev1.Pod) {
		for _, key := range binding.Claims(p) {
			if c, ok := k.claims.GetKey(key); ok {
				k.add(c.Spec.VolumeName)
			}
		}
	}
	k.pods.Subscribe(func(old, p *corev1.Pod) {
		if old != nil && p != nil && old.Spec.NodeName == p.Spec.NodeName && ended(old) == ended(p) {
			return
		}
		if p == nil {
			p = old
		}
		if p.Spec.NodeName != "" {
			look(p)
		}
	})
	k.claims.Subscribe(func(_, c *corev1.PersistentVolumeClaim) {
		if c != nil {
			k.add(c.Spec.VolumeName)
		}
	})
	k.volumes.Subscribe(func(_, v *corev1.PersistentVolume) {
		if v != nil && v.Spec.CSI != nil {
			k.add(v.Name)
		}
	})
	k.attachments.Subscribe(func(old, a *storagev1.VolumeAttachment) {
		if a == nil {
			k.forget(old.Name)
			a = old
		}
		k.add(volumeOf(a))
	})
	k.nodes.Subscribe(func(old, n *corev1.Node) {
		if old != nil && n != nil && slices.Equal(old.Status.VolumesInUse, n.Status.VolumesInUse) && outOfService(old) == outOfService(n) && healthy(old) == healthy(n) {
			return
		}
		if old == nil { // pods may have been on their way to it already
			for _, p := range k.pods.ByIndex(indexOn, n.Name) {
				look(p)
			}
		}
		if n == nil {
			n = old
		}
		for _, a := range k.attachments.ByIndex(indexNode, n.Name) {
			k.add(volumeOf(a))
		}
	})
	k.drivers.Subscribe(func(_, d *storagev1.CSIDriver) {
		for _, v := range k.volumes.All() {
			if d != nil && v.Spec.CSI != nil && v.Spec.CSI.Driver == d.Name {
				k.add(v.Name)
			}
		}
	})
	client.WhenSynced(k.queue.Start, k.pods, k.nodes, k.claims, k.volumes, k.drivers, k.attachments)
	return k
}

func (k *Controller) add(volume string) {
	if volume != "" {
		k.queue.Add(volume)
	}
}

func (k *Controller) forget(name string) {
	if st := k.state[name]; st != nil {
		st.deadline.Stop()
		st.force.Stop()
		delete(k.state, name)
	}
}

func (k *Controller) remember(name string) *attachment {
	st := k.state[name]
	if st == nil {
		st = &attachment{}
		k.state[name] = st
	}
	return st
}

func volumeOf(a *storagev1.VolumeAttachment) string {
	if a.Spec.Source.PersistentVolumeName == nil {
		return ""
	}
	return *a.Spec.Source.PersistentVolumeName
}

func ended(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
}

func outOfService(n *corev1.Node) bool {
	return slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeOutOfService })
}

func healthy(n *corev1.Node) bool {
	return slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	})
}

// AttachmentName is the name of the VolumeAttachment of a volume and a node (getAttachmentName).
func AttachmentName(handle, driver, node string) string {
	sum := sha256.Sum256([]byte(handle + driver + node))
	return "csi-" + hex.EncodeToString(sum[:])
}

// uniqueName is a volume's name in the status of nodes.
func uniqueName(v *corev1.PersistentVolume) corev1.UniqueVolumeName {
	return corev1.UniqueVolumeName("kubernetes.io/csi/" + v.Spec.CSI.Driver + "^" + v.Spec.CSI.VolumeHandle)
}

// attachable reports that volumes of a driver have to be attached: unless the driver says no.
func (k *Controller) attachable(driver string) bool {
	d, ok := k.drivers.Get("", driver)
	return !ok || d.Spec.AttachRequired == nil || *d.Spec.AttachRequired
}

// shareable reports that several nodes may have a volume at once.
func shareable(v *corev1.PersistentVolume) bool {
	return slices.Contains(v.Spec.AccessModes, corev1.ReadWriteMany) || slices.Contains(v.Spec.AccessModes, corev1.ReadOnlyMany)
}
