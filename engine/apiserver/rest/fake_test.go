package rest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/version"

	"tabernetes/engine/api"
	"tabernetes/engine/apiserver/rest"
)

// fake is a core that remembers what it was asked and keeps objects in a map.
type fake struct {
	mu      sync.Mutex
	last    *api.Request
	objects map[string]api.Object
	rev     int
	answer  func(req *api.Request) *api.Response // overrides all else
	watch   func(send func([]api.WatchEvent))
	stopped chan struct{}
}

func (f *fake) Do(_ context.Context, req *api.Request) *api.Response {
	f.mu.Lock()
	defer f.mu.Unlock()
	if req.Verb == api.Discover {
		return &api.Response{Table: api.BuiltinTable()}
	}
	f.last = req
	if f.answer != nil {
		return f.answer(req)
	}
	if req.Path != "" {
		resp := &api.Response{Text: "answer to " + req.Path}
		if strings.HasSuffix(req.Path, "/etcd") {
			resp.Code = http.StatusInternalServerError
		}
		return resp
	}
	key := req.Resource.Name + "/" + api.Key(req.Namespace, req.Name)
	cur := f.objects[key]
	switch req.Verb {
	case api.List, api.DeleteCollection:
		resp := &api.Response{ResourceVersion: strconv.Itoa(f.rev)}
		for _, name := range []string{"a", "b", "c"} {
			if o := f.objects[req.Resource.Name+"/"+api.Key(req.Namespace, name)]; o != nil {
				resp.Items = append(resp.Items, o)
			}
		}
		if req.Limit == 1 && len(resp.Items) > 1 {
			resp.Remaining, resp.Continue, resp.Items = int64(len(resp.Items)-1), "more", resp.Items[:1]
		}
		return resp
	case api.Create:
		if req.Subresource != "" {
			return &api.Response{Object: req.Object, Created: true}
		}
		f.rev++
		o := req.Object
		o.SetNamespace(req.Namespace)
		o.SetResourceVersion(strconv.Itoa(f.rev))
		f.objects[req.Resource.Name+"/"+api.KeyOf(o)] = o
		return &api.Response{Object: o, Created: true, Warnings: []string{`spec.x: deprecated since v1.2`}}
	}
	if cur == nil {
		return &api.Response{Err: apierrors.NewNotFound(req.Resource.GR(), req.Name)}
	}
	if req.Subresource == "scale" {
		return &api.Response{Object: &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{Name: req.Name}}}
	}
	if req.Subresource == "log" {
		return &api.Response{Text: "line\n"}
	}
	return &api.Response{Object: cur}
}

func (f *fake) Watch(_ context.Context, req *api.Request, send func([]api.WatchEvent)) (func(), error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = req
	if f.watch != nil {
		f.watch(send)
	}
	var once sync.Once
	return func() { once.Do(func() { close(f.stopped) }) }, nil
}

func newFake() (*fake, http.Handler) {
	f := &fake{objects: map[string]api.Object{}, rev: 7, stopped: make(chan struct{})}
	for _, n := range []string{"a", "b"} {
		f.objects["pods/ns/"+n] = &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: n, Namespace: "ns", UID: "u-1", ResourceVersion: "5", CreationTimestamp: metav1.Unix(940, 0)},
			Spec:       corev1.PodSpec{NodeName: "node-1", Containers: []corev1.Container{{Name: "c", Image: "nginx"}}},
			Status:     corev1.PodStatus{Phase: corev1.PodRunning},
		}
	}
	f.objects["configmaps/ns/a"] = &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "ns", UID: "u-2"}}
	h := rest.New(f, rest.Options{Version: version.Info{Major: "1", Minor: "37", GitVersion: "v1.37.2"}, Now: func() time.Time { return time.Unix(1000, 0) }})
	return f, h
}

// ask sends one request; headers are "Name: value".
func ask(t testing.TB, h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for _, x := range headers {
		k, v, _ := strings.Cut(x, ": ")
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// into decodes an answer.
func into[T any](t testing.TB, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v), w.Body.String())
	return v
}

// status is the Status of a refused request.
func status(t testing.TB, w *httptest.ResponseRecorder) metav1.Status {
	t.Helper()
	st := into[metav1.Status](t, w)
	require.Equal(t, "Status", st.Kind, w.Body.String())
	require.EqualValues(t, w.Code, st.Code)
	return st
}
