package attachdetach

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// users are the pods that want a volume, by node.
func (k *Controller) users(v *corev1.PersistentVolume) map[string][]*corev1.Pod {
	out := map[string][]*corev1.Pod{}
	ref := v.Spec.ClaimRef
	if ref == nil {
		return out
	}
	key := api.Key(ref.Namespace, ref.Name)
	if c, ok := k.claims.GetKey(key); !ok || c.UID != ref.UID || c.Spec.VolumeName != v.Name || c.Status.Phase != corev1.ClaimBound {
		return out
	}
	for _, p := range k.pods.ByIndex(indexClaim, key) {
		if p.Spec.NodeName != "" && !ended(p) {
			out[p.Spec.NodeName] = append(out[p.Spec.NodeName], p)
		}
	}
	return out
}

// sync compares, for one volume, where it is with where it is wanted: what is wanted nowhere is detached first.
func (k *Controller) sync(name string, done func(error)) {
	v, ok := k.volumes.Get("", name)
	if ok && (v.Spec.CSI == nil || !k.attachable(v.Spec.CSI.Driver)) {
		done(nil)
		return
	}
	wanted := map[string][]*corev1.Pod{}
	if ok {
		wanted = k.users(v)
	}
	var work []func(done func(error))
	attached := map[string]bool{}
	for _, a := range slices.Clone(k.attachments.ByIndex(indexVolume, name)) {
		attached[a.Spec.NodeName] = true
		if pods := wanted[a.Spec.NodeName]; len(pods) > 0 {
			work = append(work, func(done func(error)) { k.attached(v, a, pods, done) })
		} else {
			work = append(work, func(done func(error)) { k.detach(v, a, done) })
		}
	}
	for _, node := range slices.Sorted(maps.Keys(wanted)) {
		if attached[node] {
			continue
		}
		if _, there := k.nodes.Get("", node); !there {
			continue
		}
		if len(attached) > 0 && !shareable(v) {
			k.elsewhere(v, node, attached, wanted)
			continue
		}
		attached[node] = true
		work = append(work, func(done func(error)) { k.attach(v, node, done) })
	}
	var next func(i int, err error)
	next = func(i int, err error) {
		if err != nil || i == len(work) {
			done(err)
			return
		}
		work[i](func(err error) { next(i+1, err) })
	}
	next(0, nil)
}

// attach creates the VolumeAttachment.
func (k *Controller) attach(v *corev1.PersistentVolume, node string, done func(error)) {
	delete(k.reported, v.Name+"/"+node)
	name := AttachmentName(v.Spec.CSI.VolumeHandle, v.Spec.CSI.Driver, node)
	k.a.Record(sim.KindDecision, api.Ref(api.PersistentVolumes, "", v.Name), "a pod on "+node+" wants the volume: attach it")
	a := &storagev1.VolumeAttachment{ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: storagev1.VolumeAttachmentSpec{Attacher: v.Spec.CSI.Driver, NodeName: node, Source: storagev1.VolumeAttachmentSource{PersistentVolumeName: &v.Name}}}
	client.Create(k.c, api.VolumeAttachments, a, func(_ *storagev1.VolumeAttachment, err error) {
		if apierrors.IsAlreadyExists(err) {
			err = nil
		}
		done(err)
	})
}

// attached follows an attachment that somebody wants: the attacher did it, could not, or does not come.
func (k *Controller) attached(v *corev1.PersistentVolume, a *storagev1.VolumeAttachment, pods []*corev1.Pod, done func(error)) {
	st := k.remember(a.Name)
	st.leaving = 0
	st.force.Stop()
	node := a.Spec.NodeName
	fail := func(why string) {
		if st.failed != why {
			st.failed = why
			k.tell(pods, corev1.EventTypeWarning, "FailedAttachVolume", `AttachVolume.Attach failed for volume "`+v.Name+`" : `+why)
		}
	}
	switch {
	case a.DeletionTimestamp != nil:
		done(nil) // it must be gone before it can be made anew
	case a.Status.Attached:
		st.deadline.Stop()
		st.failed = ""
		if !st.told {
			st.told = true
			k.tell(pods, corev1.EventTypeNormal, "SuccessfulAttachVolume", `AttachVolume.Attach succeeded for volume "`+v.Name+`"`)
		}
		k.report(node, uniqueName(v), true, done)
	case a.Status.AttachError != nil:
		fail(a.Status.AttachError.Message)
		done(nil)
	default:
		if !st.deadline.Pending() {
			w := k.a.Sim()
			w.In(sim.Context{Cause: w.Cause(), Background: true}, func() {
				st.deadline = k.a.After(attachTimeout, "attach timeout", func() {
					if b, ok := k.attachments.Get("", a.Name); ok && !b.Status.Attached {
						st.failed = ""
						fail("timed out waiting for external-attacher of " + v.Spec.CSI.Driver + " CSI driver to attach volume " + v.Spec.CSI.VolumeHandle)
						k.add(v.Name)
					}
				})
			})
		}
		done(nil)
	}
}

