package etcd

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

func BenchmarkTxn(b *testing.B) {
	for _, x := range [][2]int{{1, 1}, {1, 100}, {1, 500}, {3, 1}, {3, 100}} {
		perMs := x[1]
		b.Run(fmt.Sprintf("%d members, %d per ms", x[0], perMs), func(b *testing.B) {
			w := newWorld(b, 1, x[0])
			w.elect()
			for _, m := range w.members {
				m.store.limit = 100000
			}
			w.clients[0].Watch("/registry/", 0, func([]Event) {}, nil)
			keys := make([]string, 10000)
			revs := make([]int64, len(keys))
			for i := range keys {
				keys[i] = fmt.Sprintf("/registry/pods/default/web-%08x", i*7919)
			}
			w.run(time.Second)
			b.ReportAllocs()
			b.ResetTimer()
			done := 0
			for i := 0; i < b.N; i++ {
				k := i % len(keys)
				w.clients[0].Txn(put(keys[k], "x", revs[k]), func(r TxnResult, err error) {
					if err != nil || !r.Succeeded {
						b.Fatal("failed")
					}
					revs[k] = r.Revision
					done++
				})
				w.run(time.Millisecond / time.Duration(perMs))
			}
			w.run(time.Second)
			if done != b.N {
				b.Fatal(done)
			}
		})
	}
}

// BenchmarkCreate fills a store with the keys of a large cluster and reports what one takes, history included.
func BenchmarkCreate(b *testing.B) {
	var before, after runtime.MemStats
	w := newWorld(b, 1, 1)
	w.members[0].store.limit = 1000
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		w.clients[0].Txn(put(fmt.Sprintf("/registry/pods/default/web-%08x", i*7919), "x", 0), func(TxnResult, error) {})
		w.run(10 * time.Microsecond)
	}
	w.run(time.Second)
	b.StopTimer()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(b.N), "B/key")
	if w.members[0].Status().Keys != b.N {
		b.Fatal("keys are missing")
	}
}
