package simtest

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// node: no container starts before its image is on the node, and a pod is Ready only while all of it runs.
func node(j *judge) {
	seen := map[*runtime.Container]bool{}
	j.onEvent = append(j.onEvent, func(actor string) {
		name, ok := strings.CutPrefix(actor, "containerd@")
		if !ok {
			return
		}
		rt := j.c.Runtime(name)
		for _, sb := range rt.Sandboxes() {
			for _, c := range sb.Containers {
				if c.State != runtime.Running || seen[c] {
					continue
				}
				seen[c] = true
				if rt.ImagePresent(c.Spec.Image) == nil {
					j.fault("node", "container %s of %s/%s runs on %s without its image %s", c.Spec.Name, sb.Namespace, sb.Name, name, c.Spec.Image)
				}
				if !sb.Ready {
					j.fault("node", "container %s of %s/%s runs on %s without a sandbox", c.Spec.Name, sb.Namespace, sb.Name, name)
				}
			}
		}
	})
	j.onChange = append(j.onChange, func(_ *api.Resource, old, new api.Object) {
		p, ok := new.(*corev1.Pod)
		if !ok {
			return
		}
		if q, ok := old.(*corev1.Pod); ok && q.UID == p.UID && ended(q) && !ended(p) {
			j.fault("node", "%s was %s and is %s", api.KeyOf(p), q.Status.Phase, p.Status.Phase)
		}
		if !api.PodReady(p) {
			return
		}
		if p.Status.Phase != corev1.PodRunning {
			j.fault("node", "%s is Ready and %s", api.KeyOf(p), p.Status.Phase)
		}
		if len(p.Status.ContainerStatuses) != len(p.Spec.Containers) {
			j.fault("node", "%s is Ready with %d of %d container statuses", api.KeyOf(p), len(p.Status.ContainerStatuses), len(p.Spec.Containers))
		}
		for i := range p.Status.ContainerStatuses {
			if cs := &p.Status.ContainerStatuses[i]; cs.State.Running == nil || !cs.Ready {
				j.fault("node", "%s is Ready and its container %s is not", api.KeyOf(p), cs.Name)
			}
		}
	})
	// What the API says of pods is true in the end.
	j.onCalm = append(j.onCalm, func() {
		for _, key := range sortedKeys(j.mirror[api.Pods]) {
			p := j.mirror[api.Pods][key].(*corev1.Pod)
			h := j.c.Sim.Host(p.Spec.NodeName)
			if h == nil {
				continue
			}
			sb := j.c.Runtime(h.Name).Sandbox(onNode(p))
			running := sb != nil && len(sb.Containers) > 0
			if running {
				for _, c := range sb.Containers {
					running = running && c.State == runtime.Running
				}
			}
			if api.PodReady(p) && !running {
				j.fault("node", "%s is Ready for the API and does not run on %s", key, h.Name)
			}
		}
		for _, h := range j.c.Sim.Hosts() {
			rt := j.c.Runtime(h.Name)
			if rt == nil {
				continue
			}
			for _, sb := range rt.Sandboxes() {
				p, ok := j.mirror[api.Pods][api.Key(sb.Namespace, sb.Name)].(*corev1.Pod)
				if (!ok || onNode(p) != sb.UID) && alive(sb, j.c.Now()) {
					j.fault("node", "%s/%s runs on %s and is unknown to the API", sb.Namespace, sb.Name, h.Name)
				}
			}
		}
	})
}

// onNode is the UID under which a pod runs on its node: of a mirror, that of the static pod.
func onNode(p *corev1.Pod) types.UID {
	if hash, ok := p.Annotations[corev1.MirrorPodAnnotationKey]; ok {
		return types.UID(hash)
	}
	return p.UID
}

func alive(sb *runtime.Sandbox, _ sim.Time) bool {
	for _, c := range sb.Containers {
		if c.State == runtime.Running {
			return true
		}
	}
	return false
}
