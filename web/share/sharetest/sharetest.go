// Package sharetest says what a host that serves web/share must do, over HTTP: the native server and the Worker in workerd
// are held against the same table.
package sharetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/web/headers"
	"tabernetes/web/share"
)

const (
	// Days is how long the host must be told to keep links.
	Days = 30
	// PerMinute is how many links a client may make in a minute on a host under test.
	PerMinute = 50
	// Lessons is what the host must have as lessons/index.json.
	Lessons = `[{"id":"pods","order":1,"minutes":7,"title":{"en":"Pods","zh":"Pod"},"summary":{"en":"…","zh":"…"}}]`
)

// Host is what is tested.
type Host struct {
	URL string
	// As makes requests come from a client of that address, by a header the host trusts.
	As func(r *http.Request, address string)
}

type answer struct {
	status int
	header http.Header
	body   string
}

// client follows no redirect.
var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: time.Minute}

func (h Host) do(t testing.TB, method, path, body string, header http.Header) answer {
	t.Helper()
	var b io.Reader
	if body != "" {
		b = strings.NewReader(body)
	}
	r, err := http.NewRequest(method, h.URL+path, b)
	require.NoError(t, err)
	r.Header.Set("User-Agent", "")
	for name, v := range header {
		r.Header[name] = v
	}
	as := header.Get("X-Test-Client")
	r.Header.Del("X-Test-Client")
	if as == "" {
		as = "192.0.2.1"
	}
	h.As(r, as)
	resp, err := client.Do(r)
	require.NoError(t, err, "%s %s", method, path)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, err, "%s %s", method, path)
	return answer{resp.StatusCode, resp.Header, string(got)}
}

func (h Host) get(t testing.TB, path string) answer {
	t.Helper()
	return h.do(t, "GET", path, "", nil)
}

func plain() http.Header { return http.Header{"Content-Type": {"text/plain;charset=UTF-8"}} }

// fresh is a text that nobody has shared.
func fresh(t testing.TB, n int) string {
	b := make([]byte, n)
	_, err := rand.Read(b)
	require.NoError(t, err)
	return base64.RawURLEncoding.EncodeToString(b)[:n]
}

type made struct{ ID, Path, Expires string }

func decode[T any](t testing.TB, a answer) (v T) {
	t.Helper()
	require.Equal(t, "application/json", a.header.Get("Content-Type"), a.body)
	require.NoError(t, json.Unmarshal([]byte(a.body), &v), a.body)
	return v
}

func code(t testing.TB, a answer) string {
	t.Helper()
	e := decode[struct {
		Error struct{ Code, Message string }
	}](t, a).Error
	require.NotEmpty(t, e.Message)
	return e.Code
}

// Run holds the host against the table.
func Run(t *testing.T, h Host) {
	t.Run("rules", h.rules)
	t.Run("link", h.link)
	t.Run("refusals", h.refusals)
	t.Run("limit", h.limit)
	t.Run("oembed", h.oembed)
	t.Run("lessons", h.lessons)
	t.Run("hostile", h.hostile)
}

func (h Host) rules(t *testing.T) {
	a := h.get(t, "/api/links")
	require.Equal(t, 200, a.status, a.body)
	require.JSONEq(t, fmt.Sprintf(`{"max": %d, "days": %d}`, share.DefaultMax, Days), a.body)
	require.Equal(t, "no-cache", a.header.Get("Cache-Control"))
	require.Equal(t, headers.Policy(), a.header.Get("Content-Security-Policy"))
	require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
	require.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"), "reading is open to all origins")
	a = h.do(t, "HEAD", "/api/links", "", nil)
	require.Equal(t, 200, a.status)
	require.Empty(t, a.body)
}

