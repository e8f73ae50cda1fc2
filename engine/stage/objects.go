package stage

import (
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"tabernetes/engine/api"
)

type workload struct {
	WorkloadView
	uid string
}

type service struct {
	ServiceView
	slices []string
}

type sliceView struct {
	service string
	v6      bool
	ready   []string // pod keys
	not     int
}

func (st *Stage) nodeChanged(old, new api.Object) {
	if new == nil {
		if v := st.nodes[old.GetName()]; v != nil {
			delete(st.nodes, v.Name)
			if v.Ready == "True" {
				st.readyNodes--
			}
			st.nodeList[v.ID] = nil
			st.goneNodes = append(st.goneNodes, v.ID)
		}
		return
	}
	n := new.(*corev1.Node)
	v := st.nodes[n.Name]
	if v == nil {
		v = &NodeView{ID: len(st.nodeList), Name: n.Name, Role: "worker", Power: true, Lease: -1}
		st.nodeList = append(st.nodeList, v)
		st.nodes[n.Name] = v
	}
	if _, ok := n.Labels["node-role.kubernetes.io/control-plane"]; ok {
		v.Role = "control-plane"
	}
	v.Zone = n.Labels[corev1.LabelTopologyZone]
	v.Cordoned = n.Spec.Unschedulable
	v.Taints = nil
	for _, t := range n.Spec.Taints {
		s := t.Key
		if t.Value != "" {
			s += "=" + t.Value
		}
		v.Taints = append(v.Taints, s+":"+string(t.Effect))
	}
	if v.Ready == "True" {
		st.readyNodes--
	}
	v.Ready = ""
	for i := range n.Status.Conditions {
		if c := &n.Status.Conditions[i]; c.Type == corev1.NodeReady {
			v.Ready = string(c.Status)
		}
	}
	if v.Ready == "True" {
		st.readyNodes++
	}
	v.CPU.Capacity = float64(n.Status.Allocatable.Cpu().MilliValue()) / 1000
	v.Memory.Capacity = float64(n.Status.Allocatable.Memory().Value())
	v.MaxPods = n.Status.Allocatable.Pods().Value()
	st.dirtyNode[v.ID] = true
}

func (st *Stage) leaseChanged(new api.Object) {
	l, ok := new.(*coordinationv1.Lease)
	if !ok || l == nil || l.Namespace != corev1.NamespaceNodeLease {
		return
	}
	if v := st.nodes[l.Name]; v != nil {
		v.Lease = ms(st.w.Now())
		if len(st.nodes) <= leaseDetail {
			st.dirtyNode[v.ID] = true
		}
	}
}

// headquarters are the programs that make a node part of the control plane.
var headquarters = []string{"etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager", "cloud-controller-manager"}

// checkPower compares every machine with what the picture shows.
func (st *Stage) checkPower() {
	for _, h := range st.w.Hosts() {
		v := st.nodes[h.Name]
		if v == nil {
			continue
		}
		changed := v.Power != h.Up()
		v.Power = h.Up()
		if v.Role == "control-plane" {
			var list []Component
			for _, p := range h.Programs() {
				if slices.Contains(headquarters, p.Name) {
					list = append(list, Component{Name: p.Name, Up: p.Up, Leader: p.Up && (st.Leads == nil || st.Leads(h.Name, p.Name))})
				}
			}
			if !slices.Equal(list, v.Components) {
				v.Components, changed = list, true
			}
		}
		if changed {
			st.dirtyNode[v.ID] = true
		}
	}
}

