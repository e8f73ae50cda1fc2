package api

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// Words for the journal about the storage, quota and priority kinds.

func storageOf(list corev1.ResourceList) string {
	if q, ok := list[corev1.ResourceStorage]; ok {
		return q.String()
	}
	return ""
}

func boundTo(pv *corev1.PersistentVolume) string {
	if ref := pv.Spec.ClaimRef; ref != nil {
		return Key(ref.Namespace, ref.Name)
	}
	return ""
}

func describeVolume(old, new Object) string {
	n := new.(*corev1.PersistentVolume)
	var o corev1.PersistentVolume
	if old != nil {
		o = *old.(*corev1.PersistentVolume)
	}
	p := change(nil, "capacity", storageOf(o.Spec.Capacity), storageOf(n.Spec.Capacity))
	if old == nil {
		p = change(p, "class", "", n.Spec.StorageClassName)
	} else {
		p = change(p, "phase", string(o.Status.Phase), string(n.Status.Phase))
		p = change(p, "reclaim policy", string(o.Spec.PersistentVolumeReclaimPolicy), string(n.Spec.PersistentVolumeReclaimPolicy))
	}
	return strings.Join(change(p, "claim", boundTo(&o), boundTo(n)), ", ")
}

func describeClaim(old, new Object) string {
	n := new.(*corev1.PersistentVolumeClaim)
	var o corev1.PersistentVolumeClaim
	if old != nil {
		o = *old.(*corev1.PersistentVolumeClaim)
	}
	class := func(c *corev1.PersistentVolumeClaim) string {
		if c.Spec.StorageClassName == nil {
			return ""
		}
		return *c.Spec.StorageClassName
	}
	p := change(nil, "requests", storageOf(o.Spec.Resources.Requests), storageOf(n.Spec.Resources.Requests))
	p = change(p, "class", class(&o), class(n))
	p = change(p, "volume", o.Spec.VolumeName, n.Spec.VolumeName)
	for _, a := range [...][2]string{{"chosen node", "volume.kubernetes.io/selected-node"}, {"provisioner", "volume.kubernetes.io/storage-provisioner"}} {
		p = change(p, a[0], o.Annotations[a[1]], n.Annotations[a[1]])
	}
	if old != nil {
		p = change(p, "phase", string(o.Status.Phase), string(n.Status.Phase))
	}
	return strings.Join(change(p, "capacity", storageOf(o.Status.Capacity), storageOf(n.Status.Capacity)), ", ")
}

func describeQuota(old, new Object) string {
	n := new.(*corev1.ResourceQuota)
	var o corev1.ResourceQuota
	if old != nil {
		o = *old.(*corev1.ResourceQuota)
	}
	p := changedQuantities(nil, "hard", o.Spec.Hard, n.Spec.Hard)
	return strings.Join(changedQuantities(p, "used", o.Status.Used, n.Status.Used), ", ")
}

// changedQuantities names what differs between two lists, in the resources' order.
func changedQuantities(parts []string, what string, was, now corev1.ResourceList) []string {
	var names []string
	for name, q := range now {
		if old, had := was[name]; !had || q.Cmp(old) != 0 {
			names = append(names, string(name))
		}
	}
	slices.Sort(names)
	for _, name := range names {
		q, old := now[corev1.ResourceName(name)], ""
		if w, had := was[corev1.ResourceName(name)]; had {
			old = w.String()
		}
		parts = change(parts, what+" "+name, old, q.String())
	}
	return parts
}

func readyAddresses(ep *corev1.Endpoints) int {
	n := 0
	for i := range ep.Subsets {
		n += len(ep.Subsets[i].Addresses)
	}
	return n
}

func describeEndpoints(old, new Object) string {
	from := 0
	if old != nil {
		from = readyAddresses(old.(*corev1.Endpoints))
	}
	return strconv.Itoa(from) + " → " + strconv.Itoa(readyAddresses(new.(*corev1.Endpoints))) + " ready addresses"
}

func describeStorageClass(old, new Object) string {
	if old == nil {
		return "provisioner " + new.(*storagev1.StorageClass).Provisioner
	}
	return ""
}

func describePriorityClass(old, new Object) string {
	if old == nil {
		return "value " + itoa(new.(*schedulingv1.PriorityClass).Value)
	}
	return ""
}

func csiDriverNames(n *storagev1.CSINode) string {
	names := make([]string, 0, len(n.Spec.Drivers))
	for i := range n.Spec.Drivers {
		names = append(names, n.Spec.Drivers[i].Name)
	}
	return strings.Join(names, " ")
}

func describeCSINode(old, new Object) string {
	from := ""
	if old != nil {
		from = csiDriverNames(old.(*storagev1.CSINode))
	}
	return strings.Join(change(nil, "drivers", from, csiDriverNames(new.(*storagev1.CSINode))), ", ")
}

func describeAttachment(old, new Object) string {
	n := new.(*storagev1.VolumeAttachment)
	if old == nil {
		volume := "a volume"
		if name := n.Spec.Source.PersistentVolumeName; name != nil {
			volume = *name
		}
		return volume + " to " + n.Spec.NodeName
	}
	was := old.(*storagev1.VolumeAttachment).Status.Attached
	return strings.Join(change(nil, "attached", strconv.FormatBool(was), strconv.FormatBool(n.Status.Attached)), ", ")
}
