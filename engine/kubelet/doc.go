// Package kubelet is the node agent: it registers its Node, keeps its lease, and makes the pods bound to it run.
//
// In a real cluster the kubelet watches the pods of its node, and for each runs a worker that compares the pod's spec
// with what the container runtime has and takes the next steps: sandbox, volumes, init containers and sidecars in
// order, image pulls, containers, hooks, probes; it restarts what ended with a growing back-off, stops what is to go
// with a grace period, and posts the pod's status. Here all of that happens, in the order and with the texts of
// v1.37 (pkg/kubelet, kuberuntime, prober, status, images), on the runtime of package runtime and the addresses of
// package network.
//
// Real: the pod worker's state machine, serialised image pulls, both back-offs, probe thresholds, phases and
// conditions, admission, what is found after the node lost power. Simulated: the pod lifecycle event generator
// relists only when something changed, at the times at which upstream's one-second ticker would; a periodic resync
// that would change nothing is left out; a probe of a healthy container is one background event that writes nothing.
// Volumes are mounted as they are: emptyDir lives as long as the pod, hostPath and local volumes on the machine's disk,
// network and CSI volumes elsewhere; files of ConfigMaps, Secrets, tokens and the downward API follow their objects.
// Left out so far: eviction under pressure, device plugins, raw block volumes.
//
// Its own server answers the API server: logs, and the streams of exec, attach and port-forward (api.Connector), with the
// texts that upstream's server and containerd's behind it have. A forwarded port carries requests, as the simulated
// network does. Ephemeral containers are started once, beside the pod's own.
//
// It reads Pods (those of its node), ConfigMaps, Secrets, claims, volumes and attachments they refer to; it writes Nodes
// and their status, Leases, CSINodes, pod status, the size of claims, tokens, Events, and deletes pods that have ended.
package kubelet