func (h Host) link(t *testing.T) {
	for _, n := range []int{2, 1000, share.DefaultMax} {
		text := fresh(t, n)
		before := time.Now().Add(-time.Minute)
		a := h.do(t, "POST", "/api/links", text, plain())
		m := decode[made](t, a)
		require.Contains(t, []int{200, 201}, a.status, a.body)
		if n > 2 { // two letters may have been here before
			require.Equal(t, 201, a.status)
		}
		require.True(t, share.ValidID(m.ID), m.ID)
		require.Len(t, m.ID, 16)
		require.Equal(t, "s/"+m.ID, m.Path)
		expires, err := time.Parse(time.RFC3339, m.Expires)
		require.NoError(t, err)
		require.WithinRange(t, expires, before.AddDate(0, 0, Days), time.Now().AddDate(0, 0, Days))

		// The same text is the same link.
		a = h.do(t, "POST", "/api/links", text, nil)
		require.Equal(t, 200, a.status, a.body)
		require.Equal(t, m, decode[made](t, a))

		a = h.get(t, "/api/links/"+m.ID)
		require.Equal(t, 200, a.status, a.body)
		require.Equal(t, text, a.body)
		require.Equal(t, "text/plain; charset=utf-8", a.header.Get("Content-Type"))
		require.Equal(t, "public, max-age=86400", a.header.Get("Cache-Control"))
		require.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"))

		a = h.get(t, "/"+m.Path)
		require.Equal(t, 302, a.status, a.body)
		require.Equal(t, "../#link="+m.ID, a.header.Get("Location"), "relative: the page may lie below any path")
		require.Equal(t, fmt.Sprintf(`<%s/oembed?format=json&url=%s>; rel="alternate"; type="application/json+oembed"; title="Tabernetes"`, h.URL, url.QueryEscape(h.URL+"/s/"+m.ID)), a.header.Get("Link"))
	}
	for _, path := range []string{"/api/links/aaaaaaaaaaaaaaaa", "/api/links/AAAAAAAAAAAAAAAA", "/api/links/", "/api/links/a", "/api/links/aaaaaaaaaaaaaaaa/", "/api/links/" + strings.Repeat("a", 5000)} {
		a := h.get(t, path)
		require.Equal(t, 404, a.status, path)
		require.Contains(t, []string{"unknown-link", "id"}, code(t, a))
	}
	a := h.get(t, "/s/aaaaaaaaaaaaaaaa")
	require.Equal(t, 404, a.status)
	require.Equal(t, "text/html; charset=utf-8", a.header.Get("Content-Type"))
	require.Contains(t, a.body, "This link leads to no session")
	require.Contains(t, a.body, "此链接没有对应的会话")
}

func (h Host) refusals(t *testing.T) {
	long := strings.Repeat("A", share.DefaultMax+1)
	for _, c := range []struct {
		name, method, path, body string
		header                   http.Header
		status                   int
		code                     string
	}{
		{"empty", "POST", "/api/links", "", plain(), 400, "text"},
		{"alphabet", "POST", "/api/links", "abc+", plain(), 400, "text"},
		{"newline", "POST", "/api/links", "abcd\n", plain(), 400, "text"},
		{"padding", "POST", "/api/links", "abc=", plain(), 400, "text"},
		{"cut off", "POST", "/api/links", "abcde", plain(), 400, "text"},
		{"not UTF-8", "POST", "/api/links", "ab\xff\x00", plain(), 400, "text"},
		{"script", "POST", "/api/links", "<script>alert(1)</script>", plain(), 400, "text"},
		{"too long", "POST", "/api/links", long, plain(), 413, "too-long"},
		{"JSON", "POST", "/api/links", `{}`, http.Header{"Content-Type": {"application/json"}}, 415, "type"},
		{"form", "POST", "/api/links", `a=b`, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, 415, "type"},
		{"broken type", "POST", "/api/links", `abcd`, http.Header{"Content-Type": {"text/plain; ="}}, 415, "type"},
		{"encoded", "POST", "/api/links", `abcd`, http.Header{"Content-Encoding": {"br"}}, 415, "encoding"},
		{"another page", "POST", "/api/links", "abcd", http.Header{"Origin": {"https://evil.example"}}, 403, "cross-origin"},
		{"another page's fetch", "POST", "/api/links", "abcd", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403, "cross-origin"},
		{"sandboxed page", "POST", "/api/links", "abcd", http.Header{"Origin": {"null"}}, 403, "cross-origin"},
		{"put", "PUT", "/api/links", "abcd", plain(), 405, "method"},
		{"delete", "DELETE", "/api/links/aaaaaaaaaaaaaaaa", "", nil, 405, "method"},
		{"preflight", "OPTIONS", "/api/links", "", http.Header{"Origin": {"https://evil.example"}, "Access-Control-Request-Method": {"PUT"}}, 405, "method"},
		{"post lessons", "POST", "/api/lessons", "x", plain(), 405, "method"},
		{"nothing there", "GET", "/api/nothing", "", nil, 404, "not-found"},
		{"api itself", "GET", "/api/", "", nil, 404, "not-found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.header == nil {
				c.header = http.Header{}
			}
			c.header.Set("X-Test-Client", "192.0.2.2")
			a := h.do(t, c.method, c.path, c.body, c.header)
			require.Equal(t, c.status, a.status, a.body)
			require.Equal(t, c.code, code(t, a))
			require.Equal(t, "no-cache", a.header.Get("Cache-Control"))
			require.Equal(t, headers.Policy(), a.header.Get("Content-Security-Policy"))
			require.Empty(t, a.header.Get("Access-Control-Allow-Methods"))
			require.NotContains(t, a.body, "<")
			if c.status == 405 {
				require.NotEmpty(t, a.header.Get("Allow"))
			}
		})
	}
	// A page of the host's own may.
	own := plain()
	own.Set("Origin", h.URL)
	own.Set("Sec-Fetch-Site", "same-origin")
	require.Equal(t, 201, h.do(t, "POST", "/api/links", fresh(t, 40), own).status)
	// A length that is not known before does not get around the limit.
	r, err := http.NewRequestWithContext(context.Background(), "POST", h.URL+"/api/links", io.MultiReader(bytes.NewReader([]byte(long))))
	require.NoError(t, err)
	h.As(r, "192.0.2.2")
	resp, err := client.Do(r)
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, 413, resp.StatusCode)
}

