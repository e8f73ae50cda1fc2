package warnings

import (
	"encoding/pem"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	ingressClass     = "kubernetes.io/ingress.class"
	enforceMountable = "kubernetes.io/enforce-mountable-secrets"
	betaStorageClass = `deprecated since v1.8; use "storageClassName" attribute instead`
	tokenInSecrets   = "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes"
)

// generationOf is the template's generation, which the API keeps in an annotation.
func generationOf(d *appsv1.DaemonSet) string {
	return d.Annotations[appsv1.DeprecatedTemplateGeneration]
}

func (w *list) statefulSet(o *appsv1.StatefulSet, child string) {
	for i := range o.Spec.VolumeClaimTemplates {
		p := specPath.Child("volumeClaimTemplates").Index(i)
		if child != "" {
			p = p.Child(child)
		}
		w.claimSpec(p, &o.Spec.VolumeClaimTemplates[i].Spec)
	}
	if o.Spec.RevisionHistoryLimit != nil && *o.Spec.RevisionHistoryLimit < 0 {
		w.add("spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended")
	}
}

func (w *list) job(p *field.Path, s *batchv1.JobSpec) {
	if s.CompletionMode != nil && *s.CompletionMode == batchv1.IndexedCompletion && s.Completions != nil && *s.Completions > 100_000 && s.Parallelism != nil && *s.Parallelism > 10_000 {
		w.at(p, "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail")
	}
	w.template(p.Child("template"), &s.Template)
}

func (w *list) quota(q *corev1.ResourceQuota) {
	for _, k := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceStorage, corev1.ResourceEphemeralStorage} {
		name := "requests." + k
		request, ok := q.Spec.Hard[name]
		if !ok && (k == corev1.ResourceCPU || k == corev1.ResourceMemory) {
			name = k
			request, ok = q.Spec.Hard[k]
		}
		limit, limited := q.Spec.Hard["limits."+k]
		if ok && limited && request.Cmp(limit) > 0 {
			w.add("ResourceQuota " + string(name) + " (" + request.String() + ") should be less than limits." + string(k) + " (" + limit.String() + ")")
		}
	}
}

func (w *list) account(sa *corev1.ServiceAccount) {
	if _, ok := sa.Annotations[enforceMountable]; ok {
		w.add("metadata.annotations[" + enforceMountable + "]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets")
	}
}

func (w *list) node(n *corev1.Node) {
	if n.Spec.ConfigSource != nil {
		w.add("spec.configSource: the feature is removed")
	}
	if n.Spec.DoNotUseExternalID != "" {
		w.add("spec.externalID: this field is deprecated, and is unused by Kubernetes")
	}
	for i, c := range n.Spec.PodCIDRs {
		w.cidr(field.NewPath("spec", "podCIDRs").Index(i), c)
	}
}

func (w *list) service(s *corev1.Service) {
	if _, ok := s.Annotations[corev1.DeprecatedAnnotationTopologyAwareHints]; ok {
		w.add("annotation " + corev1.DeprecatedAnnotationTopologyAwareHints + " is deprecated, please use " + corev1.AnnotationTopologyMode + " instead")
	}
	spec := &s.Spec
	if spec.Type != corev1.ServiceTypeExternalName && spec.ClusterIP != "" && spec.ClusterIP != corev1.ClusterIPNone {
		for i, ip := range spec.ClusterIPs {
			w.ip(specPath.Child("clusterIPs").Index(i), ip)
		}
	}
	headless := spec.Type == corev1.ServiceTypeClusterIP && spec.ClusterIP == corev1.ClusterIPNone
	if headless {
		if spec.LoadBalancerIP != "" {
			w.add("spec.loadBalancerIP is ignored for headless services")
		}
		if len(spec.ExternalIPs) > 0 {
			w.add("spec.externalIPs is ignored for headless services")
		}
		if spec.SessionAffinity != corev1.ServiceAffinityNone {
			w.add("spec.SessionAffinity is ignored for headless services")
		}
	}
	for i, ip := range spec.ExternalIPs {
		w.ip(specPath.Child("externalIPs").Index(i), ip)
	}
	external := spec.Type == corev1.ServiceTypeExternalName
	if len(spec.ExternalIPs) > 0 && !headless && !external {
		w.add("spec.externalIPs is deprecated and may no longer be implemented in some clusters")
	}
	w.ip(specPath.Child("loadBalancerIP"), spec.LoadBalancerIP)
	for i, c := range spec.LoadBalancerSourceRanges {
		w.cidr(specPath.Child("loadBalancerSourceRanges").Index(i), c)
	}
	if external && len(spec.ExternalIPs) > 0 {
		w.add(`spec.externalIPs is ignored when spec.type is "ExternalName"`)
	}
	if !external && spec.ExternalName != "" {
		w.add(`spec.externalName is ignored when spec.type is not "ExternalName"`)
	}
	if t := spec.TrafficDistribution; t != nil && *t == corev1.ServiceTrafficDistributionPreferClose {
		w.add(`spec.trafficDistribution: "` + corev1.ServiceTrafficDistributionPreferClose + `" is deprecated; use "` + corev1.ServiceTrafficDistributionPreferSameZone + `"`)
	}
}

