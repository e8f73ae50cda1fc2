// Package podsecurity holds the Pod Security Standards: what a pod may ask of its node at the levels privileged, baseline
// and restricted, and how a namespace's labels pod-security.kubernetes.io/{enforce,audit,warn}[-version] choose among
// them (KEP-2579; upstream k8s.io/pod-security-admission).
//
// In a real cluster these are the checks of kube-apiserver's PodSecurity admission plugin. Here they are the same: every
// check, in every version a namespace can pin, with the same words. Nothing is simulated: the package is pure and knows
// no server. engine/apiserver asks it when pods, workloads and namespaces are written.
package podsecurity
