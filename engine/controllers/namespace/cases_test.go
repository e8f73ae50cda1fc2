package namespace

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiregistration"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

type world struct{ *apitest.Server }

func start(change ...func(*corev1.Namespace)) world {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}, Spec: corev1.NamespaceSpec{Finalizers: []corev1.FinalizerName{"kubernetes"}}}
	for _, fn := range change {
		fn(ns)
	}
	apitest.Put(s, ns)
	return world{s}
}

func (w world) delete() {
	w.Run(time.Second)
	apitest.Edit(w.Server, "", "shop", func(ns *corev1.Namespace) { ns.DeletionTimestamp = ptr.To(w.Now()) })
}

func (w world) ns() *corev1.Namespace { return apitest.Get[*corev1.Namespace](w.Server, "", "shop") }

// holds puts a ConfigMap into the namespace.
func (w world) holds(name string, finalizers ...string) {
	apitest.Put(w.Server, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop", Finalizers: finalizers}})
}

func (w world) pod(name string, grace int64, change ...func(*corev1.Pod)) {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop"}, Spec: corev1.PodSpec{NodeName: "n", TerminationGracePeriodSeconds: &grace}}
	for _, fn := range change {
		fn(p)
	}
	apitest.Put(w.Server, p)
}

// bad are the conditions that are True: "reason: message".
func (w world) bad() string {
	var out []string
	for _, c := range w.ns().Status.Conditions {
		if c.Status == corev1.ConditionTrue {
			out = append(out, c.Reason+": "+c.Message)
		}
	}
	return strings.Join(out, "; ")
}

func (w world) count(what string) (n int) {
	for _, r := range w.Requests {
		if strings.HasPrefix(r, what) {
			n++
		}
	}
	return n
}

func TestAnEmptyOneGoesAfterFiveSeconds(t *testing.T) {
	w := start()
	w.delete()
	w.Run(4 * time.Second)
	require.NotNil(t, w.ns())
	w.Run(2 * time.Second)
	assert.Nil(t, w.ns())
	assert.Equal(t, 2, w.count("update namespaces/finalize"), "the first does not know of the conditions just written")
}

func TestOneThatIsNotDeletedIsLeftAlone(t *testing.T) {
	w := start()
	w.holds("c")
	w.Run(time.Hour)
	assert.Empty(t, w.Requests)
}

func TestThePhaseIsSet(t *testing.T) {
	w := start(func(ns *corev1.Namespace) { ns.Status.Phase = corev1.NamespaceActive })
	w.holds("c", "example.com/hold")
	w.delete()
	w.Run(6 * time.Second)
	assert.Equal(t, corev1.NamespaceTerminating, w.ns().Status.Phase)
	for _, c := range w.ns().Status.Conditions[:3] {
		assert.Equal(t, corev1.ConditionFalse, c.Status, c.Type)
	}
}

func TestFinalizedAlready(t *testing.T) {
	w := start(func(ns *corev1.Namespace) { ns.Spec.Finalizers, ns.Finalizers = nil, []string{"example.com/hold"} })
	w.holds("c")
	w.delete()
	w.Run(time.Minute)
	assert.NotNil(t, apitest.Get[*corev1.ConfigMap](w.Server, "shop", "c"), "it is nobody's business any more")
	assert.Zero(t, w.count("deletecollection"))
}

// TestOthersFinalizers: the controller takes its own and leaves the rest, sorted.
func TestOthersFinalizers(t *testing.T) {
	w := start(func(ns *corev1.Namespace) {
		ns.Spec.Finalizers = []corev1.FinalizerName{"z.com/own", "kubernetes", "a.com/own"}
	})
	var sent []corev1.FinalizerName
	w.Before = func(r *api.Request) error {
		if r.Subresource == "finalize" {
			if sent == nil {
				sent = r.Object.(*corev1.Namespace).Spec.Finalizers
			}
			return apierrors.NewNotFound(r.Resource.GR(), r.Name) // enough seen
		}
		return nil
	}
	w.delete()
	w.Run(6 * time.Second)
	assert.Equal(t, []corev1.FinalizerName{"a.com/own", "z.com/own"}, sent)
}

func TestAConflictIsTakenUpAgain(t *testing.T) {
	w := start()
	first := true
	w.Before = func(r *api.Request) error {
		if r.Subresource == "finalize" && first {
			first = false
			return apierrors.NewConflict(r.Resource.GR(), r.Name, errors.New("modified"))
		}
		return nil
	}
	w.delete()
	w.Run(6 * time.Second)
	assert.Nil(t, w.ns())
	assert.Equal(t, 2, w.count("update namespaces/finalize"))
}

// TestPods: how long the controller waits for pods is half of their longest grace period, and a second.
func TestPods(t *testing.T) {
	w := start()
	w.pod("short", 10)
	w.pod("long", 60)
	w.pod("ended", 600, func(p *corev1.Pod) { p.Status.Phase, p.Finalizers = corev1.PodSucceeded, []string{"example.com/hold"} })
	w.holds("c")
	w.delete()
	w.Run(6 * time.Second)
	require.Equal(t, 1, w.count("deletecollection pods"))
	assert.Empty(t, w.bad(), "pods that take their time are no trouble")
	assert.NotNil(t, apitest.Get[*corev1.ConfigMap](w.Server, "shop", "c"))
	w.Run(5 * time.Second)
	require.Equal(t, 2, w.count("deletecollection pods"), "its conditions are news")
	w.Run(29 * time.Second)
	assert.Equal(t, 2, w.count("deletecollection pods"))
	w.Run(3 * time.Second)
	assert.Equal(t, 3, w.count("deletecollection pods"), "31 s later")
	for _, name := range []string{"short", "long", "ended"} {
		apitest.Remove[*corev1.Pod](w.Server, "shop", name)
	}
	w.Run(time.Minute)
	assert.Nil(t, w.ns())
}

// TestOverduePods: when their time is over, pods without a finalizer are unexpected.
func TestOverduePods(t *testing.T) {
	w := start()
	w.pod("stuck", 3)
	w.delete()
	w.Run(20 * time.Second)
	assert.Equal(t, "ContentDeletionFailed: Failed to delete all resource types, 1 remaining: unexpected items still remain in namespace: shop for gvr: /v1, Resource=pods", w.bad())
	assert.Greater(t, w.count("deletecollection pods"), 5, "again and again")
	apitest.Remove[*corev1.Pod](w.Server, "shop", "stuck")
	w.Run(time.Minute)
	assert.Nil(t, w.ns())
}

// TestFinalizers are summed over all resources.
func TestFinalizers(t *testing.T) {
	w := start()
	w.holds("a", "example.com/x", "example.com/y")
	w.holds("b", "example.com/x")
	apitest.Put(w.Server, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "s", Namespace: "shop", Finalizers: []string{"example.com/x"}}})
	w.delete()
	w.Run(6 * time.Second)
	assert.Equal(t, "SomeResourcesRemain: Some resources are remaining: configmaps. has 2 resource instances, secrets. has 1 resource instances; "+
		"SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/x in 3 resource instances, example.com/y in 1 resource instances", w.bad())
	then := w.ns().Status.Conditions
	apitest.Remove[*corev1.ConfigMap](w.Server, "shop", "a")
	w.Run(9 * time.Second)
	assert.Equal(t, "SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource instances, secrets. has 1 resource instances; "+
		"SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/x in 2 resource instances", w.bad())
	assert.Equal(t, then[3].LastTransitionTime, w.ns().Status.Conditions[3].LastTransitionTime, "other words, the same status")
}

