package rest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
)

func TestWhoAsks(t *testing.T) {
	f, h := newFake()
	ask(t, h, "GET", "/api/v1/namespaces/default/pods", "")
	require.Equal(t, "kubernetes-admin", f.last.User)
	require.Empty(t, f.last.Token)
	require.Nil(t, f.last.As)

	ask(t, h, "GET", "/api/v1/namespaces/default/pods", "", "Authorization: bearer a.b.c")
	require.Equal(t, "a.b.c", f.last.Token)
	ask(t, h, "GET", "/api/v1/namespaces/default/pods", "", "Authorization: Basic eDp5")
	require.Empty(t, f.last.Token)

	ask(t, h, "GET", "/api/v1/namespaces/default/pods", "", "Impersonate-User: jane", "Impersonate-Group: devs", "Impersonate-Uid: 7", "Impersonate-Extra-Example.com%2fReason: test")
	require.Equal(t, &api.UserInfo{Name: "jane", UID: "7", Groups: []string{"devs"}, Extra: map[string][]string{"example.com/reason": {"test"}}}, f.last.As)

	f.last = nil
	w := ask(t, h, "GET", "/api/v1/namespaces/default/pods", "", "Impersonate-Group: devs")
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Equal(t, `requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"devs"}, Extra:map[string][]string(nil)} without impersonating a user name`, status(t, w).Message)
	require.Nil(t, f.last)
}

func TestPathsOfOthersAreAskedAbout(t *testing.T) {
	f, h := newFake()
	for _, path := range []string{"/version", "/", "/openapi/v3", "/nothing"} {
		f.last = nil
		ask(t, h, "GET", path, "")
		require.Nil(t, f.last, path)
	}
	f.answer = func(req *api.Request) *api.Response {
		if req.Token != "" {
			return &api.Response{Err: apierrors.NewUnauthorized("Unauthorized")}
		}
		return &api.Response{Err: apierrors.NewNotFound(api.Pods.GR(), "x")} // allowed, and not the core's to answer
	}
	w := ask(t, h, "GET", "/version", "", "Impersonate-User: jane")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, api.NonResource, f.last.Resource)
	require.Equal(t, "/version", f.last.Path)
	require.Equal(t, api.Get, f.last.Verb)
	w = ask(t, h, "GET", "/version", "", "Authorization: Bearer x")
	require.Equal(t, http.StatusUnauthorized, w.Code)
	require.Equal(t, "Unauthorized", status(t, w).Message)
}
