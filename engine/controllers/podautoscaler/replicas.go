package podautoscaler

import (
	"errors"
	"fmt"
	"math"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
)

// tolerances are how far a ratio of usage to target may be off before the scale changes.
type tolerances struct{ down, up float64 }

func (t tolerances) within(ratio float64) bool { return 1-t.down <= ratio && ratio <= 1+t.up }

func (s *pass) tolerances() tolerances {
	t := tolerances{defaultTolerance, defaultTolerance}
	if b := s.hpa.Spec.Behavior; b != nil {
		if r := b.ScaleDown; r != nil && r.Tolerance != nil {
			t.down = r.Tolerance.AsApproximateFloat64()
		}
		if r := b.ScaleUp; r != nil && r.Tolerance != nil {
			t.up = r.Tolerance.AsApproximateFloat64()
		}
	}
	return t
}

// podList are the pods the target selects.
func (s *pass) podList() []*corev1.Pod {
	var out []*corev1.Pod
	for _, p := range s.k.pods.ByIndex("namespace", s.hpa.Namespace) {
		if s.selector.Matches(labels.Set(p.Labels)) {
			out = append(out, p)
		}
	}
	return out
}

var (
	errNoPods    = errors.New("no pods returned by selector while calculating replica count")
	errNoMetrics = errors.New("did not receive metrics for targeted pods (pods might be unready)")
)

// pods sorted by what their metrics are worth (replica_calculator.go, groupPods).
type groups struct {
	ready            int
	unready, missing []string
}

// group sorts pods and drops the metrics that do not count. resource is "" for custom metrics.
func (s *pass) group(pods []*corev1.Pod, m podMetrics, resource corev1.ResourceName) (g groups) {
	for _, p := range pods {
		metric, found := m[p.Name]
		switch {
		case p.DeletionTimestamp != nil || p.Status.Phase == corev1.PodFailed:
			delete(m, p.Name)
		case p.Status.Phase == corev1.PodPending || found && resource == corev1.ResourceCPU && s.unready(p, metric):
			g.unready = append(g.unready, p.Name)
			delete(m, p.Name)
		case !found:
			g.missing = append(g.missing, p.Name)
		default:
			g.ready++
		}
	}
	return g
}

// unready reports that a pod's CPU metric says nothing yet: the pod starts, or has never been ready.
func (s *pass) unready(p *corev1.Pod, m podMetric) bool {
	var ready *corev1.PodCondition
	for i := range p.Status.Conditions {
		if p.Status.Conditions[i].Type == corev1.PodReady {
			ready = &p.Status.Conditions[i]
		}
	}
	start := p.Status.StartTime
	if ready == nil || start == nil {
		return true
	}
	since := ready.LastTransitionTime.Time
	if start.Add(cpuInitializationPeriod).After(s.k.a.Wall()) {
		// While it initialises, a metric counts when a whole window of it was measured in the state the pod is in.
		return ready.Status == corev1.ConditionFalse || m.at.Before(since.Add(m.window))
	}
	return ready.Status == corev1.ConditionFalse && start.Add(initialReadinessDelay).After(since)
}

// plan is the arithmetic that all metrics of pods share: usage gives the ratio to the target for a set of metrics, fill is
// what a pod without metrics counts on the way down.
func (s *pass) plan(m podMetrics, g groups, usage func() (float64, error), fill func(pod string) int64) (replicas int32, err error) {
	current, tol := s.scale.Spec.Replicas, s.tolerances()
	ratio, err := usage()
	if err != nil {
		return 0, err
	}
	withUnready := len(g.unready) > 0 && ratio > 1
	if !withUnready && len(g.missing) == 0 {
		if tol.within(ratio) {
			return current, nil
		}
		return int32(math.Ceil(ratio * float64(g.ready))), nil
	}
	for _, name := range g.missing {
		switch {
		case ratio < 1:
			m[name] = podMetric{value: fill(name)}
		case ratio > 1:
			m[name] = podMetric{}
		}
	}
	if withUnready {
		for _, name := range g.unready {
			m[name] = podMetric{}
		}
	}
	again, err := usage()
	if err != nil {
		return 0, err
	}
	if tol.within(again) || ratio < 1 && again > 1 || ratio > 1 && again < 1 {
		return current, nil // too small, or what is unknown would turn it around
	}
	replicas = int32(math.Ceil(again * float64(len(m))))
	if again < 1 && replicas > current || again > 1 && replicas < current {
		return current, nil
	}
	return replicas, nil
}

