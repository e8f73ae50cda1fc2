package share_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/web/share"
	"tabernetes/web/share/sharetest"
)

func TestHandler(t *testing.T) {
	store, err := share.OpenFolder(filepath.Join(t.TempDir(), "links"), 1000, nil)
	require.NoError(t, err)
	defer store.Close()
	srv := httptest.NewServer(share.New(share.Config{
		Links: store, Limiter: share.NewBuckets(sharetest.PerMinute, nil), Keep: sharetest.Days * 24 * time.Hour, Client: share.ByAddress("X-Real-Ip"),
		Files: func(_ context.Context, name string) ([]byte, error) {
			if name == "lessons/index.json" {
				return []byte(sharetest.Lessons), nil
			}
			return nil, fs.ErrNotExist
		},
	}))
	defer srv.Close()
	sharetest.Run(t, sharetest.Host{URL: srv.URL, As: func(r *http.Request, address string) { r.Header.Set("X-Real-Ip", address) }})
}

// shelf is a Store in memory that does what it is told.
type shelf struct {
	links    map[string]share.Link
	puts     int
	get, put error
}

func (s *shelf) Get(_ context.Context, id string) (share.Link, error) {
	if s.get != nil {
		return share.Link{}, s.get
	}
	l, ok := s.links[id]
	if !ok {
		return share.Link{}, share.ErrNotFound
	}
	return l, nil
}

func (s *shelf) Put(_ context.Context, id string, l share.Link) error {
	if s.put == nil {
		s.puts++
		s.links[id] = l
	}
	return s.put
}

func ask(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w
}

func TestLinksEnd(t *testing.T) {
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	s := &shelf{links: map[string]share.Link{}}
	h := share.New(share.Config{Links: s, Keep: 10 * 24 * time.Hour, Now: func() time.Time { return now }})
	w := ask(h, "POST", "/api/links", "abcd")
	require.Equal(t, 201, w.Code)
	require.JSONEq(t, `{"id":"rdkd7esvmfrxaijh","path":"s/rdkd7esvmfrxaijh","expires":"2026-07-11T12:00:00Z"}`, strings.ReplaceAll(w.Body.String(), onlyID(s), "rdkd7esvmfrxaijh"))
	path := "/api/links/" + onlyID(s)

	// Shared again within the first half of its life, it stays as it is; later, it begins anew.
	now = now.AddDate(0, 0, 4)
	require.Contains(t, ask(h, "POST", "/api/links", "abcd").Body.String(), "2026-07-11")
	now = now.AddDate(0, 0, 2)
	w = ask(h, "POST", "/api/links", "abcd")
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), "2026-07-17")
	require.Equal(t, 2, s.puts)

	// Nobody keeps an answer for longer than the link lives.
	now = time.Date(2026, 7, 17, 11, 59, 0, 0, time.UTC)
	w = ask(h, "GET", path, "")
	require.Equal(t, "public, max-age=60", w.Header().Get("Cache-Control"))
	require.Equal(t, 200, w.Code)
	now = now.Add(time.Minute)
	require.Equal(t, 404, ask(h, "GET", path, "").Code)
	require.Equal(t, 404, ask(h, "GET", strings.Replace(path, "/api/links", "/s", 1), "").Code)
	require.Equal(t, 201, ask(h, "POST", "/api/links", "abcd").Code)
	require.Equal(t, 200, ask(h, "GET", path, "").Code)
}

func onlyID(s *shelf) (id string) {
	for id = range s.links {
	}
	return id
}

func TestLinksForEver(t *testing.T) {
	s := &shelf{links: map[string]share.Link{}}
	h := share.New(share.Config{Links: s})
	w := ask(h, "POST", "/api/links", "abcd")
	require.Equal(t, 201, w.Code)
	require.NotContains(t, w.Body.String(), "expires")
	require.True(t, s.links[onlyID(s)].Expires.IsZero())
	require.Equal(t, 200, ask(h, "POST", "/api/links", "abcd").Code)
	require.Equal(t, 1, s.puts)
	require.JSONEq(t, `{"max":65536,"days":0}`, ask(h, "GET", "/api/links", "").Body.String())
}

func TestCollision(t *testing.T) {
	s := &shelf{links: map[string]share.Link{}}
	h := share.New(share.Config{Links: s})
	require.Equal(t, 201, ask(h, "POST", "/api/links", "abcd").Code)
	id := onlyID(s)
	// Under the id is another text: the new one gets a longer id, the old keeps its own and is not read as the new.
	s.links[id] = share.Link{Text: "efgh"}
	w := ask(h, "POST", "/api/links", "abcd")
	require.Equal(t, 201, w.Code)
	require.Contains(t, w.Body.String(), `"id":"`+id)
	require.NotContains(t, w.Body.String(), `"id":"`+id+`"`)
	require.Equal(t, "efgh", s.links[id].Text)
	require.Equal(t, 503, ask(h, "GET", "/api/links/"+id, "").Code, "a store that gives the wrong text is not believed")
}

