package kubelet

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
	"tabernetes/engine/client"
	"tabernetes/engine/runtime"
)

// Volumes whose files are somewhere: on the machine (hostPath, local) or in the network (NFS, CSI and the like). Upstream:
// pkg/kubelet/volumemanager (desired_state_of_world_populator.go, reconciler), pkg/volume/hostpath, local, nfs, csi.

func elsewhere(v *corev1.Volume) bool {
	return v.PersistentVolumeClaim != nil || v.Ephemeral != nil || v.HostPath != nil || v.NFS != nil || v.CSI != nil || v.ISCSI != nil
}

func (p *pod) needsPlaces() bool {
	for i := range p.obj.Spec.Volumes {
		if elsewhere(&p.obj.Spec.Volumes[i]) {
			return true
		}
	}
	return false
}

// findPlaces finds where the files of each such volume are. failed: an event said what is wrong.
func (p *pod) findPlaces(done func(places []place, failed bool)) {
	var places []place
	var broken, unprocessed []string // of the volumes, and why
	failed := false
	var next func(i int)
	next = func(i int) {
		for i < len(p.obj.Spec.Volumes) && !elsewhere(&p.obj.Spec.Volumes[i]) {
			i++
		}
		if i == len(p.obj.Spec.Volumes) {
			if len(broken) > 0 {
				failed = true
				p.event(nil, corev1.EventTypeWarning, "FailedMount", fmt.Sprintf("Unable to attach or mount volumes: unmounted volumes=%v, unattached volumes=[], failed to process volumes=%v: %s",
					broken, broken, strings.Join(unprocessed, "; ")))
			}
			done(places, failed)
			return
		}
		v := &p.obj.Spec.Volumes[i]
		found := func(at *place, step, volume, why string) {
			if why != "" {
				failed = true
				p.mountFailed(step, volume, why)
			} else {
				at.name = v.Name
				places = append(places, *at)
			}
			next(i + 1)
		}
		claim, readOnly := "", false
		switch {
		case v.PersistentVolumeClaim != nil:
			claim, readOnly = v.PersistentVolumeClaim.ClaimName, v.PersistentVolumeClaim.ReadOnly
		case v.Ephemeral != nil:
			claim = p.obj.Name + "-" + v.Name
		default:
			at, step, why := p.place(v.Name, &corev1.PersistentVolumeSource{HostPath: v.HostPath, NFS: v.NFS}, v)
			found(at, step, v.Name, why)
			return
		}
		p.claimed(v, claim, func(pv *corev1.PersistentVolume, why string) {
			switch {
			case p.k.a.Dead():
			case why != "":
				broken, unprocessed = append(broken, v.Name), append(unprocessed, why)
				next(i + 1)
			case !binding.Usable(pv, p.k.node.labels):
				found(nil, "NodeAffinity check", pv.Name, "no matching NodeSelectorTerms")
			case pv.Spec.CSI != nil:
				p.csi(pv, func(at *place, step, why string, wait bool) {
					if p.k.a.Dead() {
						return
					}
					if wait {
						failed = true
						next(i + 1)
						return
					}
					if at != nil {
						at.readOnly = at.readOnly || readOnly
					}
					found(at, step, pv.Name, why)
				})
			default:
				at, step, why := p.place(pv.Name, &pv.Spec.PersistentVolumeSource, nil)
				if at != nil {
					at.readOnly = at.readOnly || readOnly
				}
				found(at, step, pv.Name, why)
			}
		})
	}
	next(0)
}

