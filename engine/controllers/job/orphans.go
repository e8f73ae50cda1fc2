package job

import (
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// Keys of the orphans' queue: a pod, or what a Job that is gone or finished leaves behind.
const (
	podPrefix = "pod:"
	jobPrefix = "job:"
)

// leftover finds the pods of a Job.
type leftover struct {
	uid, namespace string
	selector       labels.Selector
}

// letGo takes the finalizer from the pods of a Job that counts them no more.
func (k *Controller) letGo(j *batchv1.Job) {
	key := jobPrefix + string(j.UID)
	k.left[key] = leftover{string(j.UID), j.Namespace, selectorOf(j)}
	k.orphans.Add(key)
}

func (k *Controller) syncOrphans(key string, done func(error)) {
	again := func(key string, err error) {
		if err != nil {
			k.orphans.AddAfter(key, APIBackoff)
		}
	}
	if pod, ok := strings.CutPrefix(key, podPrefix); ok {
		p, there := k.pods.GetKey(pod)
		if !there {
			done(nil)
			return
		}
		k.free(p, func(err error) {
			again(key, err)
			done(nil)
		})
		return
	}
	l := k.left[key]
	delete(k.left, key)
	var pods []*corev1.Pod
	for _, p := range k.pods.ByIndex(client.IndexOwner, l.uid) {
		if tracked(p) && l.selector.Matches(labels.Set(p.Labels)) {
			pods = append(pods, p)
		}
	}
	for _, p := range k.pods.ByIndex(client.IndexOrphans, l.namespace) {
		if tracked(p) && l.selector.Matches(labels.Set(p.Labels)) {
			pods = append(pods, p)
		}
	}
	left := len(pods)
	if left == 0 {
		done(nil)
		return
	}
	for _, p := range pods {
		k.free(p, func(err error) {
			again(podPrefix+api.KeyOf(p), err)
			if left--; left == 0 {
				done(nil)
			}
		})
	}
}

// free removes the finalizer of a pod that no unfinished Job tracks.
func (k *Controller) free(p *corev1.Pod, done func(error)) {
	if ref := metav1.GetControllerOfNoCopy(p); ref != nil {
		if ref.Kind != api.Jobs.Kind || ref.APIVersion != api.Jobs.APIVersion() {
			done(nil)
			return
		}
		if j := k.jobOf(p.Namespace, ref); j != nil && (external(j) || !Finished(j)) {
			done(nil)
			return
		}
	}
	k.untrack(p, func(_ *corev1.Pod, err error) {
		if apierrors.IsNotFound(err) {
			err = nil
		}
		done(err)
	})
}

// untrack removes the finalizer of a pod, if it has it.
func (k *Controller) untrack(p *corev1.Pod, done func(*corev1.Pod, error)) {
	if !tracked(p) {
		done(p, nil)
		return
	}
	client.Mutate(k.c, api.Pods, "", p.Namespace, p.Name, func(o *corev1.Pod) bool {
		if !tracked(o) {
			return false
		}
		o.Finalizers = slices.DeleteFunc(slices.Clone(o.Finalizers), func(f string) bool { return f == trackingFinalize })
		return true
	}, done)
}

func tracked(p *corev1.Pod) bool { return slices.Contains(p.Finalizers, trackingFinalize) }
