package controllers

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/apiserver/auth"
)

// A controller whose account has no role can do nothing in a cluster with RBAC.
func TestEveryControllerHasARole(t *testing.T) {
	roles := map[string]bool{}
	for _, r := range auth.Bootstrap().ClusterRoles {
		roles[r.Name] = true
	}
	for _, s := range all() {
		require.True(t, roles["system:controller:"+account(s.name)], "%s acts as %s, for which upstream has no role: correct accountOf", s.name, account(s.name))
	}
	for name, account := range accountOf {
		require.True(t, roles["system:controller:"+account], "%s: %s", name, account)
	}
}
