package engine

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/sim"
)

// An Event tells its writer's time to the second; the moment that goes with it is the one from which it is there.
func TestEventsKnowTheirMoment(t *testing.T) {
	conf := Config{Nodes: 2, Seed: 5}
	c, err := New(conf)
	require.NoError(t, err)
	c.RunTo(sim.Time(time.Minute), c.Ready, 0)
	require.NoError(t, c.Do(Command{Op: OpClock, Name: "node-1", Ms: -90_000}))
	require.NoError(t, c.Do(Command{Op: OpKubectl, Line: "kubectl create deployment web --image=nginx --replicas=4"}))
	c.RunTo(c.Now().Add(30*time.Second), nil, 0)
	// A second's Events, and one that is told again.
	require.NoError(t, c.Do(Command{Op: OpKubectl, Line: "kubectl run crash --image=busybox -- false"}))
	c.RunTo(c.Now().Add(2*time.Minute), nil, 0)
	list := c.Events(200)
	require.Greater(t, len(list), 20)
	has := func(c *Cluster, e EventInfo) bool {
		for _, x := range c.Events(200) {
			if x == e {
				return true
			}
		}
		return false
	}
	log, early := c.Log(), 0
	for _, e := range list {
		at := sim.Time(math.Round(e.Moment * 1e6))
		require.Positive(t, at, "%+v", e)
		if e.At < e.Moment-60_000 {
			early++ // of the node whose clock is late
		} else {
			require.InDelta(t, e.At, e.Moment, 1100, "%+v", e)
		}
		upTo := func(at sim.Time) *Cluster {
			n := 0
			for n < len(log) && log[n].At <= at {
				n++
			}
			c, err := Replay(conf, log[:n], at)
			require.NoError(t, err)
			return c
		}
		require.True(t, has(upTo(at), e), "%+v", e)
		require.False(t, has(upTo(at-1), e), "%+v", e)
	}
	require.Positive(t, early)
}

func TestEventTimesAreBounded(t *testing.T) {
	var e eventTimes
	for rev := range int64(20_000) {
		e.committed(rev, sim.Time(rev)*1e6)
		require.LessOrEqual(t, len(e), 2*maxEventTimes)
	}
	require.Equal(t, 19_999.0, e.moment(19_999))
	require.Equal(t, 15_904.0, e.moment(15_904))
	require.Equal(t, -1.0, e.moment(20_000), "to come")
	require.Equal(t, -1.0, e.moment(0), "forgotten")
	e.committed(19_000, 5e12)
	require.Equal(t, 5e6, e.moment(19_000), "etcd was restored: the revision is another one")
	require.Equal(t, -1.0, e.moment(19_001))
}
