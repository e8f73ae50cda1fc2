package client_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

func TestCallsAndAnswers(t *testing.T) {
	w := newWorld(t, 1)
	w.st.put(pod("a"))
	var a, b error
	w.get("a", &a)
	w.get("b", &b)
	w.run(time.Second)
	require.NoError(t, a)
	require.True(t, apierrors.IsNotFound(b))
	require.Equal(t, []string{"get a", "get b"}, w.server(0).asked)
	require.Same(t, w.a, w.c.Actor())
}

func TestKilledServerFailsCallsUnderWay(t *testing.T) {
	w := newWorld(t, 1)
	w.server(0).mute = true
	var a, b error
	w.get("a", &a)
	w.get("b", &b)
	client.Update(w.c, api.Pods, "", pod("c"), nil) // nobody waits for it
	w.run(time.Minute)
	require.Equal(t, errNone, a)
	w.hosts[0].KillProgram("kube-apiserver")
	w.run(time.Second)
	require.ErrorIs(t, a, sim.ErrReset)
	require.ErrorIs(t, b, sim.ErrReset)

	w.get("a", &a)
	w.run(time.Second)
	require.EqualError(t, a, "dial tcp master-0:6443: connect: connection refused")
	w.hosts[0].StartProgram("kube-apiserver")
	w.st.put(pod("a"))
	w.get("a", &a)
	w.run(time.Second)
	require.NoError(t, a)
}

func TestFailover(t *testing.T) {
	w := newWorld(t, 3)
	w.st.put(pod("a"))
	var err error
	ask := func() error {
		w.get("a", &err)
		w.run(31 * time.Second)
		return err
	}
	require.NoError(t, ask())
	require.Len(t, w.server(0).asked, 1, "the first is preferred")
	w.hosts[0].KillProgram("kube-apiserver")
	w.hosts[1].Stop()
	w.run(time.Second)
	require.ErrorIs(t, ask(), sim.ErrRefused)
	require.ErrorIs(t, ask(), sim.ErrTimeout)
	require.NoError(t, ask())
	require.Len(t, w.server(2).asked, 1)
	require.NoError(t, ask())
	require.Len(t, w.server(2).asked, 2, "it stays where it is")
}

// A machine that lost power and came back is dialled anew long before the silence of the old connection is noticed;
// what uses the new connection must not suffer then.
func TestOldConnectionBreaksWithoutTheNew(t *testing.T) {
	w := newWorld(t, 1)
	w.server(0).mute = true
	w.st.put(pod("a"))
	var old, new error
	var ended []error
	w.get("a", &old)
	w.c.Watch(&api.Request{Resource: api.Pods, SendInitialEvents: true}, func([]api.WatchEvent) {}, func(err error) { ended = append(ended, err) })
	w.run(time.Second)
	w.hosts[0].Stop()
	w.run(5 * time.Second)
	w.hosts[0].Start()
	w.run(5 * time.Second)
	w.server(0).mute = true
	events := 0
	w.get("a", &new)
	second := w.c.Watch(&api.Request{Resource: api.Pods, SendInitialEvents: true}, func(e []api.WatchEvent) { events += len(e) }, func(err error) { t.Error("the new watch ended:", err) })
	w.run(time.Minute)
	require.ErrorIs(t, old, sim.ErrLost)
	require.Len(t, ended, 1)
	require.ErrorIs(t, ended[0], sim.ErrLost)
	require.Equal(t, errNone, new, "the new call is still under way")
	require.Equal(t, 2, events)
	w.st.put(pod("b"))
	w.run(time.Second)
	require.Equal(t, 3, events)

	second.Stop()
	second.Stop()
	w.st.put(pod("c"))
	w.run(time.Second)
	require.Equal(t, 3, events)
	require.Contains(t, w.server(0).asked, "stop")
}

func TestActorsThatEndHearNothing(t *testing.T) {
	w := newWorld(t, 1)
	var err error
	w.get("a", &err)
	w.s.Host("node").KillProgram("agent")
	w.run(2 * time.Minute)
	require.Equal(t, errNone, err)
}

// Requests that wait for one dial go on with their own causes.
func TestWaitingRequestsKeepTheirCause(t *testing.T) {
	w := newWorld(t, 1)
	w.st.put(pod("a"))
	got := map[string]sim.Context{}
	want := map[string]sim.Context{}
	for _, name := range []string{"one", "two"} {
		w.s.Do(func() {
			w.s.Record(sim.KindCommand, "", name)
			want[name] = w.s.Context()
			client.Get(w.c, api.Pods, "default", "a", func(*corev1.Pod, error) { got[name] = w.s.Context() })
		})
	}
	want["beat"] = sim.Context{Background: true}
	w.a.Periodic(0, "beat", func() {
		client.Get(w.c, api.Pods, "default", "a", func(*corev1.Pod, error) { got["beat"] = w.s.Context() })
	})
	w.run(time.Second)
	require.Equal(t, want, got)
	require.NotEqual(t, got["one"].Cause, got["two"].Cause)
}

func TestWatchStoppedBeforeItBegan(t *testing.T) {
	w := newWorld(t, 1)
	w.st.put(pod("a"))
	stop := w.c.Watch(&api.Request{Resource: api.Pods, SendInitialEvents: true}, func([]api.WatchEvent) { t.Error("stopped") }, func(error) { t.Error("stopped") })
	stop.Stop()
	w.run(time.Second)
	require.Empty(t, w.server(0).asked)
}
