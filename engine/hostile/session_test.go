package hostile_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/hostile"
	"tabernetes/engine/session"
	"tabernetes/engine/sim"
)

// recorded is a short session with a branch, as a link carries it.
func recorded(t testing.TB) string {
	s, err := session.New(engine.Config{Nodes: 1, Seed: 3})
	require.NoError(t, err)
	run := func(until time.Duration) {
		for {
			there, err := s.RunTo(sim.Time(until), nil, 5000)
			require.NoError(t, err)
			if there {
				return
			}
		}
	}
	do := func(line string, files map[string]string) {
		cmd, err := engine.ParseLine(line, files)
		require.NoError(t, err)
		_, err = s.Start(cmd, engine.Output{})
		require.NoError(t, err)
	}
	run(5 * time.Second)
	do("kubectl create deployment web --image=nginx:1.27", nil)
	run(8 * time.Second)
	do("kubectl apply -f x.yaml", map[string]string{"x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"})
	do("kill node-1", nil)
	run(10 * time.Second)
	_, err = s.Fork("other")
	require.NoError(t, err)
	do("restart node-1", nil)
	run(12 * time.Second)
	text, err := s.Encode(-1)
	require.NoError(t, err)
	return text
}

// open does with a text what the page does with a link's: it is refused with a reason, or it becomes a session.
func open(t testing.TB, text string) (opened bool) {
	r, err := session.Decode(text)
	if err != nil {
		require.NotEmpty(t, err.Error())
		require.Less(t, len(err.Error()), 2000)
		return false
	}
	_ = r.Manifests()
	if c := r.Config(); c.Nodes > 3 || c.Masters > 1 {
		return true // it takes its time, as any cluster of that size
	}
	s, seek, err := r.Open()
	if err != nil {
		return true
	}
	there := false
	for range 20 {
		if there, err = seek.Run(500); there || err != nil {
			break
		}
	}
	if !there || err != nil || r.Check(s) != nil {
		return true // not the cluster that was recorded: the page goes on with its manifests
	}
	_, _ = s.RunTo(s.Cluster().Now().Add(time.Second), nil, 500)
	again, err := s.Encode(-1)
	require.NoError(t, err)
	_, err = session.Decode(again)
	require.NoError(t, err, "what it became can be shared again: %s", again)
	return true
}

// mutated is a text with some of its bytes changed, left out, doubled or moved.
func mutated(rnd *rand.Rand, text string) string {
	b := []byte(text)
	for range 1 + rnd.IntN(4) {
		if len(b) < 4 {
			break
		}
		i := rnd.IntN(len(b))
		j := min(len(b), i+1+rnd.IntN(24))
		switch rnd.IntN(6) {
		case 0:
			b[i] = byte(rnd.IntN(256))
		case 1:
			b = append(b[:i:i], b[j:]...)
		case 2:
			b = append(b[:j:j], b[i:]...)
		case 3:
			b = append(b[:i:i], append([]byte(fmt.Sprint(rnd.Int64()-rnd.Int64())), b[j:]...)...)
		case 4:
			b = append(b[:i:i], append([]byte(hostile.Payloads[rnd.IntN(len(hostile.Payloads))]), b[i:]...)...)
		case 5:
			k := rnd.IntN(len(b))
			b[i], b[k] = b[k], b[i]
		}
	}
	return string(b)
}

// TestSessions: logs that were cut off anywhere, or changed anywhere, are refused with a reason or are sessions.
func TestSessions(t *testing.T) {
	text := recorded(t)
	require.True(t, open(t, text))
	for i := range len(text) {
		require.False(t, open(t, text[:i]), "cut off at %d", i)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	opened := 0
	for range 3000 {
		if open(t, mutated(rnd, text)) {
			opened++
		}
	}
	require.Greater(t, opened, 20, "changes that make another session")
}

// TestSessionFields puts payloads, and numbers that are too much, into every value of a log.
func TestSessionFields(t *testing.T) {
	var doc any
	require.NoError(t, json.Unmarshal([]byte(recorded(t)), &doc))
	values := []any{nil, true, -1, 1e300, 9007199254740993.0, "", []any{}, map[string]any{}, strings.Repeat("9 ", 5000), strings.Repeat("[", 200)}
	for _, p := range hostile.Payloads {
		values = append(values, p)
	}
	var walk func(v any, set func(any))
	n := 0
	walk = func(v any, set func(any)) {
		switch x := v.(type) {
		case map[string]any:
			for k, y := range x {
				walk(y, func(z any) { x[k] = z })
			}
		case []any:
			for i, y := range x {
				walk(y, func(z any) { x[i] = z })
			}
		}
		if set == nil {
			return
		}
		for _, w := range values {
			set(w)
			text, err := json.Marshal(doc)
			require.NoError(t, err)
			open(t, string(text))
			n++
		}
		set(v)
	}
	walk(doc, nil)
	require.Greater(t, n, 500)
}

// FuzzSession is TestSessions without an end.
func FuzzSession(f *testing.F) {
	text := recorded(f)
	f.Add(text)
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		f.Add(mutated(rnd, text))
	}
	f.Fuzz(func(t *testing.T, text string) { open(t, text) })
}
