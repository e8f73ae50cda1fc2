package simtest_test

import (
	"flag"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/simtest"
)

var (
	seeds = flag.Int("seeds", 18, "how many random sessions to judge")
	many  = flag.Int("many", 1000, "how many short ones")
	first = flag.Uint64("seed", 1, "the first of them")
)

// TestSessions judges random sessions; every fourth one twice and a third time from its log.
func TestSessions(t *testing.T) {
	for i := range *seeds {
		seed := *first + uint64(i)
		t.Run(fmt.Sprint(seed), func(t *testing.T) { judge(t, seed, i%4 == 0) })
	}
}

// TestMany judges many short sessions, each with everything that comes and goes.
func TestMany(t *testing.T) {
	for i := range *many {
		seed := *first + 10_000 + uint64(i)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			judgeWith(t, seed, false, simtest.Options{Steps: 10, Faults: seed%4 != 0, Sets: seed%3 == 0, Batch: seed%3 != 1})
		})
	}
}

// TestFound replays seeds that once found a defect.
func TestFound(t *testing.T) {
	for name, seed := range map[string]uint64{
		// A pod that the node lifecycle controller had called not ready stayed so after its node was seen again.
		"contradicted status": 57,
		// Pods deleted by force counted in the kubelet's admission while they were ending; thousands were rejected.
		"admission beside ending pods": 408,
		// A Deployment that lost pods long after its rollout was looked at two hundred times a second for good.
		"deadline of a finished rollout": 44,
	} {
		t.Run(name, func(t *testing.T) { judge(t, seed, false) })
	}
}

func judge(t *testing.T, seed uint64, again bool) {
	t.Parallel()
	judgeWith(t, seed, again, simtest.Options{Faults: seed%4 != 0})
}

// TestSets judges sessions with StatefulSets and CronJobs.
func TestSets(t *testing.T) {
	for i := range (*seeds + 1) / 2 {
		seed := *first + uint64(i)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			judgeWith(t, seed, i%6 == 0, simtest.Options{Faults: seed%4 != 0, Sets: true})
		})
	}
}

// TestBatch judges sessions with Jobs, DaemonSets and disruption budgets; of every second one with the sets too.
func TestBatch(t *testing.T) {
	for i := range (*seeds + 1) / 2 {
		seed := *first + uint64(i)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			judgeWith(t, seed, i%6 == 0, simtest.Options{Faults: seed%4 != 0, Sets: seed%2 == 0, Batch: true})
		})
	}
}

func judgeWith(t *testing.T, seed uint64, again bool, opt simtest.Options) {
	o, err := simtest.Run(seed, opt)
	require.NoError(t, err)
	require.NoError(t, o.Error())
	t.Logf("%d nodes, %d masters, %d commands, %d events, %s", o.Config.Nodes, o.Config.Masters, len(o.Log), o.Events, o.End)
	if !again {
		return
	}
	o2, err := simtest.Run(seed, opt)
	require.NoError(t, err)
	require.Equal(t, o.Hash, o2.Hash, "the same seed gave another journal")
	hash, err := o.Replay()
	require.NoError(t, err)
	require.Equal(t, o.Hash, hash, "the command log gave another journal")
}
