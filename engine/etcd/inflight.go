package etcd

import (
	"slices"
	"strings"

	"tabernetes/engine/sim"
)

// InFlight is a write of which no member has applied anything yet, as somebody sees it who can look into every member
// and every disk.
type InFlight struct {
	Cause  sim.RecordID // in whose context it was asked for
	Member string       // that has a client waiting for it; "" if none has
	Index  uint64       // its entry of the log; 0: it is in no log
	On     []string     // the members that have the entry on their disk
}

// maxInFlight bounds how many entries of a log are looked through.
const maxInFlight = 2000

// InFlight finds the writes that were asked for in the context of some records and are not committed as far as their
// member knows. A write that a stopped member has in its log is among them.
func (c *Cluster) InFlight(wanted func(sim.RecordID) bool) (out []InFlight) {
	var hosts []*sim.Host
	for _, h := range c.address {
		hosts = append(hosts, h)
	}
	slices.SortFunc(hosts, func(a, b *sim.Host) int { return strings.Compare(a.Name, b.Name) })
	hosts = slices.Compact(hosts)
	at := map[*call]int{}
	entry := func(k *call) *InFlight {
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, InFlight{Cause: k.ctx.Cause})
		}
		return &out[i]
	}
	for _, h := range hosts {
		d, _ := h.Disk[Service].(*disk)
		if d == nil {
			continue
		}
		if m := c.running[d.id]; m != nil && !m.a.Dead() && m.d == d {
			for _, k := range m.pending.list[m.pending.head:] {
				if k != nil && !k.answered && k.kind == callTxn && wanted(k.ctx.Cause) {
					entry(k).Member = h.Name
				}
			}
		}
		known := max(d.hard.GetCommit(), d.applied)
		for i := len(d.entries) - 1; i >= max(0, len(d.entries)-maxInFlight) && d.entries[i].GetIndex() > known; i-- {
			id, ok := idOf(d.entries[i])
			b := d.batches[id]
			if !ok || b == nil {
				continue
			}
			for _, k := range b.calls {
				if k.kind == callTxn && wanted(k.ctx.Cause) {
					e := entry(k)
					e.Index = d.entries[i].GetIndex()
					if !slices.Contains(e.On, h.Name) {
						e.On = append(e.On, h.Name)
					}
				}
			}
		}
	}
	return out
}
