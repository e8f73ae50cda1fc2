package kubectl

import (
	"sort"
	"strings"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/sets"
)

// node writes the page of a node. lease may be nil with the error that reading it gave.
// Upstream: k8s.io/kubectl/pkg/describe, describeNode.
func (p *page) node(n *corev1.Node, lease *coordinationv1.Lease, leaseErr error, pods []*corev1.Pod) {
	p.line(0, "Name:\t%s", n.Name)
	p.line(0, "Roles:\t%s", orNone(strings.Join(nodeRoles(n), ",")))
	p.labels("Labels", n.Labels)
	p.annotations("Annotations", n.Annotations)
	p.line(0, "CreationTimestamp:\t%s", stamp(n.CreationTimestamp))
	p.taints(n.Spec.Taints)
	p.line(0, "Unschedulable:\t%v", n.Spec.Unschedulable)
	p.lease(lease, leaseErr)
	if len(n.Status.Conditions) > 0 {
		p.line(0, "Conditions:")
		p.line(1, "Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage")
		p.line(1, "----\t------\t-----------------\t------------------\t------\t-------")
		for _, c := range n.Status.Conditions {
			p.line(1, "%s \t%s \t%s \t%s \t%s \t%s", c.Type, c.Status, stamp(c.LastHeartbeatTime), stamp(c.LastTransitionTime), c.Reason, c.Message)
		}
	}
	p.line(0, "Addresses:")
	for _, a := range n.Status.Addresses {
		p.line(1, "%s:\t%s", a.Type, a.Address)
	}
	if len(n.Status.Capacity) > 0 {
		p.line(0, "Capacity:")
		p.resourceList(n.Status.Capacity, 1)
	}
	if len(n.Status.Allocatable) > 0 {
		p.line(0, "Allocatable:")
		p.resourceList(n.Status.Allocatable, 1)
	}
	i := &n.Status.NodeInfo
	p.line(0, "System Info:")
	for _, f := range [][2]string{
		{"Machine ID", i.MachineID}, {"System UUID", i.SystemUUID}, {"Boot ID", i.BootID}, {"Kernel Version", i.KernelVersion},
		{"OS Image", i.OSImage}, {"Operating System", i.OperatingSystem}, {"Architecture", i.Architecture},
		{"Container Runtime Version", i.ContainerRuntimeVersion}, {"Kubelet Version", i.KubeletVersion},
	} {
		p.line(1, "%s:\t%s", f[0], f[1])
	}
	if n.Spec.PodCIDR != "" {
		p.line(0, "PodCIDR:\t%s", n.Spec.PodCIDR)
	}
	if len(n.Spec.PodCIDRs) > 0 {
		p.line(0, "PodCIDRs:\t%s", strings.Join(n.Spec.PodCIDRs, ","))
	}
	if n.Spec.ProviderID != "" {
		p.line(0, "ProviderID:\t%s", n.Spec.ProviderID)
	}
	p.allocation(n, pods)
}

func nodeRoles(n *corev1.Node) []string {
	roles := sets.New[string]()
	for k, v := range n.Labels {
		if role, ok := strings.CutPrefix(k, "node-role.kubernetes.io/"); ok && role != "" {
			roles.Insert(role)
		} else if k == "kubernetes.io/role" && v != "" {
			roles.Insert(v)
		}
	}
	return sets.List(roles)
}

func (p *page) taints(list []corev1.Taint) {
	if len(list) == 0 {
		p.line(0, "Taints:\t<none>")
		return
	}
	list = append([]corev1.Taint(nil), list...)
	sort.SliceStable(list, func(i, j int) bool {
		return string(list[i].Effect)+","+list[i].Key < string(list[j].Effect)+","+list[j].Key
	})
	first := "Taints:\t"
	for i := range list {
		p.line(0, "%s%s", first, list[i].ToString())
		first = "\t"
	}
}

func (p *page) lease(l *coordinationv1.Lease, err error) {
	if err != nil {
		p.line(0, "Lease:\tFailed to get lease: %s", err)
		return
	}
	holder, acquired, renewed := "<unset>", "<unset>", "<unset>"
	if l != nil {
		const layout = "Mon, 02 Jan 2006 15:04:05 -0700"
		if l.Spec.HolderIdentity != nil {
			holder = *l.Spec.HolderIdentity
		}
		if l.Spec.AcquireTime != nil {
			acquired = l.Spec.AcquireTime.Format(layout)
		}
		if l.Spec.RenewTime != nil {
			renewed = l.Spec.RenewTime.Format(layout)
		}
	}
	p.line(0, "Lease:")
	p.line(1, "HolderIdentity:\t%s", holder)
	p.line(1, "AcquireTime:\t%s", acquired)
	p.line(1, "RenewTime:\t%s", renewed)
}

// percent is how much of a whole a part is, in full percent.
func percent(part, whole int64) int64 {
	if whole == 0 {
		return 0
	}
	return int64(float64(part) / float64(whole) * 100)
}

