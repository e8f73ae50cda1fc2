package kubectl

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/api/metrics"
	"tabernetes/engine/order"
)

func topCommand() *command {
	const flags = selectorFlags + "no-headers:b sort-by:s use-protocol-buffers:b=true show-swap:b "
	return &command{name: "top", use: "(node | pod)", short: "Display resource (CPU/memory) usage", suggestFor: "stats", subs: []*command{
		{name: "node", alias: "nodes no", use: "[NAME | -l label]", short: "Display resource (CPU/memory) usage of nodes", flags: flags + "show-capacity:b", run: runTopNode},
		{name: "pod", alias: "pods po", use: "[NAME | -l label]", short: "Display resource (CPU/memory) usage of pods",
			flags: flags + "all-namespaces/A:b containers:b sum:b field-selector:s", run: runTopPod},
	}}
}

// metricsDelay is how old a pod must be for its lack of metrics to be an error.
const metricsDelay = 2 * time.Minute

// top is one run of top.
type top struct {
	c        *cmd
	name     string
	labels   labels.Selector
	fields   fields.Selector
	sortBy   string
	measured []corev1.ResourceName
}

const swap corev1.ResourceName = "swap"

// newTop reads what top node and top pod have in common; nil if it has failed.
func newTop(c *cmd) *top {
	t := &top{c: c, sortBy: c.f.str("sort-by"), measured: []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory}}
	if c.f.bool("show-swap") {
		t.measured = append(t.measured, swap)
	}
	if len(c.args) > 1 {
		c.usageError("%s", c.spec.name+" "+c.spec.use)
		return nil
	}
	if len(c.args) == 1 {
		t.name = c.args[0]
	}
	if t.sortBy != "" && t.sortBy != "cpu" && t.sortBy != "memory" {
		c.failf("--sort-by accepts only cpu or memory")
		return nil
	}
	if t.name != "" && (c.f.str("selector") != "" || c.spec.name == "pod" && c.f.str("field-selector") != "") {
		text := "only one of NAME or --selector can be provided"
		if c.spec.name == "pod" {
			text = "only one of NAME or selector can be provided"
		}
		c.failf("%s", text)
		return nil
	}
	var err error
	if t.labels, err = parseLabels(c.f.str("selector")); err == nil && c.spec.name == "pod" {
		t.fields, err = fields.ParseSelector(c.f.str("field-selector"))
	}
	if err == nil && !slices.Contains(c.table().All(), api.NodeMetrics) {
		err = errors.New("Metrics API not available")
	}
	if err != nil {
		c.fail(err)
		return nil
	}
	return t
}

// read gets the metrics of a kind.
func (t *top) read(of *api.Resource, ns string, then func([]api.Object)) {
	req := &api.Request{Verb: api.List, Resource: of, Namespace: ns, LabelSelector: t.labels}
	if t.name != "" {
		req = &api.Request{Verb: api.Get, Resource: of, Namespace: ns, Name: t.name}
	}
	t.c.do(req, func(r *api.Response) {
		switch {
		case r.Err != nil:
			t.c.fail(r.Err)
		case t.name != "":
			then([]api.Object{r.Object})
		default:
			then(r.Items)
		}
	})
}

// usageCells are the amounts of the measured resources; of, if given, is what there is of them.
func (t *top) usageCells(usage, of corev1.ResourceList) []string {
	var out []string
	for _, res := range t.measured {
		q, all := usage[res], of[res]
		if res == swap && of != nil {
			out = append(out, "<unknown>", "<unknown>") // of nodes that report no swap
			continue
		}
		if res == corev1.ResourceCPU {
			out = append(out, fmt.Sprintf("%dm", q.MilliValue()))
		} else {
			out = append(out, fmt.Sprintf("%dMi", q.Value()/(1<<20)))
		}
		if _, ok := of[res]; ok {
			share := 0.0
			if !all.IsZero() {
				share = float64(q.MilliValue()) / float64(all.MilliValue()) * 100
			}
			out = append(out, fmt.Sprintf("%d%%", int64(share)))
		}
	}
	return append(out, "") // each cell ends in a tab
}

// more compares two amounts for --sort-by, the larger first.
func (t *top) more(a, b corev1.ResourceList) int {
	if t.sortBy == "cpu" {
		return cmp.Compare(b.Cpu().MilliValue(), a.Cpu().MilliValue())
	}
	return cmp.Compare(b.Memory().Value(), a.Memory().Value())
}

func runTopNode(c *cmd) {
	t := newTop(c)
	if t == nil {
		return
	}
	t.read(api.NodeMetrics, "", func(items []api.Object) {
		list := typed[*metrics.NodeMetrics](items)
		if len(list) == 0 {
			c.failf("metrics not available yet")
			return
		}
		req := &api.Request{Verb: api.List, Resource: api.Nodes, LabelSelector: t.labels}
		if t.name != "" {
			req = &api.Request{Verb: api.Get, Resource: api.Nodes, Name: t.name}
		}
		c.do(req, func(r *api.Response) {
			if r.Err != nil {
				c.fail(r.Err)
				return
			}
			if t.name != "" {
				r.Items = []api.Object{r.Object}
			}
			t.printNodes(list, typed[*corev1.Node](r.Items))
			c.end()
		})
	})
}

