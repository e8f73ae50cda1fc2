package simtest

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
)

// volumes: a bound claim and its volume name each other and nobody else, a pod goes only where its bound volumes are,
// and no claim is taken away under a pod that runs.
func volumes(j *judge) {
	placed := map[types.UID]bool{}
	j.onChange = append(j.onChange, func(r *api.Resource, old, new api.Object) {
		switch {
		case r == api.PersistentVolumeClaims && new != nil:
			j.claimWritten(new.(*corev1.PersistentVolumeClaim))
		case r == api.PersistentVolumeClaims:
			j.claimGone(old.(*corev1.PersistentVolumeClaim))
		case r == api.PersistentVolumes && old != nil && new != nil:
			was, is := old.(*corev1.PersistentVolume).Spec.ClaimRef, new.(*corev1.PersistentVolume).Spec.ClaimRef
			if was != nil && is != nil && was.UID != "" && is.UID != was.UID {
				j.fault("volumes", "volume %s was of claim %s and is now of %s", new.GetName(), was.UID, is.UID)
			}
		case r == api.Pods && new != nil:
			if p := new.(*corev1.Pod); p.Spec.NodeName != "" && !placed[p.UID] {
				placed[p.UID] = true
				j.placed(p)
			}
		}
	})
}

func (j *judge) claimWritten(c *corev1.PersistentVolumeClaim) {
	if c.Status.Phase != corev1.ClaimBound {
		return
	}
	pv := j.volumeOf(c)
	if pv == nil {
		j.fault("volumes", "claim %s is bound to volume %q, which there is not", api.KeyOf(c), c.Spec.VolumeName)
	} else if ref := pv.Spec.ClaimRef; ref == nil || ref.UID != c.UID {
		j.fault("volumes", "claim %s is bound to volume %s, which is of %v", api.KeyOf(c), pv.Name, ref)
	}
}

// claimGone looks for pods that had the claim before anybody wanted to delete it.
func (j *judge) claimGone(c *corev1.PersistentVolumeClaim) {
	for _, key := range sortedKeys(j.mirror[api.Pods]) {
		p := j.mirror[api.Pods][key].(*corev1.Pod)
		if p.Spec.NodeName == "" || ended(p) || c.DeletionTimestamp == nil || !p.CreationTimestamp.Before(c.DeletionTimestamp) || !claims(p, c) {
			continue
		}
		if api.PodReady(p) {
			j.fault("volumes", "claim %s was removed under pod %s", api.KeyOf(c), key)
		}
	}
}

// placed is told of a pod that has just got its node.
func (j *judge) placed(p *corev1.Pod) {
	for _, c := range j.claimsOf(p) {
		// A claim that was deleted and made again while its pod was being bound belongs to no decision.
		if c == nil || c.CreationTimestamp.After(p.CreationTimestamp.Time) || c.DeletionTimestamp != nil {
			continue
		}
		pv := j.volumeOf(c)
		if pv == nil {
			j.fault("volumes", "pod %s is on %s and its claim %s has no volume", api.KeyOf(p), p.Spec.NodeName, c.Name)
		} else if !j.reaches(pv, p.Spec.NodeName) {
			j.fault("volumes", "pod %s is on %s, where volume %s cannot be used", api.KeyOf(p), p.Spec.NodeName, pv.Name)
		}
	}
}

func (j *judge) volumeOf(c *corev1.PersistentVolumeClaim) *corev1.PersistentVolume {
	pv, _ := j.mirror[api.PersistentVolumes][c.Spec.VolumeName].(*corev1.PersistentVolume)
	return pv
}

// claimsOf are the claims of a pod's volumes, nil for those there are not.
func (j *judge) claimsOf(p *corev1.Pod) []*corev1.PersistentVolumeClaim {
	var out []*corev1.PersistentVolumeClaim
	for i := range p.Spec.Volumes {
		if s := p.Spec.Volumes[i].PersistentVolumeClaim; s != nil {
			c, _ := j.mirror[api.PersistentVolumeClaims][p.Namespace+"/"+s.ClaimName].(*corev1.PersistentVolumeClaim)
			out = append(out, c)
		}
	}
	return out
}

func claims(p *corev1.Pod, c *corev1.PersistentVolumeClaim) bool {
	for i := range p.Spec.Volumes {
		if s := p.Spec.Volumes[i].PersistentVolumeClaim; s != nil && s.ClaimName == c.Name && p.Namespace == c.Namespace {
			return true
		}
	}
	return false
}

