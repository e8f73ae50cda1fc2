package kubelet

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// Files that follow their objects. The kubelet watches the ConfigMaps and Secrets its pods refer to
// (configMapAndSecretChangeDetectionStrategy: Watch); a pod's volumes are written anew when its worker looks at it next,
// which it does once in 60 to 90 s even if nothing happened. Upstream: pkg/kubelet/util/manager/watch_based_manager.go,
// pkg/kubelet/kubelet.go (resyncInterval), volumemanager (ReprocessPod, RequiresRemount).

// watched is one object that is watched for the pods that refer to it.
type watched struct {
	key   string
	pods  []*pod
	close func()
}

// watchSources makes the pod hear of changes of what its volumes are filled from.
func (p *pod) watchSources(names []source) {
	for _, n := range names {
		key := p.obj.Namespace + "/" + n.String()
		w := p.k.watched[key]
		if w == nil {
			w = &watched{key: key}
			p.k.watched[key] = w
			sel := client.Selection{Namespace: p.obj.Namespace, Fields: fields.OneTermEqualSelector("metadata.name", n.name)}
			s := p.k.a.Sim()
			s.In(sim.Context{Background: true}, func() { // nobody waits for a watch
				if n.secret {
					w.close = follow(client.NewCache[*corev1.Secret](p.k.c, api.Secrets, sel), w)
				} else {
					w.close = follow(client.NewCache[*corev1.ConfigMap](p.k.c, api.ConfigMaps, sel), w)
				}
			})
		}
		w.pods = append(w.pods, p)
		p.vol.watching = append(p.vol.watching, w)
	}
}

// follow tells of what happens after the cache has heard what there is; it returns what ends it.
func follow[T client.Typed](c *client.Cache[T], w *watched) func() {
	c.OnSynced(func() {
		known := false
		c.Subscribe(func(T, T) {
			if known {
				w.changed()
			}
		})
		known = true
	})
	return c.Stop
}

// unwatch ends what watchSources began.
func (p *pod) unwatch() {
	if p.vol == nil {
		return
	}
	p.vol.renewal.Stop()
	for _, w := range p.vol.watching {
		for i, q := range w.pods {
			if q == p {
				w.pods = append(w.pods[:i:i], w.pods[i+1:]...)
				break
			}
		}
		if len(w.pods) == 0 {
			w.close()
			delete(p.k.watched, w.key)
		}
	}
	p.vol.watching = nil
}

// changed lets each pod look at its volumes at its next resync.
func (w *watched) changed() {
	for _, p := range w.pods {
		p.refreshLater(time.Duration(p.k.a.Rand().Float64() * float64(p.k.jitter(resyncInterval))))
	}
}

// refreshLater writes the files of the pod's volumes anew in d. It is background: whoever waits for the cluster to settle
// does not wait for a resync.
func (p *pod) refreshLater(d time.Duration) {
	if p.vol.refresh {
		return
	}
	p.vol.refresh = true
	s := p.k.a.Sim()
	s.In(sim.Context{Cause: s.Cause(), Background: true}, func() {
		p.k.a.After(d, "resync pod", func() {
			p.vol.refresh = false
			if p.sb == nil || p.leaving() || p.finished {
				return
			}
			p.refresh()
		})
	})
}

func (p *pod) refresh() {
	names, owner := p.sources()
	p.fetch(names, func(data map[source]map[string]string, failed string) {
		if p.k.a.Dead() || p.sb == nil || p.leaving() {
			return
		}
		if failed == "" {
			failed = missingKey(p, data)
		}
		if failed != "" {
			// The files stay as they are; the next resync tries again.
			for i, n := range names {
				if strings.HasPrefix(failed, n.String()) {
					p.mountFailed("SetUp", owner[i], failed)
					break
				}
			}
			if v, rest, ok := strings.Cut(failed, "\x00"); ok {
				p.mountFailed("SetUp", v, rest)
			}
			p.refreshLater(p.k.jitter(resyncInterval))
			return
		}
		p.vol.data = data
		for i := range p.obj.Spec.Volumes {
			p.fill(&p.obj.Spec.Volumes[i])
		}
		p.k.record(p, "the files of its volumes are up to date")
	})
}

// relabelled writes the files that tell the pod's labels and annotations anew.
func (p *pod) relabelled() {
	if p.sb == nil {
		return
	}
	for i := range p.obj.Spec.Volumes {
		if v := &p.obj.Spec.Volumes[i]; v.DownwardAPI != nil || v.Projected != nil && !strings.HasPrefix(v.Name, tokenVolume) {
			p.fill(v)
		}
	}
}
