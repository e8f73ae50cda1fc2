package client_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// follow notes what a cache tells.
func follow(k *client.Cache[*corev1.Pod]) *[]string {
	var log []string
	k.Subscribe(func(old, new *corev1.Pod) {
		switch {
		case old == nil:
			log = append(log, "+"+new.Name)
		case new == nil:
			log = append(log, "-"+old.Name)
		default:
			log = append(log, "~"+new.Name)
		}
	})
	return &log
}

func names(pods []*corev1.Pod) []string {
	out := []string{}
	for _, p := range pods {
		out = append(out, p.Name)
	}
	slices.Sort(out)
	return out
}

func TestCacheInitialSync(t *testing.T) {
	w := newWorld(t, 1)
	w.st.put(pod("a"))
	b := w.st.put(pod("b"))
	k := client.NewCache[*corev1.Pod](w.c, api.Pods, client.Selection{})
	log := follow(k)
	synced := 0
	k.OnSynced(func() {
		synced++
		require.Equal(t, 2, k.Len(), "all is there when it is synced")
	})
	require.False(t, k.Synced())
	w.run(time.Second)
	require.True(t, k.Synced())
	require.Equal(t, 1, synced)
	k.OnSynced(func() { synced++ })
	require.Equal(t, 2, synced, "at once when it is synced already")
	require.Equal(t, []string{"+a", "+b"}, *log)
	require.Equal(t, w.st.rev, k.Revision())
	got, ok := k.Get("default", "b")
	require.True(t, ok)
	require.Same(t, b, got, "objects are shared")
	_, ok = k.GetKey("default/c")
	require.False(t, ok)

	w.st.put(pod("b", "l"))
	w.st.put(pod("c"))
	w.st.remove("a")
	w.run(time.Second)
	require.Equal(t, []string{"+a", "+b", "~b", "+c", "-a"}, *log)
	require.Equal(t, []string{"b", "c"}, names(k.All()))
	require.Equal(t, w.st.rev, k.Revision(), "a deletion has a revision too")
	late := follow(k)
	require.ElementsMatch(t, []string{"+b", "+c"}, *late, "what is there is told as new")
	require.Len(t, *log, 5, "to the newcomer only")
}

func TestCacheWaitsForItsServer(t *testing.T) {
	w := newWorld(t, 1)
	w.st.put(pod("a"))
	w.hosts[0].KillProgram("kube-apiserver")
	k := client.NewCache[*corev1.Pod](w.c, api.Pods, client.Selection{})
	other := client.NewCache[*corev1.Pod](w.c, api.Pods, client.Selection{})
	both := 0
	client.WhenSynced(func() { both++ }, k, other)
	w.run(time.Minute)
	require.False(t, k.Synced())
	require.True(t, w.s.Settled(), "trying again is no change")
	w.hosts[0].StartProgram("kube-apiserver")
	w.run(time.Minute)
	require.True(t, k.Synced())
	require.Equal(t, 1, both)
}

func TestCacheResumes(t *testing.T) {
	w := newWorld(t, 2)
	w.st.put(pod("a"))
	k := client.NewCache[*corev1.Pod](w.c, api.Pods, client.Selection{})
	log := follow(k)
	w.run(time.Second)
	at := k.Revision()
	w.hosts[0].KillProgram("kube-apiserver")
	w.st.put(pod("b"))
	w.st.remove("a")
	w.run(20 * time.Second)
	require.Equal(t, []string{fmt.Sprint("resume ", at)}, w.server(1).asked, "the other server remembers")
	require.Equal(t, []string{"+a", "+b", "-a"}, *log)
}

func TestCacheRelistsAfter410(t *testing.T) {
	w := newWorld(t, 1)
	for _, n := range []string{"a", "b", "c"} {
		w.st.put(pod(n))
	}
	k := client.NewCache[*corev1.Pod](w.c, api.Pods, client.Selection{})
	k.AddIndex("label", func(p *corev1.Pod) []string { return keys(p.Labels) })
	log := follow(k)
	synced := 0
	k.OnSynced(func() { synced++ })
	w.run(time.Second)
	*log = nil
	at := k.Revision()
	w.hosts[0].KillProgram("kube-apiserver")
	w.st.remove("a")
	w.st.remove("c")
	w.st.put(pod("d", "l"))
	w.hosts[0].StartProgram("kube-apiserver")
	w.run(30 * time.Second)
	require.Equal(t, []string{fmt.Sprint("resume ", at), "list"}, w.server(0).asked, "the new run has forgotten the past")
	require.ElementsMatch(t, []string{"+d", "-a", "-c"}, *log, "what is the same is not told")
	require.Equal(t, []string{"b", "d"}, names(k.All()))
	require.Equal(t, []string{"d"}, names(k.ByIndex("label", "l")))
	require.Equal(t, 1, synced, "it was synced all the time")
	w.st.remove("b")
	w.run(time.Second)
	require.Equal(t, []string{"d"}, names(k.All()))
}

