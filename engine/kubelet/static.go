package kubelet

import (
	"encoding/json"
	"hash/fnv"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/client"
	"tabernetes/engine/runtime"
)

// Static pods: pkg/kubelet/config/{common,file}.go and pkg/kubelet/pod/mirror_client.go. A kubelet runs what lies in its
// manifest directory whether there is an API server or not; that is how a control plane comes to life. For each it puts
// a mirror pod into the API, so that people see it; deleting the mirror changes nothing, a new one appears.

// The annotations of static pods (pkg/kubelet/types).
const (
	configSource = "kubernetes.io/config.source"
	configSeen   = "kubernetes.io/config.seen"
	configHash   = "kubernetes.io/config.hash"
)

// static is what a worker knows of the mirror of its pod.
type static struct {
	next     *corev1.Pod // the manifest that takes this one's place once its pod is gone
	hash     string
	mirror   *corev1.Pod // nil while there is none
	creating bool
}

// runStatics starts a worker for every manifest.
func (k *Kubelet) runStatics() {
	for _, m := range k.conf.Manifests {
		k.runStatic(m)
	}
}

func (k *Kubelet) runStatic(m *corev1.Pod) *pod {
	obj := k.staticPod(m)
	p := &pod{k: k, obj: obj, static: &static{hash: string(obj.UID)}}
	k.pods[obj.UID] = p
	k.byKey[api.KeyOf(obj)] = p
	p.init()
	if sb := k.rt.Sandbox(obj.UID); sb != nil {
		p.adopt(sb)
	}
	p.sync()
	return p
}

// manifestChanged is a file in the manifest directory that was written, or taken away and put back: its pod ends, and
// when it is gone the new one starts, as upstream's pod workers keep static pods of one name from running side by side.
func (k *Kubelet) manifestChanged(m *corev1.Pod) {
	if k.a.Dead() {
		return
	}
	k.conf.Manifests = slices.Clone(k.conf.Manifests)
	for i, old := range k.conf.Manifests {
		if old.Name != m.Name || old.Namespace != m.Namespace {
			continue
		}
		k.conf.Manifests[i] = m
		p := k.byKey[api.Key(m.Namespace, m.Name+"-"+k.conf.NodeName)]
		if p == nil || p.static == nil {
			return // not read yet
		}
		first := p.static.next == nil
		p.static.next = m
		if first {
			p.deleted(p.obj)
		}
	}
}

// succeed starts what takes the place of a static pod that is gone. The mirror goes with it; the new pod makes its own.
func (p *pod) succeed() {
	if p.static == nil || p.static.next == nil {
		return
	}
	if m := p.static.mirror; m != nil {
		p.k.deleteMirror(m)
	}
	p.k.runStatic(p.static.next).createMirror()
}

// staticPod is applyDefaults of config/common.go: the pod that a manifest means on this node.
func (k *Kubelet) staticPod(manifest *corev1.Pod) *corev1.Pod {
	o := manifest.DeepCopy()
	o.UID = hashOf(manifest, k.conf.NodeName)
	o.Name += "-" + k.conf.NodeName
	if o.Namespace == "" {
		o.Namespace = metav1.NamespaceDefault
	}
	o.Generation = 1
	o.Spec.NodeName = k.conf.NodeName
	// What is bound to the node stays, whatever befalls the node.
	o.Spec.Tolerations = append(o.Spec.Tolerations, corev1.Toleration{Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute})
	if o.Annotations == nil {
		o.Annotations = map[string]string{}
	}
	o.Annotations[configSource] = "file"
	o.Annotations[configSeen] = k.a.Wall().UTC().Format(time.RFC3339Nano)
	o.Annotations[configHash] = string(o.UID)
	defaults.Set(o)
	o.Status = corev1.PodStatus{Phase: corev1.PodPending, QOSClass: qosClass(o)}
	return o
}

// hashOf makes a pod's UID from its manifest and node: 32 hexadecimal digits.
func hashOf(manifest *corev1.Pod, node string) types.UID {
	h := fnv.New64a()
	h.Write([]byte("host:" + node + "\n"))
	if b, err := json.Marshal(manifest); err == nil {
		h.Write(b)
	}
	return types.UID(runtime.Hex(h.Sum64())[:32])
}

