package provision

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

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

// Driver makes and destroys volumes. What goes wrong is told in words; "" is success.
type Driver interface {
	// Provision makes a volume of a name for a claim; node is the one the scheduler chose, nil if it was not asked. The
	// claim's reference, class and provisioner are filled in by the caller.
	Provision(c *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, node *corev1.Node, name string, done func(v *corev1.PersistentVolume, failed string))
	// Remove destroys what a volume stands for.
	Remove(v *corev1.PersistentVolume, done func(failed string))
}

// Provisioner is one run of a provisioner.
type Provisioner struct {
	a      *sim.Actor
	c      *client.Client
	name   string
	driver Driver
	rec    *client.Recorder

	claims  *client.Cache[*corev1.PersistentVolumeClaim]
	volumes *client.Cache[*corev1.PersistentVolume]
	classes *client.Cache[*storagev1.StorageClass]

	claimQueue, volumeQueue *client.Queue
	failures                map[string]int // by claim, or by volume's name
}

// Run starts a provisioner of a name; id is that of the pod and the run, by which its events say who speaks.
func Run(f *client.Informers, name, id string, driver Driver) *Provisioner {
	c := f.Client()
	p := &Provisioner{a: c.Actor(), c: c, name: name, driver: driver, rec: client.NewRecorder(c, name+"_"+id, ""), failures: map[string]int{},
		claims:  client.Shared[*corev1.PersistentVolumeClaim](f, api.PersistentVolumeClaims),
		volumes: client.Shared[*corev1.PersistentVolume](f, api.PersistentVolumes),
		classes: client.Shared[*storagev1.StorageClass](f, api.StorageClasses)}
	p.claimQueue = client.NewQueue(p.a, "provision", workers, p.syncClaim)
	p.volumeQueue = client.NewQueue(p.a, "delete volumes", workers, p.syncVolume)
	p.claims.Subscribe(func(_, c *corev1.PersistentVolumeClaim) {
		if c != nil && p.wanted(c) {
			p.claimQueue.Add(api.KeyOf(c))
		}
	})
	p.volumes.Subscribe(func(_, v *corev1.PersistentVolume) {
		if v != nil && p.mine(v) {
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
	if c.Spec.VolumeName != "" || by != p.name {
		return false
	}
	class, _ := p.classes.Get("", binding.ClaimClass(c))
	return class == nil || !binding.Delayed(class) || c.Annotations[binding.AnnSelectedNode] != ""
}

// mine reports a volume that is to be deleted here (shouldDelete).
func (p *Provisioner) mine(v *corev1.PersistentVolume) bool {
	return v.Status.Phase == corev1.VolumeReleased && v.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete &&
		v.Annotations[binding.AnnDynamicallyProvisioned] == p.name && v.DeletionTimestamp == nil
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
		done(p.name + " does not support block volume provisioning")
		return
	}
	node := c.Annotations[binding.AnnSelectedNode]
	if node == "" {
		p.make(c, class, nil, name, done)
		return
	}
	client.Get(p.c, api.Nodes, "", node, func(n *corev1.Node, err error) {
		if err != nil {
			done("failed to get target node: " + err.Error())
			return
		}
		p.make(c, class, n, name, done)
	})
}

func (p *Provisioner) make(c *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, n *corev1.Node, name string, done func(failed string)) {
	p.rec.Event(c, corev1.EventTypeNormal, "Provisioning", `External provisioner is provisioning volume for claim "`+api.KeyOf(c)+`"`)
	p.driver.Provision(c, class, n, name, func(v *corev1.PersistentVolume, failed string) {
		if failed != "" {
			done(`failed to provision volume with StorageClass "` + class.Name + `": ` + failed)
			return
		}
		v.Name = name
		v.Annotations = binding.Annotated(v, binding.AnnDynamicallyProvisioned, p.name)
		v.Spec.StorageClassName = class.Name
		v.Spec.ClaimRef = &corev1.ObjectReference{Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: c.Namespace, Name: c.Name, UID: c.UID, ResourceVersion: c.ResourceVersion}
		v.Spec.PersistentVolumeReclaimPolicy = corev1.PersistentVolumeReclaimDelete
		if class.ReclaimPolicy != nil {
			v.Spec.PersistentVolumeReclaimPolicy = *class.ReclaimPolicy
		}
		v.Spec.MountOptions = class.MountOptions
		client.Create(p.c, api.PersistentVolumes, v, func(_ *corev1.PersistentVolume, err error) {
			if err != nil && !apierrors.IsAlreadyExists(err) {
				done("Error creating provisioned PV object for claim " + api.KeyOf(c) + ": " + err.Error() + ". Deleting the volume.")
				return
			}
			p.rec.Event(c, corev1.EventTypeNormal, "ProvisioningSucceeded", "Successfully provisioned volume "+name)
			done("")
		})
	})
}

func (p *Provisioner) syncVolume(name string, done func(error)) {
	if v, ok := p.volumes.Get("", name); !ok || !p.mine(v) {
		delete(p.failures, name)
		done(nil)
		return
	}
	client.Get(p.c, api.PersistentVolumes, "", name, func(v *corev1.PersistentVolume, err error) {
		if err != nil || !p.mine(v) {
			done(nil)
			return
		}
		p.driver.Remove(v, func(failed string) {
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
