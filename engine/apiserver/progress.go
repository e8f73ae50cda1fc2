package apiserver

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
)

// bookmarkFrequency is how often a watch that asked for it hears how far it is (defaultBookmarkFrequency in
// cacher/cacher.go).
const bookmarkFrequency = time.Minute

// progressing are the watches that asked for bookmarks. Components inside the cluster do not: after a break they
// resume or list anew just as well, and a thousand kubelets would cost a hundred messages a second for it.
type progressing struct {
	watches []progress
	ticking bool
}

type progress struct {
	k *cacher
	w *watcher
}

func (s *Server) bookmark(k *cacher, w *watcher) {
	p := &s.progressing
	p.watches = append(p.watches, progress{k, w})
	if !p.ticking {
		p.ticking = true
		s.a.Periodic(bookmarkFrequency, "bookmarks", s.sendBookmarks)
	}
}

// sendBookmarks asks etcd how far the cluster is, as resources that nobody writes do not show it, and tells.
func (s *Server) sendBookmarks() {
	p := &s.progressing
	p.watches = slices.DeleteFunc(p.watches, func(x progress) bool { return x.w.stopped })
	if len(p.watches) == 0 {
		p.ticking = false
		return
	}
	s.a.Periodic(bookmarkFrequency, "bookmarks", s.sendBookmarks)
	s.db.Revision(func(rev int64, err error) {
		if err != nil {
			return // nothing is certain: no bookmark
		}
		for _, x := range p.watches {
			x.k.progress(rev)
			if !x.w.stopped && x.k.ready {
				x.w.send([]api.WatchEvent{{Type: watch.Bookmark, Object: x.k.bookmark(false), Ctx: s.a.Sim().Context()}})
			}
		}
	})
}
