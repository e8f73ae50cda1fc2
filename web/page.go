package main

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"time"

	"tabernetes/web/share"
)

// links is what the flags say of short links.
type links struct {
	dir       string // where they lie; "": there are none
	days      int
	most      int
	perMinute int
	origin    string // where people find the page
	client    string // the header in which a proxy says who asks
}

func (l *links) flags(fs *flag.FlagSet) {
	fs.StringVar(&l.dir, "links", "", "keep short links to sessions in this directory")
	fs.IntVar(&l.days, "links-days", 90, "how long a short link lives after it was last shared; 0: for ever")
	fs.IntVar(&l.most, "links-max", 100_000, "how many short links are kept")
	fs.IntVar(&l.perMinute, "links-per-minute", 10, "how many short links a client may make in a minute")
	fs.StringVar(&l.origin, "links-origin", "", "where people find the page, if a proxy stands before it, e.g. https://example.org/play")
	fs.StringVar(&l.client, "links-client", "", "the header in which that proxy hands on the client's address, e.g. X-Forwarded-For")
}

func (l *links) check() error {
	if l.days < 0 || l.days > 36_500 {
		return fmt.Errorf("links-days %d: must be from 0 to 36500", l.days)
	}
	if l.most < 1 || l.perMinute < 1 {
		return fmt.Errorf("links-max and links-per-minute must be at least 1")
	}
	if l.origin != "" {
		if u, err := url.Parse(l.origin); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" {
			return fmt.Errorf("links-origin %q: want an address as https://example.org/play", l.origin)
		}
	}
	return nil
}

// newPage serves the page's files, and beside them what web/share serves. done closes what was opened.
func newPage(conf config) (h http.Handler, done func(), err error) {
	if err := conf.links.check(); err != nil {
		return nil, nil, err
	}
	files, err := newStatic(conf.static)
	if err != nil {
		return nil, nil, err
	}
	done = func() {}
	sc := share.Config{
		Files:  func(_ context.Context, name string) ([]byte, error) { return fs.ReadFile(files.files, name) },
		Origin: conf.links.origin, Keep: time.Duration(conf.links.days) * 24 * time.Hour,
		Limiter: share.NewBuckets(conf.links.perMinute, nil), Client: share.ByAddress(conf.links.client),
		Log: func(text string) { fmt.Fprintln(os.Stderr, "web:", text) },
	}
	if conf.links.dir != "" {
		store, err := share.OpenFolder(conf.links.dir, conf.links.most, nil)
		if err != nil {
			return nil, nil, fmt.Errorf("links: %w", err)
		}
		sc.Links, done = store, func() { _ = store.Close() }
	}
	sh := share.New(sc)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if share.Owns(r.URL.Path) {
			sh.ServeHTTP(w, r)
			return
		}
		files.ServeHTTP(w, r)
	}), done, nil
}
