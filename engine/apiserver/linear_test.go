package apiserver_test

import (
	"flag"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/apiserver"
	"tabernetes/engine/client"
	"tabernetes/engine/etcd"
	"tabernetes/engine/sim"
)

var (
	histories = flag.Int("histories", 100, "how many histories to check for linearizability")
	firstSeed = flag.Uint64("history", 1, "the seed of the first")
)

// TestLinearizable lets clients behind a load balancer read and write one object through three API servers, each with
// its own etcd member, while machines lose power, processes are paused, links are cut and disks are slow. Every history
// is checked with porcupine: a read is never stale whichever server answers it, a resourceVersion is won by one writer
// only, and no acknowledged write is lost.
func TestLinearizable(t *testing.T) {
	ok, unknown := 0, 0
	for i := range *histories {
		seed := *firstSeed + uint64(i)
		s := newStory(t, seed)
		s.play()
		ok, unknown = ok+s.ok, unknown+s.unknown
		if !porcupine.CheckOperations(register, s.ops) {
			require.Failf(t, "not linearizable", "seed %d: go test ./engine/apiserver -run Linearizable -history %d -histories 1", seed, seed)
		}
	}
	t.Logf("%d histories: %d operations answered, %d writes of unknown outcome", *histories, ok, unknown)
	require.Greater(t, ok, 40**histories, "the clients got little done")
}

// operation: r reads, c updates with the resourceVersion of a value read before, p patches whatever there is.
type operation struct {
	kind      byte
	want, put string
}

type answer struct {
	value   string
	swapped bool
	unknown bool
}

var register = porcupine.Model{
	Init: func() any { return "0" },
	Step: func(state, input, output any) (bool, any) {
		in, out := input.(operation), output.(answer)
		matches := state.(string) == in.want
		switch {
		case in.kind == 'r':
			return out.value == state.(string), state
		case in.kind == 'p':
			return true, in.put
		case out.unknown && matches, !out.unknown && out.swapped && matches:
			return true, in.put
		case out.unknown, !out.swapped && !matches:
			return true, state
		}
		return false, state
	},
}

// story is one history on its way.
type story struct {
	t       *testing.T
	s       *sim.Sim
	rng     *rand.Rand
	masters []*sim.Host
	users   []*client.Client
	ops     []porcupine.Operation
	next    int
	ok      int
	unknown int
	end     sim.Time
}

const values = "v"

func newStory(t *testing.T, seed uint64) *story {
	st := &story{t: t, s: sim.New(sim.Config{Seed: seed}), rng: rand.New(rand.NewPCG(seed, 11))}
	for i := range 3 {
		st.masters = append(st.masters, st.s.AddHost("control-plane-"+strconv.Itoa(i+1)))
	}
	members := etcd.NewCluster()
	for i, h := range st.masters {
		h.Install("etcd", func(a *sim.Actor) { etcd.Boot(a, members, etcd.Config{Initial: st.masters}) })
		h.Install("kube-apiserver", func(a *sim.Actor) {
			apiserver.Run(a, apiserver.Config{
				Etcd: []*sim.Host{h}, ServiceCIDR: "10.96.0.0/12", Advertise: "10.0.0." + strconv.Itoa(2+i),
				Kubelet: func(string) *sim.Host { return nil },
			})
		})
	}
	b := client.NewBalancer(st.masters)
	st.s.AddHost("load-balancer").Install("balancer", b.Run)
	for i := range 4 {
		st.s.AddHost("user-"+strconv.Itoa(i)).Install("user", func(a *sim.Actor) {
			st.users = append(st.users, client.New(a, client.Config{Servers: st.masters, Balancer: b, User: "kubernetes-admin", UserAgent: "user"}))
		})
	}
	st.run(3 * time.Second)
	made := false
	st.s.Do(func() {
		client.Create(st.users[0], api.ConfigMaps, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "x"}, Data: map[string]string{values: "0"}}, func(_ *corev1.ConfigMap, err error) {
			require.NoError(t, err)
			made = true
		})
	})
	st.run(2 * time.Second)
	require.True(t, made)
	return st
}

