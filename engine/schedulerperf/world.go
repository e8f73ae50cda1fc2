package schedulerperf

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine"
	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

const (
	// underWay is how many requests the client has under way at a time.
	underWay = 100
	// patience is how much virtual time a phase may take.
	patience = time.Hour
	// master runs the control plane.
	master = "control-plane-1"
)

// World is a cluster with the nodes and the first pods of a shape.
type World struct {
	shape Shape
	c     *engine.Cluster
	k     *client.Client
	pods  *client.Cache[*corev1.Pod]
	err   error

	measured map[string]bool // names of the measured pods that are not placed yet
	placed   int
	churned  int
}

// Prepare makes the world of a shape up to where upstream starts to measure.
func Prepare(s Shape) (*World, error) {
	c, err := engine.New(engine.Config{Seed: 1})
	if err != nil {
		return nil, err
	}
	w := &World{shape: s, c: c}
	c.Sim.Host("workstation").Install("scheduler-perf", func(a *sim.Actor) {
		w.k = client.New(a, c.ClientConfig("kubernetes-admin", "scheduler-perf"))
	})
	c.RunTo(sim.Time(time.Minute), c.Ready, 0)
	if err := w.namespaces(); err != nil {
		return nil, err
	}
	for _, name := range []string{"kube-controller-manager", "cloud-controller-manager", "kubelet"} {
		if err := c.Do(engine.Command{Op: engine.OpPause, Name: name + "@" + master}); err != nil {
			return nil, err
		}
	}
	// The machine is none of the benchmark's nodes, and its zone would be one more to spread over.
	if err := w.each(1, func(_ int, done func()) {
		w.k.Delete(api.Nodes, "", master, client.DeleteOptions{}, func(err error) {
			w.failed(err)
			done()
		})
	}); err != nil {
		return nil, err
	}
	w.pods = client.NewCache[*corev1.Pod](w.k, api.Pods, client.Selection{})
	w.pods.Subscribe(w.onPod)
	if err := w.nodes(); err != nil {
		return nil, err
	}
	if err := w.create(s.Init, s.init, s.initIn, nil); err != nil {
		return nil, err
	}
	return w, w.until("the first pods", func() bool { return w.placed == s.Init })
}

// Measure creates the measured pods and returns when the last one is bound to a node.
func (w *World) Measure() error {
	w.measured = make(map[string]bool, w.shape.Measure)
	w.k.Actor().After(0, "churn", w.churn)
	left := w.shape.Measure
	if err := w.create(w.shape.Measure, w.shape.pod, w.shape.in, func(p *corev1.Pod) {
		left--
		if seen, ok := w.pods.Get(p.Namespace, p.Name); !ok || seen.Spec.NodeName == "" {
			w.measured[p.Name] = true
		}
	}); err != nil {
		return err
	}
	return w.until("the measured pods", func() bool { return left == 0 && len(w.measured) == 0 })
}

func (w *World) onPod(old, p *corev1.Pod) {
	if p == nil || p.Namespace != w.shape.initIn && p.Namespace != w.shape.in || p.Spec.NodeName == "" || old != nil && old.Spec.NodeName != "" {
		return
	}
	w.placed++
	delete(w.measured, p.Name)
}

// until runs the cluster until held, at most for patience.
func (w *World) until(what string, held func() bool) error {
	w.c.RunTo(w.c.Now().Add(patience), func() bool { return w.err != nil || held() }, 0)
	if w.err == nil && !held() {
		w.err = fmt.Errorf("%s: %s are not placed after %s", w.shape.Name, what, patience)
	}
	return w.err
}

func (w *World) failed(err error) bool {
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("%s: %w", w.shape.Name, err)
	}
	return err != nil
}

// each calls fn for 0 to n-1, so many under way at a time, until all are done.
func (w *World) each(n int, fn func(i int, done func())) error {
	next, ended := 0, 0
	var step func()
	step = func() {
		if next == n || w.err != nil {
			return
		}
		i := next
		next++
		fn(i, func() { ended++; step() })
	}
	w.k.Actor().After(0, "create", func() {
		for range min(underWay, n) {
			step()
		}
	})
	return w.until("the objects", func() bool { return ended == n })
}

