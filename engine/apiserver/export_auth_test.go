package apiserver

import "tabernetes/engine/api"

// Authorize lets a benchmark ask the gate alone.
func Authorize(s *Server, req *api.Request) error { return s.authorize(req) }
