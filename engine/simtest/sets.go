package simtest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// stale is how old the knowledge of a controller may be that was stopped, or cut off, in the midst of a decision.
const stale = 2 * time.Minute

// sets: no two pods of one name of a StatefulSet run at the same time, whatever becomes of their nodes (unless somebody
// asks for it, by force or a grace period of 0: the user here does not); a set that keeps order makes no pod before its predecessors have been ready; a CronJob makes one Job a minute, and none beside
// another if that is forbidden.
func sets(j *judge) {
	ready := map[string]sim.Time{} // pods, by key, with when they were ready last
	orderly := map[types.UID]bool{}
	j.onChange = append(j.onChange, func(_ *api.Resource, old, new api.Object) {
		if was, ok := old.(*corev1.Pod); ok && api.PodReady(was) {
			ready[api.KeyOf(was)] = j.c.Now()
		}
		switch o := new.(type) {
		case *appsv1.StatefulSet:
			orderly[o.UID] = o.Spec.PodManagementPolicy == appsv1.OrderedReadyPodManagement
		case *corev1.Pod:
			if old == nil {
				j.inOrder(o, ready, orderly)
			}
		case *batchv1.CronJob:
			if n := len(o.Status.Active); n > 1 && o.Spec.ConcurrencyPolicy != batchv1.AllowConcurrent {
				j.fault("sets", "CronJob %s (%s) has %d active Jobs", api.KeyOf(o), o.Spec.ConcurrencyPolicy, n)
			}
		}
	})
	j.onEvent = append(j.onEvent, func(actor string) {
		node, ok := strings.CutPrefix(actor, "containerd@")
		if !ok {
			return
		}
		for _, sb := range j.c.Runtime(node).Sandboxes() {
			if isMember(sb) && alive(sb, 0) {
				j.alone(sb, node)
			}
		}
	})
}

func isMember(sb *runtime.Sandbox) bool {
	set, _, _ := strings.Cut(sb.Name, "-")
	return set == setNames[0] || set == setNames[1]
}

// alone: a pod of a set does not run on another node under the same name.
func (j *judge) alone(sb *runtime.Sandbox, node string) {
	for _, h := range j.c.Sim.Hosts() {
		rt := j.c.Runtime(h.Name)
		if rt == nil || h.Name == node || !h.Up() {
			continue
		}
		for _, other := range rt.Sandboxes() {
			if other.Name == sb.Name && other.Namespace == sb.Namespace && alive(other, 0) {
				j.fault("sets", "%s/%s runs on %s and, as another pod, on %s", sb.Namespace, sb.Name, node, h.Name)
			}
		}
	}
}

// inOrder: all predecessors of a new pod have been ready a moment ago.
func (j *judge) inOrder(p *corev1.Pod, ready map[string]sim.Time, orderly map[types.UID]bool) {
	ref := api.ControllerOf(p)
	if ref == nil || ref.Kind != api.StatefulSets.Kind || !orderly[ref.UID] {
		return
	}
	set, _ := j.mirror[api.StatefulSets][api.Key(p.Namespace, ref.Name)].(*appsv1.StatefulSet)
	n, err := strconv.Atoi(p.Name[len(ref.Name)+1:])
	if set == nil || set.UID != ref.UID || err != nil || set.Spec.Ordinals != nil {
		return
	}
	for i := range n {
		key := api.Key(p.Namespace, ref.Name+"-"+strconv.Itoa(i))
		q, _ := j.mirror[api.Pods][key].(*corev1.Pod)
		if q != nil && api.PodReady(q) {
			continue
		}
		if at, ok := ready[key]; !ok || j.c.Now().Sub(at) > stale {
			j.fault("sets", "%s was made, and %s is not ready", api.KeyOf(p), key)
		}
	}
}

// setNames are the names of the user's StatefulSets.
var setNames = []string{"db", "queue"}