func (t *top) printNodes(list []*metrics.NodeMetrics, nodes []*corev1.Node) {
	there := map[string]corev1.ResourceList{}
	for _, n := range nodes {
		there[n.Name] = n.Status.Allocatable
		if t.c.f.bool("show-capacity") {
			there[n.Name] = n.Status.Capacity
		}
	}
	order.By(list, func(a, b *metrics.NodeMetrics) int {
		if t.sortBy != "" {
			return t.more(a.Usage, b.Usage)
		}
		return strings.Compare(a.Name, b.Name)
	})
	var rows [][]string
	if !t.c.f.bool("no-headers") {
		head := []string{"NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"}
		if len(t.measured) > 2 {
			head = append(head, "SWAP(bytes)", "SWAP(%)")
		}
		rows = append(rows, append(head, ""))
	}
	for _, m := range list {
		rows = append(rows, append([]string{m.Name}, t.usageCells(m.Usage, there[m.Name])...))
		delete(there, m.Name)
	}
	for _, n := range nodes {
		if _, ok := there[n.Name]; ok {
			row := []string{n.Name}
			for range t.measured {
				row = append(row, "<unknown>", "<unknown>")
			}
			rows = append(rows, append(row, ""))
		}
	}
	t.c.out(alignRows(rows, nil))
}

func runTopPod(c *cmd) {
	t := newTop(c)
	if t == nil {
		return
	}
	ns := c.ns
	if c.f.bool("all-namespaces") {
		ns = ""
	}
	t.read(api.PodMetrics, ns, func(items []api.Object) {
		list := typed[*metrics.PodMetrics](items)
		if len(list) > 0 && !t.fields.Empty() {
			t.withFields(ns, list)
			return
		}
		t.pods(list)
	})
}

// withFields leaves the metrics of pods that the field selector matches.
func (t *top) withFields(ns string, list []*metrics.PodMetrics) {
	t.c.do(&api.Request{Verb: api.List, Resource: api.Pods, Namespace: ns, LabelSelector: t.labels, FieldSelector: t.fields}, func(r *api.Response) {
		if r.Err != nil {
			t.c.fail(r.Err)
			return
		}
		found := map[string]bool{}
		for _, o := range r.Items {
			found[api.KeyOf(o)] = true
		}
		t.pods(slices.DeleteFunc(list, func(m *metrics.PodMetrics) bool { return !found[api.KeyOf(m)] }))
	})
}

func (t *top) pods(list []*metrics.PodMetrics) {
	if len(list) > 0 {
		t.printPods(list)
		t.c.end()
		return
	}
	// No metrics: of pods that are old enough to have some it is an error, of a namespace without pods it is not.
	t.c.do(&api.Request{Verb: api.List, Resource: api.Pods, Namespace: t.c.ns, LabelSelector: t.labels, FieldSelector: t.fields}, func(r *api.Response) {
		if r.Err != nil {
			t.c.fail(r.Err)
			return
		}
		for _, p := range typed[*corev1.Pod](r.Items) {
			if age := t.c.sh.a.Wall().Sub(p.CreationTimestamp.Time); age > metricsDelay {
				t.c.failf("Metrics not available for pod %s/%s, age: %s", p.Namespace, p.Name, age)
				return
			}
		}
		switch {
		case len(r.Items) > 0:
			t.c.failf("metrics not available yet")
			return
		case t.c.f.bool("all-namespaces"):
			t.c.errf("No resources found\n")
		default:
			t.c.errf("No resources found in %s namespace.\n", t.c.ns)
		}
		t.c.end()
	})
}

func (t *top) printPods(list []*metrics.PodMetrics) {
	c := t.c
	all, containers := c.f.bool("all-namespaces"), c.f.bool("containers")
	sums := map[*metrics.PodMetrics]corev1.ResourceList{}
	total := corev1.ResourceList{}
	for _, m := range list {
		sum := corev1.ResourceList{}
		for i := range m.Containers {
			add(sum, m.Containers[i].Usage)
		}
		add(total, sum)
		sums[m] = sum
	}
	order.By(list, func(a, b *metrics.PodMetrics) int {
		switch {
		case t.sortBy != "":
			return t.more(sums[a], sums[b])
		case all && a.Namespace != b.Namespace:
			return strings.Compare(a.Namespace, b.Namespace)
		}
		return strings.Compare(a.Name, b.Name)
	})
	var rows [][]string
	row := func(ns, pod, name string, cells []string) {
		var out []string
		if all {
			out = append(out, ns)
		}
		if containers {
			out = append(out, pod)
		}
		rows = append(rows, append(append(out, name), cells...))
	}
	head := []string{"CPU(cores)", "MEMORY(bytes)"}
	if len(t.measured) > 2 {
		head = append(head, "SWAP(bytes)")
	}
	if !c.f.bool("no-headers") {
		row("NAMESPACE", "POD", "NAME", append(head, ""))
	}
	for _, m := range list {
		if !containers {
			row(m.Namespace, "", m.Name, t.usageCells(sums[m], nil))
			continue
		}
		ctrs := slices.Clone(m.Containers)
		order.By(ctrs, func(a, b metrics.ContainerMetrics) int {
			if t.sortBy != "" {
				return t.more(a.Usage, b.Usage)
			}
			return strings.Compare(a.Name, b.Name)
		})
		for i := range ctrs {
			row(m.Namespace, m.Name, ctrs[i].Name, t.usageCells(ctrs[i].Usage, nil))
		}
	}
	if c.f.bool("sum") {
		// Upstream counts columns for two resources, and without headers only the three every pod has.
		width := 1 + len(head)
		if !c.f.bool("no-headers") {
			if all {
				width++
			}
			if containers {
				width++
			}
		}
		rows = append(rows, append(make([]string, width-2), "________", "________", ""))
		rows = append(rows, append(make([]string, width-2), t.usageCells(total, nil)...))
	}
	c.out(alignRows(rows, nil))
}
