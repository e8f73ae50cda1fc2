package volumes

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
	"tabernetes/engine/client"
	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/sim"
)

const (
	indexClass = "class" // of volumes
	indexClaim = "pvc"   // namespace/name of claims, of pods
	indexNode  = "node"  // of attachments
)

// Storage is the scheduler's picture of claims and volumes: what the caches say, and what it assumes since.
type Storage struct {
	a *sim.Actor
	c *client.Client

	claims      *client.Cache[*corev1.PersistentVolumeClaim]
	volumes     *client.Cache[*corev1.PersistentVolume]
	classes     *client.Cache[*storagev1.StorageClass]
	csiNodes    *client.Cache[*storagev1.CSINode]
	drivers     *client.Cache[*storagev1.CSIDriver]
	capacities  *client.Cache[*storagev1.CSIStorageCapacity]
	attachments *client.Cache[*storagev1.VolumeAttachment]
	pods        *client.Cache[*corev1.Pod]

	assumedClaims  map[string]*corev1.PersistentVolumeClaim
	assumedVolumes map[string]*corev1.PersistentVolume
	// awaited are the claims whose binding is waited for, with the context of what was heard of them last: the pod is
	// bound because of that, not because a second was over.
	awaited map[string]sim.Context
	// Assigned reports a pod that has a node, be it that only the scheduler knows so far.
	Assigned func(*corev1.Pod) bool
}

// New makes the picture; move hears of everything that may let a pod in.
func New(c *client.Client, inf *client.Informers, pods *client.Cache[*corev1.Pod], move func(*framework.Happening)) *Storage {
	s := &Storage{a: c.Actor(), c: c, pods: pods,
		claims:         client.Shared[*corev1.PersistentVolumeClaim](inf, api.PersistentVolumeClaims),
		volumes:        client.Shared[*corev1.PersistentVolume](inf, api.PersistentVolumes),
		classes:        client.Shared[*storagev1.StorageClass](inf, api.StorageClasses),
		csiNodes:       client.Shared[*storagev1.CSINode](inf, api.CSINodes),
		drivers:        client.Shared[*storagev1.CSIDriver](inf, api.CSIDrivers),
		capacities:     client.Shared[*storagev1.CSIStorageCapacity](inf, api.CSIStorageCapacities),
		attachments:    client.Shared[*storagev1.VolumeAttachment](inf, api.VolumeAttachments),
		assumedClaims:  map[string]*corev1.PersistentVolumeClaim{},
		assumedVolumes: map[string]*corev1.PersistentVolume{},
		awaited:        map[string]sim.Context{},
	}
	pods.AddIndex(indexClaim, namedClaims)
	s.volumes.AddIndex(indexClass, func(v *corev1.PersistentVolume) []string { return []string{binding.VolumeClass(v)} })
	s.attachments.AddIndex(indexNode, func(v *storagev1.VolumeAttachment) []string { return []string{v.Spec.NodeName} })
	// What came from the API server is newer than what was assumed of an older version.
	s.claims.Subscribe(func(old, c *corev1.PersistentVolumeClaim) {
		settle(s.assumedClaims, old, c)
		if c != nil {
			if key := api.KeyOf(c); s.awaits(key) {
				s.awaited[key] = s.a.Sim().Context()
			}
		}
		tell(move, framework.ClaimAdded, framework.ClaimUpdated, old, c)
	})
	s.volumes.Subscribe(func(old, v *corev1.PersistentVolume) {
		settle(s.assumedVolumes, old, v)
		tell(move, framework.VolumeAdded, framework.VolumeUpdated, old, v)
	})
	s.classes.Subscribe(func(old, o *storagev1.StorageClass) {
		tell(move, framework.ClassAdded, framework.ClassUpdated, old, o)
	})
	s.csiNodes.Subscribe(func(old, o *storagev1.CSINode) {
		tell(move, framework.CSINodeAdded, framework.CSINodeUpdated, old, o)
	})
	s.drivers.Subscribe(func(old, o *storagev1.CSIDriver) { tell(move, 0, framework.CSIDriverUpdated, old, o) })
	s.capacities.Subscribe(func(old, o *storagev1.CSIStorageCapacity) {
		tell(move, framework.CapacityChanged, framework.CapacityChanged, old, o)
	})
	s.attachments.Subscribe(func(old, o *storagev1.VolumeAttachment) {
		if o == nil {
			move(&framework.Happening{Event: framework.AttachmentDeleted, Old: old})
		}
	})
	return s
}

// Caches are those that must be synced before anything is decided.
func (s *Storage) Caches() []client.Syncable {
	return []client.Syncable{s.claims, s.volumes, s.classes, s.csiNodes, s.drivers, s.capacities, s.attachments}
}

func (s *Storage) awaits(key string) bool {
	_, ok := s.awaited[key]
	return ok
}

func settle[T client.Typed](assumed map[string]T, old, new T) {
	var none T
	if client.Same(new, none) {
		delete(assumed, api.KeyOf(old))
		return
	}
	if a, ok := assumed[api.KeyOf(new)]; ok && api.Revision(new) > api.Revision(a) {
		delete(assumed, api.KeyOf(new))
	}
}

func tell[T client.Typed](move func(*framework.Happening), added, updated framework.Event, old, new T) {
	var none T
	switch {
	case client.Same(new, none):
	case client.Same(old, none):
		if added != 0 {
			move(&framework.Happening{Event: added, New: new})
		}
	default:
		move(&framework.Happening{Event: updated, Old: old, New: new})
	}
}

func (s *Storage) claim(namespace, name string) *corev1.PersistentVolumeClaim {
	key := api.Key(namespace, name)
	if c := s.assumedClaims[key]; c != nil {
		return c
	}
	c, _ := s.claims.GetKey(key)
	return c
}

func (s *Storage) volume(name string) *corev1.PersistentVolume {
	if v := s.assumedVolumes[name]; v != nil {
		return v
	}
	v, _ := s.volumes.Get("", name)
	return v
}

// ofClass are the volumes of a class by name.
func (s *Storage) ofClass(class string) []*corev1.PersistentVolume {
	out := slices.Clone(s.volumes.ByIndex(indexClass, class))
	for i, v := range out {
		if a := s.assumedVolumes[v.Name]; a != nil {
			out[i] = a
		}
	}
	slices.SortFunc(out, func(a, b *corev1.PersistentVolume) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out
}

func (s *Storage) class(name string) *storagev1.StorageClass {
	o, _ := s.classes.Get("", name)
	return o
}

// Needs reports that the volumes of a pod have a say in where it can run.
func Needs(p *corev1.Pod) bool {
	for i := range p.Spec.Volumes {
		v := &p.Spec.Volumes[i]
		if v.PersistentVolumeClaim != nil || v.Ephemeral != nil || exclusive(v) {
			return true
		}
	}
	return false
}

// namedClaims are the keys of the claims that a pod names.
func namedClaims(p *corev1.Pod) []string {
	var out []string
	for i := range p.Spec.Volumes {
		if c := p.Spec.Volumes[i].PersistentVolumeClaim; c != nil {
			out = append(out, api.Key(p.Namespace, c.ClaimName))
		}
	}
	return out
}
