package cron_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the database that the package's own is held against

	"github.com/stretchr/testify/require"

	"tabernetes/engine/api/cron"
)

// TestRobfig replays what robfig/cron v3.0.1 said: its error, or for some times the next one.
func TestRobfig(t *testing.T) {
	text, err := os.ReadFile("testdata/robfig.json")
	require.NoError(t, err)
	var facts []struct {
		Spec, Error string
		Next        []time.Time
	}
	require.NoError(t, json.Unmarshal(text, &facts))
	require.Greater(t, len(facts), 100)
	for _, f := range facts {
		s, err := cron.Parse(f.Spec)
		if f.Error != "" {
			require.EqualError(t, err, f.Error, f.Spec)
			continue
		}
		require.NoError(t, err, f.Spec)
		for i := 0; i < len(f.Next); i += 2 {
			require.Equal(t, f.Next[i+1].UTC(), s.Next(f.Next[i]).UTC(), "%q after %v", f.Spec, f.Next[i])
		}
	}
}

func TestNextKeepsTheZoneItWasAskedIn(t *testing.T) {
	s, err := cron.Parse("TZ=Asia/Tokyo 0 9 * * *")
	require.NoError(t, err)
	require.Equal(t, "2026-01-01T00:00:00Z", s.Next(time.Date(2025, 12, 31, 12, 0, 0, 0, time.UTC)).Format(time.RFC3339))
}

func TestUnknownZone(t *testing.T) {
	for _, name := range []string{"Mars/Olympus", "europe/berlin", "Africa/{Casablanca", "Casablanca", "Africa/Casablanca,El_Aaiun"} {
		_, err := cron.Location(name)
		require.EqualError(t, err, "unknown time zone "+name)
	}
}

// TestZonesAreGos compares offsets with those of Go's own zone files, every ten days for fifteen years.
func TestZonesAreGos(t *testing.T) {
	// They leave summer time for Ramadan, which no rule can tell, and the package says so.
	irregular := "Africa/Casablanca Africa/El_Aaiun Asia/Gaza Asia/Hebron"
	for _, name := range names(t) {
		want, err := time.LoadLocation(name)
		if err != nil {
			continue // the system has other names
		}
		got, err := cron.Location(name)
		require.NoError(t, err, name)
		if strings.Contains(irregular, name) {
			continue
		}
		for at := time.Date(2026, 1, 1, 0, 30, 0, 0, time.UTC); at.Year() < 2041; at = at.AddDate(0, 0, 10) {
			_, offset := at.In(want).Zone() // abbreviations differ between releases of the database
			if _, gotOffset := at.In(got).Zone(); offset != gotOffset {
				t.Errorf("%s at %v: offset %d, not %d", name, at, offset, gotOffset)
				break
			}
		}
	}
}

func names(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("zones.go")
	require.NoError(t, err)
	_, text2, _ := strings.Cut(string(text), "`")
	var out []string
	for line := range strings.Lines(text2) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		for _, w := range words[1:] {
			folder, list, ok := strings.Cut(w, "{")
			if !ok {
				out = append(out, w)
				continue
			}
			for _, n := range strings.Split(strings.TrimSuffix(list, "}"), ",") {
				out = append(out, folder+n)
			}
		}
	}
	require.Greater(t, len(out), 590)
	return out
}

func TestLocationsOfEveryDayUse(t *testing.T) {
	berlin, err := cron.Location("Europe/Berlin")
	require.NoError(t, err)
	require.Equal(t, "CEST", time.Date(2026, 7, 1, 0, 0, 0, 0, berlin).Format("MST"))
	require.Equal(t, "Europe/Berlin", berlin.String())
}
