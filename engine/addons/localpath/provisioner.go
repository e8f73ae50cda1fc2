package localpath

import (
	"path"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/addons/provision"
	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// driver makes directories on nodes.
type driver struct {
	a *sim.Actor
	c *client.Client
}

// Run boots the program; id is that of the pod and the run.
func Run(a *sim.Actor, conf client.Config, id string) {
	c := client.New(a, conf)
	provision.Run(client.NewInformers(c), provisioner, id, &driver{a, c})
}

// Provision implements provision.Driver.
func (p *driver) Provision(c *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, n *corev1.Node, name string, done func(*corev1.PersistentVolume, string)) {
	for _, m := range c.Spec.AccessModes {
		if m != corev1.ReadWriteOnce && m != corev1.ReadWriteOncePod {
			done(nil, "NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes")
			return
		}
	}
	switch {
	case c.Spec.Selector != nil:
		done(nil, "claim.Spec.Selector is not supported")
		return
	case n == nil:
		done(nil, "configuration error, no node was specified")
		return
	}
	v := volumeFor(c, class, n, name)
	p.help("create", "setup", v, n.Name, func(failed string) {
		if failed != "" {
			done(nil, "failed to create volume "+name+": "+failed)
			return
		}
		done(v, "")
	})
}

// volumeFor is the volume of a claim on a node.
func volumeFor(c *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, n *corev1.Node, name string) *corev1.PersistentVolume {
	at := path.Join(directory, name+"_"+c.Namespace+"_"+c.Name)
	kind := class.Annotations["defaultVolumeType"]
	if v := c.Annotations["volumeType"]; v != "" {
		kind = v
	}
	create, fs := corev1.HostPathDirectoryOrCreate, corev1.PersistentVolumeFilesystem
	source := corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: at, Type: &create}}
	if kind == "local" {
		source = corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: at}}
	}
	hostname := n.Labels[corev1.LabelHostname]
	if hostname == "" {
		hostname = n.Name
	}
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{"local.path.provisioner/selected-node": n.Name}},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:    corev1.ResourceList{corev1.ResourceStorage: c.Spec.Resources.Requests[corev1.ResourceStorage]},
			AccessModes: c.Spec.AccessModes, VolumeMode: &fs,
			PersistentVolumeSource: source,
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
				MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{hostname}}}}}}},
		},
	}
}

// Remove implements provision.Driver.
func (p *driver) Remove(v *corev1.PersistentVolume, done func(failed string)) {
	fail := func(why string) { done("failed to delete volume " + v.Name + ": " + why) }
	node := hostOf(v)
	switch {
	case v.Spec.HostPath == nil && v.Spec.Local == nil:
		fail("failed to delete volume " + v.Name + ": no path set")
		return
	case node == "":
		fail("failed to delete volume " + v.Name + ": cannot find affinited node")
		return
	}
	client.Get(p.c, api.Nodes, "", node, func(_ *corev1.Node, err error) {
		if apierrors.IsNotFound(err) { // the directory went with it
			done("")
			return
		}
		p.help("delete", "teardown", v, node, func(failed string) {
			if failed != "" {
				fail("failed to delete volume " + v.Name + ": " + failed)
				return
			}
			done("")
		})
	})
}

// hostOf is the node a volume's affinity names, "" if it names none.
func hostOf(v *corev1.PersistentVolume) string {
	if v.Spec.NodeAffinity == nil || v.Spec.NodeAffinity.Required == nil {
		return ""
	}
	for _, t := range v.Spec.NodeAffinity.Required.NodeSelectorTerms {
		for _, e := range t.MatchExpressions {
			if e.Key == corev1.LabelHostname && e.Operator == corev1.NodeSelectorOpIn && len(e.Values) == 1 {
				return e.Values[0]
			}
		}
	}
	return ""
}
