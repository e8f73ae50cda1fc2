package apiserver

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabernetes/engine/api"
)

func TestRegistryKeys(t *testing.T) {
	var s *Server
	for want, r := range map[string]*api.Resource{
		"/registry/pods/default/x": api.Pods, "/registry/minions/x": api.Nodes, "/registry/services/specs/default/x": api.Services,
		"/registry/services/endpoints/default/x": api.Endpoints, "/registry/controllers/default/x": api.ReplicationControllers,
		"/registry/leases/default/x": api.Leases, "/registry/endpointslices/default/x": api.EndpointSlices, "/registry/events/default/x": api.Events,
		"/registry/deployments/default/x": api.Deployments, "/registry/ingress/default/x": api.Ingresses, "/registry/ingressclasses/x": api.IngressClasses,
		"/registry/persistentvolumes/x": api.PersistentVolumes, "/registry/priorityclasses/x": api.PriorityClasses,
		"/registry/serviceaccounts/default/x": api.ServiceAccounts, "/registry/storageclasses/x": api.StorageClasses,
		"/registry/clusterroles/x": api.ClusterRoles, "/registry/ipaddresses/x": api.IPAddresses,
	} {
		namespace := ""
		if r.Namespaced {
			namespace = "default"
		}
		assert.Equal(t, want, s.key(r, namespace, "x"))
	}
}

// TestRegistryPrefixesAreDisjoint: a watch of one resource must not see another's objects.
func TestRegistryPrefixesAreDisjoint(t *testing.T) {
	prefixes := map[string]*api.Resource{masterLeases: nil}
	for _, r := range api.Builtin() {
		if !r.Kept() {
			continue
		}
		p := registryPrefix(r)
		require.NotContains(t, prefixes, p, r.Name)
		prefixes[p] = r
	}
	for a := range prefixes {
		for b := range prefixes {
			assert.False(t, a != b && strings.HasPrefix(a, b), "%s holds %s", b, a)
		}
	}
}