func (st *Stage) workloadChanged(old, new api.Object) {
	obj := new
	if obj == nil {
		obj = old
	}
	uid := string(obj.GetUID())
	if rs, ok := obj.(*appsv1.ReplicaSet); ok {
		if o := api.ControllerOf(rs); o != nil {
			if new == nil {
				delete(st.owners, uid)
			} else if w := st.owners[string(o.UID)]; w != nil {
				st.owners[uid] = w
			}
			return
		}
	}
	r := api.ResourceOf(obj)
	ref := api.Ref(r, obj.GetNamespace(), obj.GetName())
	w := st.workloads[ref]
	if new == nil {
		if w != nil {
			delete(st.workloads, ref)
			delete(st.owners, uid)
			st.wlByID[w.ID] = nil
			st.goneWl = append(st.goneWl, w.ID)
		}
		return
	}
	if w == nil {
		w = &workload{WorkloadView: WorkloadView{ID: len(st.wlByID), Ref: ref, Kind: r.Kind, Namespace: obj.GetNamespace(), Name: obj.GetName()}, uid: uid}
		st.wlByID = append(st.wlByID, w)
		st.workloads[ref] = w
		st.owners[uid] = w
	}
	var t *corev1.PodTemplateSpec
	switch x := obj.(type) {
	case *appsv1.Deployment:
		t = &x.Spec.Template
		w.Desired, w.Current, w.Updated = *x.Spec.Replicas, x.Status.Replicas, x.Status.UpdatedReplicas
		w.WorkloadView.Ready, w.Available, w.Paused = x.Status.ReadyReplicas, x.Status.AvailableReplicas, x.Spec.Paused
		w.State = "complete"
		if x.Status.ObservedGeneration < x.Generation || w.Updated < w.Desired || w.Current > w.Updated || w.Available < w.Updated {
			w.State = "progressing"
		}
		for i := range x.Status.Conditions {
			if c := &x.Status.Conditions[i]; c.Type == appsv1.DeploymentProgressing && c.Reason == "ProgressDeadlineExceeded" {
				w.State = "failed"
			}
		}
		w.Generation, _ = strconv.ParseInt(x.Annotations["deployment.kubernetes.io/revision"], 10, 64)
	case *appsv1.ReplicaSet:
		t = &x.Spec.Template
		w.Desired, w.Current, w.Updated = *x.Spec.Replicas, x.Status.Replicas, x.Status.Replicas
		w.WorkloadView.Ready, w.Available = x.Status.ReadyReplicas, x.Status.AvailableReplicas
		w.State = "complete"
		if w.WorkloadView.Ready < w.Desired {
			w.State = "progressing"
		}
	}
	w.Labels = t.Labels
	if len(t.Spec.Containers) > 0 {
		w.Image, w.Container = t.Spec.Containers[0].Image, t.Spec.Containers[0].Name
	}
	st.dirtyWl[w.ID] = true
}

func (st *Stage) serviceChanged(old, new api.Object) {
	if new == nil {
		if s := st.services[api.KeyOf(old)]; s != nil {
			delete(st.services, api.KeyOf(old))
			st.svcByID[s.ID] = nil
			st.goneSvc = append(st.goneSvc, s.ID)
		}
		return
	}
	x := new.(*corev1.Service)
	key := api.KeyOf(x)
	s := st.services[key]
	if s == nil {
		s = &service{ServiceView: ServiceView{ID: len(st.svcByID), Ref: api.Ref(api.Services, x.Namespace, x.Name), Namespace: x.Namespace, Name: x.Name}}
		st.svcByID = append(st.svcByID, s)
		st.services[key] = s
		st.adopt(key, s)
	}
	s.Type, s.ClusterIP, s.Selector = string(x.Spec.Type), strings.Join(x.Spec.ClusterIPs, ", "), x.Spec.Selector
	var ports []string
	for i := range x.Spec.Ports {
		p := strconv.Itoa(int(x.Spec.Ports[i].Port))
		if n := x.Spec.Ports[i].NodePort; n != 0 {
			p += ":" + strconv.Itoa(int(n))
		}
		ports = append(ports, p)
	}
	s.Ports = strings.Join(ports, ",")
	st.dirtySvc[s.ID] = true
}

// adopt gives a new Service the slices of its name that are there already: it may have been deleted and made again.
func (st *Stage) adopt(key string, s *service) {
	for k, v := range st.slices {
		if v.service != key {
			continue
		}
		s.slices = append(s.slices, k)
		for _, name := range v.ready {
			st.name(name, s)
		}
	}
	slices.Sort(s.slices)
}