// secret looks at the outside of a TLS pair: the PEM blocks. What is in them would take a megabyte of cryptography.
func (w *list) secret(s *corev1.Secret) {
	if s.Type != corev1.SecretTypeTLS {
		return
	}
	if msg := pemBlock(s.Data[corev1.TLSCertKey], "certificate", func(t string) bool { return t == "CERTIFICATE" }); msg != "" {
		w.add(msg)
	} else if msg := pemBlock(s.Data[corev1.TLSPrivateKeyKey], "key", func(t string) bool {
		return t == "PRIVATE KEY" || strings.HasSuffix(t, " PRIVATE KEY")
	}); msg != "" {
		w.add(msg)
	}
}

// pemBlock says why there is no block of the right type (crypto/tls.X509KeyPair).
func pemBlock(text []byte, what string, right func(string) bool) string {
	var others []string
	for {
		b, rest := pem.Decode(text)
		if b == nil {
			break
		}
		if right(b.Type) {
			return ""
		}
		others = append(others, b.Type)
		text = rest
	}
	skipped := " after skipping PEM blocks of the following types: [" + strings.Join(others, " ") + "]"
	switch {
	case len(others) == 0:
		return "tls: failed to find any PEM data in " + what + " input"
	case what == "key" && len(others) == 1 && others[0] == "CERTIFICATE":
		return "tls: found a certificate rather than a key in the PEM for the private key"
	case what == "key":
		return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input` + skipped
	case len(others) == 1 && strings.HasSuffix(others[0], "PRIVATE KEY"):
		return "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched"
	}
	return `tls: failed to find "CERTIFICATE" PEM block in certificate input` + skipped
}

func (w *list) endpoints(e *corev1.Endpoints) {
	if e.Labels["endpoints.kubernetes.io/managed-by"] == "endpoint-controller" {
		return
	}
	for i := range e.Subsets {
		p := field.NewPath("subsets").Index(i)
		for j := range e.Subsets[i].Addresses {
			w.ip(p.Child("addresses").Index(j).Child("ip"), e.Subsets[i].Addresses[j].IP)
		}
		for j := range e.Subsets[i].NotReadyAddresses {
			w.ip(p.Child("notReadyAddresses").Index(j).Child("ip"), e.Subsets[i].NotReadyAddresses[j].IP)
		}
	}
}

func (w *list) endpointSlice(e *discoveryv1.EndpointSlice) {
	if e.AddressType == discoveryv1.AddressTypeFQDN {
		w.add("spec.addressType: FQDN endpoints are deprecated")
		return
	}
	switch e.Labels[discoveryv1.LabelManagedBy] {
	case "endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io":
		return
	}
	for i := range e.Endpoints {
		for j, ip := range e.Endpoints[i].Addresses {
			w.ip(field.NewPath("endpoints").Index(i).Child("addresses").Index(j), ip)
		}
	}
}

func (w *list) networkPolicy(n *networkingv1.NetworkPolicy) {
	block := func(p *field.Path, b *networkingv1.IPBlock) {
		if b == nil {
			return
		}
		w.cidr(p.Child("cidr"), b.CIDR)
		for k, c := range b.Except {
			w.cidr(p.Child("except").Index(k), c)
		}
	}
	for i := range n.Spec.Ingress {
		for j := range n.Spec.Ingress[i].From {
			block(specPath.Child("ingress").Index(i).Child("from").Index(j).Child("ipBlock"), n.Spec.Ingress[i].From[j].IPBlock)
		}
	}
	for i := range n.Spec.Egress {
		for j := range n.Spec.Egress[i].To {
			block(specPath.Child("egress").Index(i).Child("to").Index(j).Child("ipBlock"), n.Spec.Egress[i].To[j].IPBlock)
		}
	}
}

func (w *list) claim(c *corev1.PersistentVolumeClaim) {
	if _, ok := c.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		w.at(field.NewPath("metadata", "annotations").Key(corev1.BetaStorageClassAnnotation), betaStorageClass)
	}
	w.claimSpec(specPath, &c.Spec)
}

func (w *list) claimSpec(p *field.Path, s *corev1.PersistentVolumeClaimSpec) {
	w.fraction(p.Child("resources", "requests"), s.Resources.Requests, corev1.ResourceStorage)
	w.fraction(p.Child("resources", "limits"), s.Resources.Limits, corev1.ResourceStorage)
}

// fraction warns of a part of a byte.
func (w *list) fraction(p *field.Path, l corev1.ResourceList, k corev1.ResourceName) {
	if q, ok := l[k]; ok && q.MilliValue()%1000 != 0 {
		w.at(p.Key(string(k)), "fractional byte value "+strconv.Quote(q.String())+" is invalid, must be an integer")
	}
}

func (w *list) volumeObject(v *corev1.PersistentVolume) {
	annotations := field.NewPath("metadata", "annotations")
	if _, ok := v.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		w.at(annotations.Key(corev1.BetaStorageClassAnnotation), betaStorageClass)
	}
	if _, ok := v.Annotations["volume.beta.kubernetes.io/mount-options"]; ok {
		w.at(annotations.Key("volume.beta.kubernetes.io/mount-options"), `deprecated since v1.31; use "mountOptions" attribute instead`)
	}
	s := &v.Spec
	if s.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimRecycle {
		w.add("spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.")
	}
	if s.NodeAffinity != nil && s.NodeAffinity.Required != nil {
		for i := range s.NodeAffinity.Required.NodeSelectorTerms {
			w.nodeTerm(field.NewPath("spec", "nodeAffinity", "required", "nodeSelectorTerms").Index(i), &s.NodeAffinity.Required.NodeSelectorTerms[i], false)
		}
	}
	for _, x := range []struct {
		used        bool
		name, since string
	}{
		{s.CephFS != nil, "cephfs", "v1.28, non-functional in v1.31+"},
		{s.PhotonPersistentDisk != nil, "photonPersistentDisk", "v1.11, non-functional in v1.16+"},
		{s.ScaleIO != nil, "scaleIO", "v1.16, non-functional in v1.22+"},
		{s.StorageOS != nil, "storageOS", "v1.22, non-functional in v1.25+"},
		{s.Glusterfs != nil, "glusterfs", "v1.25, non-functional in v1.26+"},
		{s.RBD != nil, "rbd", "v1.28, non-functional in v1.31+"},
	} {
		if x.used {
			w.at(specPath.Child(x.name), "deprecated in "+x.since)
		}
	}
}

func (w *list) nodeTopology(c *storagev1.CSIStorageCapacity) {
	if c.NodeTopology == nil {
		return
	}
	p := field.NewPath("nodeTopology")
	for i, e := range c.NodeTopology.MatchExpressions {
		if msg := deprecatedLabel(e.Key); msg != "" {
			w.at(p.Child("matchExpressions").Index(i).Child("key"), e.Key+" is "+msg)
		}
	}
	for _, k := range keys(c.NodeTopology.MatchLabels) {
		if msg := deprecatedLabel(k); msg != "" {
			w.at(p.Child("matchLabels").Child(k), msg)
		}
	}
}
