// Package kubeadm is what kubeadm leaves on a control-plane node: the manifests of its static pods.
//
// In a real cluster that kubeadm made, the control plane is nothing but files: one manifest each for etcd,
// kube-apiserver, kube-controller-manager and kube-scheduler in /etc/kubernetes/manifests. The kubelet runs them without
// an API server, and that is how there comes to be one. Manifests are kubeadm's: commands with their flags, volumes,
// probes, requests (cmd/kubeadm/app/phases/{controlplane,etcd}). The cloud-controller-manager comes from a provider and
// not from kubeadm; its manifest is made in the same manner.
//
// Simulated: the flags are not parsed by the programs of this cluster; they are what those programs do. Only --config of
// kube-scheduler, which kubeadm does not set, is read. Certificates and
// kubeconfigs are named, and not there.
package kubeadm