// allocation writes the pods of a node and what they reserve.
func (p *page) allocation(n *corev1.Node, pods []*corev1.Pod) {
	whole := n.Status.Allocatable
	if len(whole) == 0 {
		whole = n.Status.Capacity
	}
	cpu := func(q resource.Quantity) int64 { return percent(q.MilliValue(), whole.Cpu().MilliValue()) }
	of := func(name corev1.ResourceName, q resource.Quantity) int64 {
		w := whole[name]
		return percent(q.Value(), w.Value())
	}
	p.line(0, "Non-terminated Pods:\t(%d in total)", len(pods))
	p.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge")
	p.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---")
	requests, limits := corev1.ResourceList{}, corev1.ResourceList{}
	for _, pod := range pods {
		req, lim := podResources(pod)
		add(requests, req)
		add(limits, lim)
		cr, cl, mr, ml := req[corev1.ResourceCPU], lim[corev1.ResourceCPU], req[corev1.ResourceMemory], lim[corev1.ResourceMemory]
		p.line(1, "%s\t%s\t\t%s (%d%%)\t%s (%d%%)\t%s (%d%%)\t%s (%d%%)\t%s", pod.Namespace, pod.Name, cr.String(), cpu(cr), cl.String(), cpu(cl),
			mr.String(), of(corev1.ResourceMemory, mr), ml.String(), of(corev1.ResourceMemory, ml), p.since(pod.CreationTimestamp))
	}
	p.line(0, "Allocated resources:")
	p.line(1, "(Total limits may be over 100 percent, i.e., overcommitted.)")
	p.line(1, "Resource\tRequests\tLimits")
	p.line(1, "--------\t--------\t------")
	cr, cl := requests[corev1.ResourceCPU], limits[corev1.ResourceCPU]
	p.line(1, "cpu\t%s (%d%%)\t%s (%d%%)", cr.String(), cpu(cr), cl.String(), cpu(cl))
	row := func(name corev1.ResourceName) {
		r, l := requests[name], limits[name]
		p.line(1, "%s\t%s (%d%%)\t%s (%d%%)", name, r.String(), of(name, r), l.String(), of(name, l))
	}
	row(corev1.ResourceMemory)
	row(corev1.ResourceEphemeralStorage)
	var extended []corev1.ResourceName
	for _, name := range resourceNames(whole) {
		switch {
		case strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix):
			row(name)
		case name != corev1.ResourceCPU && name != corev1.ResourceMemory && name != corev1.ResourceEphemeralStorage && name != corev1.ResourcePods:
			extended = append(extended, name)
		}
	}
	for _, name := range extended {
		r, l := requests[name], limits[name]
		p.line(1, "%s\t%s\t%s", name, r.String(), l.String())
	}
}

func add(to, from corev1.ResourceList) {
	for _, name := range resourceNames(from) {
		q := to[name].DeepCopy()
		q.Add(from[name])
		to[name] = q
	}
}

func raise(to, from corev1.ResourceList) {
	for _, name := range resourceNames(from) {
		if q, ok := to[name]; !ok || q.Cmp(from[name]) < 0 {
			to[name] = from[name]
		}
	}
}

// podResources are the requests and limits of a whole pod: the sum of its containers and sidecars, or what one of its
// init containers needs if that is more, plus overhead.
// Upstream: k8s.io/component-helpers/resource, PodRequests and PodLimits.
func podResources(pod *corev1.Pod) (requests, limits corev1.ResourceList) {
	sum := func(pick func(*corev1.ResourceRequirements) corev1.ResourceList) corev1.ResourceList {
		total, sidecars, peak := corev1.ResourceList{}, corev1.ResourceList{}, corev1.ResourceList{}
		for i := range pod.Spec.Containers {
			add(total, pick(&pod.Spec.Containers[i].Resources))
		}
		for i := range pod.Spec.InitContainers {
			c := &pod.Spec.InitContainers[i]
			own := corev1.ResourceList{}
			add(own, pick(&c.Resources))
			if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
				add(total, own)
				add(sidecars, own)
				own = corev1.ResourceList{}
			}
			add(own, sidecars)
			raise(peak, own)
		}
		raise(total, peak)
		if pod.Spec.Resources != nil {
			for name, q := range pick(pod.Spec.Resources) {
				total[name] = q
			}
		}
		return total
	}
	requests = sum(func(r *corev1.ResourceRequirements) corev1.ResourceList { return r.Requests })
	limits = sum(func(r *corev1.ResourceRequirements) corev1.ResourceList { return r.Limits })
	add(requests, pod.Spec.Overhead)
	for _, name := range resourceNames(pod.Spec.Overhead) {
		if q, ok := limits[name]; ok && !q.IsZero() {
			sum := q.DeepCopy()
			sum.Add(pod.Spec.Overhead[name])
			limits[name] = sum
		}
	}
	return requests, limits
}
