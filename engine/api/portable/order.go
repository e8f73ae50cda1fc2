package portable

import (
	"slices"
	"strings"
)

// ranks are kinds in the order in which they are applied: what others need comes first, what may refuse others last. A
// quota comes after what it counts, as a pod that meets one without a status is refused.
var ranks = strings.Fields(`Namespace CustomResourceDefinition PriorityClass RuntimeClass StorageClass VolumeAttributesClass CSIDriver
	IngressClass ServiceCIDR LimitRange ServiceAccount Secret ConfigMap ClusterRole ClusterRoleBinding Role RoleBinding
	PersistentVolume PersistentVolumeClaim NetworkPolicy Service Endpoints EndpointSlice PodTemplate PodDisruptionBudget
	ControllerRevision Deployment StatefulSet DaemonSet ReplicaSet ReplicationController Job CronJob Pod HorizontalPodAutoscaler Ingress
	* ResourceQuota CertificateSigningRequest APIService ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding MutatingAdmissionPolicy
	MutatingAdmissionPolicyBinding ValidatingWebhookConfiguration MutatingWebhookConfiguration`)

// rank is where an object of a kind has its place; kinds of definitions, and those nobody knows, stand together.
func rank(group, kind string) int {
	i := slices.Index(ranks, kind)
	if i < 0 || strings.Contains(group, ".") && !strings.HasSuffix(group, ".k8s.io") {
		i = slices.Index(ranks, "*")
	}
	return i
}