// namespaces makes the namespaces of the shape, with the service accounts that pods there need, and the priority class.
func (w *World) namespaces() error {
	var spaces []string
	if w.shape.in != "default" {
		spaces = []string{w.shape.initIn, w.shape.in}
	}
	if err := w.each(len(spaces), func(i int, done func()) {
		client.Create(w.k, api.Namespaces, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: spaces[i]}}, func(_ *corev1.Namespace, err error) {
			w.failed(err)
			done()
		})
	}); err != nil {
		return err
	}
	class := api.ByGVK(schema.GroupVersionKind{Group: "scheduling.k8s.io", Version: "v1", Kind: "PriorityClass"})
	if err := w.each(1, func(_ int, done func()) {
		client.Create(w.k, class, &schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: priorityClass}, Value: 10}, func(_ *schedulingv1.PriorityClass, err error) {
			w.failed(err)
			done()
		})
	}); err != nil {
		return err
	}
	w.c.RunTo(w.c.Now().Add(10*time.Second), w.c.Settled, 0)
	return w.err
}

func (w *World) nodes() error {
	names, pods := make([]string, w.shape.Nodes), "110"
	for i := range names {
		names[i] = fmt.Sprintf("scheduler-perf-%d", i)
	}
	if w.shape.named != "" {
		names = append(names, w.shape.named)
	}
	return w.each(len(names), func(i int, done func()) {
		zone := -1
		if w.shape.zones > 0 {
			zone = i % w.shape.zones
		}
		if names[i] == w.shape.named {
			pods = "90000"
		}
		w.newNode(node(names[i], zone, pods), done)
	})
}

// newNode creates a node and takes away the taint that admission gives to new ones: upstream's test runs without that.
func (w *World) newNode(n *corev1.Node, done func()) {
	client.Create(w.k, api.Nodes, n, func(n *corev1.Node, err error) {
		if w.failed(err) {
			done()
			return
		}
		client.Mutate(w.k, api.Nodes, "", "", n.Name, func(n *corev1.Node) bool {
			n.Spec.Taints = nil
			return true
		}, func(_ *corev1.Node, err error) {
			w.failed(err)
			done()
		})
	})
}

// create creates n pods of a template.
func (w *World) create(n int, template func() *corev1.Pod, namespace string, each func(*corev1.Pod)) error {
	t := template()
	t.Namespace = namespace
	return w.each(n, func(_ int, done func()) {
		p := *t
		client.Create(w.k, api.Pods, &p, func(p *corev1.Pod, err error) {
			if !w.failed(err) && each != nil {
				each(p)
			}
			done()
		})
	})
}

// churn brings in what the shape wants beside the measured pods, and again after its time.
func (w *World) churn() {
	ch := w.shape.churn
	if ch.every == 0 {
		return
	}
	w.churned++
	p := ch.pod()
	p.Namespace = "default"
	switch {
	case !ch.recreate:
		client.Create(w.k, api.Pods, p, func(_ *corev1.Pod, err error) { w.failed(err) })
	case w.churned%2 == 1:
		p.Name, p.GenerateName = "churn", ""
		client.Create(w.k, api.Pods, p, func(_ *corev1.Pod, err error) { w.failed(err) })
		w.newNode(node("churn", -1, "110"), func() {})
		client.Create(w.k, api.Services, &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: "churn", Namespace: "default"},
			Spec:       corev1.ServiceSpec{Selector: map[string]string{"app": "foo"}, Ports: []corev1.ServicePort{{Port: 8080}}},
		}, func(_ *corev1.Service, err error) { w.failed(err) })
	default:
		now := int64(0)
		for _, r := range []*api.Resource{api.Pods, api.Nodes, api.Services} {
			ns := "default"
			if !r.Namespaced {
				ns = ""
			}
			w.k.Delete(r, ns, "churn", client.DeleteOptions{GracePeriodSeconds: &now}, func(err error) { w.failed(err) })
		}
	}
	w.k.Actor().After(ch.every, "churn", w.churn)
}