func TestTroubleInside(t *testing.T) {
	var log []string
	s := &shelf{links: map[string]share.Link{}}
	limiter := &broken{}
	conf := share.Config{Links: s, Limiter: limiter, Log: func(text string) { log = append(log, text) }}
	h := share.New(conf)
	s.get = errors.New("disk on fire at /secret/path")
	for _, c := range []struct{ method, path string }{{"GET", "/api/links/aaaaaaaaaaaaaaaa"}, {"GET", "/s/aaaaaaaaaaaaaaaa"}, {"POST", "/api/links"}, {"GET", "/oembed?url=http://example.com/s/aaaaaaaaaaaaaaaa"}} {
		log = nil
		w := ask(h, c.method, c.path, "abcd")
		require.Equal(t, 503, w.Code, c.path)
		require.NotContains(t, w.Body.String(), "secret")
		require.Len(t, log, 1)
		require.Contains(t, log[0], "disk on fire")
	}
	s.get, s.put = nil, share.ErrFull
	require.Equal(t, 507, ask(h, "POST", "/api/links", "abcd").Code)
	limiter.err = errors.New("no limiter")
	require.Equal(t, 503, ask(h, "POST", "/api/links", "abcd").Code, "without its limit nobody makes links")
	limiter.err, limiter.panics = nil, true
	require.Equal(t, 500, ask(h, "POST", "/api/links", "abcd").Code)
	require.Contains(t, log[len(log)-1], "limiter broke")

	none := share.New(share.Config{})
	for _, c := range []struct{ method, path string }{{"GET", "/api/links"}, {"POST", "/api/links"}, {"GET", "/api/links/aaaaaaaaaaaaaaaa"}, {"GET", "/api/lessons"}} {
		require.Equal(t, 404, ask(none, c.method, c.path, "abcd").Code, c.path)
	}
	bad := share.New(share.Config{Files: func(context.Context, string) ([]byte, error) { return []byte("<html>"), nil }})
	require.Equal(t, 503, ask(bad, "GET", "/api/lessons", "").Code)
}

type broken struct {
	err    error
	panics bool
}

func (b *broken) Allow(context.Context, string) (bool, time.Duration, error) {
	if b.panics {
		panic("limiter broke")
	}
	return true, 0, b.err
}

func TestOrigin(t *testing.T) {
	h := share.New(share.Config{Origin: "https://example.org/play/", Links: &shelf{links: map[string]share.Link{}}})
	w := ask(h, "GET", "/oembed?url=https://example.org/play/?lang=zh", "")
	require.Contains(t, w.Body.String(), `https://example.org/play/embed.html?lang=zh\"`)
	require.Equal(t, 404, ask(h, "GET", "/oembed?url=https://example.org/", "").Code)
	require.Equal(t, 404, ask(h, "GET", "/oembed?url=http://example.com/play/", "").Code)

	// Behind a proxy that asks under another name, the page may still make links, and no other page.
	for origin, status := range map[string]int{"https://example.org": 201, "https://evil.example": 403} {
		r := httptest.NewRequest("POST", "http://upstream:8080/api/links", strings.NewReader("abcd"))
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, status, w.Code, origin)
	}
}

