package kubelet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// Volumes of CSI drivers: pkg/volume/csi, pkg/kubelet/volumemanager, pkg/volume/csi/nodeinfomanager.

// nodeIDAnnotation tells the attacher how the driver calls the node.
const nodeIDAnnotation = "csi.volume.kubernetes.io/nodeid"

// mountTime is what staging and publishing a volume takes.
const mountTime = 200 * time.Millisecond

// postCSINode writes which drivers run on the node. A node that never had one has no CSINode.
func (k *Kubelet) postCSINode() {
	list := k.rt.Drivers()
	if k.nodeUID == "" || len(list) == 0 && !k.csiNode {
		return
	}
	k.csiNode = true
	var drivers []storagev1.CSINodeDriver
	var ids []string
	for _, d := range list {
		limit := d.Limit
		drivers = append(drivers, storagev1.CSINodeDriver{Name: d.Name, NodeID: d.NodeID, TopologyKeys: d.Keys, Allocatable: &storagev1.VolumeNodeResources{Count: &limit}})
		ids = append(ids, fmt.Sprintf("%q:%q", d.Name, d.NodeID))
	}
	client.Mutate(k.c, api.Nodes, "", "", k.conf.NodeName, func(n *corev1.Node) bool {
		n.Annotations = maps.Clone(n.Annotations)
		if delete(n.Annotations, nodeIDAnnotation); len(ids) > 0 {
			n.Annotations[nodeIDAnnotation] = "{" + strings.Join(ids, ",") + "}"
		}
		return true
	}, nil)
	client.Mutate(k.c, api.CSINodes, "", "", k.conf.NodeName, func(n *storagev1.CSINode) bool {
		n.Spec.Drivers = drivers
		return true
	}, func(_ *storagev1.CSINode, err error) {
		if !apierrors.IsNotFound(err) {
			return
		}
		client.Create(k.c, api.CSINodes, &storagev1.CSINode{ObjectMeta: metav1.ObjectMeta{Name: k.conf.NodeName,
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: k.conf.NodeName, UID: k.nodeUID}}},
			Spec: storagev1.CSINodeSpec{Drivers: drivers}}, nil)
	})
}

// uniqueName is a volume's name in the status of nodes.
func uniqueName(s *corev1.CSIPersistentVolumeSource) corev1.UniqueVolumeName {
	return corev1.UniqueVolumeName("kubernetes.io/csi/" + s.Driver + "^" + s.VolumeHandle)
}

// hold notes that a pod uses a volume; the controller does not detach what is in use.
func (k *Kubelet) hold(name corev1.UniqueVolumeName, p *pod) {
	if !slices.Contains(k.inUse[name], p) {
		k.inUse[name] = append(k.inUse[name], p)
		k.reportInUse()
	}
}

// volumesAttached lets pods go on that wait for a volume which the node's status now names.
func (k *Kubelet) volumesAttached(old, n *corev1.Node) {
	if old == nil || n == nil || len(k.inUse) == 0 || len(old.Status.VolumesAttached) == len(n.Status.VolumesAttached) {
		return
	}
	for _, v := range n.Status.VolumesAttached {
		for _, p := range k.inUse[v.Name] {
			if p.vol == nil || !p.vol.ready {
				p.sync()
			}
		}
	}
}

// releaseVolumes lets go what a pod used.
func (p *pod) releaseVolumes() {
	changed := false
	for name, pods := range p.k.inUse {
		if i := slices.Index(pods, p); i >= 0 {
			if p.k.inUse[name] = slices.Delete(slices.Clone(pods), i, i+1); len(p.k.inUse[name]) == 0 {
				delete(p.k.inUse, name)
				changed = true
			}
		}
	}
	if changed {
		p.k.reportInUse()
	}
}

// reportInUse writes the volumes in use into the node's status.
func (k *Kubelet) reportInUse() {
	names := slices.Sorted(maps.Keys(k.inUse))
	client.Mutate(k.c, api.Nodes, "status", "", k.conf.NodeName, func(n *corev1.Node) bool {
		if slices.Equal(n.Status.VolumesInUse, names) {
			return false
		}
		n.Status.VolumesInUse = names
		return true
	}, nil)
}

