package paths

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
)

func TestParse(t *testing.T) {
	core := schema.GroupVersion{Version: "v1"}
	apps := schema.GroupVersion{Group: "apps", Version: "v1"}
	for _, x := range []struct {
		gv   schema.GroupVersion
		path string
		want Call
	}{
		{core, "pods", Call{Resource: api.Pods, Everywhere: true}},
		{core, "namespaces/a/pods", Call{Resource: api.Pods, Namespace: "a"}},
		{core, "namespaces/a/pods/b", Call{Resource: api.Pods, Namespace: "a", Name: "b"}},
		{core, "namespaces/a/pods/b/log", Call{Resource: api.Pods, Namespace: "a", Name: "b", Subresource: "log"}},
		{core, "namespaces/a/status", Call{Resource: api.Namespaces, Name: "a", Subresource: "status"}},
		{core, "namespaces/a/bindings", Call{Resource: api.Pods, Namespace: "a", Subresource: "binding", Binding: true}},
		{core, "watch/namespaces/a/pods", Call{Resource: api.Pods, Namespace: "a", Watch: true}},
		{core, "nodes/n", Call{Resource: api.Nodes, Name: "n"}},
		{apps, "namespaces/a/deployments/b/scale", Call{Resource: api.Deployments, Namespace: "a", Name: "b", Subresource: "scale"}},
	} {
		got, ok := Parse(api.BuiltinTable(), x.gv, strings.Split(x.path, "/"))
		require.True(t, ok, x.path)
		require.True(t, got == x.want, x.path)
	}
	for _, path := range []string{"", "nothing", "pods/b", "namespaces/a/nodes/n", "namespaces/a/pods/b/nothing", "namespaces/a/pods/b/log/c", "watch", "namespaces/../pods", "watch/namespaces/a/pods/b/log"} {
		_, ok := Parse(api.BuiltinTable(), core, strings.Split(path, "/"))
		require.False(t, ok, path)
	}
}

func TestVerb(t *testing.T) {
	for _, x := range []struct {
		call   Call
		method string
		want   api.Verb // "": not allowed
	}{
		{Call{Resource: api.Pods, Everywhere: true}, "GET", api.List},
		{Call{Resource: api.Pods, Everywhere: true}, "POST", ""},
		{Call{Resource: api.Pods, Namespace: "a"}, "POST", api.Create},
		{Call{Resource: api.Pods, Namespace: "a"}, "DELETE", api.DeleteCollection},
		{Call{Resource: api.Pods, Namespace: "a"}, "PUT", ""},
		{Call{Resource: api.Pods, Namespace: "a", Name: "b"}, "POST", ""},
		{Call{Resource: api.Pods, Namespace: "a", Name: "b"}, "PATCH", api.Patch},
		{Call{Resource: api.Pods, Namespace: "a", Name: "b", Subresource: "eviction"}, "POST", api.Create},
		{Call{Resource: api.Pods, Namespace: "a", Name: "b", Subresource: "log"}, "DELETE", ""},
		{Call{Resource: api.Namespaces}, "DELETE", ""},
	} {
		got, ok := x.call.Verb(x.method)
		require.Equal(t, x.want != "", ok, "%s %s", x.method, x.call.Resource.Name)
		if ok {
			require.Equal(t, x.want, got)
		}
	}
}
