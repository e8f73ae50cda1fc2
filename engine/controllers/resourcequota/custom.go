package resourcequota

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/quota"
	"tabernetes/engine/client"
)

// discoveryPeriod is how often it is asked what is served, as long as a quota counts what is not built in.
const discoveryPeriod = 30 * time.Second

// countsCustom reports that a quota counts objects that may be custom resources.
func (k *Controller) countsCustom(q *corev1.ResourceQuota) bool {
	for name := range q.Spec.Hard {
		if strings.HasPrefix(string(name), "count/") && !slices.ContainsFunc(k.rows, func(r *api.Resource) bool { return quota.Tracks(r, name) }) {
			return true
		}
	}
	return false
}

// discover asks which custom resources there are, and follows those that quotas count. One that comes after its quota
// is counted with the next full count: until then the API server refuses it, since the quota's status is unknown. That
// is upstream's way too, where nothing but the five minutes brings the new kind to the quota.
func (k *Controller) discover(fresh bool) {
	k.f.Client().Do(&api.Request{Verb: api.Discover, Resource: api.Discovery}, func(resp *api.Response) {
		if resp.Err == nil {
			was := k.custom
			k.custom = slices.DeleteFunc(resp.Table.Preferred(), func(r *api.Resource) bool { return r.Custom == nil || !r.Namespaced })
			for _, r := range was {
				if src, ok := k.tracked[r]; ok && !slices.Contains(k.custom, r) {
					src.stop()
					delete(k.tracked, r)
				}
			}
		}
		again := false
		for _, q := range k.quotas.All() {
			if k.countsCustom(q) {
				again = true
				k.follow(q, !fresh)
			}
		}
		if again && !k.ahead {
			k.ahead = true
			k.a.Periodic(discoveryPeriod, "discover what quotas count", func() {
				k.ahead = false
				k.discover(false)
			})
		}
	})
}

// follow begins to watch the custom resources that a quota counts.
func (k *Controller) follow(q *corev1.ResourceQuota, quiet bool) {
	for _, r := range k.custom {
		if _, ok := k.tracked[r]; ok || !tracks(q, r) {
			continue
		}
		cache := client.NewCache[api.Object](k.f.Client(), r, client.Selection{})
		watch(k, r, cache, quiet)
		src := k.tracked[r]
		src.stop, src.quiet = cache.Stop, quiet
		k.tracked[r] = src
	}
}
