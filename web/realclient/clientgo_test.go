package realclient

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

func newClient(t *testing.T) (context.Context, kubernetes.Interface) {
	c, err := kubernetes.NewForConfig(clientConfig())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx, c
}

func configMap(name, value string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"of": "test"}}, Data: map[string]string{"k": value}}
}

// TestInformer watches as every controller does, with typed (protobuf-preferring) clients.
func TestInformer(t *testing.T) {
	ctx, c := newClient(t)
	_, err := c.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "informer"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	maps := c.CoreV1().ConfigMaps("informer")
	_, err = maps.Create(ctx, configMap("before", "1"), metav1.CreateOptions{})
	require.NoError(t, err)

	f := informers.NewSharedInformerFactoryWithOptions(c, 0, informers.WithNamespace("informer"))
	inf := f.Core().V1().ConfigMaps().Informer()
	seen := make(chan string, 100)
	_, err = inf.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(o any) { seen <- "add " + o.(*corev1.ConfigMap).Name },
		UpdateFunc: func(_, o any) {
			seen <- fmt.Sprintf("update %s %s", o.(*corev1.ConfigMap).Name, o.(*corev1.ConfigMap).Data["k"])
		},
		DeleteFunc: func(o any) { seen <- "delete " + o.(*corev1.ConfigMap).Name },
	})
	require.NoError(t, err)
	f.Start(ctx.Done())
	require.True(t, cache.WaitForCacheSync(ctx.Done(), inf.HasSynced))
	expect := func(want string) {
		t.Helper()
		for {
			select {
			case got := <-seen:
				if got == "add kube-root-ca.crt" { // every namespace gets one, whenever
					continue
				}
				require.Equal(t, want, got)
				return
			case <-ctx.Done():
				require.Fail(t, "no event", want)
			}
		}
	}
	expect("add before")
	m, err := maps.Create(ctx, configMap("one", "1"), metav1.CreateOptions{})
	require.NoError(t, err)
	expect("add one")
	m.Data["k"] = "2"
	_, err = maps.Update(ctx, m, metav1.UpdateOptions{})
	require.NoError(t, err)
	expect("update one 2")
	_, err = maps.Update(ctx, m, metav1.UpdateOptions{})
	require.True(t, apierrors.IsConflict(err), "%v", err)
	_, err = maps.Create(ctx, configMap("one", "1"), metav1.CreateOptions{})
	require.True(t, apierrors.IsAlreadyExists(err), "%v", err)
	require.NoError(t, maps.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{FieldSelector: "metadata.name=one"}))
	expect("delete one")
	require.NoError(t, maps.Delete(ctx, "before", metav1.DeleteOptions{}))
	expect("delete before")
}

// TestPagesAndResume lists in pages and resumes a watch from a list's revision.
func TestPagesAndResume(t *testing.T) {
	ctx, c := newClient(t)
	_, err := c.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "pages"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	maps := c.CoreV1().ConfigMaps("pages")
	for i := range 5 {
		_, err := maps.Create(ctx, configMap(fmt.Sprint("m", i), "1"), metav1.CreateOptions{})
		require.NoError(t, err)
	}
	var names []string
	opts := metav1.ListOptions{Limit: 2, LabelSelector: "of=test"}
	var rv string
	for {
		l, err := maps.List(ctx, opts)
		require.NoError(t, err)
		require.LessOrEqual(t, len(l.Items), 2)
		for i := range l.Items {
			names = append(names, l.Items[i].Name)
		}
		rv = l.ResourceVersion
		if opts.Continue = l.Continue; opts.Continue == "" {
			break
		}
	}
	require.Equal(t, []string{"m0", "m1", "m2", "m3", "m4"}, names)
	require.NoError(t, maps.Delete(ctx, "m3", metav1.DeleteOptions{}))
	seconds := int64(2)
	w, err := maps.Watch(ctx, metav1.ListOptions{ResourceVersion: rv, LabelSelector: "of=test", TimeoutSeconds: &seconds})
	require.NoError(t, err)
	defer w.Stop()
	e := <-w.ResultChan()
	require.Equal(t, watch.Deleted, e.Type)
	require.Equal(t, "m3", e.Object.(*corev1.ConfigMap).Name)
	_, open := <-w.ResultChan()
	require.False(t, open, "the server ends the watch after timeoutSeconds")
}
