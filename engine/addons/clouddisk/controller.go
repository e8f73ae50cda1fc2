package clouddisk

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"tabernetes/engine/addons/provision"
	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// Driver is the name of the driver, Controller and Node those of its programs.
const (
	Driver     = "disk.csi.tabernetes"
	Controller = "csi-disk-controller"
	Node       = "csi-disk-node"
	Account    = "csi-disk-controller"
	Namespace  = "kube-system"

	// MaxPerNode is how many disks a machine can have.
	MaxPerNode = 16

	finalizer = "external-attacher/disk-csi-tabernetes"
)

// How long the cloud takes.
const (
	createTime = 2 * time.Second
	deleteTime = time.Second
	attachTime = 2 * time.Second
	detachTime = time.Second
	resizeTime = 2 * time.Second
)

// disks is one run of the controller part.
type disks struct {
	a           *sim.Actor
	c           *client.Client
	reg         *runtime.Registry
	rec         *client.Recorder
	volumes     *client.Cache[*corev1.PersistentVolume]
	claims      *client.Cache[*corev1.PersistentVolumeClaim]
	classes     *client.Cache[*storagev1.StorageClass]
	attachments *client.Cache[*storagev1.VolumeAttachment]

	attach, resize *client.Queue
}

// Run boots the controller part; reg is where the disks' files are, id that of the pod and the run.
func Run(a *sim.Actor, conf client.Config, reg *runtime.Registry, id string) {
	c := client.New(a, conf)
	f := client.NewInformers(c)
	d := &disks{a: a, c: c, reg: reg, rec: client.NewRecorder(c, "external-resizer "+Driver, ""),
		volumes:     client.Shared[*corev1.PersistentVolume](f, api.PersistentVolumes),
		claims:      client.Shared[*corev1.PersistentVolumeClaim](f, api.PersistentVolumeClaims),
		classes:     client.Shared[*storagev1.StorageClass](f, api.StorageClasses),
		attachments: client.Shared[*storagev1.VolumeAttachment](f, api.VolumeAttachments)}
	provision.Run(f, Driver, id, d)
	d.attach = client.NewQueue(a, "attach", 10, d.syncAttachment)
	d.resize = client.NewQueue(a, "resize", 10, d.syncClaim)
	d.attachments.Subscribe(func(_, o *storagev1.VolumeAttachment) {
		if o != nil && o.Spec.Attacher == Driver {
			d.attach.Add(o.Name)
		}
	})
	d.claims.Subscribe(func(_, o *corev1.PersistentVolumeClaim) {
		if o != nil && d.small(o) {
			d.resize.Add(api.KeyOf(o))
		}
	})
	client.WhenSynced(func() {
		d.attach.Start()
		d.resize.Start()
	}, d.volumes, d.claims, d.classes, d.attachments)
}

// Provision implements provision.Driver: a disk in the zone of the node.
func (d *disks) Provision(c *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, n *corev1.Node, name string, done func(*corev1.PersistentVolume, string)) {
	for _, m := range c.Spec.AccessModes {
		if m != corev1.ReadWriteOnce && m != corev1.ReadWriteOncePod {
			done(nil, "rpc error: code = InvalidArgument desc = Volume capabilities not supported. Only AccessMode[ReadWriteOnce] supported.")
			return
		}
	}
	d.a.After(createTime, "create disk", func() {
		fs := corev1.PersistentVolumeFilesystem
		v := &corev1.PersistentVolume{Spec: corev1.PersistentVolumeSpec{
			Capacity:    corev1.ResourceList{corev1.ResourceStorage: c.Spec.Resources.Requests[corev1.ResourceStorage]},
			AccessModes: c.Spec.AccessModes, VolumeMode: &fs,
			PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{
				Driver: Driver, VolumeHandle: "vol-" + runtime.Hex(d.a.Rand().Uint64())[:17], FSType: "ext4"}},
		}}
		if n != nil && n.Labels[corev1.LabelTopologyZone] != "" {
			v.Spec.NodeAffinity = &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
				MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelTopologyZone, Operator: corev1.NodeSelectorOpIn, Values: []string{n.Labels[corev1.LabelTopologyZone]}}}}}}}
		}
		done(v, "")
	})
}

// Remove implements provision.Driver. A disk that is attached cannot be destroyed.
func (d *disks) Remove(v *corev1.PersistentVolume, done func(failed string)) {
	if v.Spec.CSI == nil {
		done("volume " + v.Name + " is no CSI volume")
		return
	}
	for _, o := range d.attachments.All() {
		if s := o.Spec.Source.PersistentVolumeName; s != nil && *s == v.Name {
			done("persistentvolume " + v.Name + " is still attached to node " + o.Spec.NodeName)
			return
		}
	}
	d.a.After(deleteTime, "delete disk", func() {
		d.reg.Unshare(ShareOf(v.Spec.CSI))
		done("")
	})
}

// ShareOf is the name of a volume's disk in the network.
func ShareOf(s *corev1.CSIPersistentVolumeSource) string {
	return "csi://" + s.Driver + "/" + s.VolumeHandle
}

// syncAttachment does what a VolumeAttachment says (external-attacher).
func (d *disks) syncAttachment(name string, done func(error)) {
	o, ok := d.attachments.Get("", name)
	if !ok {
		done(nil)
		return
	}
	protected := slices.Contains(o.Finalizers, finalizer)
	switch {
	case o.DeletionTimestamp != nil && protected:
		d.a.After(detachTime, "detach disk", func() {
			client.Mutate(d.c, api.VolumeAttachments, "", "", name, func(o *storagev1.VolumeAttachment) bool {
				o.Finalizers = slices.DeleteFunc(slices.Clone(o.Finalizers), func(f string) bool { return f == finalizer })
				return true
			}, func(_ *storagev1.VolumeAttachment, err error) { done(err) })
		})
	case o.DeletionTimestamp != nil || o.Status.Attached:
		done(nil)
	case !protected:
		client.Mutate(d.c, api.VolumeAttachments, "", "", name, func(o *storagev1.VolumeAttachment) bool {
			if slices.Contains(o.Finalizers, finalizer) {
				return false
			}
			o.Finalizers = append(slices.Clone(o.Finalizers), finalizer)
			return true
		}, func(_ *storagev1.VolumeAttachment, err error) { done(err) })
	default:
		d.a.After(attachTime, "attach disk", func() {
			client.Mutate(d.c, api.VolumeAttachments, "status", "", name, func(o *storagev1.VolumeAttachment) bool {
				if o.DeletionTimestamp != nil || o.Status.Attached {
					return false
				}
				o.Status.Attached = true
				return true
			}, func(_ *storagev1.VolumeAttachment, err error) { done(err) })
		})
	}
}
