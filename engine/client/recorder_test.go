package client_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/apiserver"
	"tabernetes/engine/client"
	"tabernetes/engine/etcd"
	"tabernetes/engine/sim"
)

// desk is a recorder before a real API server, which keeps events for an hour.
type desk struct {
	t   *testing.T
	s   *sim.Sim
	c   *client.Client
	pod *corev1.Pod
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, s: sim.New(sim.Config{Seed: 1})}
	h := d.s.AddHost("master")
	members := etcd.NewCluster()
	h.Install("etcd", func(a *sim.Actor) { etcd.Boot(a, members, etcd.Config{}) })
	h.Install("kube-apiserver", func(a *sim.Actor) {
		apiserver.Run(a, apiserver.Config{Etcd: []*sim.Host{h}, ServiceCIDR: "10.96.0.0/12", Advertise: "10.0.0.2"})
	})
	d.s.AddHost("node-1").Install("kubelet", func(a *sim.Actor) {
		d.c = client.New(a, client.Config{Servers: []*sim.Host{h}, User: "u", UserAgent: "kubelet"})
	})
	d.run(3 * time.Second)
	d.pod = pod("web")
	d.pod.UID, d.pod.ResourceVersion = "u1", "7"
	return d
}

func (d *desk) run(x time.Duration) { d.s.RunUntil(d.s.Now().Add(x), 0) }

// events are those there are, oldest first.
func (d *desk) events() []*corev1.Event {
	d.run(time.Second)
	var out []*corev1.Event
	answered := false
	client.List(d.c, api.Events, "", nil, func(list []*corev1.Event, err error) {
		require.NoError(d.t, err)
		out, answered = list, true
	})
	d.run(time.Second)
	require.True(d.t, answered)
	slices.SortFunc(out, func(a, b *corev1.Event) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func counts(events []*corev1.Event) (out []string) {
	for _, e := range events {
		out = append(out, fmt.Sprintf("%s %d", e.Message, e.Count))
	}
	return out
}

func TestRecorderCounts(t *testing.T) {
	d := newDesk(t)
	r := client.NewRecorder(d.c, "kubelet", "node-1")
	first := d.s.Wall(d.s.Now()).Truncate(time.Second)
	r.Event(d.pod, corev1.EventTypeWarning, "BackOff", "Back-off")
	d.run(9 * time.Second)
	r.Event(d.pod, corev1.EventTypeWarning, "BackOff", "Back-off")
	r.Event(d.pod, corev1.EventTypeNormal, "Pulled", "done")
	r.Event(d.pod, corev1.EventTypeNormal, "BackOff", "Back-off") // another type is another event
	last := d.s.Wall(d.s.Now()).Truncate(time.Second)
	got := d.events()
	require.Equal(t, []string{"Back-off 2", "done 1", "Back-off 1"}, counts(got))
	e := got[0]
	require.Equal(t, "default", e.Namespace)
	require.Regexp(t, `^web\.[0-9a-f]{16}$`, e.Name)
	require.True(t, e.FirstTimestamp.Time.Equal(first))
	require.True(t, e.LastTimestamp.Time.Equal(last))
	require.Equal(t, corev1.EventSource{Component: "kubelet", Host: "node-1"}, e.Source)
	require.Equal(t, corev1.ObjectReference{Kind: "Pod", APIVersion: "v1", Namespace: "default", Name: "web", UID: "u1", ResourceVersion: "7"}, e.InvolvedObject)
	require.Equal(t, "kubelet", e.ReportingController)
	require.Equal(t, "node-1", e.ReportingInstance)
	require.Nil(t, e.Series)
	require.True(t, e.EventTime.IsZero())

	// Of what has no namespace they go to default.
	r.Event(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}}, corev1.EventTypeNormal, "Starting", "x")
	require.Equal(t, "default", d.events()[0].Namespace)
}

// Two containers of one image: the same words about two parts are two events.
func TestRecorderTellsPartsApart(t *testing.T) {
	d := newDesk(t)
	r := client.NewRecorder(d.c, "kubelet", "node-1")
	for _, c := range []string{"a", "b", "a"} {
		r.EventFor(client.ReferenceTo(d.pod, "spec.containers{"+c+"}"), corev1.EventTypeNormal, "Pulled", "", "already present")
	}
	got := d.events()
	require.Equal(t, []string{"already present 2", "already present 1"}, counts(got))
	require.Equal(t, "spec.containers{b}", got[1].InvolvedObject.FieldPath)
}

func TestRecorderNamesAreUnique(t *testing.T) {
	d := newDesk(t)
	r := client.NewModernRecorder(d.c, "x")
	for i := range 200 { // at one moment
		r.EventFor(client.ReferenceTo(d.pod, ""), corev1.EventTypeNormal, "R", "Act", fmt.Sprint(i))
	}
	require.Len(t, d.events(), 200)
}

