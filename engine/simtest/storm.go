package simtest

import (
	"time"

	"tabernetes/engine/sim"
)

// What a cluster of this size may do in a while: about ten times what it does when a person keeps it busy. Of more than
// three masters each pair adds as much: every write reaches each member and each API server.
const (
	stormTime   = 10 * time.Second
	stormEvents = 20_000
)

// storm: no two components drive each other in circles.
func storm(j *judge) {
	var since sim.Time
	n, limit := 0, stormEvents*max(1, (j.c.Config().Masters-1)/2)
	j.onEvent = append(j.onEvent, func(string) {
		if j.c.Now().Sub(since) > stormTime {
			since, n = j.c.Now(), 0
		}
		if n++; n == limit {
			j.fault("storm", "%d events since %s", n, since)
		}
	})
}
