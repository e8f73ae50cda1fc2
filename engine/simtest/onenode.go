package simtest

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/runtime"
)

// oneNode: a pod is bound once and for all, and runs nowhere else.
func oneNode(j *judge) {
	bound := map[types.UID]string{}
	ran := map[types.UID]string{}
	j.onChange = append(j.onChange, func(r *api.Resource, _, new api.Object) {
		p, ok := new.(*corev1.Pod)
		if !ok {
			return
		}
		if was := bound[p.UID]; was != "" && was != p.Spec.NodeName {
			j.fault("one node", "%s was bound to %s and now to %q", api.KeyOf(p), was, p.Spec.NodeName)
		}
		bound[p.UID] = p.Spec.NodeName
	})
	j.onEvent = append(j.onEvent, func(actor string) {
		node, ok := strings.CutPrefix(actor, "containerd@")
		if !ok {
			return
		}
		for _, sb := range j.c.Runtime(node).Sandboxes() {
			if len(sb.Containers) == 0 || ran[sb.UID] == node || static(sb, node) {
				continue
			}
			if was := ran[sb.UID]; was != "" {
				j.fault("one node", "%s/%s runs on %s and on %s", sb.Namespace, sb.Name, was, node)
			}
			if was := bound[sb.UID]; was != node {
				j.fault("one node", "%s/%s runs on %s and is bound to %q", sb.Namespace, sb.Name, node, was)
			}
			ran[sb.UID] = node
		}
	})
}

// static tells the sandbox of a static pod, which nobody binds: its node's name is part of its own.
func static(sb *runtime.Sandbox, node string) bool {
	return sb.Namespace == metav1.NamespaceSystem && strings.HasSuffix(sb.Name, "-"+node)
}
