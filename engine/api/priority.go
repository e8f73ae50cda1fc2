package api

import "k8s.io/apimachinery/pkg/runtime/schema"

// GroupPriority is where a group version stands in discovery, as the groupPriorityMinimum and versionPriority of its
// APIService: higher comes first (pkg/controlplane/apiserver/aggregator.go, cmd/kube-apiserver/app/aggregator.go).
func GroupPriority(gv schema.GroupVersion) (group, version int32) {
	switch gv.Group {
	case "":
		return 18000, 1
	case "apiregistration.k8s.io":
		return 20000, 15 // the aggregator's own group, which needs no APIService
	case "autoscaling":
		if gv.Version == "v2" {
			return 17500, 30
		}
		return 17500, 15
	}
	for _, p := range groupPriorities {
		if p.name == gv.Group {
			return p.priority, 15
		}
	}
	return 1000, 100
}

var groupPriorities = []struct {
	name     string
	priority int32
}{
	{"apps", 17800}, {"events.k8s.io", 17750}, {"authentication.k8s.io", 17700}, {"authorization.k8s.io", 17600}, {"batch", 17400},
	{"certificates.k8s.io", 17300}, {"networking.k8s.io", 17200}, {"policy", 17100}, {"rbac.authorization.k8s.io", 17000},
	{"storage.k8s.io", 16800}, {"apiextensions.k8s.io", 16700}, {"admissionregistration.k8s.io", 16700}, {"scheduling.k8s.io", 16600},
	{"coordination.k8s.io", 16500}, {"node.k8s.io", 16300}, {"discovery.k8s.io", 16200},
}