// sets does something to StatefulSets and CronJobs, with a generator of its own, so that sessions without it stay as
// they are.
func (u *user) sets(rng *rand.Rand) {
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	name := pick(setNames...)
	switch rng.IntN(14) {
	case 0, 1, 2:
		policy := "OrderedReady"
		if name == setNames[1] {
			policy = "Parallel"
		}
		u.kubectl(fmt.Sprintf(setManifest, name, name, rng.IntN(6), policy, pick("0", "0", "4"), pick("0", "0", "1", "3"), pick("1", "1", "2", "50%"),
			name, name, pick("1", "5", "20"), pick(images[:4]...)), "apply -f -")
	case 3, 4:
		u.kubectl("", "scale statefulset %s --replicas=%d", name, rng.IntN(7))
	case 5, 6:
		u.kubectl("", "set image statefulset/%s c=%s", name, pick(images...))
	case 7:
		u.kubectl("", "rollout %s statefulset/%s", pick("undo", "restart"), name)
	case 8:
		u.kubectl("", "delete statefulset %s --wait=false --cascade=%s", name, pick("background", "foreground", "orphan"))
	case 9, 10:
		u.kubectl("", "delete pod %s-%d --wait=false", name, rng.IntN(4))
	case 11, 12:
		policy := pick("Allow", "Forbid", "Replace") // its name, so that it is never changed
		u.kubectl(fmt.Sprintf(cronManifest, strings.ToLower(policy), pick("* * * * *", "*/2 * * * *", "@every 90s"), policy,
			pick("false", "false", "true"), pick("1", "20", "100")), "apply -f -")
	case 13:
		u.kubectl("", "delete cronjob %s --wait=false", pick("allow", "forbid", "replace"))
	}
}

// repairSets ends what would go on for good, and does by hand what no controller does: it takes the pods away that an
// update left broken.
func (u *user) repairSets() {
	u.kubectl("", "delete cronjobs,jobs --all --wait=false")
	for _, name := range setNames {
		u.kubectl("", "set image statefulset/%s c=%s", name, images[0])
		u.kubectl("", `patch statefulset %s -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}'`, name)
		u.j.run(time.Second, nil)
		u.kubectl("", "delete pods -l app=%s --wait=false", name)
	}
	u.j.run(5*time.Second, nil)
}

// missingSets says which sets have not become as they should.
func (j *judge) missingSets() (out []string) {
	for _, key := range sortedKeys(j.mirror[api.StatefulSets]) {
		s := j.mirror[api.StatefulSets][key].(*appsv1.StatefulSet)
		st, n := &s.Status, *s.Spec.Replicas
		if s.DeletionTimestamp != nil || st.ObservedGeneration < s.Generation || st.Replicas != n || st.ReadyReplicas != n || st.AvailableReplicas != n ||
			*s.Spec.UpdateStrategy.RollingUpdate.Partition == 0 && (st.UpdatedReplicas != n || st.CurrentRevision != st.UpdateRevision) {
			out = append(out, fmt.Sprintf("StatefulSet %s of %d: %d replicas, %d ready, %d available, %d updated", key, n, st.Replicas, st.ReadyReplicas, st.AvailableReplicas, st.UpdatedReplicas))
		}
	}
	for _, key := range sortedKeys(j.mirror[api.Jobs]) {
		out = append(out, "Job "+key+" is still there")
	}
	return out
}

const setManifest = `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: %s}
spec:
  serviceName: %s
  replicas: %d
  podManagementPolicy: %s
  minReadySeconds: %s
  updateStrategy: {rollingUpdate: {partition: %s, maxUnavailable: %s}}
  selector: {matchLabels: {app: %s}}
  template:
    metadata: {labels: {app: %s}}
    spec:
      terminationGracePeriodSeconds: %s
      containers:
      - name: c
        image: %s
        resources: {requests: {cpu: 10m, memory: 16Mi}}
`

const cronManifest = `apiVersion: batch/v1
kind: CronJob
metadata: {name: %s}
spec:
  schedule: "%s"
  concurrencyPolicy: %s
  suspend: %s
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 2
          containers:
          - name: c
            image: busybox:1.36
            command: [sleep, "%s"]
            resources: {requests: {cpu: 10m, memory: 16Mi}}
`