// utilization plans by what pods use of a resource as a percentage of their requests.
func (s *pass) utilization(m podMetrics, target int32, resource corev1.ResourceName, container string) (replicas, percent int32, average int64, err error) {
	pods := s.podList()
	if len(pods) == 0 {
		return 0, 0, 0, errNoPods
	}
	g := s.group(pods, m, resource)
	if len(m) == 0 {
		return 0, 0, 0, errNoMetrics
	}
	requests := make(map[string]int64, len(pods))
	for _, p := range pods {
		if requests[p.Name], err = requestOf(p, container, resource); err != nil {
			return 0, 0, 0, err
		}
	}
	first := true
	replicas, err = s.plan(m, g, func() (float64, error) {
		used, asked, n := int64(0), int64(0), int64(0)
		for name, x := range m {
			if request, ok := requests[name]; ok {
				used, asked, n = used+x.value, asked+request, n+1
			}
		}
		if asked == 0 {
			return 0, errors.New("no metrics returned matched known pods")
		}
		now := int32(used * 100 / asked)
		if first {
			first, percent, average = false, now, used/n
		}
		return float64(now) / float64(target), nil
	}, func(pod string) int64 { return requests[pod] * int64(max(100, target)) / 100 })
	return replicas, percent, average, err
}

// plain plans by the average of a value.
func (s *pass) plain(m podMetrics, target int64, resource corev1.ResourceName) (replicas int32, average int64, err error) {
	pods := s.podList()
	if len(pods) == 0 {
		return 0, 0, errNoPods
	}
	g := s.group(pods, m, resource)
	if len(m) == 0 {
		return 0, 0, errNoMetrics
	}
	first := true
	replicas, err = s.plan(m, g, func() (float64, error) {
		sum := int64(0)
		for _, x := range m {
			sum += x.value
		}
		now := sum / int64(len(m))
		if first {
			first, average = false, now
		}
		return float64(now) / float64(target), nil
	}, func(string) int64 { return target })
	return replicas, average, err
}

// byRatio plans by a value of the whole: it is spread over the pods that are ready. From zero it needs no pods.
func (s *pass) byRatio(ratio float64) (int32, error) {
	current := s.scale.Spec.Replicas
	if current == 0 {
		return atMost(math.Ceil(ratio)), nil
	}
	if s.tolerances().within(ratio) {
		return current, nil
	}
	pods := s.podList()
	if len(pods) == 0 {
		return 0, fmt.Errorf("unable to calculate ready pods: %w", errNoPods)
	}
	ready := 0
	for _, p := range pods {
		if p.Status.Phase == corev1.PodRunning && api.PodReady(p) {
			ready++
		}
	}
	return atMost(math.Ceil(ratio * float64(ready))), nil
}

func atMost(n float64) int32 {
	if n > math.MaxInt32 {
		return math.MaxInt32
	}
	return int32(n)
}

// perPod plans by a value of the whole and what of it each pod should bear.
func (s *pass) perPod(usage, target int64) (replicas int32, average int64) {
	replicas = s.scale.Status.Replicas
	n := float64(replicas)
	if !s.tolerances().within(float64(usage) / (float64(target) * n)) {
		replicas = atMost(math.Ceil(float64(usage) / float64(target)))
	}
	if usage == math.MaxInt64 || n == 0 {
		return replicas, usage
	}
	return replicas, int64(math.Ceil(float64(usage) / n))
}

// requestOf is what a pod, or one container of it, asks for, in thousandths. Where the pod asks for something as a whole,
// that goes before its containers, and not every container need ask.
func requestOf(p *corev1.Pod, container string, resource corev1.ResourceName) (int64, error) {
	whole := container == "" && p.Spec.Resources != nil && len(p.Spec.Resources.Requests) > 0
	if whole {
		if q, ok := p.Spec.Resources.Requests[resource]; ok {
			return q.MilliValue(), nil
		}
	}
	sum, any := int64(0), false
	for _, c := range runningContainers(p) {
		if container != "" && c.Name != container {
			continue
		}
		q, ok := c.Resources.Requests[resource]
		switch {
		case ok:
			sum, any = sum+q.MilliValue(), true
		case !whole:
			return 0, fmt.Errorf("missing request for %s in container %s of Pod %s", resource, c.Name, p.Name)
		}
		if container != "" {
			return sum, nil
		}
	}
	switch {
	case container != "":
		return 0, fmt.Errorf("container %s not found in Pod %s", container, p.Name)
	case whole && !any:
		return 0, fmt.Errorf("missing pod-level request for %s in Pod %s", resource, p.Name)
	}
	return sum, nil
}

// runningContainers are those that run as long as the pod does: sidecars too.
func runningContainers(p *corev1.Pod) []*corev1.Container {
	var out []*corev1.Container
	for i := range p.Spec.Containers {
		out = append(out, &p.Spec.Containers[i])
	}
	for i := range p.Spec.InitContainers {
		if c := &p.Spec.InitContainers[i]; c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			out = append(out, c)
		}
	}
	return out
}