// claimed is the volume that a claim is bound to, or why there is none (getPVCExtractPV, getPVSpec).
func (p *pod) claimed(v *corev1.Volume, claim string, done func(pv *corev1.PersistentVolume, why string)) {
	ns := p.obj.Namespace
	wrong := func(why string) { done(nil, "error processing PVC "+ns+"/"+claim+": "+why) }
	client.Get(p.k.c, api.PersistentVolumeClaims, ns, claim, func(c *corev1.PersistentVolumeClaim, err error) {
		switch {
		case err != nil:
			wrong("failed to fetch PVC from API server: " + err.Error())
			return
		case c.DeletionTimestamp != nil && !slices.Contains(c.Finalizers, "kubernetes.io/pvc-protection"):
			wrong("PVC is being deleted")
			return
		case c.Status.Phase != corev1.ClaimBound:
			wrong("PVC is not bound")
			return
		case c.Spec.VolumeName == "":
			wrong("PVC has empty pvc.Spec.VolumeName")
			return
		case v.Ephemeral != nil:
			if o := api.ControllerOf(c); o == nil || o.UID != p.obj.UID {
				done(nil, "PVC "+ns+"/"+claim+" was not created for pod "+ns+"/"+p.obj.Name+" (pod is not owner)")
				return
			}
		}
		name := c.Spec.VolumeName
		client.Get(p.k.c, api.PersistentVolumes, "", name, func(pv *corev1.PersistentVolume, err error) {
			switch {
			case err != nil:
				wrong("failed to fetch PV " + name + " from API server: " + err.Error())
			case pv.Spec.ClaimRef == nil:
				wrong("found PV object " + name + " but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim")
			case pv.Spec.ClaimRef.UID != c.UID:
				wrong("found PV object " + name + " but its pv.Spec.ClaimRef.UID " + string(pv.Spec.ClaimRef.UID) + " does not point to claim.UID " + string(c.UID))
			default:
				mode := corev1.PersistentVolumeFilesystem
				if pv.Spec.VolumeMode != nil {
					mode = *pv.Spec.VolumeMode
				}
				if mode != corev1.PersistentVolumeFilesystem && p.mounts(v.Name) {
					done(nil, "volume "+v.Name+" has volumeMode "+string(mode)+", but is specified in volumeMounts")
					return
				}
				done(pv, "")
			}
		})
	})
}

// mounts reports that a container of the pod has the volume in its file system.
func (p *pod) mounts(volume string) bool {
	return slices.ContainsFunc(p.ctrs, func(c ctr) bool {
		return slices.ContainsFunc(c.spec.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == volume })
	})
}

// place is where a volume's files are, by its source; name is the volume's as messages have it. inline is the pod's own
// volume, nil for that of a claim.
func (p *pod) place(name string, s *corev1.PersistentVolumeSource, inline *corev1.Volume) (at *place, step, why string) {
	reg := p.k.rt.Registry()
	switch {
	case s.HostPath != nil:
		if why := hostPath(p.k.rt.Root(), s.HostPath); why != "" {
			return nil, "SetUp", why
		}
		return &place{v: p.k.rt.Root(), at: s.HostPath.Path}, "", ""
	case s.Local != nil:
		switch p.k.rt.Root().Type(strings.Trim(s.Local.Path, "/")) {
		case "":
			return nil, "NewMounter initialization", fmt.Sprintf("path %q does not exist", s.Local.Path)
		case "Directory":
			return &place{v: p.k.rt.Root(), at: s.Local.Path}, "", ""
		}
		return nil, "MountDevice", "only directory and block device are supported"
	case s.NFS != nil:
		return &place{v: reg.Share("nfs://" + s.NFS.Server), at: s.NFS.Path, readOnly: s.NFS.ReadOnly}, "", ""
	case inline != nil && inline.CSI != nil:
		return nil, "SetUp", "kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name " + inline.CSI.Driver + " not found in the list of registered CSI drivers"
	}
	return &place{v: reg.Share("volume://" + name)}, "", ""
}

// hostPath checks, and makes, what a hostPath volume says of its path (pkg/volume/hostpath/host_path.go); why is "" when
// the path will do.
func hostPath(root *runtime.Volume, h *corev1.HostPathVolumeSource) (why string) {
	if slices.Contains(strings.Split(h.Path, "/"), "..") {
		return "invalid HostPath `" + h.Path + "`: must not contain '..'"
	}
	if h.Type == nil || *h.Type == corev1.HostPathUnset {
		return ""
	}
	name := strings.Trim(h.Path, "/")
	is := root.Type(name)
	matches := func(want, word string) string {
		switch is {
		case want:
			return ""
		case "":
			return fmt.Sprintf("hostPath type check failed, %s is not a %s, unable to determine its type: path %q does not exist", h.Path, word, h.Path)
		}
		return "hostPath type check failed: " + h.Path + " is not a " + word + ", it's a " + is
	}
	switch *h.Type {
	case corev1.HostPathDirectoryOrCreate:
		if is == "" {
			root.Mkdir(name)
			return ""
		}
		return matches("Directory", "directory")
	case corev1.HostPathDirectory:
		return matches("Directory", "directory")
	case corev1.HostPathFileOrCreate:
		if is == "" {
			root.Set(name, "")
			return ""
		}
		return matches("File", "file")
	case corev1.HostPathFile:
		return matches("File", "file")
	case corev1.HostPathSocket:
		return matches("Socket", "socket file")
	case corev1.HostPathCharDev:
		return matches("CharDevice", "character device")
	case corev1.HostPathBlockDev:
		return matches("BlockDevice", "block device")
	}
	return string(*h.Type) + " is an invalid volume type"
}
