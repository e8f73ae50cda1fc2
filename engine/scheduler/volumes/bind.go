package volumes

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
	"tabernetes/engine/client"
	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/sim"
)

// Plan is how the claims of a pod that are not bound yet get their volumes on one node: by volumes that are there, or by
// provisioning.
type Plan struct {
	static    []pair
	provision []*corev1.PersistentVolumeClaim
}

type pair struct {
	v *corev1.PersistentVolume
	c *corev1.PersistentVolumeClaim
}

const (
	// bindTimeout is how long completion of the bindings is waited for (VolumeBindingArgs.bindTimeoutSeconds).
	bindTimeout = 600 * time.Second
	bindPoll    = time.Second
	// expected is how long a binding takes that goes well; beyond it nobody waits for the cluster to settle.
	expected = time.Minute
)

// plan is VolumeBinding.Filter (FindPodVolumes).
func (st *State) plan(n *corev1.Node) (*Plan, *framework.Status) {
	for _, c := range st.bound {
		v := st.s.volume(c.Spec.VolumeName)
		if v == nil {
			return nil, statusNoVolume
		}
		if !binding.Usable(v, n.Labels) {
			return nil, statusAffinity
		}
	}
	p := &Plan{}
	var open []*corev1.PersistentVolumeClaim
	for _, c := range st.delayed {
		switch node, selected := c.Annotations[binding.AnnSelectedNode]; {
		case !selected:
			open = append(open, c)
		case node != n.Name:
			return nil, statusNoMatch
		default:
			p.provision = append(p.provision, c)
		}
	}
	taken := map[string]bool{}
	for _, c := range open {
		v, err := binding.Find(c, st.s.ofClass(binding.ClaimClass(c)), binding.Search{Node: n, Taken: taken, Delay: true})
		if v == nil || err != nil {
			p.provision = append(p.provision, c)
			continue
		}
		taken[v.Name] = true
		p.static = append(p.static, pair{v, c})
	}
	for _, c := range p.provision {
		class := st.s.class(binding.ClaimClass(c))
		if class == nil || class.Provisioner == "" || class.Provisioner == binding.NoProvisioner || !binding.Topology(class.AllowedTopologies, n.Labels) {
			return nil, statusNoMatch
		}
		if !st.s.room(class, c, n) {
			return nil, statusSpace
		}
	}
	return p, nil
}

// room reports that a driver which tells its capacity has enough on a node.
func (s *Storage) room(class *storagev1.StorageClass, c *corev1.PersistentVolumeClaim, n *corev1.Node) bool {
	size, ok := c.Spec.Resources.Requests[corev1.ResourceStorage]
	driver, known := s.drivers.Get("", class.Provisioner)
	if !ok || !known || driver.Spec.StorageCapacity == nil || !*driver.Spec.StorageCapacity {
		return true
	}
	for _, o := range s.capacities.All() {
		limit := volumeLimit(o)
		if o.StorageClassName != class.Name || limit == nil || limit.Value() < size.Value() || o.NodeTopology == nil {
			continue
		}
		if sel, err := metav1.LabelSelectorAsSelector(o.NodeTopology); err == nil && sel.Matches(labels.Set(n.Labels)) {
			return true
		}
	}
	return false
}

// Reserve assumes what the plan of a node will write; nil says that nothing is left to bind (AssumePodVolumes).
func (st *State) Reserve(node string) *Plan {
	p := st.plans[node]
	if p == nil || len(p.static)+len(p.provision) == 0 {
		return nil
	}
	out := &Plan{}
	for _, b := range p.static {
		v, changed := binding.Bind(b.v, b.c)
		if changed {
			st.s.assumedVolumes[v.Name] = v
		}
		out.static = append(out.static, pair{v, b.c})
	}
	for _, c := range p.provision {
		o := api.Copy(c)
		o.Annotations = binding.Annotated(c, binding.AnnSelectedNode, node)
		st.s.assumedClaims[api.KeyOf(o)] = o
		out.provision = append(out.provision, o)
	}
	return out
}

// Unreserve takes back what was assumed.
func (s *Storage) Unreserve(p *Plan) {
	for _, b := range p.static {
		delete(s.assumedVolumes, b.v.Name)
	}
	for _, c := range p.provision {
		delete(s.assumedClaims, api.KeyOf(c))
	}
}

