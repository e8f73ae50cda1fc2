package client_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// balanced puts a balancer before the world's servers, and a number of clients behind it.
func balanced(t *testing.T, clients int) (w *world, b *client.Balancer, cs []*client.Client) {
	w = newWorld(t, 3)
	b = client.NewBalancer(w.hosts)
	w.s.AddHost("lb").Install("balancer", b.Run)
	for i := range clients {
		w.s.AddHost("n"+string(rune('a'+i))).Install("agent", func(a *sim.Actor) {
			cs = append(cs, client.New(a, client.Config{Servers: w.hosts, Balancer: b, User: "u"}))
		})
	}
	w.run(0)
	return w, b, cs
}

// get asks for a pod and counts by whom it was answered.
func get(w *world, c *client.Client) (err error) {
	done := false
	w.s.Do(func() {
		client.Get(c, api.Pods, "default", "x", func(_ *corev1.Pod, e error) { err, done = e, true })
	})
	for end := w.s.Now().Add(2 * time.Minute); !done && w.s.Now() < end; {
		w.s.Step()
	}
	require.True(w.t, done)
	return err
}

func TestBalancerSpreadsAndFailsOver(t *testing.T) {
	w, b, cs := balanced(t, 12)
	w.st.put(pod("x"))
	for _, c := range cs {
		require.NoError(t, get(w, c))
	}
	for i := range 3 {
		require.Greater(t, len(w.server(i).asked), 1, "server %d", i)
	}
	w.run(30 * time.Second)
	for _, h := range w.hosts {
		require.True(t, b.Healthy(h))
	}
	began, ended := 0, 0
	w.s.Do(func() {
		for _, c := range cs {
			c.Watch(&api.Request{Resource: api.Pods, ResourceVersion: "1"}, func([]api.WatchEvent) {}, func(error) { ended++ })
			began++
		}
	})
	w.run(time.Second)
	// A server dies without a word: it is taken out after two checks, and its clients are told.
	w.hosts[1].Stop()
	w.run(30 * time.Second)
	require.False(t, b.Healthy(w.hosts[1]))
	require.Greater(t, ended, 0, "watches learn it from the balancer, before they notice the silence")
	require.Less(t, ended, began)
	at := w.s.Now()
	for _, c := range cs {
		require.NoError(t, get(w, c))
	}
	require.Less(t, w.s.Now().Sub(at), 100*time.Millisecond, "nobody waits for the dead")
	w.hosts[1].Start()
	w.run(15 * time.Second)
	require.False(t, b.Healthy(w.hosts[1]), "one good check is not enough")
	w.run(10 * time.Second)
	require.True(t, b.Healthy(w.hosts[1]))
}

func TestBalancerFailsOpen(t *testing.T) {
	w, b, cs := balanced(t, 1)
	w.st.put(pod("x"))
	for i := range 3 {
		w.server(i).mute = true
	}
	w.run(time.Minute)
	for _, h := range w.hosts {
		require.False(t, b.Healthy(h))
	}
	for i := range 3 {
		w.server(i).mute = false
	}
	require.NoError(t, get(w, cs[0]), "better a server that may be ill than none")
}
