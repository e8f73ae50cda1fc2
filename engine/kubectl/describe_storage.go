package kubectl

import (
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/api/printers"
)

// describeStorage writes the page of one of the storage, quota and priority kinds and calls finish; it reports
// whether the kind is one of them. Upstream: k8s.io/kubectl/pkg/describe.
func (c *cmd) describeStorage(p *page, in *info, finish func()) bool {
	switch o := in.obj.(type) {
	case *corev1.PersistentVolume:
		p.persistentVolume(o)
	case *corev1.PersistentVolumeClaim:
		c.do(&api.Request{Verb: api.List, Resource: api.Pods, Namespace: o.Namespace}, func(r *api.Response) {
			p.claim(o, podsOfClaim(o, typed[*corev1.Pod](r.Items)))
			finish()
		})
		return true
	case *corev1.ResourceQuota:
		p.quota(o)
	case *corev1.LimitRange:
		p.limitRange(o)
	case *corev1.Endpoints:
		p.endpoints(o)
	case *storagev1.StorageClass:
		p.storageClass(o)
	case *storagev1.CSINode:
		p.csiNode(o)
	case *storagev1.VolumeAttributesClass:
		p.line(0, "Name:\t%s", o.Name)
		p.line(0, "Annotations:\t%s", labels.FormatLabels(o.Annotations))
		p.line(0, "DriverName:\t%s", o.DriverName)
		p.line(0, "Parameters:\t%s", labels.FormatLabels(o.Parameters))
	case *schedulingv1.PriorityClass:
		policy := corev1.PreemptLowerPriority
		if o.PreemptionPolicy != nil {
			policy = *o.PreemptionPolicy
		}
		p.line(0, "Name:\t%s", o.Name)
		p.line(0, "Value:\t%d", o.Value)
		p.line(0, "GlobalDefault:\t%t", o.GlobalDefault)
		p.line(0, "PreemptionPolicy:\t%s", policy)
		p.line(0, "Description:\t%s", o.Description)
		p.line(0, "Annotations:\t%s", labels.FormatLabels(o.Annotations))
	default:
		return false
	}
	finish()
	return true
}

func (p *page) lasting(o api.Object, phase string) {
	if t := o.GetDeletionTimestamp(); t != nil {
		phase = "Terminating (lasts " + p.since(*t) + ")"
	}
	p.line(0, "Status:\t%s", phase)
}

func (p *page) persistentVolume(pv *corev1.PersistentVolume) {
	p.line(0, "Name:\t%s", pv.Name)
	p.labels("Labels", pv.Labels)
	p.annotations("Annotations", pv.Annotations)
	p.line(0, "Finalizers:\t%v", pv.Finalizers)
	p.line(0, "StorageClass:\t%s", printers.VolumeClass(pv))
	p.lasting(pv, string(pv.Status.Phase))
	claim := ""
	if ref := pv.Spec.ClaimRef; ref != nil {
		claim = ref.Namespace + "/" + ref.Name
	}
	p.line(0, "Claim:\t%s", claim)
	p.line(0, "Reclaim Policy:\t%s", pv.Spec.PersistentVolumeReclaimPolicy)
	p.line(0, "Access Modes:\t%s", printers.AccessModes(pv.Spec.AccessModes))
	if pv.Spec.VolumeMode != nil {
		p.line(0, "VolumeMode:\t%s", *pv.Spec.VolumeMode)
	}
	size := pv.Spec.Capacity[corev1.ResourceStorage]
	p.line(0, "Capacity:\t%s", size.String())
	p.volumeAffinity(pv.Spec.NodeAffinity)
	p.line(0, "Message:\t%s", pv.Status.Message)
	p.line(0, "Source:")
	p.persistentSource(&pv.Spec.PersistentVolumeSource)
}

