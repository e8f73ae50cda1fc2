package sim

import (
	"fmt"
	"time"
)

// Time is virtual time in nanoseconds since the cluster's start.
type Time int64

// Add returns t moved by d.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub returns the duration between two moments.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// Duration is the time since the cluster's start.
func (t Time) Duration() time.Duration { return time.Duration(t) }

// String prints hh:mm:ss.mmm, the form the page's clock shows.
func (t Time) String() string {
	ms := int64(t) / int64(time.Millisecond)
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3600000, ms/60000%60, ms/1000%60, ms%1000)
}

// Epoch is the wall-clock moment a cluster starts at unless its configuration says otherwise.
var Epoch = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
