package network

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabernetes/engine/sim"
)

// TestSince holds the counts since a moment against counting the requests one by one.
func TestSince(t *testing.T) {
	type one struct {
		second  int64
		version string
		ok      bool
	}
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		s := &Source{}
		var all []one
		second := int64(0)
		for range 2000 {
			if rng.IntN(3) == 0 {
				second += int64(rng.IntN(4))
			}
			o := one{second, []string{"", "hello-app:1.0", "hello-app:2.0"}[rng.IntN(3)], rng.IntN(5) > 0}
			o.ok = o.ok && o.version != ""
			all = append(all, o)
			s.history.add(o.second, o.version, o.ok)
		}
		for range 200 {
			at := sim.Time(rng.Int64N((second + 3) * int64(time.Second)))
			if rng.IntN(3) == 0 {
				at -= at % sim.Time(time.Second)
			}
			want := map[string]Count{}
			for _, o := range all {
				if sim.Time(o.second*int64(time.Second)) >= at {
					c := want[o.version]
					if o.ok {
						c.OK++
					} else {
						c.Failed++
					}
					want[o.version] = c
				}
			}
			require.Equal(t, want, s.Since(at), "seed %d, since %v", seed, at)
		}
	}
}

// TestHistoryIsBounded: a day of load is remembered less exactly, in the room of some hours, and nothing is lost.
func TestHistoryIsBounded(t *testing.T) {
	s := &Source{}
	const day = 24 * 3600
	for second := range int64(day) {
		s.history.add(second, "a", true)
		s.history.add(second, "b", second%10 != 0)
	}
	assert.LessOrEqual(t, len(s.history.marks), maxMarks)
	assert.Equal(t, map[string]Count{"a": {OK: day}, "b": {OK: day - day/10, Failed: day / 10}}, s.Since(0))
	since := s.Since(sim.Time(12 * time.Hour))
	assert.InDelta(t, day/2, since["a"].OK, float64(2*s.history.grain), "grain %d s", s.history.grain)
	assert.LessOrEqual(t, s.history.grain, int64(32))
	assert.Empty(t, s.Since(sim.Time(25*time.Hour)))
}
