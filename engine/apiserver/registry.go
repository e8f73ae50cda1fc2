package apiserver

import "tabernetes/engine/api"

// registryRoot begins all keys of objects in etcd (--etcd-prefix).
const registryRoot = "/registry/"

// registryPrefix is where the objects of a resource are in etcd, as in every cluster since the beginning: Kubernetes'
// own by their plural name alone, whatever their group, a few under names that they once had. What other API servers
// behind kube-apiserver store, custom resources above all, stands in a folder of its group: no two prefixes can contain
// each other, as a group has dots and a resource's name has none.
//
// Upstream: SpecialDefaultResourcePrefixes of pkg/kubeapiserver/default_storage_factory_builder.go; apiextensions'
// CRDRESTOptionsGetter; kube-aggregator.
func registryPrefix(r *api.Resource) string {
	switch r.Group {
	case "":
		switch r.Name {
		case "nodes":
			return registryRoot + "minions/"
		case "services":
			return registryRoot + "services/specs/"
		case "endpoints":
			return registryRoot + "services/endpoints/"
		case "replicationcontrollers":
			return registryRoot + "controllers/"
		}
	case "networking.k8s.io":
		if r.Name == "ingresses" {
			return registryRoot + "ingress/"
		}
	case "apiextensions.k8s.io", "apiregistration.k8s.io":
		return registryRoot + r.Group + "/" + r.Name + "/"
	}
	if r.Custom != nil {
		return registryRoot + r.Group + "/" + r.Name + "/"
	}
	return registryRoot + r.Name + "/"
}

// key is an object's key in etcd; with neither namespace nor name it is the prefix of the whole resource.
func (*Server) key(r *api.Resource, namespace, name string) string {
	if namespace == "" {
		return registryPrefix(r) + name
	}
	return registryPrefix(r) + namespace + "/" + name
}
