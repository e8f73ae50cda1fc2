package simtest

import (
	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// durable: what a client was told is written stays written, through any restart of the API server and etcd.
func durable(j *judge) {
	type mark struct {
		rev int64
		obj api.Object
	}
	acked := map[*api.Resource]map[string]mark{}
	newest := int64(0)
	// Deletes under way when the control plane went may have happened without anybody being told.
	deleting := map[*api.Resource]map[string]bool{}
	all := map[*api.Resource]bool{}
	for _, r := range api.Builtin() {
		acked[r], deleting[r] = map[string]mark{}, map[string]bool{}
	}
	j.onSent = append(j.onSent, func(_ *sim.Actor, req *api.Request) {
		switch req.Verb {
		case api.Delete:
			deleting[req.Resource][api.Key(req.Namespace, req.Name)] = true
		case api.DeleteCollection:
			all[req.Resource] = true
		}
		if req.Subresource == "eviction" {
			deleting[req.Resource][api.Key(req.Namespace, req.Name)] = true
		}
	})
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
		o := resp.Object
		rev := api.Revision(o)
		newest = max(newest, rev)
		key := api.KeyOf(o)
		if m := acked[req.Resource][key]; m.rev < rev {
			acked[req.Resource][key] = mark{rev, o}
		}
		// The watch cache hears of a write before the writer does.
		if len(j.loading) == 0 {
			if have := j.mirror[req.Resource][key]; have != nil && have.GetUID() == o.GetUID() && api.Revision(have) < rev {
				j.fault("durable", "%s %s: revision %d was acknowledged, the store's is %d", req.Resource.Name, key, rev, api.Revision(have))
			}
		}
	})
	j.onChange = append(j.onChange, func(r *api.Resource, old, new api.Object) {
		if new == nil && len(j.loading) == 0 {
			delete(acked[r], api.KeyOf(old))
			delete(deleting[r], api.KeyOf(old))
		}
	})
	j.onReload = append(j.onReload, func(r *api.Resource) {
		for _, key := range sortedKeys(acked[r]) {
			m := acked[r][key]
			o := j.c.Server().Peek(r, key)
			switch {
			case o != nil && api.Revision(o) >= m.rev:
			case o == nil && (r == api.Events || all[r] || deleting[r][key] || m.obj.GetDeletionTimestamp() != nil):
				delete(acked[r], key)
			default:
				j.fault("durable", "%s %s: revision %d was acknowledged; after the restart there is %v", r.Name, key, m.rev, o != nil)
			}
		}
	})
}
