package kubelet

import (
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// volumes is the state of a pod's volumes that need anything of the API or of the machine; most pods have none.
type volumes struct {
	ready    bool
	data     map[source]map[string]string
	places   []place
	backoff  time.Duration
	watching []*watched
	refresh  bool // is on its way
	tokens   map[tokenKey]string
	renewal  sim.Timer
	access   map[string]string // what the volume every pod has takes from its ConfigMap; nil: it is not filled
}

// place is where a pod's volume really is.
type place struct {
	name     string // of the volume in the pod
	v        *runtime.Volume
	at       string
	readOnly bool
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

// mount makes the pod's volumes ready: claims are resolved, what is on the machine is looked at, contents of ConfigMaps
// and Secrets are read. What fails is tried again after 500 ms, doubling to two minutes
// (pkg/util/goroutinemap/exponentialbackoff).
func (p *pod) mount(done func(*retry)) {
	if p.vol != nil && p.vol.ready {
		done(nil)
		return
	}
	names, owner := p.sources()
	claims := p.needsPlaces()
	if len(names) == 0 && !claims && len(p.tokens(false)) == 0 {
		done(nil)
		return
	}
	if p.vol == nil {
		p.vol = &volumes{}
	}
	files := func() {
		if len(names) == 0 {
			p.vol.ready = true
			done(nil)
			return
		}
		p.fetch(names, func(data map[source]map[string]string, failed string) {
			if failed == "" {
				failed = missingKey(p, data)
			}
			if failed == "" {
				p.vol.ready, p.vol.data = true, data
				p.watchSources(names)
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
			if v, rest, ok := strings.Cut(failed, "\x00"); ok {
				volume, failed = v, rest
			}
			p.setUpFailed(volume, failed, done)
		})
	}
	data := func() {
		p.fetchTokens(false, func(volume, failed string) {
			if failed != "" {
				p.setUpFailed(volume, failed, done)
				return
			}
			files()
		})
	}
	if !claims {
		data()
		return
	}
	p.findPlaces(func(places []place, failed bool) {
		switch {
		case p.k.a.Dead():
		case failed:
			done(&retry{p.mountBackoff()})
		default:
			p.vol.places = places
			p.growLater()
			data()
		}
	})
}

func (p *pod) mountBackoff() time.Duration {
	p.vol.backoff = min(max(2*p.vol.backoff, 500*time.Millisecond), 2*time.Minute+2*time.Second)
	return p.vol.backoff
}

// mountFailed tells that one volume could not be mounted; step is what of the mounting failed.
func (p *pod) mountFailed(step, volume, why string) {
	p.event(nil, corev1.EventTypeWarning, "FailedMount", "MountVolume."+step+" failed for volume \""+volume+"\" : "+why)
}

func (p *pod) setUpFailed(volume, why string, done func(*retry)) {
	p.mountFailed("SetUp", volume, why)
	done(&retry{p.mountBackoff()})
}

// fillVolumes gives the sandbox its volumes, once it is there and the address known.
func (p *pod) fillVolumes() {
	for i := range p.obj.Spec.Volumes {
		v := &p.obj.Spec.Volumes[i]
		if v.EmptyDir != nil && v.EmptyDir.Medium == corev1.StorageMediumMemory {
			p.sb.Memory(v.Name)
		}
		p.fill(v)
	}
	if p.vol != nil {
		for _, at := range p.vol.places {
			p.sb.Use(at.name, at.v, at.at, at.readOnly)
		}
	}
}
