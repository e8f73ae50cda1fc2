package kubeadm

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/validation"
	"tabernetes/engine/runtime"
)

func TestManifests(t *testing.T) {
	conf := Config{Members: []Member{{"control-plane-1", "10.0.0.2"}, {"control-plane-2", "10.0.0.3"}}, ServiceCIDR: "10.96.0.0/12", PodCIDR: "10.244.0.0/16"}
	registry := runtime.NewRegistry()
	for i := range conf.Members {
		for _, p := range Manifests(conf, i) {
			var flags []string
			for _, f := range p.Spec.Containers[0].Command[1:] {
				name, _, _ := strings.Cut(f, "=")
				flags = append(flags, name)
			}
			require.True(t, slices.IsSorted(flags), "%s: kubeadm sorts flags: %v", p.Name, flags)
			require.Contains(t, Images(), p.Spec.Containers[0].Image, "it is pulled before")
			_, err := registry.Find(p.Spec.Containers[0].Image)
			require.NoError(t, err)
			p.Spec.NodeName = "n"
			defaults.Set(p)
			require.Empty(t, validation.Create(p), p.Name)
		}
	}
	require.Contains(t, Manifests(conf, 1)[0].Spec.Containers[0].Command, "--initial-cluster=control-plane-1=https://10.0.0.2:2380,control-plane-2=https://10.0.0.3:2380")
	require.Contains(t, Manifests(conf, 1)[0].Spec.Containers[0].Command, "--initial-cluster-state=existing")
}