// csi finds the place of a CSI volume: it must be attached, and its driver must run here. wait says that it is not
// attached yet, of which nothing is told.
func (p *pod) csi(pv *corev1.PersistentVolume, done func(at *place, step, why string, wait bool)) {
	k, s := p.k, pv.Spec.CSI
	client.Get(k.c, api.CSIDrivers, "", s.Driver, func(d *storagev1.CSIDriver, err error) {
		if err != nil && !apierrors.IsNotFound(err) {
			done(nil, "", "", true)
			return
		}
		if err == nil && d.Spec.AttachRequired != nil && !*d.Spec.AttachRequired {
			p.stage(pv, done)
			return
		}
		name := uniqueName(s)
		k.hold(name, p)
		n, ok := k.nodes.Get("", k.conf.NodeName)
		if !ok || !slices.ContainsFunc(n.Status.VolumesAttached, func(v corev1.AttachedVolume) bool { return v.Name == name }) {
			done(nil, "", "", true)
			return
		}
		sum := sha256.Sum256([]byte(s.VolumeHandle + s.Driver + k.conf.NodeName))
		id := "csi-" + hex.EncodeToString(sum[:])
		client.Get(k.c, api.VolumeAttachments, "", id, func(a *storagev1.VolumeAttachment, err error) {
			switch {
			case err != nil:
				done(nil, "WaitForAttach", "volume "+s.VolumeHandle+" has GET error for volume attachment "+id+": "+err.Error(), false)
			case a.DeletionTimestamp != nil:
				done(nil, "WaitForAttach", "volume attachment is being deleted", false)
			case !a.Status.Attached:
				done(nil, "WaitForAttach", "volume "+s.VolumeHandle+" is not attached for volume attachment "+id, false)
			default:
				p.stage(pv, done)
			}
		})
	})
}

func (p *pod) stage(pv *corev1.PersistentVolume, done func(at *place, step, why string, wait bool)) {
	k, s := p.k, pv.Spec.CSI
	if !k.rt.HasDriver(s.Driver) {
		done(nil, "MountDevice", "kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name "+s.Driver+" not found in the list of registered CSI drivers", false)
		return
	}
	k.a.After(mountTime, "mount volume", func() {
		p.grow = true
		done(&place{v: k.rt.Registry().Share("csi://" + s.Driver + "/" + s.VolumeHandle), readOnly: s.ReadOnly}, "", "", false)
	})
}

// growLater looks, once a resync, whether a file system of the pod is to grow.
func (p *pod) growLater() {
	if !p.grow {
		return
	}
	s := p.k.a.Sim()
	s.In(sim.Context{Background: true}, func() {
		p.k.a.After(p.k.jitter(resyncInterval), "resync pod", func() {
			if p.leaving() || p.finished || p.k.pods[p.obj.UID] != p {
				return
			}
			for i := range p.obj.Spec.Volumes {
				if v := p.obj.Spec.Volumes[i].PersistentVolumeClaim; v != nil {
					p.expandFileSystem(v.ClaimName)
				}
			}
			p.growLater()
		})
	})
}

// expandFileSystem is NodeExpandVolume (pkg/volume/util/operationexecutor/node_expander.go).
func (p *pod) expandFileSystem(claim string) {
	k := p.k
	client.Get(k.c, api.PersistentVolumeClaims, p.obj.Namespace, claim, func(c *corev1.PersistentVolumeClaim, err error) {
		if err != nil || p.leaving() {
			return
		}
		switch c.Status.AllocatedResourceStatuses[corev1.ResourceStorage] {
		case corev1.PersistentVolumeClaimNodeResizePending, corev1.PersistentVolumeClaimNodeResizeInProgress:
		default:
			return
		}
		size := c.Status.AllocatedResources[corev1.ResourceStorage]
		k.a.Sim().Foreground()
		client.Mutate(k.c, api.PersistentVolumeClaims, "status", c.Namespace, c.Name, func(c *corev1.PersistentVolumeClaim) bool {
			c.Status.AllocatedResourceStatuses = map[corev1.ResourceName]corev1.ClaimResourceStatus{corev1.ResourceStorage: corev1.PersistentVolumeClaimNodeResizeInProgress}
			return true
		}, func(c *corev1.PersistentVolumeClaim, err error) {
			if err != nil {
				return
			}
			text := `MountVolume.NodeExpandVolume succeeded for volume "` + c.Spec.VolumeName + `" ` + k.conf.NodeName
			p.event(nil, corev1.EventTypeNormal, "FileSystemResizeSuccessful", text)
			k.rec.Event(c, corev1.EventTypeNormal, "FileSystemResizeSuccessful", text)
			client.Mutate(k.c, api.PersistentVolumeClaims, "status", c.Namespace, c.Name, func(c *corev1.PersistentVolumeClaim) bool {
				c.Status.Capacity = maps.Clone(c.Status.Capacity)
				c.Status.Capacity[corev1.ResourceStorage] = size
				c.Status.AllocatedResourceStatuses = nil
				c.Status.Conditions = slices.DeleteFunc(slices.Clone(c.Status.Conditions), func(x corev1.PersistentVolumeClaimCondition) bool {
					return x.Type == corev1.PersistentVolumeClaimResizing || x.Type == corev1.PersistentVolumeClaimFileSystemResizePending
				})
				return true
			}, nil)
		})
	})
}