// detach takes a volume from a node where nobody wants it, once the kubelet there has let it go.
func (k *Controller) detach(v *corev1.PersistentVolume, a *storagev1.VolumeAttachment, done func(error)) {
	if a.DeletionTimestamp != nil {
		done(nil)
		return
	}
	st := k.remember(a.Name)
	st.deadline.Stop()
	if st.leaving == 0 {
		st.leaving = k.a.Now()
	}
	n, there := k.nodes.Get("", a.Spec.NodeName)
	var unique corev1.UniqueVolumeName
	if v != nil {
		unique = uniqueName(v)
	}
	if there && v != nil && slices.Contains(n.Status.VolumesInUse, unique) && !outOfService(n) {
		over := k.a.Now().Sub(st.leaving)
		if healthy(n) || over < unmountTimeout {
			if !st.force.Pending() && over < unmountTimeout {
				w := k.a.Sim()
				w.In(sim.Context{Cause: w.Cause(), Background: true}, func() {
					st.force = k.a.After(unmountTimeout-over, "force detach", func() { k.add(volumeOf(a)) })
				})
			}
			done(nil)
			return
		}
	}
	remove := func(err error) {
		if err != nil {
			done(err)
			return
		}
		k.a.Record(sim.KindDecision, "volumeattachments/"+a.Name, "nobody on "+a.Spec.NodeName+" uses the volume "+volumeOf(a)+": detach it")
		k.c.Delete(api.VolumeAttachments, "", a.Name, client.DeleteOptions{}, func(err error) {
			if apierrors.IsNotFound(err) {
				err = nil
			}
			done(err)
		})
	}
	if !there || v == nil {
		remove(nil)
		return
	}
	k.report(a.Spec.NodeName, unique, false, remove) // it is not safe to mount any more
}

// report notes in a node's status that a volume is attached, or is not any more.
func (k *Controller) report(node string, name corev1.UniqueVolumeName, attached bool, done func(error)) {
	has := func(list []corev1.AttachedVolume) bool {
		return slices.ContainsFunc(list, func(v corev1.AttachedVolume) bool { return v.Name == name })
	}
	n, ok := k.nodes.Get("", node)
	if !ok || has(n.Status.VolumesAttached) == attached {
		done(nil)
		return
	}
	client.Mutate(k.c, api.Nodes, "status", "", node, func(n *corev1.Node) bool {
		if has(n.Status.VolumesAttached) == attached {
			return false
		}
		list := slices.DeleteFunc(slices.Clone(n.Status.VolumesAttached), func(v corev1.AttachedVolume) bool { return v.Name == name })
		if attached {
			list = append(list, corev1.AttachedVolume{Name: name})
		}
		n.Status.VolumesAttached = list
		return true
	}, func(_ *corev1.Node, err error) {
		if apierrors.IsNotFound(err) {
			err = nil
		}
		done(err)
	})
}

// elsewhere tells the pods of a node, once, that another node has the volume (reportMultiAttachError).
func (k *Controller) elsewhere(v *corev1.PersistentVolume, node string, attached map[string]bool, wanted map[string][]*corev1.Pod) {
	key := v.Name + "/" + node
	if k.reported[key] {
		return
	}
	k.reported[key] = true
	var local []string
	others := 0
	for _, other := range slices.Sorted(maps.Keys(wanted)) {
		if !attached[other] {
			continue
		}
		for _, p := range wanted[other] {
			if p.Namespace == wanted[node][0].Namespace {
				local = append(local, p.Name)
			} else {
				others++
			}
		}
	}
	text := "Volume is already exclusively attached to one node, waiting on detach before it can be attached to another node"
	if len(local) > 0 {
		text = "Volume is already used by pod(s) " + strings.Join(local, ", ")
		if others > 0 {
			text += fmt.Sprintf(" and %d pod(s) in different namespaces", others)
		}
	} else if others > 0 {
		text = fmt.Sprintf("Volume is already used by %d pod(s) in different namespaces", others)
	}
	k.tell(wanted[node], corev1.EventTypeWarning, "FailedAttachVolume", `Waiting for detach for volume "`+v.Name+`" `+text)
}

func (k *Controller) tell(pods []*corev1.Pod, typ, reason, message string) {
	for _, p := range pods {
		k.rec.Event(p, typ, reason, message)
	}
}