// TestRefusedDeletions: what cannot be deleted is told, everything else goes; after that it is tried at least every minute.
func TestRefusedDeletions(t *testing.T) {
	w := start()
	refuse := true
	w.Before = func(r *api.Request) error {
		if refuse && r.Verb == api.DeleteCollection && (r.Resource == api.ConfigMaps || r.Resource == api.Pods) {
			return errors.New(r.Resource.Name + " stay")
		}
		return nil
	}
	w.holds("c")
	apitest.Put(w.Server, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "s", Namespace: "shop"}})
	w.delete()
	w.Run(6 * time.Second)
	assert.Equal(t, "ContentDeletionFailed: Failed to delete all resource types, 2 remaining: configmaps stay, pods stay", w.bad())
	assert.Nil(t, apitest.Get[*corev1.Secret](w.Server, "shop", "s"))
	w.Run(20 * time.Minute)
	n := w.count("deletecollection pods")
	w.Run(10 * time.Minute)
	assert.InDelta(t, 10, w.count("deletecollection pods")-n, 1)
	refuse = false
	w.Run(61 * time.Second)
	assert.Nil(t, w.ns())
}

// TestUnsupported: what nobody serves any more, or nobody can delete, is no error.
func TestUnsupported(t *testing.T) {
	w := start()
	w.Before = func(r *api.Request) error {
		switch {
		case r.Resource == api.Secrets && (r.Verb == api.DeleteCollection || r.Verb == api.List):
			return apierrors.NewNotFound(r.Resource.GR(), "")
		case r.Resource == api.ConfigMaps && (r.Verb == api.DeleteCollection || r.Verb == api.List):
			return apierrors.NewMethodNotSupported(r.Resource.GR(), string(r.Verb))
		}
		return nil
	}
	w.delete()
	w.Run(6 * time.Second)
	assert.Nil(t, w.ns())
}

