package job

import (
	"errors"
	"maps"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/expectations"
	"tabernetes/engine/controllers/podcontrol"
	"tabernetes/engine/controllers/selectorindex"
	"tabernetes/engine/sim"
)

// Times and bounds of kube-controller-manager.
const (
	BatchPeriod      = time.Second      // events of pods are gathered this long
	APIBackoff       = time.Second      // after a sync that failed, doubling
	MaxAPIBackoff    = time.Minute      //
	FailureBackoff   = 10 * time.Second // after a failed pod, doubling
	MaxFailure       = 10 * time.Minute //
	MaxUncounted     = 500              // pods counted in one sync
	MaxPodsPerSync   = 500              // created or deleted in one sync
	Workers          = 5                // --concurrent-job-syncs
	trackingFinalize = batchv1.JobTrackingFinalizer
)

// errStale makes the queue try again: a cache has not seen the controller's own last write
// (StaleControllerConsistencyJob, on by default since v1.36).
var errStale = errors.New("the cache is behind the controller's own writes")

// Controller is one running Job controller.
type Controller struct {
	a       *sim.Actor
	c       *client.Client
	rec     *client.Recorder
	ctl     *podcontrol.Control
	pods    *client.Cache[*corev1.Pod]
	jobs    *client.Cache[*batchv1.Job]
	queue   *client.Queue
	orphans *client.Queue
	expect  *expectations.Tracker

	states    map[types.UID]*state
	left      map[string]leftover // Jobs whose pods are to be let go, by "job:" and UID
	selectors selectorindex.Index
}

// state is what the controller remembers of one Job.
type state struct {
	wrotePods, wroteJob int64
	record              record
	removing            map[types.UID]bool // pods whose finalizer has been removed, not seen yet
	finished            bool               // written, not seen yet
	deadline            sim.Timer
	failures            int // syncs that failed in a row
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{
		a: c.Actor(), c: c, rec: client.NewRecorder(c, "job-controller", ""), expect: expectations.New(c.Actor()),
		pods: client.Shared[*corev1.Pod](f, api.Pods), jobs: client.Shared[*batchv1.Job](f, api.Jobs),
		states: map[types.UID]*state{}, left: map[string]leftover{},
	}
	k.ctl = podcontrol.New(c, k.rec)
	k.queue = client.NewQueue(k.a, "job", Workers, k.work)
	k.orphans = client.NewQueue(k.a, "job_orphan_pod", Workers, k.syncOrphans)
	k.pods.AddIndex(client.IndexOwner, client.ByOwner[*corev1.Pod])
	k.pods.AddIndex(client.IndexOrphans, client.Orphans[*corev1.Pod])
	k.jobs.Subscribe(k.onJob)
	k.pods.Subscribe(k.onPod)
	client.WhenSynced(func() {
		k.queue.Start()
		k.orphans.Start()
	}, k.pods, k.jobs)
	return k
}

// work is a sync with the back-off of this controller, which begins at a second.
func (k *Controller) work(key string, done func(error)) {
	k.sync(key, func(err error) {
		if j, ok := k.jobs.GetKey(key); ok {
			s := k.state(j)
			if err != nil {
				k.queue.AddAfter(key, min(APIBackoff<<min(s.failures, 6), MaxAPIBackoff))
				s.failures++
			} else {
				s.failures = 0
			}
		}
		done(nil)
	})
}

func (k *Controller) state(j *batchv1.Job) *state {
	s := k.states[j.UID]
	if s == nil {
		s = &state{removing: map[types.UID]bool{}}
		k.states[j.UID] = s
	}
	return s
}

func (k *Controller) onJob(old, j *batchv1.Job) {
	if old != nil && (j == nil || j.UID != old.UID) {
		key := api.KeyOf(old)
		if s := k.states[old.UID]; s != nil {
			s.deadline.Stop()
			delete(k.states, old.UID)
		}
		k.selectors.Delete(key)
		k.expect.Forget(key)
		k.letGo(old)
		k.queue.Add(key)
		old = nil
	}
	if j == nil {
		return
	}
	key := api.KeyOf(j)
	if old == nil {
		k.selectors.Set(key, j.Namespace, selectorOf(j))
		k.queue.Add(key)
		return
	}
	if Finished(j) {
		if s := k.states[j.UID]; s != nil {
			s.deadline.Stop()
			s.finished = false
			s.record = record{}
		}
		k.letGo(j)
		return
	}
	if j.Generation == old.Generation {
		k.queue.AddAfter(key, BatchPeriod)
	} else {
		k.queue.Add(key)
	}
}

func selectorOf(j *batchv1.Job) labels.Selector {
	s, err := metav1.LabelSelectorAsSelector(j.Spec.Selector)
	if err != nil {
		return labels.Nothing()
	}
	return s
}

// jobOf is the Job of a controller reference, nil if it is of another kind or gone.
func (k *Controller) jobOf(namespace string, ref *metav1.OwnerReference) *batchv1.Job {
	if ref == nil || ref.Kind != api.Jobs.Kind {
		return nil
	}
	j, ok := k.jobs.Get(namespace, ref.Name)
	if !ok || j.UID != ref.UID {
		return nil
	}
	return j
}

func (k *Controller) onPod(old, pod *corev1.Pod) {
	switch {
	case pod == nil:
		k.podDeleted(old, true)
		return
	case pod.DeletionTimestamp != nil:
		k.podDeleted(pod, false)
		return
	}
	is := metav1.GetControllerOfNoCopy(pod)
	var was *metav1.OwnerReference
	if old != nil {
		was = metav1.GetControllerOfNoCopy(old)
	}
	moved := old != nil && ((was == nil) != (is == nil) || was != nil && was.UID != is.UID)
	released := !tracked(pod)
	if moved {
		if j := k.jobOf(old.Namespace, was); j != nil {
			k.observe(j, pod, released)
		}
	}
	if is != nil {
		if j := k.jobOf(pod.Namespace, is); j != nil {
			if old == nil {
				k.expect.CreationObserved(api.KeyOf(j))
				released = false
			}
			k.observe(j, pod, released)
		}
		return
	}
	if !released {
		k.orphans.Add(podPrefix + api.KeyOf(pod))
	}
	if old == nil || moved || !maps.Equal(old.Labels, pod.Labels) {
		for _, key := range k.selectors.Match(pod.Namespace, pod.Labels) {
			k.queue.AddAfter(key, BatchPeriod)
		}
	}
}

// observe notes that a pod's finalizer is gone, and queues the Job.
func (k *Controller) observe(j *batchv1.Job, p *corev1.Pod, released bool) {
	if s := k.states[j.UID]; s != nil && released {
		delete(s.removing, p.UID)
	}
	k.queue.AddAfter(api.KeyOf(j), BatchPeriod)
}

func (k *Controller) podDeleted(p *corev1.Pod, gone bool) {
	ref := metav1.GetControllerOfNoCopy(p)
	if ref != nil && ref.Kind != api.Jobs.Kind {
		return
	}
	has := tracked(p)
	j := k.jobOf(p.Namespace, ref)
	if j == nil || Finished(j) {
		if has {
			k.orphans.Add(podPrefix + api.KeyOf(p))
		}
		return
	}
	k.expect.DeletionObserved(api.KeyOf(j), api.KeyOf(p))
	k.observe(j, p, gone || !has)
}

// external reports a Job that another controller manages (spec.managedBy, KEP-4368).
func external(j *batchv1.Job) bool {
	return j.Spec.ManagedBy != nil && *j.Spec.ManagedBy != batchv1.JobControllerName
}
