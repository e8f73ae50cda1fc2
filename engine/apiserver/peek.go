package apiserver

import "tabernetes/engine/api"

// Peek looks at an object from outside the world, without a request.
func (s *Server) Peek(r *api.Resource, key string) api.Object {
	if k := s.kinds[r]; k != nil {
		return k.objects[key]
	}
	return nil
}

// Newest are the objects of a resource that were written last and still exist, newest first, at most limit.
func (s *Server) Newest(r *api.Resource, limit int) []api.Object {
	k := s.kinds[r]
	var out []api.Object
	seen := map[string]bool{}
	for i := len(k.history) - 1; i >= 0 && len(out) < limit; i-- {
		c := &k.history[(k.start+i)%len(k.history)]
		if c.new == nil {
			continue
		}
		key := api.KeyOf(c.new)
		if !seen[key] && k.objects[key] == c.new {
			seen[key] = true
			out = append(out, c.new)
		}
	}
	return out
}

// Loaded reports that the watch cache of a resource has held everything once.
func (s *Server) Loaded(r *api.Resource) bool { return s.kinds[r].ready }

// Each calls fn for every object of a resource, in no order, without a request.
func (s *Server) Each(r *api.Resource, fn func(key string, o api.Object)) {
	for key, o := range s.kinds[r].objects {
		fn(key, o)
	}
}
