package api

import "time"

// KubeletService is the name under which kubelets listen on their host.
const KubeletService = "kubelet"

// KubeletEndpoint is what a kubelet offers the API server on a connection. Its methods are called on the kubelet's
// side.
type KubeletEndpoint interface {
	// Logs answers with a container's log, or with the kubelet's error, by calling reply once.
	Logs(namespace, pod, container string, opts LogOptions, reply func(text string, err error))
	// Follow sends a container's log, and what is added to it until it ends: over is true in the last call. It returns
	// how to end the stream.
	Follow(namespace, pod, container string, opts LogOptions, send func(text string, over bool, err error)) (stop func())
	// Stream serves exec, attach and portforward: see Connector.
	Stream(subresource, namespace, pod string, opts StreamOptions, send func(Frame)) (receive func(Frame), stop func())
	// Stats answers with the use of resources that the kubelet read last, by calling reply once (/metrics/resource).
	Stats(reply func(*NodeStats))
}

// Usage is two readings of the CPU time that something has used since its start, and the memory of the newer one.
type Usage struct {
	Start        time.Time // of what is measured
	At           time.Time // of the newer reading
	CPU, PrevCPU time.Duration
	Memory       int64 // working set, bytes
}

// UsagePeriod is the distance of two readings, metrics-server's default resolution (--metric-resolution).
const UsagePeriod = 15 * time.Second

// ContainerStats is the use of a container that runs.
type ContainerStats struct {
	Name string
	Usage
}

// NodeStats is the use of a node, and of the containers that run on it by the keys of their pods.
type NodeStats struct {
	Usage
	Pods map[string][]ContainerStats
}
