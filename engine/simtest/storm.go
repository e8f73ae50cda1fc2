package simtest

import (
	"time"

	"tabernetes/engine/sim"
)

// What a cluster of this size may do in a while: about ten times what it does when a person keeps it busy.
const (
	stormTime   = 10 * time.Second
	stormEvents = 20_000
)

// storm: no two components drive each other in circles.
func storm(j *judge) {
	var since sim.Time
	n := 0
	j.onEvent = append(j.onEvent, func(string) {
		if j.c.Now().Sub(since) > stormTime {
			since, n = j.c.Now(), 0
		}
		if n++; n == stormEvents {
			j.fault("storm", "%d events since %s", n, since)
		}
	})
}
