package realclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/pager"
)

// heard counts the media types of answers by what was asked ("GET", "WATCH").
type heard struct {
	next  http.RoundTripper
	mu    sync.Mutex
	types map[string]int
}

func (h *heard) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := h.next.RoundTrip(r)
	if err == nil && resp.StatusCode < 300 {
		verb := r.Method
		if r.URL.Query().Get("watch") != "" {
			verb = "WATCH"
		}
		h.mu.Lock()
		h.types[verb+" "+resp.Header.Get("Content-Type")]++
		h.mu.Unlock()
	}
	return resp, err
}

func (h *heard) count(what string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.types[what]
}

// TestProtobuf: typed clients speak protobuf here as with a real server, lists and watches alike.
func TestProtobuf(t *testing.T) {
	conf := clientConfig()
	h := &heard{types: map[string]int{}}
	conf.Wrap(func(next http.RoundTripper) http.RoundTripper { h.next = next; return h })
	conf.ContentType, conf.AcceptContentTypes = runtime.ContentTypeProtobuf, runtime.ContentTypeProtobuf+","+runtime.ContentTypeJSON
	c, err := kubernetes.NewForConfig(conf)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	nodes, err := c.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	require.NoError(t, err)
	require.Len(t, nodes.Items, 4)
	m, err := c.CoreV1().ConfigMaps("default").Create(ctx, configMap("packed", "1"), metav1.CreateOptions{})
	require.NoError(t, err)
	w, err := c.CoreV1().ConfigMaps("default").Watch(ctx, metav1.ListOptions{ResourceVersion: m.ResourceVersion, FieldSelector: "metadata.name=packed"})
	require.NoError(t, err)
	defer w.Stop()
	m.Data["k"] = "2"
	_, err = c.CoreV1().ConfigMaps("default").Update(ctx, m, metav1.UpdateOptions{})
	require.NoError(t, err)
	require.Equal(t, "2", (<-w.ResultChan()).Object.(*corev1.ConfigMap).Data["k"])
	require.NoError(t, c.CoreV1().ConfigMaps("default").Delete(ctx, "packed", metav1.DeleteOptions{}))
	for _, what := range []string{"GET", "POST", "PUT", "DELETE"} {
		require.Equal(t, 1, h.count(what+" "+runtime.ContentTypeProtobuf), "%v", h.types)
	}
	require.Equal(t, 1, h.count("WATCH "+runtime.ContentTypeProtobuf+";stream=watch"), "%v", h.types)
}

// fleet is informers of all three sorts on the ConfigMaps of a namespace.
type fleet struct {
	client  kubernetes.Interface
	ns      string
	indexes map[string]cache.Indexer
}

func newFleet(ctx context.Context, t *testing.T, conf *rest.Config, ns string) *fleet {
	f := &fleet{ns: ns, indexes: map[string]cache.Indexer{}}
	var err error
	f.client, err = kubernetes.NewForConfig(conf)
	require.NoError(t, err)
	d, err := dynamic.NewForConfig(conf)
	require.NoError(t, err)
	m, err := metadata.NewForConfig(conf)
	require.NoError(t, err)
	gvr := corev1.SchemeGroupVersion.WithResource("configmaps")
	all := map[string]cache.SharedIndexInformer{
		"typed":    informers.NewSharedInformerFactoryWithOptions(f.client, 0, informers.WithNamespace(ns)).Core().V1().ConfigMaps().Informer(),
		"dynamic":  dynamicinformer.NewFilteredDynamicSharedInformerFactory(d, 0, ns, nil).ForResource(gvr).Informer(),
		"metadata": metadatainformer.NewFilteredSharedInformerFactory(m, 0, ns, nil).ForResource(gvr).Informer(),
	}
	for name, inf := range all {
		go inf.RunWithContext(ctx)
		require.True(t, cache.WaitForCacheSync(ctx.Done(), inf.HasSynced), name)
		f.indexes[name] = inf.GetIndexer()
	}
	return f
}