func (p *page) volumeAffinity(a *corev1.VolumeNodeAffinity) {
	if a == nil || a.Required == nil {
		p.line(0, "Node Affinity:\t<none>")
		return
	}
	p.line(0, "Node Affinity:\t")
	if len(a.Required.NodeSelectorTerms) == 0 {
		p.line(1, "Required Terms:\t<none>")
		return
	}
	p.line(1, "Required Terms:\t")
	for i, term := range a.Required.NodeSelectorTerms {
		var lines []string
		for _, r := range term.MatchExpressions {
			lines = append(lines, requirement(r.Key, strings.ToLower(string(r.Operator)), r.Values))
		}
		p.term(2, i, lines)
	}
}

func requirement(key, operator string, values []string) string {
	text := key + " " + operator
	if len(values) > 0 {
		text += " [" + strings.Join(values, ", ") + "]"
	}
	return text
}

// term writes the requirements of one of several terms, one a line.
func (p *page) term(level, i int, requirements []string) {
	if len(requirements) == 0 {
		p.line(level, "Term %d:\t<none>", i)
	}
	for j, text := range requirements {
		if j == 0 {
			p.line(level, "Term %d:\t%s", i, text)
		} else {
			p.line(level, "\t%s", text)
		}
	}
}

// podsOfClaim are the pods that mount a claim, and those that own it.
func podsOfClaim(claim *corev1.PersistentVolumeClaim, all []*corev1.Pod) []string {
	var names []string
	for _, pod := range all {
		uses := false
		for i := range pod.Spec.Volumes {
			if v := pod.Spec.Volumes[i].PersistentVolumeClaim; v != nil && v.ClaimName == claim.Name {
				names, uses = append(names, pod.Name), true
			}
		}
		for _, ref := range claim.OwnerReferences {
			if !uses && ref.Kind == "Pod" && ref.UID == pod.UID {
				names, uses = append(names, pod.Name), true
			}
		}
	}
	sort.Strings(names)
	return names
}

func (p *page) claim(claim *corev1.PersistentVolumeClaim, pods []string) {
	p.claimSpec(claim, true)
	if len(pods) == 0 {
		p.line(0, "Used By:\t<none>")
	}
	for i, name := range pods {
		if i == 0 {
			p.line(0, "Used By:\t%s", name)
		} else {
			p.line(0, "\t%s", name)
		}
	}
	if len(claim.Status.Conditions) > 0 {
		p.line(0, "Conditions:")
		p.line(1, "Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage")
		p.line(1, "----\t------\t-----------------\t------------------\t------\t-------")
		for _, c := range claim.Status.Conditions {
			p.line(1, "%s \t%s \t%s \t%s \t%s \t%s", c.Type, c.Status, stamp(c.LastProbeTime), stamp(c.LastTransitionTime), c.Reason, c.Message)
		}
	}
}

// claimSpec writes what a claim and a template of one have in common; full is a claim.
func (p *page) claimSpec(claim *corev1.PersistentVolumeClaim, full bool) {
	if full {
		p.line(0, "Name:\t%s", claim.Name)
		p.line(0, "Namespace:\t%s", claim.Namespace)
	}
	p.line(0, "StorageClass:\t%s", printers.ClaimClass(claim))
	if full {
		p.lasting(claim, string(claim.Status.Phase))
	}
	p.line(0, "Volume:\t%s", claim.Spec.VolumeName)
	p.labels("Labels", claim.Labels)
	p.annotations("Annotations", claim.Annotations)
	if full {
		p.line(0, "Finalizers:\t%v", claim.Finalizers)
	}
	capacity, modes := "", ""
	if claim.Spec.VolumeName != "" {
		size := claim.Status.Capacity[corev1.ResourceStorage]
		capacity, modes = size.String(), printers.AccessModes(claim.Status.AccessModes)
	}
	p.line(0, "Capacity:\t%s", capacity)
	p.line(0, "Access Modes:\t%s", modes)
	if claim.Spec.VolumeMode != nil {
		p.line(0, "VolumeMode:\t%s", *claim.Spec.VolumeMode)
	}
	if from := claim.Spec.DataSource; from != nil {
		p.line(0, "DataSource:")
		if from.APIGroup != nil {
			p.line(1, "APIGroup:\t%s", *from.APIGroup)
		}
		p.line(1, "Kind:\t%s", from.Kind)
		p.line(1, "Name:\t%s", from.Name)
	}
}

