package kubelet

import (
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// Tokens of service accounts in projected volumes: each is requested from the API server for this pod, and requested anew
// when four fifths of its life are over, or after a day (pkg/volume/projected, pkg/kubelet/token/token_manager.go).
//
// The volume that admission adds to every pod is filled only where something can look into it: in pods of which a
// container runs commands. For a thousand web servers nobody would ever read, it would be two thousand requests.

// tokenKey is a token's place: volume and path.
type tokenKey struct{ volume, path string }

const maxTokenAge = 24 * time.Hour

// tokens lists the tokens that the pod's volumes need; access tells whether the volume every pod has counts.
func (p *pod) tokens(access bool) map[tokenKey]*corev1.ServiceAccountTokenProjection {
	var out map[tokenKey]*corev1.ServiceAccountTokenProjection
	for i := range p.obj.Spec.Volumes {
		v := &p.obj.Spec.Volumes[i]
		if v.Projected == nil || strings.HasPrefix(v.Name, tokenVolume) && !access {
			continue
		}
		for j := range v.Projected.Sources {
			if t := v.Projected.Sources[j].ServiceAccountToken; t != nil {
				if out == nil {
					out = map[tokenKey]*corev1.ServiceAccountTokenProjection{}
				}
				out[tokenKey{v.Name, t.Path}] = t
			}
		}
	}
	return out
}

// fetchTokens requests the tokens that are not there, one after the other in the order of the volumes. failed is what
// went wrong with the volume.
func (p *pod) fetchTokens(access bool, done func(volume, failed string)) {
	wanted := p.tokens(access)
	if len(wanted) == 0 {
		done("", "")
		return
	}
	if p.vol == nil {
		p.vol = &volumes{}
	}
	if p.vol.tokens == nil {
		p.vol.tokens = map[tokenKey]string{}
	}
	next := ""
	var key tokenKey
	for i := range p.obj.Spec.Volumes {
		for k := range wanted {
			if k.volume == p.obj.Spec.Volumes[i].Name && p.vol.tokens[k] == "" && (next == "" || k.path < next) {
				next, key = k.path, k
			}
		}
		if next != "" {
			break
		}
	}
	if next == "" {
		done("", "")
		return
	}
	t := wanted[key]
	spec := authenticationv1.TokenRequestSpec{ExpirationSeconds: t.ExpirationSeconds,
		BoundObjectRef: &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: p.obj.Name, UID: p.obj.UID}}
	if t.Audience != "" {
		spec.Audiences = []string{t.Audience}
	}
	account := p.obj.Spec.ServiceAccountName
	p.k.c.Do(&api.Request{Verb: api.Create, Resource: api.ServiceAccounts, Subresource: "token", Namespace: p.obj.Namespace, Name: account,
		Object: &authenticationv1.TokenRequest{Spec: spec}}, func(resp *api.Response) {
		switch o, ok := resp.Object.(*authenticationv1.TokenRequest); {
		case p.k.a.Dead():
		case resp.Err != nil:
			done(key.volume, "failed to fetch token: "+resp.Err.Error())
		case !ok:
			done(key.volume, "failed to fetch token: no answer")
		default:
			p.vol.tokens[key] = o.Status.Token
			p.renewTokens(o.Status.ExpirationTimestamp.Sub(p.k.a.Wall()), access)
			p.fetchTokens(access, done)
		}
	})
}

// renewTokens forgets the tokens in time, so that they are requested anew; life is that of the shortest.
func (p *pod) renewTokens(life time.Duration, access bool) {
	if p.vol.renewal.Pending() {
		return
	}
	s := p.k.a.Sim()
	s.In(sim.Context{Background: true}, func() {
		p.vol.renewal = p.k.a.After(min(max(life*4/5, time.Minute), maxTokenAge), "renew tokens", func() {
			if p.leaving() || p.finished || p.sb == nil {
				return
			}
			old := p.vol.tokens
			p.vol.tokens = nil
			p.fetchTokens(access, func(_, failed string) {
				if failed != "" {
					p.vol.tokens = old
					p.renewTokens(0, access)
					return
				}
				for i := range p.obj.Spec.Volumes {
					p.fill(&p.obj.Spec.Volumes[i])
				}
			})
		})
	})
}

// ensureAccess fills the volume that every pod has, once, before the first container that may look into it starts.
func (p *pod) ensureAccess(done func()) {
	i := 0
	for ; i < len(p.obj.Spec.Volumes) && !strings.HasPrefix(p.obj.Spec.Volumes[i].Name, tokenVolume); i++ {
	}
	if i == len(p.obj.Spec.Volumes) || p.static != nil || p.vol != nil && p.vol.access != nil {
		done()
		return
	}
	p.fetchTokens(true, func(_, failed string) {
		if failed != "" {
			done() // the container starts without it; the next one tries again
			return
		}
		client.Get(p.k.c, api.ConfigMaps, p.obj.Namespace, "kube-root-ca.crt", func(cm *corev1.ConfigMap, err error) {
			if p.k.a.Dead() {
				return
			}
			if err == nil {
				p.vol.access = cm.Data
				p.fill(&p.obj.Spec.Volumes[i])
			}
			done()
		})
	})
}
