package localpath

import (
	"path"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

const (
	workers = 4 // --threadiness of the library

	// firstPause and lastPause bound what lies between two attempts on one claim or volume, doubling.
	firstPause = 15 * time.Second
	lastPause  = 1000 * time.Second
	// maxAttempts is after how many failures a claim is left alone until it changes.
	maxAttempts = 15
)

// Provisioner is one run of the program.
type Provisioner struct {
	a       *sim.Actor
	c       *client.Client
	rec     *client.Recorder
	claims  *client.Cache[*corev1.PersistentVolumeClaim]
	volumes *client.Cache[*corev1.PersistentVolume]
	classes *client.Cache[*storagev1.StorageClass]

	claimQueue, volumeQueue *client.Queue
	failures                map[string]int // by claim, or by volume's name
}

// Run boots the program; id is that of the pod and the run, by which its events say who speaks.
func Run(a *sim.Actor, conf client.Config, id string) *Provisioner {
	c := client.New(a, conf)
	f := client.NewInformers(c)
	p := &Provisioner{a: a, c: c, rec: client.NewRecorder(c, provisioner+"_"+id, ""), failures: map[string]int{},
		claims:  client.Shared[*corev1.PersistentVolumeClaim](f, api.PersistentVolumeClaims),
		volumes: client.Shared[*corev1.PersistentVolume](f, api.PersistentVolumes),
		classes: client.Shared[*storagev1.StorageClass](f, api.StorageClasses)}
	p.claimQueue = client.NewQueue(a, "provision", workers, p.syncClaim)
	p.volumeQueue = client.NewQueue(a, "delete volumes", workers, p.syncVolume)
	p.claims.Subscribe(func(_, c *corev1.PersistentVolumeClaim) {
		if c != nil && p.wanted(c) {
			p.claimQueue.Add(api.KeyOf(c))
		}
	})
	p.volumes.Subscribe(func(_, v *corev1.PersistentVolume) {
		if v != nil && mine(v) {
			p.volumeQueue.Add(v.Name)
		}
	})
	client.WhenSynced(func() {
		p.claimQueue.Start()
		p.volumeQueue.Start()
	}, p.claims, p.volumes, p.classes)
	return p
}

// wanted reports a claim that asks this provisioner for a volume (shouldProvision).
func (p *Provisioner) wanted(c *corev1.PersistentVolumeClaim) bool {
	by := c.Annotations[binding.AnnStorageProvisioner]
	if by == "" {
		by = c.Annotations[binding.AnnBetaStorageProvisioner]
	}
	if c.Spec.VolumeName != "" || by != provisioner {
		return false
	}
	class, _ := p.classes.Get("", binding.ClaimClass(c))
	return class == nil || !binding.Delayed(class) || c.Annotations[binding.AnnSelectedNode] != ""
}

// mine reports a volume that is to be deleted here (shouldDelete).
func mine(v *corev1.PersistentVolume) bool {
	return v.Status.Phase == corev1.VolumeReleased && v.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete &&
		v.Annotations[binding.AnnDynamicallyProvisioned] == provisioner && v.DeletionTimestamp == nil
}

// again tries a key once more after a growing pause; nobody waits for it.
func (p *Provisioner) again(q *client.Queue, key string, most int) {
	n := p.failures[key]
	if p.failures[key]++; most > 0 && n+1 >= most {
		delete(p.failures, key)
		return
	}
	p.a.Sim().In(sim.Context{Background: true}, func() { q.AddAfter(key, min(firstPause<<min(n, 10), lastPause)) })
}

func (p *Provisioner) syncClaim(key string, done func(error)) {
	c, ok := p.claims.GetKey(key)
	if !ok || !p.wanted(c) {
		delete(p.failures, key)
		done(nil)
		return
	}
	p.provision(c, func(failed string) {
		if failed != "" {
			p.rec.Event(c, corev1.EventTypeWarning, "ProvisioningFailed", failed)
			p.again(p.claimQueue, key, maxAttempts)
		} else {
			delete(p.failures, key)
		}
		done(nil)
	})
}

func (p *Provisioner) provision(c *corev1.PersistentVolumeClaim, done func(failed string)) {
	name := "pvc-" + string(c.UID)
	if _, there := p.volumes.Get("", name); there {
		done("")
		return
	}
	class, ok := p.classes.Get("", binding.ClaimClass(c))
	if !ok {
		done(`storageclass.storage.k8s.io "` + binding.ClaimClass(c) + `" not found`)
		return
	}
	if c.Spec.VolumeMode != nil && *c.Spec.VolumeMode == corev1.PersistentVolumeBlock {
		done(provisioner + " does not support block volume provisioning")
		return
	}
	fail := func(why string) { done(`failed to provision volume with StorageClass "` + class.Name + `": ` + why) }
	p.rec.Event(c, corev1.EventTypeNormal, "Provisioning", `External provisioner is provisioning volume for claim "`+api.KeyOf(c)+`"`)
	for _, m := range c.Spec.AccessModes {
		if m != corev1.ReadWriteOnce && m != corev1.ReadWriteOncePod {
			fail("NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes")
			return
		}
	}
	node := c.Annotations[binding.AnnSelectedNode]
	switch {
	case c.Spec.Selector != nil:
		fail("claim.Spec.Selector is not supported")
		return
	case node == "":
		fail("configuration error, no node was specified")
		return
	}
	client.Get(p.c, api.Nodes, "", node, func(n *corev1.Node, err error) {
		if err != nil {
			done("failed to get target node: " + err.Error())
			return
		}
		v := volumeFor(c, class, n, name)
		p.help("create", "setup", v, node, func(failed string) {
			if failed != "" {
				fail("failed to create volume " + name + ": " + failed)
				return
			}
			client.Create(p.c, api.PersistentVolumes, v, func(_ *corev1.PersistentVolume, err error) {
				if err != nil && !apierrors.IsAlreadyExists(err) {
					done("Error creating provisioned PV object for claim " + api.KeyOf(c) + ": " + err.Error() + ". Deleting the volume.")
					return
				}
				p.rec.Event(c, corev1.EventTypeNormal, "ProvisioningSucceeded", "Successfully provisioned volume "+name)
				done("")
			})
		})
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
	reclaim := corev1.PersistentVolumeReclaimDelete
	if class.ReclaimPolicy != nil {
		reclaim = *class.ReclaimPolicy
	}
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{"local.path.provisioner/selected-node": n.Name, binding.AnnDynamicallyProvisioned: provisioner}},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:    corev1.ResourceList{corev1.ResourceStorage: c.Spec.Resources.Requests[corev1.ResourceStorage]},
			AccessModes: c.Spec.AccessModes, VolumeMode: &fs, PersistentVolumeReclaimPolicy: reclaim, StorageClassName: class.Name,
			ClaimRef:               &corev1.ObjectReference{Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: c.Namespace, Name: c.Name, UID: c.UID, ResourceVersion: c.ResourceVersion},
			PersistentVolumeSource: source,
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
				MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{hostname}}}}}}},
		},
	}
}

func (p *Provisioner) syncVolume(name string, done func(error)) {
	if v, ok := p.volumes.Get("", name); !ok || !mine(v) {
		delete(p.failures, name)
		done(nil)
		return
	}
	client.Get(p.c, api.PersistentVolumes, "", name, func(v *corev1.PersistentVolume, err error) {
		if err != nil || !mine(v) {
			done(nil)
			return
		}
		p.remove(v, func(failed string) {
			if failed != "" {
				p.rec.Event(v, corev1.EventTypeWarning, "VolumeFailedDelete", failed)
				p.again(p.volumeQueue, name, 0)
				done(nil)
				return
			}
			p.c.Delete(api.PersistentVolumes, "", name, client.DeleteOptions{}, func(err error) {
				if apierrors.IsNotFound(err) {
					err = nil
				}
				done(err)
			})
		})
	})
}

// remove deletes the directory of a volume.
func (p *Provisioner) remove(v *corev1.PersistentVolume, done func(failed string)) {
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