// PreBind writes a plan and waits until every claim is bound (BindPodVolumes); done gets upstream's error.
func (s *Storage) PreBind(pod *corev1.Pod, node *corev1.Node, p *Plan, done func(error)) {
	var claims, volumes func(i int)
	volumes = func(i int) {
		if i == len(p.static) {
			claims(0)
			return
		}
		client.Update(s.c, api.PersistentVolumes, "", p.static[i].v, func(v *corev1.PersistentVolume, err error) {
			if err != nil {
				done(err)
				return
			}
			p.static[i].v = v
			volumes(i + 1)
		})
	}
	claims = func(i int) {
		if i == len(p.provision) {
			for _, key := range p.claims() {
				s.awaited[key] = s.a.Sim().Context()
			}
			s.await(pod, node, p, s.a.Now(), done)
			return
		}
		client.Update(s.c, api.PersistentVolumeClaims, "", p.provision[i], func(c *corev1.PersistentVolumeClaim, err error) {
			if err != nil {
				done(err)
				return
			}
			p.provision[i] = c
			claims(i + 1)
		})
	}
	volumes(0)
}

// await looks once a second whether the bindings are complete.
func (s *Storage) await(pod *corev1.Pod, node *corev1.Node, p *Plan, since sim.Time, done func(error)) {
	w := s.a.Sim()
	ctx := w.Context()
	waited := s.a.Now().Sub(since)
	ctx.Background = ctx.Background || waited >= expected
	w.In(ctx, func() {
		s.a.After(bindPoll, "wait for volumes", func() {
			ok, err := s.check(pod, node, p)
			switch {
			case err == nil && ok:
				w.In(s.heard(p), func() { done(nil) })
			case err == nil && waited+bindPoll >= bindTimeout:
				s.heard(p)
				done(fmt.Errorf("binding volumes: context deadline exceeded"))
			case err == nil:
				s.await(pod, node, p, since, done)
			default:
				s.heard(p)
				done(fmt.Errorf("binding volumes: %w", err))
			}
		})
	})
}

// claims are the keys of the claims of a plan.
func (p *Plan) claims() (keys []string) {
	for _, b := range p.static {
		keys = append(keys, api.KeyOf(b.c))
	}
	for _, c := range p.provision {
		keys = append(keys, api.KeyOf(c))
	}
	return keys
}

// heard ends the waiting for the claims of a plan and is the context of the newest word about them.
func (s *Storage) heard(p *Plan) sim.Context {
	ctx := s.a.Sim().Context()
	for _, key := range p.claims() {
		if c, ok := s.awaited[key]; ok && c.Cause > ctx.Cause {
			ctx = c
		}
		delete(s.awaited, key)
	}
	return ctx
}

// check is checkBindings: whether all is bound, or why it never will be. It looks at what the API server said, not at
// what is assumed.
func (s *Storage) check(pod *corev1.Pod, node *corev1.Node, p *Plan) (bool, error) {
	if _, ok := s.pods.Get(pod.Namespace, pod.Name); !ok {
		return false, fmt.Errorf("pod does not exist any more: pod %q not found", pod.Name)
	}
	for _, b := range p.static {
		v, ok := s.volumes.Get("", b.v.Name)
		if !ok {
			return false, fmt.Errorf("failed to check binding: persistentvolume %q not found", b.v.Name)
		}
		c, ok := s.claims.GetKey(api.KeyOf(b.c))
		if !ok {
			return false, fmt.Errorf("failed to check binding: persistentvolumeclaim %q not found", b.c.Name)
		}
		switch {
		case api.Revision(b.v) > api.Revision(v):
			return false, nil // the cache has not heard yet of what was written
		case !binding.Usable(v, node.Labels):
			return false, fmt.Errorf("pv %q node affinity doesn't match node %q: no matching NodeSelectorTerms", v.Name, node.Name)
		case v.Spec.ClaimRef == nil || v.Spec.ClaimRef.UID == "":
			return false, fmt.Errorf("ClaimRef got reset for pv %q", v.Name)
		case !binding.Complete(c):
			return false, nil
		}
	}
	for _, claim := range p.provision {
		c, ok := s.claims.GetKey(api.KeyOf(claim))
		if !ok {
			return false, fmt.Errorf("failed to check provisioning pvc: persistentvolumeclaim %q not found", claim.Name)
		}
		if api.Revision(claim) > api.Revision(c) {
			return false, nil
		}
		if c.Annotations == nil {
			return false, fmt.Errorf("selectedNode annotation reset for PVC %q", c.Name)
		}
		if c.Annotations[binding.AnnSelectedNode] != node.Name {
			return false, fmt.Errorf("provisioning failed for PVC %q", c.Name)
		}
		if c.Spec.VolumeName != "" {
			v, ok := s.volumes.Get("", c.Spec.VolumeName)
			if !ok {
				return false, nil
			}
			if !binding.Usable(v, node.Labels) {
				return false, fmt.Errorf("pv %q node affinity doesn't match node %q: no matching NodeSelectorTerms", v.Name, node.Name)
			}
		}
		if !binding.Complete(c) {
			return false, nil
		}
	}
	return true, nil
}