// write makes or changes a ConfigMap, as long as it takes.
func (f *fleet) write(ctx context.Context, t *testing.T, name, value string) {
	t.Helper()
	eventually(t, "a write of "+name, func() bool {
		maps := f.client.CoreV1().ConfigMaps(f.ns)
		short, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		m, err := maps.Get(short, name, metav1.GetOptions{})
		if err == nil {
			m.Data["k"], m.Labels["v"] = value, value
			_, err = maps.Update(short, m, metav1.UpdateOptions{})
			return err == nil
		}
		m = configMap(name, value)
		m.Labels["v"] = value
		_, err = maps.Create(short, m, metav1.CreateOptions{})
		return err == nil
	})
}

// sees waits until every informer has the value.
func (f *fleet) sees(t *testing.T, name, value string) {
	t.Helper()
	for sort, index := range f.indexes {
		eventually(t, sort+" sees "+name, func() bool {
			o, ok, err := index.GetByKey(f.ns + "/" + name)
			if err != nil || !ok {
				return false
			}
			return o.(metav1.Object).GetLabels()["v"] == value
		})
	}
}

// TestInformersOutliveWatches: watches end all the time, and the informers miss nothing.
func TestInformersOutliveWatches(t *testing.T) {
	t.Parallel()
	k := newKubectl(t, "fleet")
	conf := clientConfig()
	watches := &shortWatches{}
	conf.Wrap(func(next http.RoundTripper) http.RoundTripper { watches.next = next; return watches })
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	f := newFleet(ctx, t, conf, k.ns)
	for i := range 12 {
		name, value := fmt.Sprint("m", i%3), fmt.Sprint(i)
		f.write(ctx, t, name, value)
		f.sees(t, name, value)
		time.Sleep(300 * time.Millisecond)
	}
	require.Greater(t, watches.begun.Load(), int32(6))
	typed := f.indexes["dynamic"].List()
	require.Len(t, typed, 4) // with kube-root-ca.crt
	for _, o := range typed {
		require.IsType(t, &unstructured.Unstructured{}, o)
	}
}

// TestPagesExpire: etcd's history is compacted every five minutes, three seconds here; the later pages of a list from
// before are gone then, and client-go's pager lists anew.
func TestPagesExpire(t *testing.T) {
	t.Parallel()
	s, err := startServer("-speed=100")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.stop()) })
	k := &kubectl{t: t, ns: "default", url: s.url}
	c, err := kubernetes.NewForConfig(&rest.Config{Host: s.url})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for i := range 5 {
		_, err := c.CoreV1().ConfigMaps(k.ns).Create(ctx, configMap(fmt.Sprint("m", i), "1"), metav1.CreateOptions{})
		require.NoError(t, err)
	}
	opts := metav1.ListOptions{Limit: 2, LabelSelector: "of=test"}
	first, err := c.CoreV1().ConfigMaps(k.ns).List(ctx, opts)
	require.NoError(t, err)
	require.Len(t, first.Items, 2)
	opts.Continue = first.Continue
	eventually(t, "the list is compacted", func() bool {
		_, err := c.CoreV1().ConfigMaps(k.ns).List(ctx, opts)
		if err == nil {
			time.Sleep(time.Second)
		}
		return apierrors.IsResourceExpired(err)
	})
	lists := 0
	all, _, err := pager.New(func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		o.LabelSelector = opts.LabelSelector
		if lists++; lists == 2 {
			o.Continue = opts.Continue
		}
		return c.CoreV1().ConfigMaps(k.ns).List(ctx, o)
	}).ListWithAlloc(ctx, metav1.ListOptions{Limit: 2})
	require.NoError(t, err)
	require.Equal(t, 5, meta.LenList(all))
}

// shortWatches end after a second, as servers end watches after some minutes; none begins while off is set.
type shortWatches struct {
	next  http.RoundTripper
	off   atomic.Bool
	begun atomic.Int32
}

func (s *shortWatches) RoundTrip(r *http.Request) (*http.Response, error) {
	if q := r.URL.Query(); q.Get("watch") != "" {
		if s.off.Load() {
			return nil, errors.New("cut off")
		}
		s.begun.Add(1)
		r = r.Clone(r.Context())
		q.Set("timeoutSeconds", "1")
		r.URL.RawQuery = q.Encode()
	}
	return s.next.RoundTrip(r)
}