// A list that breaks off half way must not be taken for the whole.
func TestCacheBrokenRelist(t *testing.T) {
	w := newWorld(t, 1)
	for _, n := range []string{"a", "b"} {
		w.st.put(pod(n))
	}
	k := client.NewCache[*corev1.Pod](w.c, api.Pods, client.Selection{})
	w.run(time.Second)
	w.hosts[0].KillProgram("kube-apiserver")
	w.st.remove("a")
	w.st.put(pod("c"))
	w.st.put(pod("d"))
	w.hosts[0].StartProgram("kube-apiserver")
	w.run(0)
	w.server(0).partial = true
	w.run(10 * time.Second)
	require.Equal(t, []string{"a", "b", "d"}, names(k.All()), "half a list")
	w.hosts[0].KillProgram("kube-apiserver")
	w.run(time.Second)
	w.hosts[0].StartProgram("kube-apiserver")
	w.run(30 * time.Second)
	require.Equal(t, []string{"b", "c", "d"}, names(k.All()))
	require.Equal(t, []string{"list"}, w.server(0).asked)
}

func keys(m map[string]string) []string {
	out := []string{}
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Index and list against a plain model, with buckets that grow beyond the size from which they know their places.
func TestIndexes(t *testing.T) {
	w := newWorld(t, 1)
	k := client.NewCache[*corev1.Pod](w.c, api.Pods, client.Selection{})
	k.AddIndex(client.IndexNamespace, client.ByNamespace[*corev1.Pod])
	byLetter := func(p *corev1.Pod) []string { return strings.Split(p.Spec.NodeName, "") }
	k.AddIndex("letter", byLetter)
	k.AddIndex("letter", func(*corev1.Pod) []string { panic("the first of a name stays") })
	w.run(time.Second)
	rng := rand.New(rand.NewPCG(1, 1))
	biggest := 0
	for round := range 40 {
		for range 25 {
			p := pod(fmt.Sprint("p", rng.IntN(150)))
			if w.st.pods[api.KeyOf(p)] != nil && rng.IntN(100) < 30+round {
				w.st.remove(p.Name)
				continue
			}
			for range rng.IntN(4) {
				p.Spec.NodeName += string(rune('a' + rng.IntN(4))) // a value may be named twice
			}
			w.st.put(p)
		}
		w.run(time.Second)
		if round == 20 {
			k.AddIndex("late", byLetter)
		}
		require.Equal(t, len(w.st.pods), k.Len())
		model := map[string][]*corev1.Pod{}
		for _, p := range w.st.pods {
			got, _ := k.GetKey(api.KeyOf(p))
			require.Same(t, p, got)
			seen := map[string]bool{}
			for _, v := range byLetter(p) {
				if !seen[v] {
					model[v] = append(model[v], p)
				}
				seen[v] = true
			}
		}
		for _, v := range []string{"", "a", "b", "c", "d"} {
			require.Equal(t, names(model[v]), names(k.ByIndex("letter", v)), "round %d, %q", round, v)
			if round >= 20 {
				require.Equal(t, names(model[v]), names(k.ByIndex("late", v)))
			}
			biggest = max(biggest, len(model[v]))
		}
		require.Equal(t, names(k.All()), names(k.ByIndex(client.IndexNamespace, "default")))
	}
	require.Greater(t, biggest, 40)
	require.Nil(t, k.ByIndex("letter", "z"))
	require.Panics(t, func() { k.ByIndex("none", "") })
}

func TestSharedCaches(t *testing.T) {
	w := newWorld(t, 1)
	f := client.NewInformers(w.c)
	require.Same(t, client.Shared[*corev1.Pod](f, api.Pods), client.Shared[*corev1.Pod](f, api.Pods))
	w.run(time.Second)
	require.Equal(t, []string{"list"}, w.server(0).asked)
	yes := true
	p := pod("x")
	require.Equal(t, []string{""}, client.ByOwner(p))
	p.OwnerReferences = append(p.OwnerReferences, ownerRef("u1", nil), ownerRef("u2", &yes))
	require.Equal(t, []string{"u2"}, client.ByOwner(p))
}

func TestIndexValueNamedTwice(t *testing.T) {
	w := newWorld(t, 1)
	k := client.NewCache[*corev1.Pod](w.c, api.Pods, client.Selection{})
	k.AddIndex("image", func(p *corev1.Pod) []string { return []string{"nginx", "nginx"} })
	w.st.put(pod("a"))
	w.run(time.Second)
	require.Len(t, k.ByIndex("image", "nginx"), 1)
	w.st.remove("a")
	w.run(time.Second)
	require.Empty(t, k.ByIndex("image", "nginx"))
}
