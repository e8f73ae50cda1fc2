package api

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
}
