package auth

import (
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api/binding"
)

// Graph knows what belongs to a node. Upstream keeps edges (graph.go); here the few pods of the node are looked through
// when a kubelet asks, and only the list of them is kept.
type Graph interface {
	// Related reports a path from an object of a resource to a node.
	Related(node, resource, namespace, name string) bool
}

// Lookup is what a NodeGraph reads: objects by name, nil where there is none.
type Lookup struct {
	Pod              func(namespace, name string) *corev1.Pod
	PersistentVolume func(name string) *corev1.PersistentVolume
	ClaimVolume      func(namespace, claim string) string // the volume a claim is bound to
	AttachedTo       func(volumeAttachment string) string // the node
}

type podName struct{ namespace, name string }

// NodeGraph is a Graph over the pods that are bound to nodes.
type NodeGraph struct {
	lookup Lookup
	pods   map[string][]podName // by node
}

// NewNodeGraph makes an empty graph.
func NewNodeGraph(l Lookup) *NodeGraph { return &NodeGraph{lookup: l, pods: map[string][]podName{}} }

// Change notes a change of a pod; old or new is nil where there is none. It costs something only when a pod comes to a
// node or leaves one.
func (g *NodeGraph) Change(old, new *corev1.Pod) {
	was, is := "", ""
	if old != nil {
		was = old.Spec.NodeName
	}
	if new != nil {
		is = new.Spec.NodeName
	}
	if was == is {
		return
	}
	if was != "" {
		list := g.pods[was]
		for i, p := range list {
			if p.name == old.Name && p.namespace == old.Namespace {
				list[i] = list[len(list)-1]
				list[len(list)-1] = podName{}
				list = list[:len(list)-1]
				break
			}
		}
		if len(list) == 0 {
			delete(g.pods, was)
		} else {
			g.pods[was] = list
		}
	}
	if is != "" {
		g.pods[is] = append(g.pods[is], podName{new.Namespace, new.Name})
	}
}

// Related implements Graph.
func (g *NodeGraph) Related(node, resource, namespace, name string) bool {
	switch resource {
	case "pods":
		p := g.lookup.Pod(namespace, name)
		return p != nil && p.Spec.NodeName == node
	case "volumeattachments":
		return g.lookup.AttachedTo(name) == node
	case "persistentvolumes":
		pv := g.lookup.PersistentVolume(name)
		if pv == nil || pv.Spec.ClaimRef == nil {
			return false
		}
		return g.Related(node, "persistentvolumeclaims", pv.Spec.ClaimRef.Namespace, pv.Spec.ClaimRef.Name)
	}
	for _, at := range g.pods[node] {
		if at.namespace != namespace {
			continue
		}
		p := g.lookup.Pod(at.namespace, at.name)
		if p == nil || p.Annotations[corev1.MirrorPodAnnotationKey] != "" {
			continue
		}
		if refers(p, resource, name) || resource == "secrets" && g.volumeNeeds(p, name) {
			return true
		}
	}
	return false
}

// refers reports that a pod names an object of its namespace.
func refers(p *corev1.Pod, resource, name string) bool {
	switch resource {
	case "serviceaccounts":
		return p.Spec.ServiceAccountName == name
	case "persistentvolumeclaims":
		for i := range p.Spec.Volumes {
			if binding.ClaimName(p, &p.Spec.Volumes[i]) == name {
				return true
			}
		}
		return false
	case "secrets":
		for _, s := range p.Spec.ImagePullSecrets {
			if s.Name == name {
				return true
			}
		}
		for i := range p.Spec.Volumes {
			if volumeSecret(&p.Spec.Volumes[i].VolumeSource, name) {
				return true
			}
		}
	case "configmaps":
		for i := range p.Spec.Volumes {
			if volumeConfigMap(&p.Spec.Volumes[i].VolumeSource, name) {
				return true
			}
		}
	}
	secret := resource == "secrets"
	for i := range p.Spec.InitContainers {
		if envRefers(p.Spec.InitContainers[i].Env, p.Spec.InitContainers[i].EnvFrom, secret, name) {
			return true
		}
	}
	for i := range p.Spec.Containers {
		if envRefers(p.Spec.Containers[i].Env, p.Spec.Containers[i].EnvFrom, secret, name) {
			return true
		}
	}
	for i := range p.Spec.EphemeralContainers {
		if envRefers(p.Spec.EphemeralContainers[i].Env, p.Spec.EphemeralContainers[i].EnvFrom, secret, name) {
			return true
		}
	}
	return false
}