func (p *page) storageClass(sc *storagev1.StorageClass) {
	isDefault := "No"
	if sc.Annotations["storageclass.kubernetes.io/is-default-class"] == "true" || sc.Annotations["storageclass.beta.kubernetes.io/is-default-class"] == "true" {
		isDefault = "Yes"
	}
	expansion := "<unset>"
	if sc.AllowVolumeExpansion != nil {
		expansion = "False"
		if *sc.AllowVolumeExpansion {
			expansion = "True"
		}
	}
	p.line(0, "Name:\t%s", sc.Name)
	p.line(0, "IsDefaultClass:\t%s", isDefault)
	p.line(0, "Annotations:\t%s", labels.FormatLabels(sc.Annotations))
	p.line(0, "Provisioner:\t%s", sc.Provisioner)
	p.line(0, "Parameters:\t%s", labels.FormatLabels(sc.Parameters))
	p.line(0, "AllowVolumeExpansion:\t%s", expansion)
	if len(sc.MountOptions) == 0 {
		p.line(0, "MountOptions:\t<none>")
	} else {
		p.line(0, "MountOptions:")
		for _, option := range sc.MountOptions {
			p.line(1, "%s", option)
		}
	}
	if sc.ReclaimPolicy != nil {
		p.line(0, "ReclaimPolicy:\t%s", *sc.ReclaimPolicy)
	}
	if sc.VolumeBindingMode != nil {
		p.line(0, "VolumeBindingMode:\t%s", *sc.VolumeBindingMode)
	}
	if sc.AllowedTopologies == nil {
		return
	}
	if len(sc.AllowedTopologies) == 0 {
		p.line(0, "AllowedTopologies:\t<none>")
		return
	}
	p.line(0, "AllowedTopologies:\t")
	for i, term := range sc.AllowedTopologies {
		var lines []string
		for _, r := range term.MatchLabelExpressions {
			lines = append(lines, requirement(r.Key, "in", r.Values))
		}
		p.term(1, i, lines)
	}
}

func (p *page) csiNode(n *storagev1.CSINode) {
	p.line(0, "Name:\t%s", n.Name)
	p.labels("Labels", n.Labels)
	p.annotations("Annotations", n.Annotations)
	p.line(0, "CreationTimestamp:\t%s", stamp(n.CreationTimestamp))
	p.line(0, "Spec:")
	if n.Spec.Drivers == nil {
		return
	}
	p.line(1, "Drivers:")
	for i := range n.Spec.Drivers {
		d := &n.Spec.Drivers[i]
		p.line(2, "%s:", d.Name)
		p.line(3, "Node ID:\t%s", d.NodeID)
		if d.Allocatable != nil && d.Allocatable.Count != nil {
			p.line(3, "Allocatables:")
			p.line(4, "Count:\t%d", *d.Allocatable.Count)
		}
		if d.TopologyKeys != nil {
			p.line(3, "Topology Keys:\t%s", d.TopologyKeys)
		}
	}
}

func (p *page) endpoints(ep *corev1.Endpoints) {
	p.line(0, "Name:\t%s", ep.Name)
	p.line(0, "Namespace:\t%s", ep.Namespace)
	p.labels("Labels", ep.Labels)
	p.annotations("Annotations", ep.Annotations)
	p.line(0, "Subsets:")
	ips := func(list []corev1.EndpointAddress) string {
		var out []string
		for i := range list {
			out = append(out, list[i].IP)
		}
		return orNone(strings.Join(out, ","))
	}
	for i := range ep.Subsets {
		s := &ep.Subsets[i]
		p.line(1, "Addresses:\t%s", ips(s.Addresses))
		p.line(1, "NotReadyAddresses:\t%s", ips(s.NotReadyAddresses))
		if len(s.Ports) > 0 {
			p.line(1, "Ports:")
			p.line(2, "Name\tPort\tProtocol")
			p.line(2, "----\t----\t--------")
			for _, port := range s.Ports {
				name := port.Name
				if name == "" {
					name = "<unset>"
				}
				p.line(2, "%s\t%d\t%s", name, port.Port, port.Protocol)
			}
		}
		p.line(0, "")
	}
}
