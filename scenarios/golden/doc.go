// Package golden holds facts recorded from a real Kubernetes v1.37.2 control plane, and judges by them.
//
// The control plane, the controllers and kubectl were the real ones; the nodes were played by kwok, a simulator of
// kubelets, so what shows of a node (its name, its version, containers that start in no time) is masked or left to
// what a real kubelet does. Masked as well is what differs from run to run: identifiers, random suffixes, times, ages,
// addresses. All else must be equal, pod-template-hash values included.
//
//   - kubectl/NN.txt: one session, a command and its output a file. Steps 31 to 43 were not kept.
//   - invalid/: manifests that are wrong, and what kubectl said about them.
//   - objects/: what the server answered to a POST and to a later GET.
//
// PlaySession and PlayInvalid run against anything that carries out kubectl lines: the page's own kubectl and the real
// one must both pass.
package golden
