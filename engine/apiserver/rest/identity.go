package rest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
)

// Headers by which a client says in whose name it asks (k8s.io/api/authentication/v1).
const (
	impersonateUser  = "Impersonate-User"
	impersonateGroup = "Impersonate-Group"
	impersonateUID   = "Impersonate-Uid"
	impersonateExtra = "Impersonate-Extra-"
)

// identify fills in who makes a request: the bearer of a token, else the user the host decides on, and whom to act as.
// What either may do is the core's business.
func (s *server) identify(r *http.Request, req *api.Request) error {
	req.Token = bearerToken(r)
	as, err := impersonated(r)
	req.As = as
	return err
}

// bearerToken reads the header Authorization (apiserver/pkg/authentication/request/bearertoken).
func bearerToken(r *http.Request) string {
	parts := strings.SplitN(strings.TrimSpace(r.Header.Get("Authorization")), " ", 3)
	if len(parts) < 2 || !strings.EqualFold(parts[0], "bearer") {
		return ""
	}
	return parts[1]
}

// impersonated reads whom a request wants to act as; nil if nobody (filters/impersonation, processImpersonationHeaders).
func impersonated(r *http.Request) (*api.UserInfo, error) {
	u := api.UserInfo{Name: r.Header.Get(impersonateUser), UID: r.Header.Get(impersonateUID), Groups: r.Header.Values(impersonateGroup)}
	for name, values := range r.Header {
		rest, ok := strings.CutPrefix(name, impersonateExtra)
		if !ok {
			continue
		}
		key := strings.ToLower(rest)
		if k, err := url.PathUnescape(key); err == nil {
			key = k
		}
		if u.Extra == nil {
			u.Extra = map[string][]string{}
		}
		u.Extra[key] = append(u.Extra[key], values...)
	}
	switch {
	case u.Name != "":
		return &u, nil
	case u.UID != "" || len(u.Groups) > 0 || u.Extra != nil:
		return nil, apierrors.NewBadRequest(fmt.Sprintf("requested &user.DefaultInfo{Name:%q, UID:%q, Groups:%#v, Extra:%#v} without impersonating a user name",
			u.Name, u.UID, u.Groups, u.Extra))
	}
	return nil, nil
}

// mayRead asks the core whether the bearer of a token, or whom somebody acts as, may read a path that is no resource's
// and that the surface answers itself. The host's own user may.
func (s *server) mayRead(w http.ResponseWriter, r *http.Request) bool {
	req := &api.Request{Verb: api.Verb(strings.ToLower(r.Method)), Resource: api.NonResource, Path: r.URL.Path, User: s.opts.User, UserAgent: r.UserAgent()}
	err := s.identify(r, req)
	if err == nil {
		if req.Token == "" && req.As == nil {
			return true
		}
		if err = s.do(r, req).Err; apierrors.IsNotFound(err) {
			err = nil // allowed, but not the core's to answer
		}
	}
	if err != nil {
		s.fail(w, r, err)
		return false
	}
	return true
}

// ownPath reports that a path is no resource's and answered by the surface itself.
func ownPath(parts []string) bool {
	switch parts[0] {
	case "api":
		return len(parts) <= 2
	case "apis":
		return len(parts) <= 3
	case "healthz", "livez", "readyz", "metrics":
		return false
	}
	return true
}
