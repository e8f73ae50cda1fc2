package apiserver_test

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
)

func (w *world) configMap(ns, name string, data map[string]string) int64 {
	w.t.Helper()
	r := w.do(&api.Request{Verb: api.Create, Resource: api.ConfigMaps, Namespace: ns, Object: &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: data}, Data: data}})
	require.NoError(w.t, r.Err)
	return api.Revision(r.Object)
}

func (w *world) deleteConfigMap(ns, name string) int64 {
	w.t.Helper()
	require.NoError(w.t, w.do(&api.Request{Verb: api.Delete, Resource: api.ConfigMaps, Namespace: ns, Name: name}).Err)
	r := w.do(&api.Request{Verb: api.List, Resource: api.ConfigMaps})
	n, _ := strconv.ParseInt(r.ResourceVersion, 10, 64)
	return n
}

func keysOf(items []api.Object) []string {
	var out []string
	for _, o := range items {
		out = append(out, api.KeyOf(o))
	}
	return out
}

func rv(n int64) string { return strconv.FormatInt(n, 10) }

// A list at a revision shows that revision, whatever came after.
func TestListExactly(t *testing.T) {
	w := newWorld(t)
	w.configMap("default", "a", nil)
	at := w.configMap("default", "b", nil)
	w.deleteConfigMap("default", "a")
	now := w.configMap("default", "c", nil)

	exact := func(n int64) *api.Response {
		return w.do(&api.Request{Verb: api.List, Resource: api.ConfigMaps, Namespace: "default", ResourceVersion: rv(n), ResourceVersionMatch: metav1.ResourceVersionMatchExact})
	}
	r := exact(at)
	require.NoError(t, r.Err)
	require.Equal(t, []string{"default/a", "default/b"}, keysOf(r.Items))
	require.Equal(t, rv(at), r.ResourceVersion)

	r = w.do(&api.Request{Verb: api.List, Resource: api.ConfigMaps, Namespace: "default", ResourceVersion: rv(at)})
	require.Equal(t, []string{"default/b", "default/c"}, keysOf(r.Items), "not older than: the newest will do")

	r = exact(now + 1000)
	require.True(t, apierrors.IsTimeout(r.Err))
	require.EqualError(t, r.Err, fmt.Sprintf("Timeout: Too large resource version: %d, current: %d", now+1000, now))

	before := w.s.Now()
	r = w.do(&api.Request{Verb: api.List, Resource: api.ConfigMaps, ResourceVersion: rv(now + 1000)})
	require.True(t, apierrors.HasStatusCause(r.Err, metav1.CauseTypeResourceVersionTooLarge))
	require.GreaterOrEqual(t, w.s.Now().Sub(before), 3*time.Second, "it waits for the revision first")

	r = w.do(&api.Request{Verb: api.List, Resource: api.ConfigMaps, ResourceVersion: "x"})
	require.True(t, apierrors.IsBadRequest(r.Err))
}

