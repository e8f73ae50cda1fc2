package apiserver

import (
	"strconv"
	"time"

	"tabernetes/engine/etcd"
)

const (
	// compactInterval is how often etcd's history is cut (--etcd-compaction-interval).
	compactInterval = 5 * time.Minute
	// compactKey is where the API servers agree about who cuts (etcd3/compact.go).
	compactKey = "compact_rev_key"
)

// compactor cuts etcd's history to the last five to ten minutes. Each API server of a cluster runs one; whoever writes
// compactKey first in a round does the work, and the others take over when it does not come.
type compactor struct {
	s    *Server
	seen int64 // revision at which compactKey was written last, as far as known
	rev  int64 // the store's revision in the last round: the one to cut to
}

// compactMark is the value of compactKey.
type compactMark struct{ revision string }

// SetResourceVersion implements etcd.Value; a mark has none.
func (*compactMark) SetResourceVersion(string) {}

func (c *compactor) wait() { c.s.a.Periodic(compactInterval, "compact etcd", c.round) }

func (c *compactor) round() {
	c.wait()
	t := etcd.Txn{
		Compare: []etcd.Compare{{Key: compactKey, ModRevision: c.seen}},
		Then:    []etcd.Op{{Type: etcd.Put, Key: compactKey, Value: &compactMark{strconv.FormatInt(c.rev, 10)}}},
	}
	c.s.db.Txn(t, func(res etcd.TxnResult, err error) {
		if err != nil {
			return // the next round tries again
		}
		last := c.rev
		c.rev = res.Revision
		if !res.Succeeded {
			if c.seen = 0; len(res.Current) > 0 && res.Current[0] != nil {
				c.seen = res.Current[0].ModRevision
			}
			return
		}
		c.seen = res.Revision
		if last > 0 {
			c.s.db.Compact(last, nil)
		}
	})
}
