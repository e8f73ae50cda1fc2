package session

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

// branched is a short session with a branch, as text.
func branched(t *testing.T) string {
	x := begin(t, engine.Config{Nodes: 1, Seed: 3})
	x.kubectl("create deployment web --image=nginx")
	x.run(nil, 3*time.Second)
	x.do(engine.Command{Op: engine.OpKill, Name: "node-1"})
	x.run(nil, 2*time.Second)
	x.arrive(x.s.ToTime(0, x.s.Moment().At-sim.Time(time.Second)))
	_, err := x.s.Fork("other")
	require.NoError(t, err)
	x.do(engine.Command{Op: engine.OpRestart, Name: "node-1"})
	x.run(nil, 2*time.Second)
	text, err := x.s.Encode(-1)
	require.NoError(t, err)
	return text
}

// bend puts other numbers into some of a log's moments.
func bend(rnd *rand.Rand, s string) string {
	words := strings.Split(s, " ")
	for range 1 + rnd.IntN(2) {
		i := rnd.IntN(len(words))
		v, err := strconv.ParseFloat(words[i], 64)
		if err != nil {
			continue
		}
		switch rnd.IntN(5) {
		case 0:
			v /= 2
		case 1:
			v *= 2
		case 2:
			v++
		case 3:
			v = max(0, v-1)
		case 4:
			v = 0
		}
		words[i] = strconv.FormatFloat(float64(int64(v)), 'f', -1, 64)
	}
	return strings.Join(words, " ")
}

// A log that leads elsewhere than it says is an error, and wherever that leaves the session, or whoever gives up on the
// way, it is a session that can be written down, read and opened again.
func TestLogsThatGoAstray(t *testing.T) {
	good := branched(t)
	rnd := rand.New(rand.NewPCG(5, 6))
	read, failed := 0, 0
	for i := range 1000 {
		var v text
		require.NoError(t, json.Unmarshal([]byte(good), &v))
		for range 1 + rnd.IntN(3) {
			b := &v.Branches[rnd.IntN(len(v.Branches))]
			field := []*string{&b.At, &b.After, &b.End, &b.Fork, &v.At}[rnd.IntN(5)]
			*field = bend(rnd, *field)
		}
		if rnd.IntN(3) == 0 {
			v.At, v.Branch = "0 0 0", 0
		}
		bad, err := json.Marshal(&v)
		require.NoError(t, err)
		r, err := Decode(string(bad))
		if err != nil {
			continue
		}
		read++
		s, k, err := r.Open()
		if err != nil {
			continue
		}
		follow := func(k *Seek, err error) {
			if err != nil {
				return
			}
			for range 1 + rnd.IntN(20) {
				done, err := k.Run(1 + rnd.IntN(300))
				if err != nil {
					failed++
				}
				if done || err != nil {
					return
				}
			}
			k.GiveUp()
		}
		shareable := func(after string) {
			again, err := s.Encode(-1)
			require.NoError(t, err)
			_, err = Decode(again)
			require.NoError(t, err, "%d, after %s\n%s\n%s", i, after, bad, again)
		}
		follow(k, nil)
		shareable("opening")
		for n := range 4 {
			switch rnd.IntN(3) {
			case 0:
				follow(s.ToEnd(rnd.IntN(2)))
			case 1:
				follow(s.ToTime(rnd.IntN(2), sim.Time(rnd.Int64N(int64(20*time.Second)))))
			case 2:
				if _, err := s.RunTo(s.Cluster().Now().Add(3*time.Second), nil, 1+rnd.IntN(3000)); err != nil {
					failed++
				}
			}
			shareable(fmt.Sprint("deed ", n))
		}
	}
	require.Greater(t, read, 150)
	require.Greater(t, failed, 50)
}