func TestFolder(t *testing.T) {
	now := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	dir := filepath.Join(t.TempDir(), "a", "links")
	f, err := share.OpenFolder(dir, 2, clock)
	require.NoError(t, err)
	ctx := t.Context()
	const a, b, c = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", "cccccccccccccccccccc"
	_, err = f.Get(ctx, a)
	require.ErrorIs(t, err, share.ErrNotFound)
	soon := share.Link{Text: "soon", Expires: now.Add(30 * time.Minute)}
	require.NoError(t, f.Put(ctx, a, soon))
	require.NoError(t, f.Put(ctx, b, share.Link{Text: "ever"}))
	require.ErrorIs(t, f.Put(ctx, c, share.Link{Text: "more"}), share.ErrFull)
	require.NoError(t, f.Put(ctx, a, soon), "what is there may be written again")
	got, err := f.Get(ctx, a)
	require.NoError(t, err)
	require.Equal(t, soon, got)
	for _, id := range []string{"", "../x", "a", "writing-1", "AAAAAAAAAAAAAAAA", strings.Repeat("a", 33)} {
		_, err := f.Get(ctx, id)
		require.ErrorIs(t, err, share.ErrNotFound, id)
		require.Error(t, f.Put(ctx, id, soon), id)
	}
	// What has ended makes room, at the latest after an hour.
	now = now.Add(time.Hour)
	require.NoError(t, f.Put(ctx, c, share.Link{Text: "more"}))
	require.NoFileExists(t, filepath.Join(dir, a))
	require.NoError(t, f.Close())

	// Another process finds them, and removes what a broken-off write left; foreign and damaged files it leaves alone.
	for name, text := range map[string]string{"writing-9": "1 0 ab", "README": "hello", "dddddddddddddddd": "garbage", "eeeeeeeeeeeeeeee": "1 0 <script>"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	f, err = share.OpenFolder(dir, 5, clock)
	require.NoError(t, err)
	defer f.Close()
	got, err = f.Get(ctx, c)
	require.NoError(t, err)
	require.Equal(t, share.Link{Text: "more"}, got)
	require.NoFileExists(t, filepath.Join(dir, "writing-9"))
	require.FileExists(t, filepath.Join(dir, "README"))
	for _, id := range []string{"dddddddddddddddd", "eeeeeeeeeeeeeeee"} {
		_, err = f.Get(ctx, id)
		require.ErrorContains(t, err, "not a record of a link")
	}
	st, err := os.Stat(filepath.Join(dir, c))
	require.NoError(t, err)
	require.Zero(t, st.Mode().Perm()&0o077, "nobody else reads them")
}

func TestBuckets(t *testing.T) {
	now := time.Unix(0, 0)
	b := share.NewBuckets(6, func() time.Time { return now })
	allow := func(client string) bool {
		ok, _, err := b.Allow(t.Context(), client)
		require.NoError(t, err)
		return ok
	}
	for range 6 {
		require.True(t, allow("a"))
	}
	ok, after, _ := b.Allow(t.Context(), "a")
	require.False(t, ok)
	require.Equal(t, 10*time.Second, after)
	require.True(t, allow("b"))
	now = now.Add(10 * time.Second)
	require.True(t, allow("a"))
	require.False(t, allow("a"))
	now = now.Add(-time.Hour) // a clock that is set back gives nothing and takes nothing
	require.False(t, allow("a"))

	// A flood of addresses is one client from some number on, until those before have been quiet for a minute.
	flood := func(prefix string) (allowed int) {
		for i := range 20_000 {
			if allow(prefix + string(rune(i))) {
				allowed++
			}
		}
		return allowed
	}
	require.LessOrEqual(t, flood("x"), 10_006)
	now = now.Add(2 * time.Hour)
	require.True(t, allow("new"))
}

func TestByAddress(t *testing.T) {
	for _, c := range []struct{ remote, header, want string }{
		{"192.0.2.1:1234", "", "192.0.2.1"},
		{"[::ffff:192.0.2.1]:1234", "", "192.0.2.1"},
		{"[2001:db8:1:2:3::4%eth0]:1", "", "2001:db8:1:2::/64"},
		{"@", "", "unknown"},
		{"127.0.0.1:1", "9.9.9.9, 192.0.2.7", "192.0.2.7"},
		{"127.0.0.1:1", "2001:db8::1", "2001:db8::/64"},
		{"127.0.0.1:1", "nonsense", "unknown"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		name := ""
		if c.header != "" {
			name = "X-Forwarded-For"
			r.Header.Set(name, c.header)
		}
		require.Equal(t, c.want, share.ByAddress(name)(r))
		r.Header.Set("X-Forwarded-For", "6.6.6.6")
		if name == "" {
			require.Equal(t, c.want, share.ByAddress("")(r), "a header that is not trusted is not read")
		}
	}
}

func FuzzRecord(f *testing.F) {
	f.Add("1 0 abcd")
	f.Add("1 1785542400 abcd")
	f.Add("2 0 abcd")
	f.Add("1 -1 abcd")
	f.Add("1 0 <script>")
	f.Fuzz(func(t *testing.T, s string) {
		l, err := share.ParseRecord(s)
		if err != nil {
			return
		}
		again, err := share.ParseRecord(l.Record())
		require.NoError(t, err)
		require.Equal(t, l, again)
	})
}

// FuzzHandler sends anything; whatever comes, the answer is whole, says what it is, and holds nothing that runs.
func FuzzHandler(f *testing.F) {
	f.Add("POST", "/api/links", "", "abcd", "text/plain", "")
	f.Add("GET", "/oembed", "url=http%3A%2F%2Fexample.com%2F%23s%3Dabcd&format=xml", "", "", "http://example.com")
	f.Add("GET", "/s/aaaaaaaaaaaaaaaa", "", "", "", "null")
	f.Add("GET", "/api/links/%2e%2e/x", "", "", "", "")
	f.Add("GET", "/oembed", "url=http://example.com/?\"><script>&maxwidth=1", "", "", "")
	f.Fuzz(func(t *testing.T, method, path, query, body, typ, origin string) {
		s := &shelf{links: map[string]share.Link{}}
		h := share.New(share.Config{Links: s, Max: 1000, Log: func(text string) { t.Error(text) }})
		r := httptest.NewRequest("GET", "/", bytes.NewReader([]byte(body)))
		r.Method, r.URL.Path, r.URL.RawQuery = method, path, query
		r.Header.Set("Content-Type", typ)
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.NotEmpty(t, w.Header().Get("Content-Type"))
		require.NotEmpty(t, w.Header().Get("Content-Security-Policy"))
		require.NotContains(t, strings.ToLower(w.Body.String()), "<script")
		require.Less(t, w.Code, 600)
		require.NotEqual(t, 500, w.Code)
		for id, l := range s.links {
			require.Equal(t, body, l.Text)
			require.True(t, share.ValidID(id))
			require.LessOrEqual(t, len(l.Text), 1000)
		}
		for _, values := range w.Header() {
			for _, v := range values {
				require.NotContains(t, v, "\n")
			}
		}
	})
}
