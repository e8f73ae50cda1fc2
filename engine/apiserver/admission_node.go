package apiserver

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"tabernetes/engine/api"
	"tabernetes/engine/api/pkcs10"
)

// The NodeRestriction plugin (plugin/pkg/admission/noderestriction): a kubelet touches its own Node, its own pods, and
// little else. What a kubelet of this cluster writes as a function (api.TypedPatch) is its own by construction and is
// not looked at.

const nodeUser = "system:node:"

// nodeOf is the node whose kubelet makes a request; "" for everybody else.
func nodeOf(req *api.Request) string {
	name, ok := strings.CutPrefix(req.User, nodeUser)
	if !ok || req.Groups != nil && !slices.Contains(req.Groups, "system:nodes") {
		return ""
	}
	return name
}

func (s *Server) restrictNode(a *attributes) error {
	node := nodeOf(a.req)
	if node == "" {
		return nil
	}
	why := ""
	switch a.r {
	case api.Pods:
		switch a.sub {
		case "":
			return s.restrictPod(a, node)
		case "status":
			why = restrictPodStatus(a, node)
		case "eviction":
			p, _ := s.kinds[api.Pods].objects[api.Key(a.req.Namespace, a.name())].(*corev1.Pod)
			if p == nil {
				return notFound(api.Pods, a.name())
			}
			if p.Spec.NodeName != node {
				why = "node " + node + " can only evict pods with spec.nodeName set to itself"
			}
		default:
			why = "unexpected pod subresource " + strconv.Quote(a.sub) + ", only 'status' and 'eviction' are allowed"
		}
	case api.Nodes:
		why = restrictNodeObject(a, node)
	case api.PersistentVolumeClaims:
		why = restrictClaim(a, node)
	case api.ServiceAccounts:
		return s.restrictToken(a, node)
	case api.Leases:
		if a.req.Namespace != corev1.NamespaceNodeLease {
			why = `can only access leases in the "kube-node-lease" system namespace`
		} else if l, ok := a.obj.(*coordinationv1.Lease); ok && l.Name != node || !ok && a.req.Name != node {
			why = "can only access node lease with the same name as the requesting node"
		}
	case api.CSINodes:
		if a.name() != node {
			why = "can only access CSINode with the same name as the requesting node"
		}
	case api.CertificateSigningRequests:
		why = restrictRequest(a, node)
	}
	if why != "" {
		return a.forbidden(why)
	}
	return nil
}

func (s *Server) restrictPod(a *attributes, node string) error {
	quoted := strconv.Quote(node)
	switch a.op {
	case opDelete:
		p, _ := a.old.(*corev1.Pod)
		if p == nil {
			return notFound(api.Pods, a.req.Name)
		}
		if p.Spec.NodeName != node {
			return a.forbidden("node " + quoted + " can only delete pods with spec.nodeName set to itself")
		}
		return nil
	case opUpdate:
		return a.forbidden(`unexpected operation "UPDATE", node ` + quoted + " can only create and delete mirror pods")
	}
	p := a.obj.(*corev1.Pod)
	own := "node " + quoted + " can only create pods with "
	if !mirror(p) {
		return a.forbidden("pod does not have " + strconv.Quote(corev1.MirrorPodAnnotationKey) + " annotation, node " + quoted + " can only create mirror pods")
	}
	if p.Spec.NodeName != node {
		return a.forbidden(own + "spec.nodeName set to itself")
	}
	if len(p.OwnerReferences) > 1 {
		return a.forbidden(own + "a single owner reference set to itself")
	}
	if len(p.OwnerReferences) == 0 {
		return a.forbidden(own + "an owner reference set to itself")
	}
	o := &p.OwnerReferences[0]
	if o.APIVersion != "v1" || o.Kind != "Node" || o.Name != node {
		return a.forbidden(own + "an owner reference set to itself")
	}
	if o.Controller == nil || !*o.Controller {
		return a.forbidden(own + "a controller owner reference set to itself")
	}
	if o.BlockOwnerDeletion != nil && *o.BlockOwnerDeletion {
		return a.forbidden("node " + quoted + " must not set blockOwnerDeletion on an owner reference")
	}
	n := s.kinds[api.Nodes].objects[node]
	if n == nil {
		return notFound(api.Nodes, node)
	}
	if o.UID != n.GetUID() {
		return a.forbidden("node " + node + " UID mismatch: expected " + string(o.UID) + " got " + string(n.GetUID()))
	}
	if what := refersToObjects(p); what != "" {
		return a.forbidden("node " + quoted + " can not create pods that reference " + what)
	}
	return nil
}