func (st *story) run(d time.Duration) { st.s.RunUntil(st.s.Now().Add(d), 0) }

func (st *story) play() {
	st.end = st.s.Now().Add(40 * time.Second)
	for i := range st.users {
		st.act(i, nil)
	}
	for st.s.Now() < st.end {
		st.run(time.Duration(st.rng.IntN(6000)) * time.Millisecond)
		st.harm()
	}
	st.mend()
	st.run(10 * time.Second)
}

func (st *story) act(i int, seen *corev1.ConfigMap) {
	if st.s.Now() >= st.end {
		return
	}
	c := st.users[i]
	again := func(seen *corev1.ConfigMap) {
		c.Actor().After(time.Duration(50+st.rng.IntN(900))*time.Millisecond, "act", func() { st.act(i, seen) })
	}
	op := operation{kind: "rrcccp"[st.rng.IntN(6)]}
	at := int64(st.s.Now())
	if op.kind == 'r' || seen == nil {
		op.kind = 'r'
		client.Get(c, api.ConfigMaps, "default", "x", func(o *corev1.ConfigMap, err error) {
			if err == nil {
				st.ops = append(st.ops, porcupine.Operation{ClientId: i, Input: op, Call: at, Output: answer{value: o.Data[values]}, Return: int64(st.s.Now())})
				st.ok++
				seen = o
			}
			again(seen)
		})
		return
	}
	st.next++
	op.put, op.want = strconv.Itoa(st.next), seen.Data[values]
	open := len(st.ops) // until it is answered, it may still happen
	st.ops = append(st.ops, porcupine.Operation{ClientId: i, Input: op, Call: at, Output: answer{unknown: true}, Return: 1 << 62})
	done := func(o *corev1.ConfigMap, err error) {
		switch {
		case err == nil || apierrors.IsConflict(err) && op.kind == 'c':
			st.ops[open].Output, st.ops[open].Return = answer{swapped: err == nil}, int64(st.s.Now())
			st.ok++
			if seen = o; err != nil {
				seen = nil
			}
		default:
			st.unknown++
		}
		again(seen)
	}
	if op.kind == 'p' {
		client.Mutate(c, api.ConfigMaps, "", "default", "x", func(o *corev1.ConfigMap) bool {
			o.Data = map[string]string{values: op.put}
			return true
		}, done)
		return
	}
	cm := seen.DeepCopy()
	cm.Data[values] = op.put
	client.Update(c, api.ConfigMaps, "", cm, done)
}

func (st *story) harm() {
	n := st.rng.IntN(3)
	x, y := st.masters[n], st.masters[(n+1+st.rng.IntN(2))%3]
	program := []string{"etcd", "kube-apiserver"}[st.rng.IntN(2)]
	switch st.rng.IntN(8) {
	case 0:
		x.Stop()
	case 1:
		x.KillProgram(program)
	case 2:
		x.PauseProgram(program)
	case 3:
		st.s.Cut(x, y)
	case 4:
		for _, z := range st.s.Hosts() {
			if z != x {
				st.s.Cut(x, z)
				if st.rng.IntN(3) > 0 {
					st.s.Cut(z, x)
				}
			}
		}
	case 5:
		x.DiskDelay = time.Duration(st.rng.IntN(2000)) * time.Millisecond
	case 6:
		st.s.SetLoss(x, y, 0.3)
	default:
		st.mend()
	}
	if st.rng.IntN(2) == 0 {
		st.mend()
	}
}

func (st *story) mend() {
	for _, x := range st.masters {
		x.Start()
		for _, p := range x.Programs() {
			x.StartProgram(p.Name)
			x.ResumeProgram(p.Name)
		}
		x.DiskDelay = 0
		for _, y := range st.s.Hosts() {
			if x != y {
				st.s.Heal(x, y)
				st.s.Heal(y, x)
				st.s.SetLoss(x, y, 0)
			}
		}
	}
}
