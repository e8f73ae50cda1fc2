package api

// The rows by group, as discovery lists them (group priorities of pkg/controlplane/instance.go and the aggregator).
var (
	coreRows = []*Resource{
		ComponentStatuses, ConfigMaps, Endpoints, Events, LimitRanges, Namespaces, Nodes, PersistentVolumeClaims, PersistentVolumes,
		Pods, PodTemplates, ReplicationControllers, ResourceQuotas, Secrets, ServiceAccounts, Services,
	}
	eventsRows      = []*Resource{EventsV1}
	appsRows        = []*Resource{ControllerRevisions, DaemonSets, Deployments, ReplicaSets, StatefulSets}
	authRows        = []*Resource{SelfSubjectReviews, TokenReviews, LocalSubjectAccessReviews, SelfSubjectAccessReviews, SelfSubjectRulesReviews, SubjectAccessReviews}
	autoscalingRows = []*Resource{HorizontalPodAutoscalers, HorizontalPodAutoscalersV1}
	batchRows       = []*Resource{CronJobs, Jobs}
	certificateRows = []*Resource{CertificateSigningRequests}
	networkingRows  = []*Resource{IngressClasses, Ingresses, IPAddresses, NetworkPolicies, ServiceCIDRs}
	policyRows      = []*Resource{PodDisruptionBudgets}
	rbacRows        = []*Resource{ClusterRoleBindings, ClusterRoles, RoleBindings, Roles}
	storageRows     = []*Resource{CSIDrivers, CSINodes, CSIStorageCapacities, StorageClasses, VolumeAttachments, VolumeAttributesClasses}
	admissionRows   = []*Resource{
		MutatingAdmissionPolicies, MutatingAdmissionPolicyBindings, MutatingWebhookConfigurations,
		ValidatingAdmissionPolicies, ValidatingAdmissionPolicyBindings, ValidatingWebhookConfigurations,
	}
	extensionRows    = []*Resource{CustomResourceDefinitions, APIServices}
	schedulingRows   = []*Resource{PriorityClasses}
	coordinationRows = []*Resource{Leases}
	nodeRows         = []*Resource{RuntimeClasses}
	discoveryRows    = []*Resource{EndpointSlices}
)