func (j *judge) reaches(pv *corev1.PersistentVolume, node string) bool {
	n, ok := j.mirror[api.Nodes][node].(*corev1.Node)
	return !ok || binding.Usable(pv, n.Labels)
}

// usable reports that nothing about its claims keeps a pod that waits from a node.
func (j *judge) usable(p *corev1.Pod, node string) bool {
	for _, c := range j.claimsOf(p) {
		if c == nil || c.DeletionTimestamp != nil {
			return false
		}
		for _, o := range j.mirror[api.Pods] {
			x := o.(*corev1.Pod)
			if c.Spec.AccessModes[0] == corev1.ReadWriteOncePod && x.UID != p.UID && x.Spec.NodeName != "" && !ended(x) && claims(x, c) {
				return false
			}
		}
		if pv := j.volumeOf(c); pv != nil && !j.reaches(pv, node) {
			return false
		}
	}
	return true
}

// missingStorage says which claims and volumes are not as they should end.
func (j *judge) missingStorage() []string {
	var out []string
	for _, key := range sortedKeys(j.mirror[api.PersistentVolumeClaims]) {
		c := j.mirror[api.PersistentVolumeClaims][key].(*corev1.PersistentVolumeClaim)
		used, placed := false, false
		for _, o := range j.mirror[api.Pods] {
			if p := o.(*corev1.Pod); claims(p, c) && !ended(p) {
				used, placed = true, placed || p.Spec.NodeName != ""
			}
		}
		switch {
		case c.DeletionTimestamp != nil && !used:
			out = append(out, "claim "+key+" is Terminating and nobody uses it")
		case placed && c.DeletionTimestamp == nil && c.Status.Phase != corev1.ClaimBound:
			out = append(out, fmt.Sprintf("claim %s is %s and its pod has a node", key, c.Status.Phase))
		}
	}
	for _, key := range sortedKeys(j.mirror[api.PersistentVolumes]) {
		pv := j.mirror[api.PersistentVolumes][key].(*corev1.PersistentVolume)
		if pv.Status.Phase == corev1.VolumeReleased && pv.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete || pv.Status.Phase == corev1.VolumeFailed || pv.DeletionTimestamp != nil {
			out = append(out, fmt.Sprintf("volume %s is %s: %s", key, pv.Status.Phase, pv.Status.Message))
		}
	}
	return out
}

// store does something with claims, volumes and pods that use them.
func (u *user) store() {
	rng := u.storage
	name := []string{"db", "queue", "files"}[rng.IntN(3)]
	switch rng.IntN(10) {
	case 0, 1, 2:
		mode := []string{"ReadWriteOnce", "ReadWriteOnce", "ReadWriteOncePod"}[rng.IntN(3)]
		u.kubectl(fmt.Sprintf(claimManifest, name, mode, 1+rng.IntN(3), ""), "apply -f -")
	case 3, 4, 5:
		u.stored++
		u.kubectl(fmt.Sprintf(storedManifest, u.stored, name, rng.IntN(300), name), "apply -f -")
	case 6:
		u.kubectl("", "delete pvc %s --wait=false", name)
	case 7, 8:
		u.kubectl("", "delete pods -l store=%s --wait=false %s", name, []string{"", "--grace-period=0 --force", "--grace-period=3"}[rng.IntN(3)])
		if rng.IntN(3) > 0 {
			u.kubectl("", "delete pvc %s --wait=false", name)
		}
	case 9:
		u.stored++
		policy := []string{"Retain", "Delete", "Recycle"}[rng.IntN(3)]
		u.kubectl(fmt.Sprintf(volumeManifest, u.stored, 1+rng.IntN(3), policy, u.stored), "apply -f -")
		u.kubectl(fmt.Sprintf(claimManifest, name, "ReadWriteOnce", 1, "storageClassName: hand"), "apply -f -")
	}
}

const claimManifest = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: %s}
spec:
  accessModes: [%s]
  resources: {requests: {storage: %dGi}}
  %s
`

const volumeManifest = `apiVersion: v1
kind: PersistentVolume
metadata: {name: hand-%d}
spec:
  storageClassName: hand
  accessModes: [ReadWriteOnce]
  capacity: {storage: %dGi}
  persistentVolumeReclaimPolicy: %s
  hostPath: {path: /tmp/hand-%d}
`

const storedManifest = `apiVersion: v1
kind: Pod
metadata: {name: stored-%d, labels: {store: %s}}
spec:
  containers:
  - name: c
    image: nginx:1.27
    resources: {requests: {cpu: %dm}}
    volumeMounts: [{name: data, mountPath: /data}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: %s}}]
`