// limit spends one client's allowance; others keep theirs.
func (h Host) limit(t *testing.T) {
	from := func(address string) answer {
		header := plain()
		header.Set("X-Test-Client", address)
		return h.do(t, "POST", "/api/links", "abcd", header)
	}
	var a answer
	spent := false
	for range 2*PerMinute + 1 { // a minute of the wall clock may begin anew meanwhile
		if a = from("2001:db8::1"); a.status == 429 {
			spent = true
			break
		}
		require.Equal(t, true, a.status == 200 || a.status == 201, a.body)
	}
	require.True(t, spent)
	require.Equal(t, "rate", code(t, a))
	require.Regexp(t, `^[1-9][0-9]*$`, a.header.Get("Retry-After"))
	require.Equal(t, 429, from("2001:db8::2").status, "the same house")
	require.Equal(t, 200, from("2001:db8:0:1::1").status)
	require.Equal(t, 200, from("192.0.2.3").status)
	require.Equal(t, 200, h.get(t, "/api/links").status, "reading is not counted")
}

func (h Host) oembed(t *testing.T) {
	ask := func(page, more string) answer {
		return h.get(t, "/oembed?url="+url.QueryEscape(page)+more)
	}
	type rich struct {
		Version, Type, Title, HTML string
		Width, Height              int
		ProviderName               string `json:"provider_name"`
		ProviderURL                string `json:"provider_url"`
		CacheAge                   int    `json:"cache_age"`
	}
	text := fresh(t, 100)
	m := decode[made](t, h.do(t, "POST", "/api/links", text, plain()))
	for _, c := range []struct{ page, more, src, size string }{
		{"/", "", "/embed.html", `width="960" height="600"`},
		{"/index.html", "&format=json", "/embed.html", `width="960" height="600"`},
		{"/?scenario=canary&lang=zh", "&maxwidth=640&maxheight=2000", "/embed.html?lang=zh&amp;scenario=canary", `width="640" height="600"`},
		{"/embed.html?panels=stage,terminal&origin=https://evil.example", "&maxheight=300", "/embed.html?panels=stage%2Cterminal", `width="960" height="300"`},
		{"/#s=" + text, "", "/embed.html#s=" + text, `width="960" height="600"`},
		{"/s/" + m.ID, "", "/embed.html#link=" + m.ID, `width="960" height="600"`},
		{`/?a="><script>alert(1)</script>#"><script>`, "", "/embed.html?a=%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E#%22%3E%3Cscript%3E", `width="960" height="600"`},
	} {
		a := ask(h.URL+c.page, c.more)
		require.Equal(t, 200, a.status, "%s: %s", c.page, a.body)
		got := decode[rich](t, a)
		require.Equal(t, `<iframe src="`+h.URL+c.src+`" `+c.size+` style="border:0" title="Tabernetes" loading="lazy" allowfullscreen></iframe>`, got.HTML, c.page)
		require.Equal(t, []string{"1.0", "rich", "Tabernetes", h.URL + "/"}, []string{got.Version, got.Type, got.ProviderName, got.ProviderURL})
		require.Contains(t, c.size, fmt.Sprintf(`width="%d" height="%d"`, got.Width, got.Height))
		require.Equal(t, 86400, got.CacheAge)
		require.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"))
	}

	a := ask(h.URL+"/s/"+m.ID, "&format=xml")
	require.Equal(t, 200, a.status, a.body)
	require.Equal(t, "text/xml; charset=utf-8", a.header.Get("Content-Type"))
	var x struct {
		XMLName xml.Name `xml:"oembed"`
		Type    string   `xml:"type"`
		HTML    string   `xml:"html"`
		Width   int      `xml:"width"`
	}
	require.NoError(t, xml.Unmarshal([]byte(a.body), &x))
	require.Equal(t, "rich", x.Type)
	require.Equal(t, 960, x.Width)
	require.Contains(t, x.HTML, h.URL+"/embed.html#link="+m.ID)

	host := strings.TrimPrefix(h.URL, "http://")
	for _, c := range []struct {
		page, more string
		status     int
		code       string
	}{
		{"", "", 400, "url"},
		{"https://evil.example/", "", 404, "url"},
		{"http://" + host + ".evil.example/", "", 404, "url"},
		{"http://" + host + "@evil.example/", "", 404, "url"},
		{"http://user:word@" + host + "/", "", 404, "url"},
		{"javascript://" + host + "/%0aalert(1)", "", 404, "url"},
		{"//" + host + "/", "", 404, "url"},
		{"/s/" + m.ID, "", 404, "url"},
		{h.URL + "/nothing.html", "", 404, "url"},
		{h.URL + "/api/links", "", 404, "url"},
		{h.URL + "/s/aaaaaaaaaaaaaaaa", "", 404, "url"},
		{h.URL + "/s/../", "", 404, "url"},
		{h.URL + "/%zz", "", 404, "url"},
		{h.URL + "/?" + strings.Repeat("a", 9000), "", 404, "url"},
		{h.URL + "/", "&format=yaml", 501, "format"},
		{h.URL + "/", "&maxwidth=0", 400, "size"},
		{h.URL + "/", "&maxwidth=-1", 400, "size"},
		{h.URL + "/", "&maxheight=1e3", 400, "size"},
		{h.URL + "/", "&maxheight=99999999999999999999", 400, "size"},
		{h.URL + "/", "&x=%zz", 400, "query"},
	} {
		a := ask(c.page, c.more)
		require.Equal(t, c.status, a.status, "%s %s: %s", c.page, c.more, a.body)
		require.Equal(t, c.code, code(t, a))
	}
}