func TestRecorderCombinesSimilarEvents(t *testing.T) {
	d := newDesk(t)
	r := client.NewRecorder(d.c, "kubelet", "node-1")
	for i := range 12 {
		r.Event(d.pod, corev1.EventTypeWarning, "Failed", fmt.Sprintf("message %02d", i))
		d.run(time.Second)
	}
	r.Event(d.pod, corev1.EventTypeWarning, "Failed", "message 03") // one of the nine
	got := d.events()
	require.Len(t, got, 10, "nine, and one for all others")
	require.Equal(t, "message 08 1", counts(got)[8])
	require.Equal(t, "message 03 2", counts(got)[3])
	require.Equal(t, "(combined from similar events): message 11", got[9].Message)
	require.EqualValues(t, 3, got[9].Count)

	// Another reason is not similar; nor is what comes after ten quiet minutes.
	r.Event(d.pod, corev1.EventTypeWarning, "Unhealthy", "message 20")
	d.run(601 * time.Second)
	r.Event(d.pod, corev1.EventTypeWarning, "Failed", "message 30")
	got = d.events()
	require.Equal(t, []string{"message 20 1", "message 30 1"}, counts(got[10:]))
}

func TestRecorderDropsSpam(t *testing.T) {
	d := newDesk(t)
	r := client.NewRecorder(d.c, "kubelet", "node-1")
	for range 40 {
		r.Event(d.pod, corev1.EventTypeWarning, "BackOff", "again")
		d.run(100 * time.Millisecond)
	}
	other := pod("other")
	r.Event(other, corev1.EventTypeWarning, "BackOff", "mine")
	require.ElementsMatch(t, []string{"again 25", "mine 1"}, counts(d.events()), "25 about one object")
	d.run(301 * time.Second) // one token more
	r.Event(d.pod, corev1.EventTypeWarning, "BackOff", "again")
	r.Event(d.pod, corev1.EventTypeWarning, "BackOff", "again")
	require.Contains(t, counts(d.events()), "again 41", "what was dropped is counted when one gets through")

	// The first of its kind is dropped, the second gets through.
	r.Event(d.pod, corev1.EventTypeWarning, "Failed", "new")
	d.run(301 * time.Second)
	r.Event(d.pod, corev1.EventTypeWarning, "Failed", "new")
	require.Contains(t, counts(d.events()), "new 2")
}

func TestRecorderAfterTheServerForgot(t *testing.T) {
	d := newDesk(t)
	r := client.NewRecorder(d.c, "kubelet", "node-1")
	m := client.NewModernRecorder(d.c, "default-scheduler")
	again := func() {
		r.Event(d.pod, corev1.EventTypeWarning, "BackOff", "again")
		m.EventFor(client.ReferenceTo(d.pod, ""), corev1.EventTypeWarning, "FailedScheduling", "Scheduling", "none")
	}
	first := d.s.Wall(d.s.Now()).Truncate(time.Second)
	again()
	require.Len(t, d.events(), 2)
	d.run(2 * time.Hour)
	require.Empty(t, d.events(), "events are kept for an hour")
	again()
	got := d.events()
	require.Len(t, got, 2, "it happened again")
	for _, e := range got {
		if e.Reason == "BackOff" {
			require.EqualValues(t, 2, e.Count)
			require.True(t, e.FirstTimestamp.Time.Equal(first))
		} else {
			require.EqualValues(t, 2, e.Series.Count)
		}
	}
}

func TestModernRecorderKeepsSeries(t *testing.T) {
	d := newDesk(t)
	r := client.NewModernRecorder(d.c, "default-scheduler")
	ref := client.ReferenceTo(d.pod, "")
	first := d.s.Wall(d.s.Now()).Truncate(time.Microsecond)
	r.EventFor(ref, corev1.EventTypeWarning, "FailedScheduling", "Scheduling", "0/1 nodes are available")
	e := d.events()[0]
	require.Nil(t, e.Series)
	require.True(t, e.EventTime.Time.Equal(first))
	require.Equal(t, "Scheduling", e.Action)
	require.Equal(t, "default-scheduler", e.ReportingController)
	require.Equal(t, "default-scheduler-node-1", e.ReportingInstance)
	require.Zero(t, e.Count)
	require.True(t, e.FirstTimestamp.IsZero())
	require.Empty(t, e.Source)
	for range 2 {
		d.run(time.Minute)
		r.EventFor(ref, corev1.EventTypeWarning, "FailedScheduling", "Scheduling", "0/1 nodes are available")
	}
	last := d.s.Wall(d.s.Now()).Truncate(time.Microsecond)
	got := d.events()
	require.Len(t, got, 1)
	require.EqualValues(t, 3, got[0].Series.Count)
	require.True(t, got[0].Series.LastObservedTime.Time.Equal(last))
	require.True(t, got[0].EventTime.Time.Equal(first))
	require.True(t, strings.HasPrefix(got[0].Name, "web."))
}