// Pages of one list show one moment.
func TestListInPages(t *testing.T) {
	w := newWorld(t)
	for _, n := range []string{"a", "b", "c", "d", "e"} {
		w.configMap("default", n, map[string]string{"odd": strconv.FormatBool(n == "a" || n == "c" || n == "e")})
	}
	first := w.do(&api.Request{Verb: api.List, Resource: api.ConfigMaps, Namespace: "default", Limit: 2})
	require.Equal(t, []string{"default/a", "default/b"}, keysOf(first.Items))
	require.EqualValues(t, 3, first.Remaining)

	w.deleteConfigMap("default", "c")
	w.configMap("default", "cc", nil)
	next := w.do(&api.Request{Verb: api.List, Resource: api.ConfigMaps, Namespace: "default", Limit: 2, Continue: first.Continue})
	require.NoError(t, next.Err)
	require.Equal(t, []string{"default/c", "default/d"}, keysOf(next.Items))
	require.Equal(t, first.ResourceVersion, next.ResourceVersion)
	require.EqualValues(t, 1, next.Remaining)
	last := w.do(&api.Request{Verb: api.List, Resource: api.ConfigMaps, Namespace: "default", Limit: 2, Continue: next.Continue})
	require.Equal(t, []string{"default/e"}, keysOf(last.Items))
	require.Empty(t, last.Continue)

	sel := labels.SelectorFromSet(labels.Set{"odd": "true"})
	first = w.do(&api.Request{Verb: api.List, Resource: api.ConfigMaps, LabelSelector: sel, Limit: 1})
	require.Equal(t, []string{"default/a"}, keysOf(first.Items))
	next = w.do(&api.Request{Verb: api.List, Resource: api.ConfigMaps, LabelSelector: sel, Limit: 1, Continue: first.Continue})
	require.Equal(t, []string{"default/e"}, keysOf(next.Items), "filtered pages are filled from beyond")

	r := w.do(&api.Request{Verb: api.List, Resource: api.ConfigMaps, Limit: 2, ResourceVersion: "0", Namespace: "default"})
	require.Len(t, r.Items, 5, "a list of anything there is knows no limit")

	for token, why := range map[string]string{
		"%%": "invalid continue token: continue key is not valid: illegal base64 data at input byte 0",
		base64.RawURLEncoding.EncodeToString([]byte(`{"v":"meta.k8s.io/v1","rv":5,"start":"../secrets"}`)): "invalid continue token: continue key is not valid: ../secrets",
		base64.RawURLEncoding.EncodeToString([]byte(`{"v":"v2","rv":5,"start":"a"}`)):                      "invalid continue token: continue key is not valid: server does not recognize this encoded version v2",
	} {
		require.EqualError(t, w.do(&api.Request{Verb: api.List, Resource: api.ConfigMaps, Continue: token}).Err, why)
	}
}

// Compaction is every five minutes, to where the store was five minutes before.
func TestCompaction(t *testing.T) {
	w := newWorld(t)
	for _, n := range []string{"a", "b", "c"} {
		w.configMap("default", n, nil)
	}
	first := w.do(&api.Request{Verb: api.List, Resource: api.ConfigMaps, Limit: 1, Namespace: "default"})
	at, _ := strconv.ParseInt(first.ResourceVersion, 10, 64)
	w.run(5 * time.Minute)
	w.configMap("default", "d", nil)
	exact := &api.Request{Verb: api.List, Resource: api.ConfigMaps, ResourceVersion: rv(at), ResourceVersionMatch: metav1.ResourceVersionMatchExact}
	require.NoError(t, w.do(exact).Err, "the first round remembers, the second cuts")
	w.run(5 * time.Minute)

	r := w.do(exact)
	require.True(t, apierrors.IsResourceExpired(r.Err))
	require.EqualError(t, r.Err, "The resourceVersion for the provided list is too old.")
	r = w.do(&api.Request{Verb: api.List, Resource: api.ConfigMaps, Limit: 1, Namespace: "default", Continue: first.Continue})
	require.True(t, apierrors.IsResourceExpired(r.Err))
	token := r.Err.(apierrors.APIStatus).Status().ListMeta.Continue
	r = w.do(&api.Request{Verb: api.List, Resource: api.ConfigMaps, Namespace: "default", Continue: token})
	require.NoError(t, r.Err)
	require.Equal(t, []string{"default/b", "default/c", "default/d"}, keysOf(r.Items), "the rest, as of now")
}

// A watch that asked for it hears every minute how far the cluster is, even when nothing it selects happens.
func TestBookmarks(t *testing.T) {
	w := newWorld(t)
	var marks []int64
	w.s.Do(func() {
		w.c.Watch(&api.Request{Resource: api.Secrets, ResourceVersion: "0", AllowBookmarks: true, ProgressNotify: true}, func(ev []api.WatchEvent) {
			for _, e := range ev {
				if e.Type == watch.Bookmark {
					marks = append(marks, api.Revision(e.Object))
				}
			}
		}, nil)
	})
	w.run(time.Second)
	at := w.configMap("default", "a", nil)
	w.run(2 * time.Minute)
	require.Len(t, marks, 2)
	require.GreaterOrEqual(t, marks[0], at)
}
