package portable

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// always takes away what nobody's manifest has, whoever owns it.
var always = map[string]func(doc map[string]any){
	"Pod": func(doc map[string]any) {
		dropLabels(doc)
		delete(mapAt(doc, "spec"), "ephemeralContainers") // a pod cannot be made with them
	},
	"Namespace": func(doc map[string]any) {
		dropLabels(doc)
		drop(doc, []string{"spec"}, "finalizers")
	},
	"Job": func(doc map[string]any) {
		spec := mapAt(doc, "spec")
		if spec["manualSelector"] == true {
			return
		}
		delete(spec, "selector")
		dropLabels(doc)
		template := mapAt(spec, "template")
		drop(template, []string{"metadata", "labels"}, jobLabels...)
		if len(mapAt(template, "metadata")) == 0 {
			delete(template, "metadata")
		}
	},
	"StatefulSet": func(doc map[string]any) {
		for _, claim := range listAt(doc, "spec", "volumeClaimTemplates") {
			delete(claim, "status")
		}
	},
}

var jobLabels = []string{"batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name"}

func dropLabels(doc map[string]any) {
	drop(doc, []string{"metadata", "labels"}, bookLabels[stringAt(doc, "kind")]...)
}

// unbooked takes away what a cluster puts into objects of a kind, where no books say whose it is. doc becomes the manifest,
// live is the object, wrote its author's.
var unbooked = map[string]func(doc, live map[string]any, wrote author){
	"Pod": cleanPod, "Service": cleanService, "PersistentVolumeClaim": cleanClaim, "PersistentVolume": cleanVolume,
	"ServiceAccount": func(doc, live map[string]any, wrote author) {
		// Tokens of their own were made for accounts before v1.24.
		dropItems(doc, "secrets", func(item any) bool {
			m, _ := item.(map[string]any)
			return !wrote.wrote("secrets") && strings.HasPrefix(stringAt(m, "name"), stringAt(doc, "metadata", "name")+"-token-")
		})
	},
	"Secret": func(doc, live map[string]any, wrote author) {
		if stringAt(doc, "type") == string(corev1.SecretTypeServiceAccountToken) {
			drop(doc, []string{"data"}, corev1.ServiceAccountTokenKey, corev1.ServiceAccountRootCAKey, corev1.ServiceAccountNamespaceKey)
		}
	},
	"CertificateSigningRequest": func(doc, live map[string]any, wrote author) {
		drop(doc, []string{"spec"}, "username", "uid", "groups", "extra") // who asked
	},
	"ClusterRole": func(doc, live map[string]any, wrote author) {
		if doc["aggregationRule"] != nil {
			delete(doc, "rules")
		}
	},
}

// cleanPod undoes binding, and the ServiceAccount, Priority and DefaultTolerationSeconds plugins.
func cleanPod(doc, live map[string]any, wrote author) {
	spec := mapAt(doc, "spec")
	if spec == nil {
		return
	}
	said := wrote.at("spec")
	if !said.wrote("nodeName") {
		delete(spec, "nodeName")
	}
	if stringAt(spec, "serviceAccountName") == "default" && !said.wrote("serviceAccountName") {
		delete(spec, "serviceAccountName")
	}
	if !said.wrote("serviceAccount") {
		delete(spec, "serviceAccount")
	}
	delete(spec, "priority")
	if spec["preemptionPolicy"] == string(corev1.PreemptLowerPriority) || stringAt(spec, "priorityClassName") != "" {
		delete(spec, "preemptionPolicy")
	}
	if stringAt(spec, "runtimeClassName") != "" {
		delete(spec, "overhead")
	}
	dropItems(spec, "tolerations", func(item any) bool {
		t, _ := item.(map[string]any)
		key := stringAt(t, "key")
		return (key == corev1.TaintNodeNotReady || key == corev1.TaintNodeUnreachable) && stringAt(t, "effect") == string(corev1.TaintEffectNoExecute) &&
			stringAt(t, "operator") == string(corev1.TolerationOpExists) && t["tolerationSeconds"] == int64(300)
	})
	isToken := func(item any) bool {
		m, _ := item.(map[string]any)
		return strings.HasPrefix(stringAt(m, "name"), "kube-api-access-")
	}
	dropItems(spec, "volumes", isToken)
	for _, list := range []string{"initContainers", "containers"} {
		for _, c := range listAt(spec, list) {
			dropItems(c, "volumeMounts", isToken)
		}
	}
}

