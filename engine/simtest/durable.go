package simtest

import (
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// durable: what a client was told is written stays written, through any restart of API servers and etcd.
func durable(j *judge) {
	type mark struct{ rev int64 }
	ended := map[types.UID]bool{}
	acked := map[*api.Resource]map[string]mark{}
	for _, r := range api.Builtin() {
		acked[r] = map[string]mark{}
	}
	j.onAnswer = append(j.onAnswer, func(_ *sim.Actor, req *api.Request, resp *api.Response) {
		if resp.Err != nil || resp.Object == nil || req.DryRun || req.Subresource == "eviction" || req.Subresource == "binding" || req.Subresource == "scale" {
			return
		}
		if req.Verb != api.Create && req.Verb != api.Update && req.Verb != api.Patch {
			return
		}
		if req.Verb == api.Create && req.Subresource != "" {
			return
		}
		o, r := resp.Object, req.Resource.Stored()
		if !r.Kept() {
			return
		}
		rev := api.Revision(o)
		key := api.KeyOf(o)
		if ended[o.GetUID()] {
			return // it was written, and by the time its writer heard of it, it was gone
		}
		if m := acked[r][key]; m.rev < rev {
			acked[r][key] = mark{rev}
		}
		// The mirror hears of a write when etcd commits it, which is before the writer does.
		switch have := j.mirror[r][key]; {
		case have == nil:
			j.fault("durable", "%s %s: revision %d was acknowledged, there is none", r.Name, key, rev)
		case have.GetUID() == o.GetUID() && api.Revision(have) < rev:
			j.fault("durable", "%s %s: revision %d was acknowledged, the store's is %d", r.Name, key, rev, api.Revision(have))
		}
	})
	j.onChange = append(j.onChange, func(r *api.Resource, old, new api.Object) {
		if new == nil {
			ended[old.GetUID()] = true
			delete(acked[r], api.KeyOf(old))
		}
	})
	j.onCalm = append(j.onCalm, func() {
		for _, r := range api.Builtin() {
			for _, key := range sortedKeys(acked[r]) {
				if o, m := j.c.Peek(r, key), acked[r][key]; o == nil || api.Revision(o) < m.rev {
					j.fault("durable", "%s %s: revision %d was acknowledged; now there is %v", r.Name, key, m.rev, o != nil)
				}
			}
		}
	})
}
