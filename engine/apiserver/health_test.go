package apiserver_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/api"
)

func (w *world) path(p string) *api.Response {
	w.t.Helper()
	return w.do(&api.Request{Verb: api.Get, Resource: api.NonResource, Path: p, User: "kubernetes-admin"})
}

func TestHealth(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, "ok", w.path("/readyz").Text)
	require.Equal(t, "ok", w.path("/livez/etcd").Text)
	require.Equal(t, 404, w.path("/livez/nothing").Code)
	text := w.path("/readyz?verbose&exclude=log").Text
	require.Contains(t, text, "[+]log excluded: ok\n")
	require.Contains(t, text, "[+]informer-sync ok\n")
	require.Contains(t, text, "readyz check passed\n")

	w.s.Do(func() { w.h.KillProgram("etcd") })
	w.run(time.Second)
	r := w.path("/readyz")
	require.Equal(t, 500, r.Code)
	require.Contains(t, r.Text, "[-]etcd failed: reason withheld\n")
	require.Contains(t, r.Text, "readyz check failed")
	w.s.Do(func() { w.h.StartProgram("etcd") })
	w.run(10 * time.Second)
	require.Equal(t, "ok", w.path("/readyz").Text)
}

func TestMetrics(t *testing.T) {
	w := newWorld(t)
	w.configMap("default", "a", nil)
	text := w.path("/metrics").Text
	require.Contains(t, text, `apiserver_request_total{code="201",component="apiserver",dry_run="",group="",resource="configmaps",scope="namespace",subresource="",verb="POST",version="v1"} 1`)
	require.Contains(t, text, `apiserver_resource_objects{group="",resource="configmaps"} 1`)
}
