package namespace

import (
	"slices"
	"strings"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiregistration"
	"tabernetes/engine/client"
)

// undiscovered are the versions of groups whose API servers do not answer. What they serve may be in the namespace, and
// so it stays (client-go/discovery, ErrGroupDiscoveryFailed).
type undiscovered []string

func (u undiscovered) Error() string {
	texts := make([]string, len(u))
	for i, gv := range u {
		texts[i] = gv + ": stale GroupVersion discovery: " + gv
	}
	return "unable to retrieve the complete list of server APIs: " + strings.Join(texts, ", ")
}

// discover finds out what is served. An error goes into e.unknown; what is known is emptied all the same.
func (e *emptying) discover(then func([]*api.Resource)) {
	e.c.Do(&api.Request{Verb: api.Discover, Resource: api.Discovery}, func(resp *api.Response) {
		if resp.Err != nil {
			e.unknown = resp.Err
			then(nil)
			return
		}
		// The discovery document marks as stale what an API server behind the aggregator did not tell; here its
		// APIService says so.
		client.List(e.c, api.APIServices, "", nil, func(list []*apiregistration.APIService, err error) {
			var stale undiscovered
			for _, s := range list {
				if s.Spec.Service != nil && !available(s) {
					stale = append(stale, s.Spec.Group+"/"+s.Spec.Version)
				}
			}
			if slices.Sort(stale); len(stale) > 0 {
				e.unknown = stale
			}
			then(resp.Table.Preferred())
		})
	})
}

func available(s *apiregistration.APIService) bool {
	return slices.ContainsFunc(s.Status.Conditions, func(c apiregistration.APIServiceCondition) bool {
		return c.Type == apiregistration.Available && c.Status == apiregistration.ConditionTrue
	})
}
