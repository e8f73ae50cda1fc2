package apiserver

import "tabernetes/engine/api"

// serveView serves the kinds that are not stored: each answers from what the server knows.
func (s *Server) serveView(req *api.Request, reply func(*api.Response)) {
	if !req.Resource.Can(req.Verb) {
		reply(&api.Response{Err: methodNotAllowed(req)})
		return
	}
	switch req.Resource {
	case api.ComponentStatuses:
		s.componentStatus(req, reply)
	default:
		s.review(req, reply)
	}
}