// cleanService gives back what the API server allocated.
func cleanService(doc, live map[string]any, wrote author) {
	spec := mapAt(doc, "spec")
	said := wrote.at("spec")
	free := func(fields ...string) {
		for _, f := range fields {
			if !said.wrote(f) {
				delete(spec, f)
			}
		}
	}
	if stringAt(spec, "clusterIP") != corev1.ClusterIPNone {
		free("clusterIP", "clusterIPs")
	} else {
		free("clusterIPs")
	}
	if families, _ := spec["ipFamilies"].([]any); len(families) > 0 && families[0] == string(corev1.IPv4Protocol) {
		free("ipFamilies") // what a cluster does by itself whose first family is IPv4
	}
	if spec["ipFamilyPolicy"] == string(corev1.IPFamilyPolicySingleStack) || spec["selector"] == nil && stringAt(spec, "clusterIP") == corev1.ClusterIPNone {
		free("ipFamilyPolicy")
	}
	free("healthCheckNodePort")
	ports := said.at("ports")
	for i, p := range listAt(spec, "ports") {
		if !ports.item(p, i).wrote("nodePort") {
			delete(p, "nodePort")
		}
	}
}

// cleanClaim makes a claim look for a volume again, unless its author chose one.
func cleanClaim(doc, live map[string]any, wrote author) {
	if mapAt(live, "metadata", "annotations")["pv.kubernetes.io/bound-by-controller"] == "yes" && !wrote.wrote("spec", "volumeName") {
		delete(mapAt(doc, "spec"), "volumeName")
	}
}

// cleanVolume keeps a volume for its claim by name: the claim there will be another one.
func cleanVolume(doc, live map[string]any, wrote author) {
	spec := mapAt(doc, "spec")
	if mapAt(live, "metadata", "annotations")["pv.kubernetes.io/bound-by-controller"] == "yes" && !wrote.wrote("spec", "claimRef") {
		delete(spec, "claimRef")
	}
	drop(spec, []string{"claimRef"}, "uid", "resourceVersion", "apiVersion", "kind")
}

// systemNamespaces hold what a cluster consists of.
func systemNamespace(ns string) bool {
	return ns == "kube-system" || ns == "kube-public" || ns == "kube-node-lease"
}

// StaysBehind tells of an object that was read of some cluster whether that cluster made it, and why it is left out. Names
// decide here, which every cluster has alike.
func StaysBehind(doc map[string]any) (Reason, bool) {
	meta := mapAt(doc, "metadata")
	group, _, _ := strings.Cut(stringAt(doc, "apiVersion"), "/")
	kind, ns, name := stringAt(doc, "kind"), stringAt(meta, "namespace"), stringAt(meta, "name")
	labels, notes := mapAt(meta, "labels"), mapAt(meta, "annotations")
	if meta["deletionTimestamp"] != nil {
		return Deleting, true
	}
	for _, ref := range listAt(meta, "ownerReferences") {
		if ref["controller"] == true {
			return Owned, true
		}
	}
	switch kind {
	case "Node", "CSINode", "NodeMetrics", "ComponentStatus":
		return Machine, true
	case "Event", "Lease", "PodMetrics", "LeaseCandidate":
		return Passing, true
	case "VolumeAttachment", "CSIStorageCapacity", "IPAddress", "FlowSchema", "PriorityLevelConfiguration":
		return Cluster, true
	case "PersistentVolume":
		if _, ok := notes["pv.kubernetes.io/provisioned-by"]; ok {
			return Provisioned, true
		}
	case "EndpointSlice":
		if strings.HasSuffix(stringAt(labels, "endpointslice.kubernetes.io/managed-by"), "controller.k8s.io") {
			return Owned, true
		}
	case "Endpoints":
		if _, ok := notes[corev1.EndpointsLastChangeTriggerTime]; ok || stringAt(labels, "endpoints.kubernetes.io/managed-by") == "endpoint-controller" {
			return Owned, true
		}
	}
	own := systemNamespace(ns)
	switch kind {
	case "Namespace":
		own = systemNamespace(name) || name == corev1.NamespaceDefault
	case "ConfigMap":
		own = own || name == "kube-root-ca.crt"
	case "ServiceAccount":
		own = own || name == "default" && doc["imagePullSecrets"] == nil
	case "Service", "Endpoints", "EndpointSlice":
		own = own || ns == corev1.NamespaceDefault && name == "kubernetes"
	case "ServiceCIDR":
		own = name == "kubernetes"
	case "PriorityClass":
		own = strings.HasPrefix(name, "system-")
	case "APIService":
		own = labels["kube-aggregator.kubernetes.io/automanaged"] != nil || mapAt(doc, "spec", "service") == nil
	case "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding":
		own = own || group == rbacv1.GroupName && (labels["kubernetes.io/bootstrapping"] != nil || strings.HasPrefix(name, "system:") || strings.HasPrefix(name, "kubeadm:"))
	}
	return Cluster, own
}
