package persistentvolume

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
	"tabernetes/engine/client"
)

// delete deletes what a volume stands for, if that is the manager's business, and then the volume
// (deleteVolumeOperation). The provisioner that made it deletes it itself.
func (k *Controller) delete(v *corev1.PersistentVolume, done func(error)) {
	by := v.Annotations[binding.AnnDynamicallyProvisioned]
	inTree := by == hostPathPlugin
	switch {
	case by != "" && !strings.HasPrefix(by, "kubernetes.io/"), v.Spec.CSI != nil && !inTree:
		done(nil)
		return
	case by != "" && !inTree:
		k.failVolume(v, "VolumeFailedDelete", "no volume plugin matched name: "+by, done)
		return
	case v.Spec.HostPath == nil:
		why := "no volume plugin matched"
		if v.Spec.NFS != nil || v.Spec.FC != nil || v.Spec.ISCSI != nil {
			why = "no deletable volume plugin matched"
		}
		k.failVolume(v, "VolumeFailedDelete", fmt.Sprintf("error getting deleter volume plugin for volume %q: %s", v.Name, why), done)
		return
	}
	k.fresh(v, done, func(v *corev1.PersistentVolume) {
		if _, below, ok := strings.Cut(v.Spec.HostPath.Path, "/tmp/"); !ok || below == "" {
			why := failure("host_path deleter only supports /tmp/.+ but received provided " + v.Spec.HostPath.Path)
			k.failVolume(v, "VolumeFailedDelete", string(why), func(error) { done(why) })
			return
		}
		k.c.Delete(api.PersistentVolumes, "", v.Name, client.DeleteOptions{}, func(error) { done(nil) })
	})
}

// fresh reads a volume anew and goes on if it still is to be reclaimed.
func (k *Controller) fresh(v *corev1.PersistentVolume, done func(error), then func(*corev1.PersistentVolume)) {
	client.Get(k.c, api.PersistentVolumes, "", v.Name, func(v *corev1.PersistentVolume, err error) {
		if err != nil || !k.released(v) {
			done(nil)
			return
		}
		then(v)
	})
}

// recycle scrubs a volume by a pod and makes it available again (recycleVolumeOperation).
func (k *Controller) recycle(v *corev1.PersistentVolume, done func(error)) {
	k.fresh(v, done, func(v *corev1.PersistentVolume) {
		if pods := k.usersOf(v); len(pods) > 0 && k.claims[refKey(v)] == nil {
			k.event(v, normal, "VolumeFailedRecycle", "Volume is used by pods: "+strings.Join(pods, ","))
			done(nil)
			return
		}
		if v.Spec.HostPath == nil && v.Spec.NFS == nil {
			k.failVolume(v, "VolumeFailedRecycle", "No recycler plugin found for the volume!", func(error) { done(nil) })
			return
		}
		k.scrub(v, func(failed string) {
			if failed != "" {
				k.failVolume(v, "VolumeFailedRecycle", "Recycle failed: "+failed, func(error) { done(nil) })
				return
			}
			k.event(v, normal, "VolumeRecycled", "Volume recycled")
			k.unbind(v, func(error) { done(nil) })
		})
	})
}

// usersOf are the pods that still run with the claim a volume was bound to.
func (k *Controller) usersOf(v *corev1.PersistentVolume) []string {
	var out []string
	for _, p := range k.pods.ByIndex(indexClaim, refKey(v)) {
		if !ended(p) {
			out = append(out, p.Namespace+"/"+p.Name)
		}
	}
	slices.Sort(out)
	return out
}

// recyclerPod is what scrubs: pkg/volume/plugins.go (NewPersistentVolumeRecyclerPodTemplate), its time limited by the
// volume's size.
func recyclerPod(v *corev1.PersistentVolume) *corev1.Pod {
	minimum, perGi := int64(300), int64(30) // seconds
	source := corev1.VolumeSource{NFS: v.Spec.NFS}
	if h := v.Spec.HostPath; h != nil {
		minimum, source = 60, corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: h.Path}}
	}
	size := v.Spec.Capacity[corev1.ResourceStorage]
	limit := max(minimum, perGi*(size.Value()>>30))
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "recycler-for-" + v.Name, Namespace: metav1.NamespaceDefault},
		Spec: corev1.PodSpec{
			ActiveDeadlineSeconds: &limit, RestartPolicy: corev1.RestartPolicyNever,
			Volumes: []corev1.Volume{{Name: "vol", VolumeSource: source}},
			Containers: []corev1.Container{{
				Name: "pv-recycler", Image: "registry.k8s.io/build-image/debian-base:bookworm-v1.0.6", Command: []string{"/bin/sh"},
				Args:         []string{"-c", "test -e /scrub && find /scrub -mindepth 1 -delete && test -z \"$(ls -A /scrub)\" || exit 1"},
				VolumeMounts: []corev1.VolumeMount{{Name: "vol", MountPath: "/scrub"}},
			}},
		},
	}
}

// scrub runs the pod to its end; failed is "" when the volume is clean. Events about the pod are told about the volume
// too (recyclerclient.RecycleVolumeByWatchingPodUntilCompletion).
func (k *Controller) scrub(v *corev1.PersistentVolume, then func(failed string)) {
	pod := recyclerPod(v)
	name := pod.Name
	remove := func(after func(error)) {
		k.c.Delete(api.Pods, metav1.NamespaceDefault, name, client.DeleteOptions{}, func(err error) {
			if apierrors.IsNotFound(err) {
				err = nil
			}
			after(err)
		})
	}
	client.Create(k.c, api.Pods, pod, func(_ *corev1.Pod, err error) {
		switch {
		case apierrors.IsAlreadyExists(err):
			remove(func(err error) {
				if err != nil {
					then("failed to delete old recycler pod default/" + name + ": " + err.Error())
					return
				}
				then("old recycler pod found, will retry later")
			})
			return
		case err != nil:
			then("unexpected error creating recycler pod:  " + err.Error())
			return
		}
		named := func(field string) client.Selection {
			return client.Selection{Namespace: metav1.NamespaceDefault, Fields: fields.OneTermEqualSelector(field, name)}
		}
		pods := client.NewCache[*corev1.Pod](k.c, api.Pods, named("metadata.name"))
		events := client.NewCache[*corev1.Event](k.c, api.Events, named("involvedObject.name"))
		events.Subscribe(func(old, e *corev1.Event) {
			if old == nil && e != nil {
				k.event(v, e.Type, "RecyclerPod", "Recycler pod: "+e.Message)
			}
		})
		over := false
		end := func(failed string) {
			if over {
				return
			}
			over = true
			pods.Stop()
			events.Stop()
			remove(func(err error) {
				switch {
				case failed != "":
					failed = "failed to recycle volume: " + failed
				case err != nil:
					failed = "failed to delete recycler pod: " + err.Error()
				}
				then(failed)
			})
		}
		pods.Subscribe(func(old, p *corev1.Pod) {
			switch {
			case p == nil:
				end("recycler pod was deleted")
			case p.Status.Phase == corev1.PodSucceeded:
				end("")
			case p.Status.Phase == corev1.PodFailed && p.Status.Message != "":
				end(p.Status.Message)
			case p.Status.Phase == corev1.PodFailed:
				end("pod failed, pod.Status.Message unknown")
			}
		})
	})
}
