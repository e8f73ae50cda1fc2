package statefulset

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
	"tabernetes/engine/controllers/ownership"
	"tabernetes/engine/controllers/templatehash"
)

// TestAsUpstream replays what upstream's control loop did (UpdateStatefulSet of v1.37.2, run on random sets, revisions,
// pods and claims): the same writes, status and events.
func TestAsUpstream(t *testing.T) {
	apitest.Facts(t, os.ReadFile, func(f fact, where string) {
		got := replay(t, f)
		require.Equal(t, f.Did, got.Did, where)
		require.Equal(t, f.Status, got.Status, where)
		require.Equal(t, f.Events, got.Events, where)
	})
}

// replay makes one pass over what a fact describes, with caches that stand still.
func replay(t *testing.T, f fact) fact {
	s := apitest.New()
	var k *Controller
	s.Start("kube-controller-manager", func(f *client.Informers) { k = Run(f) })
	patch := func(template *corev1.PodTemplateSpec) []byte {
		data, err := templatehash.Patch(template)
		require.NoError(t, err)
		return data
	}
	hash := func(data []byte) string { return hashOf(data, 0) }
	set, revs, pods, claims := f.objects(s.Sim.Wall(s.Sim.Now().Add(2*time.Second)), patch, hash)
	for _, o := range revs {
		apitest.Put(s, o)
	}
	for _, o := range pods {
		apitest.Put(s, o)
	}
	for _, o := range claims {
		apitest.Put(s, o)
	}
	s.Run(time.Second)
	k.pods.Stop()
	k.claims.Stop()
	k.revisions.Stop()
	k.sets.Stop()
	s.Run(time.Second)
	apitest.Put(s, set)
	set.Generation = 3 // a new object's is 1

	f.Did, f.Status, f.Events = nil, "", nil
	names := letters(hash, patch)
	s.Before = func(r *api.Request) error {
		if r.Verb == api.Update {
			r.Object.SetResourceVersion("") // upstream's fakes know no conflict
		}
		did := ""
		switch o := r.Object.(type) {
		case *corev1.Pod:
			did = string(r.Verb) + " " + r.Name
			if r.Verb == api.Create {
				did += " " + names[revisionOf(o)] + "/" + o.Spec.Containers[0].Image
			}
		case *corev1.PersistentVolumeClaim:
			did = "claim " + r.Name
			if r.Verb == api.Update {
				did = "own " + r.Name + ownersOf(o)
			} else {
				apitest.Remove[*corev1.PersistentVolumeClaim](s, r.Namespace, r.Name) // nor anything that exists already
			}
		case *appsv1.ControllerRevision:
			did = fmt.Sprint(map[api.Verb]string{api.Create: "revision ", api.Update: "renumber "}[r.Verb], names[r.Name], " ", o.Revision)
		case *appsv1.StatefulSet:
			st := &o.Status
			f.Status = fmt.Sprintf("%d/%d/%d/%d/%d %s→%s gen %d", st.Replicas, st.ReadyReplicas, st.AvailableReplicas, st.CurrentReplicas, st.UpdatedReplicas, names[st.CurrentRevision], names[st.UpdateRevision], st.ObservedGeneration)
		case nil:
			switch {
			case r.Verb == api.Delete && r.Resource == api.Pods:
				did = "delete " + r.Name
			case r.Verb == api.Delete && r.Resource == api.ControllerRevisions:
				did = "forget " + names[r.Name]
			}
		}
		if did != "" {
			f.Did = append(f.Did, did)
		}
		if f.Fail != "" && strings.HasPrefix(did, f.Fail+" ") {
			return errors.New("refused")
		}
		return nil
	}
	selector, err := metav1.LabelSelectorAsSelector(set.Spec.Selector)
	require.NoError(t, err)
	p := &pass{k: k, s: &state{selector: selector, refs: ownership.Refs(set, api.StatefulSets)}, set: set, now: k.a.Wall(),
		pods: slices.Clone(k.pods.ByIndex(client.IndexOwner, setUID))}
	k.a.After(0, "pass", func() {
		p.run(func(err error) {
			if err != nil && f.Parallel {
				err = errors.New("") // what fails side by side fails in any order
			}
			if err != nil {
				f.Did = append(f.Did, "error "+err.Error())
			}
		})
	})
	s.Run(3 * time.Second)
	for _, e := range apitest.List[*corev1.Event](s) {
		for range e.Count {
			f.Events = append(f.Events, e.Type+" "+e.Reason+" "+e.Message)
		}
	}
	if f.Parallel {
		slices.Sort(f.Did)
		slices.Sort(f.Events)
	}
	return f
}
