// Package rootcacert publishes the certificate of the cluster's authority in every namespace, as the ConfigMap
// "kube-root-ca.crt" that each pod mounts beside its token: the root CA certificate publisher of kube-controller-manager
// (k8s.io/kubernetes/pkg/controller/certificates/rootcacertpublisher).
//
// It reads Namespaces and ConfigMaps; it writes ConfigMaps. The certificate itself is whatever it is started with.
package rootcacert
