package volumes

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api/binding"
	"tabernetes/engine/scheduler/framework"
)

// Disks that two pods cannot have at once on a node (VolumeRestrictions), and how many a node can have
// (NodeVolumeLimits).

func exclusive(v *corev1.Volume) bool {
	return v.GCEPersistentDisk != nil || v.AWSElasticBlockStore != nil || v.RBD != nil || v.ISCSI != nil
}

func sharesDisk(pod *corev1.Pod, n *framework.NodeInfo) bool {
	return slices.ContainsFunc(n.Pods, func(p *framework.PodInfo) bool { return conflict(pod, p.Pod) })
}

// conflict reports that two pods want one disk, and not both only to read.
func conflict(a, b *corev1.Pod) bool {
	for i := range a.Spec.Volumes {
		v := &a.Spec.Volumes[i]
		if !exclusive(v) {
			continue
		}
		for j := range b.Spec.Volumes {
			w := &b.Spec.Volumes[j]
			switch {
			case v.GCEPersistentDisk != nil && w.GCEPersistentDisk != nil && v.GCEPersistentDisk.PDName == w.GCEPersistentDisk.PDName &&
				!(v.GCEPersistentDisk.ReadOnly && w.GCEPersistentDisk.ReadOnly),
				v.AWSElasticBlockStore != nil && w.AWSElasticBlockStore != nil && v.AWSElasticBlockStore.VolumeID == w.AWSElasticBlockStore.VolumeID,
				v.ISCSI != nil && w.ISCSI != nil && v.ISCSI.IQN == w.ISCSI.IQN && !(v.ISCSI.ReadOnly && w.ISCSI.ReadOnly),
				v.RBD != nil && w.RBD != nil && v.RBD.RBDPool == w.RBD.RBDPool && v.RBD.RBDImage == w.RBD.RBDImage && !(v.RBD.ReadOnly && w.RBD.ReadOnly) &&
					slices.ContainsFunc(v.RBD.CephMonitors, func(m string) bool { return slices.Contains(w.RBD.CephMonitors, m) }):
				return true
			}
		}
	}
	return false
}

// limits is NodeVolumeLimits.Filter: the CSI volumes of the node's pods, the attachments nobody there uses, and the
// pod's own must not be more than the node's CSINode allows for a driver.
func (st *State) limits(n *framework.NodeInfo) *framework.Status {
	want := map[string]string{}
	st.csiVolumes(st.pod, want)
	if len(want) == 0 {
		return nil
	}
	csi, _ := st.s.csiNodes.Get("", n.Name)
	limit := map[string]int{}
	installed := map[string]bool{}
	if csi != nil {
		for _, d := range csi.Spec.Drivers {
			installed[d.Name] = true
			if d.Allocatable != nil && d.Allocatable.Count != nil {
				limit[d.Name] = int(*d.Allocatable.Count)
			}
		}
	}
	for _, driver := range want {
		if o, ok := st.s.drivers.Get("", driver); ok && o.Spec.PreventPodSchedulingIfMissing != nil && *o.Spec.PreventPodSchedulingIfMissing && !installed[driver] {
			return framework.NewStatus(framework.NodeVolumeLimits, framework.Unschedulable, driver+" CSI driver is not installed on the node")
		}
	}
	if len(limit) == 0 {
		return nil
	}
	have := map[string]string{}
	for _, p := range n.Pods {
		st.csiVolumes(p.Pod, have)
	}
	count := map[string]int{}
	for id, driver := range have {
		delete(want, id)
		count[driver]++
	}
	for _, a := range st.s.attachments.ByIndex(indexNode, n.Name) {
		if a.Spec.Source.PersistentVolumeName == nil {
			continue
		}
		if v := st.s.volume(*a.Spec.Source.PersistentVolumeName); v != nil && v.Spec.CSI != nil {
			if _, used := have[v.Spec.CSI.Driver+"/"+v.Spec.CSI.VolumeHandle]; !used {
				count[a.Spec.Attacher]++
			}
		}
	}
	for _, driver := range want {
		count[driver]++
		if most, ok := limit[driver]; ok && count[driver] > most {
			return statusLimit
		}
	}
	return nil
}

// csiVolumes notes the CSI volumes of a pod: driver by unique name. A claim that has no volume yet counts for the driver
// that will make it.
func (st *State) csiVolumes(p *corev1.Pod, out map[string]string) {
	for i := range p.Spec.Volumes {
		name := binding.ClaimName(p, &p.Spec.Volumes[i])
		if name == "" {
			continue
		}
		c, ok := st.s.claims.Get(p.Namespace, name)
		if !ok {
			continue
		}
		if v := st.s.volume(c.Spec.VolumeName); v != nil {
			if v.Spec.CSI != nil {
				out[v.Spec.CSI.Driver+"/"+v.Spec.CSI.VolumeHandle] = v.Spec.CSI.Driver
			}
			continue
		}
		if class := st.s.class(binding.ClaimClass(c)); class != nil {
			if _, csi := st.s.drivers.Get("", class.Provisioner); csi {
				out[class.Provisioner+"/"+p.Namespace+"/"+name] = class.Provisioner
			}
		}
	}
}