func envRefers(env []corev1.EnvVar, from []corev1.EnvFromSource, secret bool, name string) bool {
	for i := range from {
		if f := &from[i]; secret && f.SecretRef != nil && f.SecretRef.Name == name || !secret && f.ConfigMapRef != nil && f.ConfigMapRef.Name == name {
			return true
		}
	}
	for i := range env {
		if f := env[i].ValueFrom; f != nil && (secret && f.SecretKeyRef != nil && f.SecretKeyRef.Name == name ||
			!secret && f.ConfigMapKeyRef != nil && f.ConfigMapKeyRef.Name == name) {
			return true
		}
	}
	return false
}

func volumeConfigMap(v *corev1.VolumeSource, name string) bool {
	switch {
	case v.ConfigMap != nil:
		return v.ConfigMap.Name == name
	case v.Projected != nil:
		for i := range v.Projected.Sources {
			if c := v.Projected.Sources[i].ConfigMap; c != nil && c.Name == name {
				return true
			}
		}
	}
	return false
}

func volumeSecret(v *corev1.VolumeSource, name string) bool {
	ref := func(r *corev1.LocalObjectReference) bool { return r != nil && r.Name == name }
	switch {
	case v.Secret != nil:
		return v.Secret.SecretName == name
	case v.Projected != nil:
		for i := range v.Projected.Sources {
			if s := v.Projected.Sources[i].Secret; s != nil && s.Name == name {
				return true
			}
		}
	case v.CSI != nil:
		return ref(v.CSI.NodePublishSecretRef)
	case v.AzureFile != nil:
		return v.AzureFile.SecretName == name
	case v.CephFS != nil:
		return ref(v.CephFS.SecretRef)
	case v.Cinder != nil:
		return ref(v.Cinder.SecretRef)
	case v.FlexVolume != nil:
		return ref(v.FlexVolume.SecretRef)
	case v.RBD != nil:
		return ref(v.RBD.SecretRef)
	case v.ScaleIO != nil:
		return ref(v.ScaleIO.SecretRef)
	case v.ISCSI != nil:
		return ref(v.ISCSI.SecretRef)
	case v.StorageOS != nil:
		return ref(v.StorageOS.SecretRef)
	}
	return false
}

// volumeNeeds reports that a volume a pod's claim is bound to names a secret of the pod's namespace that a kubelet
// needs. Only CSI volumes have such (component-helpers, VisitPVSecretNames).
func (g *NodeGraph) volumeNeeds(p *corev1.Pod, secret string) bool {
	for i := range p.Spec.Volumes {
		claim := binding.ClaimName(p, &p.Spec.Volumes[i])
		if claim == "" {
			continue
		}
		pv := g.lookup.PersistentVolume(g.lookup.ClaimVolume(p.Namespace, claim))
		if pv == nil || pv.Spec.CSI == nil || pv.Spec.ClaimRef == nil || pv.Spec.ClaimRef.Namespace != p.Namespace || pv.Spec.ClaimRef.Name != claim {
			continue
		}
		for _, r := range []*corev1.SecretReference{pv.Spec.CSI.NodePublishSecretRef, pv.Spec.CSI.NodeStageSecretRef, pv.Spec.CSI.NodeExpandSecretRef} {
			if r != nil && r.Name == secret && r.Namespace == p.Namespace {
				return true
			}
		}
	}
	return false
}