func (h Host) lessons(t *testing.T) {
	a := h.get(t, "/api/lessons")
	require.Equal(t, 200, a.status, a.body)
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	require.JSONEq(t, Lessons, a.body)
}

// hostile sends what no client of good will sends; the host must answer each, and go on.
func (h Host) hostile(t *testing.T) {
	for _, request := range []string{
		"GET /api/links/%zz HTTP/1.1\r\n", "GET /s/%00 HTTP/1.1\r\n", "GET /s/..%2f..%2fetc%2fpasswd HTTP/1.1\r\n",
		"GET /oembed?url=%zz HTTP/1.1\r\n", "GET /oembed?" + strings.Repeat("url=a&", 2000) + " HTTP/1.1\r\n", "GET /oembed?url=http%3A%2F%2F%5B%3A%3A1 HTTP/1.1\r\n",
		"POST /api/links HTTP/1.1\r\nContent-Length: 99999999999\r\n", "POST /api/links HTTP/1.1\r\nContent-Length: 0\r\nContent-Type: \x01\r\n",
		"GET /api/links HTTP/1.1\r\nOrigin: " + strings.Repeat("a", 5000) + "\r\n",
	} {
		status := raw(t, h.URL, request)
		require.GreaterOrEqual(t, status, 200, "%.60q", request)
		require.Less(t, status, 500, "%.60q", request)
		require.Equal(t, 200, h.get(t, "/api/links").status, "after %.60q", request)
	}
}

// raw sends a request line and headers as they are, and gives the answer's status.
func raw(t testing.TB, base, request string) int {
	t.Helper()
	host := strings.TrimPrefix(base, "http://")
	conn, err := net.Dial("tcp", host)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.WriteString(conn, request+"Host: "+host+"\r\nConnection: close\r\n\r\n")
	require.NoError(t, err)
	var version string
	var status int
	_, err = fmt.Fscanf(conn, "%s %d", &version, &status)
	require.NoError(t, err, "%.60q", request)
	return status
}