// TestDiscovery: nothing goes while nobody knows what is served, and the namespace stays while something is not known.
func TestDiscovery(t *testing.T) {
	w := start()
	w.holds("c")
	apitest.Put(w.Server, &apiregistration.APIService{ObjectMeta: metav1.ObjectMeta{Name: "v1.apps"}, Spec: apiregistration.APIServiceSpec{Group: "apps", Version: "v1"}})
	for _, name := range []string{"v1.z.com", "v1.a.com"} {
		apitest.Put(w.Server, &apiregistration.APIService{ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: apiregistration.APIServiceSpec{Group: name[3:], Version: "v1", Service: &apiregistration.ServiceReference{Namespace: "x", Name: "y"}}})
	}
	w.delete()
	w.Run(10 * time.Second)
	assert.Equal(t, "DiscoveryFailed: Discovery failed for some groups, 2 failing: unable to retrieve the complete list of server APIs: "+
		"a.com/v1: stale GroupVersion discovery: a.com/v1, z.com/v1: stale GroupVersion discovery: z.com/v1", w.bad())
	assert.Nil(t, apitest.Get[*corev1.ConfigMap](w.Server, "shop", "c"), "what is known goes")
	apitest.Remove[*apiregistration.APIService](w.Server, "", "v1.z.com")
	apitest.Edit(w.Server, "", "v1.a.com", func(s *apiregistration.APIService) {
		s.Status.Conditions = []apiregistration.APIServiceCondition{{Type: apiregistration.Available, Status: apiregistration.ConditionTrue}}
	})
	w.Run(time.Minute)
	assert.Nil(t, w.ns())
}

// TestAnotherUnderItsName: the namespace went and came back between two writes.
func TestAnotherUnderItsName(t *testing.T) {
	w := start()
	w.Before = func(r *api.Request) error {
		if r.Subresource == "finalize" && w.ns().UID != "new" {
			apitest.Remove[*corev1.Namespace](w.Server, "", "shop")
			apitest.Put(w.Server, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop", UID: "new"}, Spec: corev1.NamespaceSpec{Finalizers: []corev1.FinalizerName{"kubernetes"}}})
			return apierrors.NewConflict(r.Resource.GR(), r.Name, errors.New("modified"))
		}
		return nil
	}
	w.delete()
	w.Run(time.Minute)
	require.NotNil(t, w.ns())
	assert.Equal(t, []corev1.FinalizerName{"kubernetes"}, w.ns().Spec.Finalizers, "the new one was never deleted")
}