// refersToObjects names a kind of API object that a pod refers to; "" if it refers to none (pkg/api/pod.HasAPIObjectReference).
func refersToObjects(p *corev1.Pod) string {
	if p.Spec.ServiceAccountName != "" {
		return "serviceaccounts"
	}
	if refersToSecrets(p) {
		return "secrets"
	}
	maps := !containersOf(&p.Spec, func(_ string, c *corev1.Container) bool {
		return !slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return e.ValueFrom != nil && e.ValueFrom.ConfigMapKeyRef != nil }) &&
			!slices.ContainsFunc(c.EnvFrom, func(e corev1.EnvFromSource) bool { return e.ConfigMapRef != nil })
	})
	for i := range p.Spec.Volumes {
		v := &p.Spec.Volumes[i]
		maps = maps || v.ConfigMap != nil || v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(x corev1.VolumeProjection) bool { return x.ConfigMap != nil })
	}
	if maps {
		return "configmaps"
	}
	if len(p.Spec.ResourceClaims) > 0 {
		return "resourceclaims"
	}
	for i := range p.Spec.Volumes {
		v := &p.Spec.Volumes[i]
		switch {
		case v.CSI != nil:
			return "csidrivers (via CSI volumes)"
		case v.Glusterfs != nil:
			return "endpoints (via glusterFS volumes)"
		case v.PersistentVolumeClaim != nil:
			return "persistentvolumeclaims"
		case v.Ephemeral != nil:
			return "persistentvolumeclaims (via ephemeral volumes)"
		case v.AzureFile != nil:
			return "secrets (via azureFile volumes)"
		case v.Projected != nil:
			for _, x := range v.Projected.Sources {
				switch {
				case x.ServiceAccountToken != nil:
					return "serviceaccounts (via projected volumes)"
				case x.ClusterTrustBundle != nil:
					return "clustertrustbundles"
				case x.PodCertificate != nil:
					return "podcertificates"
				}
			}
		}
	}
	return ""
}

func restrictPodStatus(a *attributes, node string) string {
	if a.op != opUpdate {
		return "unexpected operation " + strconv.Quote(string(a.op))
	}
	p, old := a.obj.(*corev1.Pod), a.old.(*corev1.Pod)
	quoted := strconv.Quote(node)
	switch {
	case old.Spec.NodeName != node:
		return "node " + quoted + " can only update pod status for pods with spec.nodeName set to itself"
	case !maps.Equal(old.Labels, p.Labels):
		return "node " + quoted + " cannot update labels through pod status"
	case !equality.Semantic.DeepEqual(old.Status.ResourceClaimStatuses, p.Status.ResourceClaimStatuses):
		return "node " + quoted + " cannot update resource claim statues"
	case !equality.Semantic.DeepEqual(old.Status.ExtendedResourceClaimStatus, p.Status.ExtendedResourceClaimStatus):
		return "node " + quoted + " cannot update extended resource claim status"
	}
	return ""
}

// controlPlane marks a node of the control plane. kubeadm sets it with an administrator's rights as soon as the kubelet
// has made the Node; here the Node is made with it.
const controlPlane = "node-role.kubernetes.io/control-plane"

func restrictNodeObject(a *attributes, node string) string {
	quoted := strconv.Quote(node)
	name := a.name()
	if name != node {
		return "node " + quoted + " is not allowed to modify node " + strconv.Quote(name)
	}
	switch n := a.obj.(type) {
	case *corev1.Node:
		if a.op == opCreate {
			if n.Spec.ConfigSource != nil {
				return "node " + quoted + " is not allowed to create pods with a non-nil configSource"
			}
			bad := forbiddenLabels(n.Labels, nil)
			if bad = slices.DeleteFunc(bad, func(k string) bool { return k == controlPlane }); len(bad) > 0 {
				return "node " + quoted + " is not allowed to set the following labels: " + strings.Join(bad, ", ")
			}
			return ""
		}
		old := a.old.(*corev1.Node)
		if n.Spec.ConfigSource != nil && !equality.Semantic.DeepEqual(n.Spec.ConfigSource, old.Spec.ConfigSource) {
			return "node " + quoted + " is not allowed to update configSource to a new non-nil configSource"
		}
		if !equality.Semantic.DeepEqual(n.Spec.Taints, old.Spec.Taints) {
			return "node " + quoted + " is not allowed to modify taints"
		}
		if !equality.Semantic.DeepEqual(n.OwnerReferences, old.OwnerReferences) {
			return "node " + quoted + " is not allowed to modify ownerReferences"
		}
		if bad := forbiddenLabels(n.Labels, old.Labels); len(bad) > 0 {
			return "is not allowed to modify labels: " + strings.Join(bad, ", ")
		}
	}
	return ""
}

