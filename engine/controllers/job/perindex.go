package job

import (
	"maps"
	"slices"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/controllers/podcontrol"
)

// unknown is the index of a pod that has none.
const unknown = -1

func indexOf(p *corev1.Pod) int {
	i, err := strconv.Atoi(p.Annotations[batchv1.JobCompletionIndexAnnotation])
	if err != nil || i < 0 {
		return unknown
	}
	return i
}

// failures are how often pods of this index had failed before this one: as the limit counts, and those ignored.
func failures(p *corev1.Pod) (counted, ignored int) {
	number := func(key string) int {
		n, err := strconv.ParseInt(p.Annotations[key], 10, 32)
		if err != nil || n < 0 {
			return 0
		}
		return int(n)
	}
	return number(batchv1.JobIndexFailureCountAnnotation), number(batchv1.JobIndexIgnoredFailureCountAnnotation)
}

// failIndexes finds the indexes that have failed for good.
func (p *pass) failIndexes() {
	j := p.job
	var prev indexes
	if s := j.Status.FailedIndexes; s != nil {
		prev = parseIndexes(*s, int(*j.Spec.Completions))
	}
	var fresh []int
	for _, o := range p.pods {
		if i := indexOf(o); p.inRange(i) && tracked(o) && p.failsIndex(o) {
			fresh = append(fresh, i)
		}
	}
	x := prev.with(fresh)
	p.failedIndexes = &x
}

func (p *pass) failsIndex(o *corev1.Pod) bool {
	if !failed(o, p.job) {
		return false
	}
	v := judge(p.job.Spec.PodFailurePolicy, o)
	if v.action == batchv1.PodFailurePolicyActionFailIndex {
		return true
	}
	n, _ := failures(o)
	return v.counts && n >= int(*p.job.Spec.BackoffLimitPerIndex)
}

// delay finds the failed pod of each index that waits for its successor: it keeps its finalizer until then, because the
// successor's count of failures comes from it.
func (p *pass) delay() {
	p.delayed = map[int]*corev1.Pod{}
	active := map[int]bool{}
	for _, o := range p.active {
		active[indexOf(o)] = true
	}
	for _, o := range p.valid(nil, func(o *corev1.Pod) bool { return failed(o, p.job) }) {
		i := indexOf(o)
		if p.succeededIndexes.has(i) || p.failedIndexes.has(i) || active[i] {
			continue
		}
		if last := p.delayed[i]; last == nil || attempts(last) <= attempts(o) && !finishedAt(o).Before(finishedAt(last)) {
			p.delayed[i] = o
		}
	}
}

func attempts(o *corev1.Pod) int {
	counted, ignored := failures(o)
	return counted + ignored
}

// pending are the first n indexes that want a pod.
func (p *pass) pending(n int) []int {
	var taken []int
	add := func(pods []*corev1.Pod, take func(*corev1.Pod) bool) {
		for _, o := range pods {
			if i := indexOf(o); i != unknown && take(o) {
				taken = append(taken, i)
			}
		}
	}
	add(p.active, func(*corev1.Pod) bool { return true })
	if replacesFailedOnly(p.job) {
		add(p.pods, podcontrol.Terminating)
	}
	x := p.succeededIndexes.with(taken)
	if p.failedIndexes != nil {
		x = x.union(*p.failedIndexes)
	}
	return x.free(n, int(*p.job.Spec.Completions))
}

// due are those of the indexes whose own back-off is over, and if none is, the time until the first.
func (p *pass) due(which []int, now time.Time) (due []int, wait time.Duration) {
	for _, i := range which {
		d := time.Duration(0)
		if o := p.delayed[i]; o != nil {
			d = record{failures: attempts(o) + 1, last: finishedAt(o)}.wait(now)
		}
		if d == 0 {
			due = append(due, i)
		} else if wait == 0 || d < wait {
			wait = d
		}
	}
	return due, wait
}

// duplicates splits active pods into those that no index wants and one for each index.
func (p *pass) duplicates(pods []*corev1.Pod) (rm, left []*corev1.Pod) {
	byIndex := map[int][]*corev1.Pod{}
	for _, o := range pods {
		byIndex[indexOf(o)] = append(byIndex[indexOf(o)], o)
	}
	for _, i := range slices.Sorted(maps.Keys(byIndex)) {
		same := byIndex[i]
		if !p.inRange(i) {
			rm = append(rm, same...)
			continue
		}
		slices.SortStableFunc(same, leastFirst)
		rm = append(rm, same[:len(same)-1]...)
		left = append(left, same[len(same)-1])
	}
	return rm, left
}

// forIndex is the template of the pod of an index.
func (p *pass) forIndex(base *corev1.PodTemplateSpec, i int) *corev1.PodTemplateSpec {
	t := *base
	text := strconv.Itoa(i)
	t.Labels, t.Annotations = with(t.Labels, batchv1.JobCompletionIndexAnnotation, text), with(t.Annotations, batchv1.JobCompletionIndexAnnotation, text)
	t.Spec.Hostname = p.job.Name + "-" + text
	if p.job.Spec.BackoffLimitPerIndex != nil {
		counted, ignored := 0, 0
		if o := p.delayed[i]; o != nil {
			counted, ignored = failures(o)
			if judge(p.job.Spec.PodFailurePolicy, o).counts {
				counted++
			} else {
				ignored++
			}
		}
		t.Annotations[batchv1.JobIndexFailureCountAnnotation] = strconv.Itoa(counted)
		if ignored > 0 {
			t.Annotations[batchv1.JobIndexIgnoredFailureCountAnnotation] = strconv.Itoa(ignored)
		}
	}
	return &t
}

func with(m map[string]string, key, value string) map[string]string {
	out := maps.Clone(m)
	if out == nil {
		out = map[string]string{}
	}
	out[key] = value
	return out
}

// generateName is the name of an index's pods before the random part, 58 characters at most.
func generateName(job string, i int) string {
	const longest = 63 - 5
	suffix := "-" + strconv.Itoa(i) + "-"
	return job[:min(len(job), longest-len(suffix))] + suffix
}
