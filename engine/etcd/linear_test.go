package etcd

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"tabernetes/engine/sim"
)

var (
	histories = flag.Int("histories", 200, "how many histories to check for linearizability")
	firstSeed = flag.Uint64("history", 1, "the seed of the first")
)

// TestLinearizable lets clients that fail over read and write a few keys while members lose power, are paused, are cut
// off one way or both, have slow disks and lossy links, and checks every history with porcupine: reads are never stale,
// and no acknowledged write is lost.
func TestLinearizable(t *testing.T) {
	ok, unknown := 0, 0
	for i := range *histories {
		seed := *firstSeed + uint64(i)
		h := newStory(t, seed, 3+2*int(seed%5/4))
		h.play()
		ok, unknown = ok+h.ok, unknown+h.unknown
		if porcupine.CheckOperations(register, h.ops) {
			continue
		}
		require.Failf(t, "not linearizable", "seed %d: go test ./engine/etcd -run Linearizable -history %d -histories 1", seed, seed)
	}
	t.Logf("%d histories: %d operations answered, %d writes of unknown outcome", *histories, ok, unknown)
	require.Greater(t, ok, 40**histories, "the clients got little done")
}

// operation is what a client asked; answer is what it learnt. A value is written once only, so it stands for its
// revision in what a compare-and-swap expects.
type operation struct {
	key       string
	kind      byte // r, w, c
	want, put string
}

type answer struct {
	value   string
	swapped bool
	unknown bool
}

// register is one key of the store.
var register = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[string][]porcupine.Operation{}
		for _, o := range history {
			k := o.Input.(operation).key
			byKey[k] = append(byKey[k], o)
		}
		var out [][]porcupine.Operation
		for _, l := range byKey {
			out = append(out, l)
		}
		return out
	},
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		in, out := input.(operation), output.(answer)
		switch in.kind {
		case 'r':
			return out.value == state.(string), state
		case 'w':
			return true, in.put
		}
		matches := state.(string) == in.want
		switch {
		case out.unknown && matches, !out.unknown && out.swapped && matches:
			return true, in.put
		case out.unknown, !out.swapped && !matches:
			return true, state
		}
		return false, state
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%v -> %v", input, output) },
}

// story is one run.
type story struct {
	w       *world
	rng     *rand.Rand
	clients []*Client
	actors  []*sim.Actor
	ops     []porcupine.Operation
	next    int
	ok      int
	unknown int
	end     sim.Time
}

func newStory(t *testing.T, seed uint64, members int) *story {
	h := &story{w: newWorld(t, seed, members), rng: rand.New(rand.NewPCG(seed, 7))}
	for i := range 5 {
		h.w.s.AddHost("user-"+strconv.Itoa(i)).Install("user", func(a *sim.Actor) {
			h.clients = append(h.clients, NewClient(a, append(h.w.hosts[i%members:len(h.w.hosts):len(h.w.hosts)], h.w.hosts[:i%members]...)))
			h.actors = append(h.actors, a)
		})
	}
	h.w.run(2 * time.Second)
	return h
}

func (h *story) play() {
	h.end = h.w.s.Now().Add(25 * time.Second)
	for i := range h.clients {
		h.act(i, map[string]*KV{})
	}
	for h.w.s.Now() < h.end {
		h.w.run(time.Duration(h.rng.IntN(3000)) * time.Millisecond)
		h.harm()
	}
	h.w.run(20 * time.Second)
}

// act lets a client do one thing after another.
func (h *story) act(i int, seen map[string]*KV) {
	s := h.w.s
	again := func() {
		h.actors[i].After(time.Duration(50+h.rng.IntN(900))*time.Millisecond, "act", func() { h.act(i, seen) })
	}
	if s.Now() >= h.end {
		return
	}
	op := operation{key: "k" + strconv.Itoa(h.rng.IntN(2)), kind: "rrwcc"[h.rng.IntN(5)]}
	at := s.Now()
	finish := func(out answer, back sim.Time) {
		h.ops = append(h.ops, porcupine.Operation{ClientId: i, Input: op, Call: int64(at), Output: out, Return: int64(back)})
	}
	if op.kind == 'r' {
		h.clients[i].Get(op.key, 0, false, func(kv *KV, _ int64, err error) {
			if err == nil {
				seen[op.key] = kv
				out := answer{}
				if kv != nil {
					out.value = kv.Value.(*value).text
				}
				finish(out, s.Now())
				h.ok++
			}
			again()
		})
		return
	}
	h.next++
	op.put = strconv.Itoa(h.next)
	t := Txn{Then: []Op{{Key: op.key, Value: &value{text: op.put}}}}
	if op.kind == 'c' {
		cmp := Compare{Key: op.key}
		if kv := seen[op.key]; kv != nil {
			cmp.ModRevision, op.want = kv.ModRevision, kv.Value.(*value).text
		}
		t.Compare = []Compare{cmp}
	}
	open := len(h.ops) // until it is answered, it may still happen
	finish(answer{unknown: true}, 1<<62)
	known := func(out answer) { h.ops[open].Output, h.ops[open].Return = out, int64(s.Now()) }
	h.clients[i].Txn(t, func(res TxnResult, err error) {
		var lost *ConnError
		switch {
		case err == nil:
			known(answer{swapped: res.Succeeded})
			if !res.Succeeded {
				seen[op.key] = res.Current[0]
			}
			h.ok++
		case err == ErrDeadline && !errors.As(err, &lost):
			known(answer{}) // it found no member to talk to
			h.ops[open].Input = operation{key: op.key, kind: 'c', want: "never"}
		default:
			h.unknown++
		}
		again()
	})
}

// harm breaks something or mends everything.
func (h *story) harm() {
	w := h.w
	n := h.rng.IntN(len(w.hosts))
	x, y := w.hosts[n], w.hosts[(n+1+h.rng.IntN(len(w.hosts)-1))%len(w.hosts)]
	switch h.rng.IntN(9) {
	case 0:
		x.Stop()
	case 1:
		x.KillProgram(Service)
	case 2:
		x.PauseProgram(Service)
	case 3:
		w.s.Cut(x, y)
	case 4: // a member alone, or half of them
		for _, z := range w.hosts {
			if z != x {
				w.s.Cut(x, z)
				if h.rng.IntN(3) > 0 {
					w.s.Cut(z, x)
				}
			}
		}
	case 5:
		x.DiskDelay = time.Duration(h.rng.IntN(2000)) * time.Millisecond
	case 6:
		w.s.SetLoss(x, y, 0.3)
	case 7:
		w.s.SetLatency(x, y, time.Duration(1+h.rng.IntN(600))*time.Millisecond)
	default:
		h.mend()
	}
	if h.rng.IntN(2) == 0 {
		h.mend()
	}
}

func (h *story) mend() {
	w := h.w
	for _, x := range w.hosts {
		x.Start()
		x.StartProgram(Service)
		x.ResumeProgram(Service)
		x.DiskDelay = 0
		for _, y := range w.hosts {
			if x != y {
				w.s.Heal(x, y)
				w.s.SetLoss(x, y, 0)
				w.s.SetLatency(x, y, sim.LinkLatency)
			}
		}
	}
}