// name notes that a slice of a Service names a pod: a frame tells endpoints by slot, so that the Service changes when
// the pod comes or goes.
func (st *Stage) name(pod string, s *service) {
	if pod == "" {
		return
	}
	if p := st.pods[pod]; p == nil {
		st.awaited[pod] = append(st.awaited[pod], s)
	} else if !slices.Contains(p.behind, s) {
		p.behind = append(p.behind, s)
	}
}

func (st *Stage) unname(pod string, s *service) {
	same := func(x *service) bool { return x == s }
	if p := st.pods[pod]; p != nil {
		p.behind = slices.DeleteFunc(p.behind, same)
	} else if left := slices.DeleteFunc(st.awaited[pod], same); len(left) > 0 {
		st.awaited[pod] = left
	} else {
		delete(st.awaited, pod)
	}
}

func (st *Stage) sliceChanged(old, new api.Object) {
	obj := new
	if obj == nil {
		obj = old
	}
	x := obj.(*discoveryv1.EndpointSlice)
	key := api.KeyOf(x)
	svcKey := api.Key(x.Namespace, x.Labels[discoveryv1.LabelServiceName])
	if was := st.slices[key]; was != nil {
		for _, pod := range was.ready {
			st.unname(pod, st.services[svcKey])
		}
	}
	if new == nil {
		delete(st.slices, key)
	} else {
		v := &sliceView{service: svcKey, v6: x.AddressType == discoveryv1.AddressTypeIPv6}
		for i := range x.Endpoints {
			e := &x.Endpoints[i]
			if e.Conditions.Ready != nil && !*e.Conditions.Ready {
				v.not++
				continue
			}
			pod := ""
			if e.TargetRef != nil {
				pod = api.Key(e.TargetRef.Namespace, e.TargetRef.Name)
			}
			v.ready = append(v.ready, pod)
			if s := st.services[svcKey]; s != nil {
				st.name(pod, s)
			}
		}
		st.slices[key] = v
	}
	if s := st.services[svcKey]; s != nil {
		i := slices.Index(s.slices, key)
		if new == nil && i >= 0 {
			s.slices = slices.Delete(s.slices, i, i+1)
			// A Service that gives up a family keeps its pods.
			for _, other := range s.slices {
				if v := st.slices[other]; v != nil {
					for _, pod := range v.ready {
						st.name(pod, s)
					}
				}
			}
		} else if new != nil && i < 0 {
			s.slices = append(s.slices, key)
		}
		st.dirtySvc[s.ID] = true
	}
}

// maxEndpoints is how many endpoints of a Service a frame lists; the rest is only counted.
const maxEndpoints = 200

func (st *Stage) serviceView(s *service) ServiceView {
	v := s.ServiceView
	v.Ready, v.NotReady, v.Endpoints = 0, 0, []int{}
	has4 := slices.ContainsFunc(s.slices, func(key string) bool { return st.slices[key] != nil && !st.slices[key].v6 })
	for _, key := range s.slices {
		x := st.slices[key]
		if x == nil || x.v6 && has4 {
			continue // of two families one tells all
		}
		v.Ready += len(x.ready)
		v.NotReady += x.not
		for _, k := range x.ready {
			if p := st.pods[k]; p != nil && len(v.Endpoints) < maxEndpoints {
				v.Endpoints = append(v.Endpoints, int(p.slot))
			}
		}
	}
	return v
}

// Load tells the figures of the traffic that a Service gets.
func (st *Stage) Load(serviceKey string, rps, ok, failed float64) {
	s := st.services[serviceKey]
	if s == nil || s.RPS == rps && s.OKPerSec == ok && s.FailPerSec == failed {
		return
	}
	s.RPS, s.OKPerSec, s.FailPerSec = rps, ok, failed
	st.dirtySvc[s.ID] = true
}