// kubeletLabels are the labels of Kubernetes that a kubelet may set (k8s.io/kubelet/pkg/apis/well_known_labels.go).
var kubeletLabels = []string{
	corev1.LabelHostname, corev1.LabelTopologyZone, corev1.LabelTopologyRegion, corev1.LabelFailureDomainBetaZone, corev1.LabelFailureDomainBetaRegion,
	corev1.LabelInstanceType, corev1.LabelInstanceTypeStable, corev1.LabelOSStable, corev1.LabelArchStable, "beta.kubernetes.io/os", "beta.kubernetes.io/arch",
}

// forbiddenLabels are those that differ and that a kubelet may not touch, sorted.
func forbiddenLabels(now, before map[string]string) []string {
	var out []string
	note := func(key string) {
		domain, _, ok := strings.Cut(key, "/")
		if !ok {
			return
		}
		within := func(d string) bool { return domain == d || strings.HasSuffix(domain, "."+d) }
		if within(corev1.LabelNamespaceNodeRestriction) || (within("kubernetes.io") || within("k8s.io")) && !slices.Contains(kubeletLabels, key) &&
			!within(corev1.LabelNamespaceSuffixKubelet) && !within(corev1.LabelNamespaceSuffixNode) {
			out = append(out, key)
		}
	}
	for k, v := range now {
		if w, ok := before[k]; !ok || v != w {
			note(k)
		}
	}
	for k := range before {
		if _, ok := now[k]; !ok {
			note(k)
		}
	}
	slices.Sort(out)
	return out
}

func restrictClaim(a *attributes, node string) string {
	if a.sub != "status" {
		return "may only update PVC status"
	}
	if a.op != opUpdate {
		return "unexpected operation " + strconv.Quote(string(a.op))
	}
	plain := func(o api.Object) *corev1.PersistentVolumeClaim {
		c := *o.(*corev1.PersistentVolumeClaim)
		c.ResourceVersion, c.ManagedFields = "", nil
		c.Status.Capacity, c.Status.Conditions, c.Status.AllocatedResourceStatuses, c.Status.AllocatedResources = nil, nil, nil, nil
		return &c
	}
	if !equality.Semantic.DeepEqual(plain(a.old), plain(a.obj)) {
		return "node " + strconv.Quote(node) + " is not allowed to update fields other than status.quantity and status.conditions"
	}
	return ""
}

// restrictToken: a kubelet asks for the tokens of the pods that run on it.
func (s *Server) restrictToken(a *attributes, node string) error {
	t, ok := a.obj.(*authenticationv1.TokenRequest)
	if a.op != opCreate || a.sub != "token" || !ok {
		return nil
	}
	ref := t.Spec.BoundObjectRef
	if ref == nil || ref.APIVersion != "v1" || ref.Kind != "Pod" || ref.Name == "" {
		return a.forbidden("node requested token not bound to a pod")
	}
	if ref.UID == "" {
		return a.forbidden("node requested token with a pod binding without a uid")
	}
	p, _ := s.kinds[api.Pods].objects[api.Key(a.req.Namespace, ref.Name)].(*corev1.Pod)
	if p == nil {
		return notFound(api.Pods, ref.Name)
	}
	if p.UID != ref.UID {
		return a.forbidden("the UID in the bound object reference (" + string(ref.UID) + ") does not match the UID in record. The object might have been deleted and then recreated")
	}
	if p.Spec.NodeName != node {
		return a.forbidden("node requested token bound to a pod scheduled on a different node")
	}
	return nil
}

// restrictRequest: a kubelet asks for certificates in its own name.
func restrictRequest(a *attributes, node string) string {
	c, ok := a.obj.(*certificatesv1.CertificateSigningRequest)
	if a.op != opCreate || !ok || c.Spec.SignerName != certificatesv1.KubeletServingSignerName && c.Spec.SignerName != certificatesv1.KubeAPIServerClientKubeletSignerName {
		return ""
	}
	x, err := pkcs10.Parse(c.Spec.Request)
	if err != nil {
		return "unable to parse csr: " + err.Error()
	}
	if x.Subject.CommonName != nodeUser+node {
		return "can only create a node CSR with CN=system:node:" + node
	}
	return ""
}