// isMirror tells a mirror pod, and of which static pod.
func isMirror(o *corev1.Pod) (hash string, ok bool) {
	hash, ok = o.Annotations[corev1.MirrorPodAnnotationKey]
	return hash, ok
}

// mirrorChanged hears of the API's changes to mirror pods of this node.
func (k *Kubelet) mirrorChanged(old, o *corev1.Pod) {
	if o == nil {
		if p := k.byKey[api.KeyOf(old)]; p != nil && p.static != nil {
			p.static.mirror = nil
			p.createMirror()
		}
		return
	}
	hash, _ := isMirror(o)
	p := k.byKey[api.KeyOf(o)]
	if p == nil || p.static == nil || p.static.hash != hash || o.DeletionTimestamp != nil {
		// Of a manifest that is not there any more, of an older one, or somebody wants it gone.
		k.deleteMirror(o)
		return
	}
	was := p.static.mirror
	p.static.mirror = o
	if p.unsent {
		p.write()
	} else if was != nil {
		p.mirrorContradicted(o)
	} else if p.last != nil && contradicts(&o.Status, p.last) {
		p.unsent = true
		p.write()
	}
}

// mirrorContradicted puts right what others wrote into a mirror's status, at the status manager's next batch.
func (p *pod) mirrorContradicted(o *corev1.Pod) {
	if p.writing || p.last == nil || !contradicts(&o.Status, p.last) || p.batch.Pending() {
		return
	}
	p.batch = p.k.a.After(p.k.nextTick(syncBatchPeriod), "sync statuses", func() {
		if m := p.static.mirror; m != nil && p.last != nil && !p.writing && !p.unsent && contradicts(&m.Status, p.last) {
			p.unsent = true
			p.write()
		}
	})
}

func (k *Kubelet) deleteMirror(o *corev1.Pod) {
	zero, uid := int64(0), o.UID
	k.c.Delete(api.Pods, o.Namespace, o.Name, client.DeleteOptions{GracePeriodSeconds: &zero, Preconditions: &metav1.Preconditions{UID: &uid}}, nil)
}

// createMirrors makes the mirrors that are missing once the node is known and the API's pods have been seen.
func (k *Kubelet) createMirrors() {
	for _, m := range k.conf.Manifests {
		ns := m.Namespace
		if ns == "" {
			ns = metav1.NamespaceDefault
		}
		if p := k.byKey[api.Key(ns, m.Name+"-"+k.conf.NodeName)]; p != nil && p.static != nil {
			p.createMirror()
		}
	}
}

// createMirror puts the pod's mirror into the API. It belongs to the node, and goes when the node does.
func (p *pod) createMirror() {
	s, k := p.static, p.k
	if s.mirror != nil || s.creating || !k.synced || k.nodeUID == "" || k.nodeless() {
		return
	}
	s.creating = true
	o := p.obj.DeepCopy()
	o.UID = ""
	o.Annotations[corev1.MirrorPodAnnotationKey] = s.hash
	controller := true
	o.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: k.conf.NodeName, UID: k.nodeUID, Controller: &controller}}
	client.Create(k.c, api.Pods, o, func(made *corev1.Pod, err error) {
		s.creating = false
		switch {
		case err == nil:
			if s.mirror == nil {
				k.mirrorChanged(nil, made)
			}
		case apierrors.IsAlreadyExists(err):
			// The watch tells of it.
		default:
			// Upstream tries again with the pod's next sync.
			k.a.After(backOffPeriod, "retry mirror pod", p.createMirror)
		}
	})
}

// target is the object of the API that carries the pod's status: the pod itself, or its mirror; "" when there is none
// yet.
func (p *pod) target() types.UID {
	if p.static == nil {
		return p.obj.UID
	}
	if p.static.mirror == nil {
		return ""
	}
	return p.static.mirror.UID
}

// forgive ends the back-off of the container that runs a program of the host.
func (k *Kubelet) forgive(program string) {
	if k.a.Dead() {
		return
	}
	for _, m := range k.conf.Manifests {
		p := k.byKey[api.Key(m.Namespace, m.Name+"-"+k.conf.NodeName)]
		if p == nil || p.static == nil {
			continue
		}
		for i := range p.ctrs {
			if c := &p.ctrs[i]; c.run != nil && c.run.Program() == program {
				c.crash = backOff{}
				p.sync()
			}
		}
	}
}
