package rest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
)

func TestWatch(t *testing.T) {
	for _, accept := range []string{"application/json", tableType[len("Accept: "):]} {
		f, h := newFake()
		pod := func(rv string) *corev1.Pod {
			return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "a", ResourceVersion: rv}}
		}
		more := make(chan func([]api.WatchEvent), 1)
		f.watch = func(send func([]api.WatchEvent)) {
			send([]api.WatchEvent{{Type: watch.Added, Object: pod("1")}, {Type: watch.Bookmark, Object: pod("2")}})
			more <- send
		}
		s := httptest.NewServer(h)
		r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/api/v1/namespaces/ns/pods?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan", nil)
		require.NoError(t, err)
		r.Header.Set("Accept", accept)
		resp, err := s.Client().Do(r)
		require.NoError(t, err)
		lines := bufio.NewScanner(resp.Body)
		read := func() (e struct {
			Type   string
			Object json.RawMessage
		}) {
			require.True(t, lines.Scan(), lines.Err())
			require.NoError(t, json.Unmarshal(lines.Bytes(), &e))
			return e
		}
		first, second := read(), read()
		require.Equal(t, "ADDED BOOKMARK", first.Type+" "+second.Type)
		if accept == "application/json" {
			require.Contains(t, string(first.Object), `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","resourceVersion":"1"}`)
		} else {
			require.Contains(t, string(first.Object), `"columnDefinitions":[{`)
			require.Contains(t, string(second.Object), `"columnDefinitions":null`, "only the first event has the columns")
		}
		send := <-more
		send([]api.WatchEvent{{Type: watch.Modified, Object: pod("3")}})
		require.Equal(t, "MODIFIED", read().Type)
		send([]api.WatchEvent{{Type: watch.Error, Err: apierrors.NewResourceExpired("too old resource version: 1 (2)")}})
		last := read()
		require.Equal(t, "ERROR", last.Type)
		require.Contains(t, string(last.Object), `"code":410`)
		require.False(t, lines.Scan(), "the stream is over after an error")
		<-f.stopped
		require.True(t, f.last.AllowBookmarks && f.last.SendInitialEvents)
		s.Close()
	}
}

func TestWatchEnds(t *testing.T) {
	f, h := newFake()
	w := ask(t, h, "GET", "/api/v1/watch/namespaces/ns/pods/a?timeoutSeconds=1", "")
	require.Equal(t, 200, w.Code)
	<-f.stopped
	require.Equal(t, "metadata.name=a", f.last.FieldSelector.String())

	f, h = newFake()
	ctx, cancel := context.WithCancel(t.Context())
	f.watch = func(func([]api.WatchEvent)) { cancel() }
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/api/v1/pods?watch=true", nil).WithContext(ctx))
	<-f.stopped
}
