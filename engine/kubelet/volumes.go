package kubelet

import (
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// volumes is the state of a pod's volumes that need anything of the API; most pods have none.
type volumes struct {
	ready   bool
	data    map[source]map[string]string
	backoff time.Duration
}

// tokenVolume names the volume that admission adds for the service account's token; its parts always exist.
const tokenVolume = "kube-api-access-"

// sources lists the ConfigMaps and Secrets that the pod's volumes need, and the volume that needs each.
func (p *pod) sources() (names []source, owner []string) {
	add := func(volume string, s source) { names, owner = append(names, s), append(owner, volume) }
	for i := range p.obj.Spec.Volumes {
		v := &p.obj.Spec.Volumes[i]
		switch {
		case v.ConfigMap != nil:
			add(v.Name, source{false, v.ConfigMap.Name, flag(v.ConfigMap.Optional)})
		case v.Secret != nil:
			add(v.Name, source{true, v.Secret.SecretName, flag(v.Secret.Optional)})
		case v.Projected != nil && !strings.HasPrefix(v.Name, tokenVolume):
			for j := range v.Projected.Sources {
				s := &v.Projected.Sources[j]
				if s.ConfigMap != nil {
					add(v.Name, source{false, s.ConfigMap.Name, flag(s.ConfigMap.Optional)})
				}
				if s.Secret != nil {
					add(v.Name, source{true, s.Secret.Name, flag(s.Secret.Optional)})
				}
			}
		}
	}
	return names, owner
}

// mount makes the pod's volumes ready: contents of ConfigMaps and Secrets are read. A missing one fails the mount,
// which is tried again after 500 ms, doubling to two minutes (pkg/util/goroutinemap/exponentialbackoff).
func (p *pod) mount(done func(*retry)) {
	if p.vol != nil && p.vol.ready {
		done(nil)
		return
	}
	for i := range p.obj.Spec.Volumes {
		v := &p.obj.Spec.Volumes[i]
		if v.PersistentVolumeClaim != nil {
			p.event(nil, corev1.EventTypeWarning, "FailedMount", "Unable to attach or mount volumes: unmounted volumes=["+v.Name+"], unattached volumes=[], failed to process volumes=["+v.Name+"]: error processing PVC "+p.obj.Namespace+"/"+v.PersistentVolumeClaim.ClaimName+": failed to fetch PVC from API server: persistentvolumeclaims \""+v.PersistentVolumeClaim.ClaimName+"\" not found")
			done(&retry{2 * time.Minute})
			return
		}
	}
	names, owner := p.sources()
	if len(names) == 0 {
		done(nil)
		return
	}
	if p.vol == nil {
		p.vol = &volumes{}
	}
	p.fetch(names, func(data map[source]map[string]string, failed string) {
		if failed == "" {
			p.vol.ready, p.vol.data = true, data
			done(nil)
			return
		}
		volume := ""
		for i, n := range names {
			if strings.HasPrefix(failed, n.String()) {
				volume = owner[i]
				break
			}
		}
		p.event(nil, corev1.EventTypeWarning, "FailedMount", "MountVolume.SetUp failed for volume \""+volume+"\" : "+failed)
		p.vol.backoff = min(max(2*p.vol.backoff, 500*time.Millisecond), 2*time.Minute+2*time.Second)
		done(&retry{p.vol.backoff})
	})
}

// fillDownward writes the files of the pod's volumes, once the sandbox is there and the address known.
func (p *pod) fillDownward() {
	for i := range p.obj.Spec.Volumes {
		v := &p.obj.Spec.Volumes[i]
		switch {
		case v.ConfigMap != nil:
			p.fillItems(v.Name, p.data(source{false, v.ConfigMap.Name, flag(v.ConfigMap.Optional)}), v.ConfigMap.Items)
		case v.Secret != nil:
			p.fillItems(v.Name, p.data(source{true, v.Secret.SecretName, flag(v.Secret.Optional)}), v.Secret.Items)
		case v.DownwardAPI != nil:
			p.fillFields(v.Name, v.DownwardAPI.Items)
		case v.Projected != nil && !strings.HasPrefix(v.Name, tokenVolume):
			for j := range v.Projected.Sources {
				s := &v.Projected.Sources[j]
				switch {
				case s.ConfigMap != nil:
					p.fillItems(v.Name, p.data(source{false, s.ConfigMap.Name, flag(s.ConfigMap.Optional)}), s.ConfigMap.Items)
				case s.Secret != nil:
					p.fillItems(v.Name, p.data(source{true, s.Secret.Name, flag(s.Secret.Optional)}), s.Secret.Items)
				case s.DownwardAPI != nil:
					p.fillFields(v.Name, s.DownwardAPI.Items)
				case s.ServiceAccountToken != nil:
					p.sb.Volume(v.Name).Set(s.ServiceAccountToken.Path, "token-of-"+p.obj.Spec.ServiceAccountName)
				}
			}
		}
	}
}

func (p *pod) data(s source) map[string]string {
	if p.vol == nil {
		return nil
	}
	return p.vol.data[s]
}

func (p *pod) fillItems(volume string, data map[string]string, items []corev1.KeyToPath) {
	v := p.sb.Volume(volume)
	if len(items) == 0 {
		for _, k := range sortedKeys(data) {
			v.Set(k, data[k])
		}
		return
	}
	for _, it := range items {
		if s, ok := data[it.Key]; ok {
			v.Set(it.Path, s)
		}
	}
}

func (p *pod) fillFields(volume string, items []corev1.DownwardAPIVolumeFile) {
	v := p.sb.Volume(volume)
	for i := range items {
		it := &items[i]
		switch {
		case it.FieldRef != nil:
			if s, ok := p.field(it.FieldRef.FieldPath); ok {
				v.Set(it.Path, s)
			}
		case it.ResourceFieldRef != nil && len(p.ctrs) > 0:
			v.Set(it.Path, p.resourceField(&p.ctrs[0], it.ResourceFieldRef))
		}
	}
}
