package share

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// embedWidth and embedHeight are the size that is offered to who says none.
	embedWidth, embedHeight = 960, 600
	// maxURL bounds the address that is asked about: a longer session has a short link.
	maxURL = 8 << 10
)

// rich is oEmbed's answer (https://oembed.com, 2.3).
type rich struct {
	Version      string `json:"version"`
	Type         string `json:"type"`
	Title        string `json:"title"`
	ProviderName string `json:"provider_name"`
	ProviderURL  string `json:"provider_url"`
	CacheAge     int    `json:"cache_age"`
	HTML         string `json:"html"`
	Width        int    `json:"width"`
	Height       int    `json:"height"`
}

func (h *handler) oembed(w http.ResponseWriter, r *http.Request) error {
	if len(r.URL.RawQuery) > 2*maxURL {
		return fail(http.StatusRequestURITooLong, "too-long", "the address is longer than %d bytes", maxURL)
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fail(http.StatusBadRequest, "query", "the query cannot be read")
	}
	format := q.Get("format")
	if format != "" && format != "json" && format != "xml" {
		return fail(http.StatusNotImplemented, "format", "format: json or xml")
	}
	width, err := size(q, "maxwidth", embedWidth)
	if err != nil {
		return err
	}
	height, err := size(q, "maxheight", embedHeight)
	if err != nil {
		return err
	}
	src, home, age, err := h.embedOf(r, q.Get("url"))
	if err != nil {
		return err
	}
	answer := rich{
		Version: "1.0", Type: "rich", Title: "Tabernetes", ProviderName: "Tabernetes", ProviderURL: home + "/", CacheAge: int(age / time.Second), Width: width, Height: height,
		HTML: fmt.Sprintf(`<iframe src="%s" width="%d" height="%d" style="border:0" title="Tabernetes" loading="lazy" allowfullscreen></iframe>`, html.EscapeString(src), width, height),
	}
	if format == "xml" {
		send(w, r, http.StatusOK, "text/xml; charset=utf-8", answer.xml())
		return nil
	}
	sendJSON(w, r, http.StatusOK, answer)
	return nil
}

func size(q url.Values, name string, most int) (int, error) {
	text := q.Get(name)
	if text == "" {
		return most, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n == 0 {
		return 0, fail(http.StatusBadRequest, "size", "%s: want a whole number of pixels", name)
	}
	return min(int(n), most), nil
}

// base is where people find the page, without a slash at the end.
func (h *handler) base(r *http.Request) string {
	if h.Origin != "" {
		return h.Origin
	}
	scheme := "http"
	if r.TLS != nil || r.URL.Scheme == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// embedOf says what to put into a frame for an address of this host, and for how long that holds.
func (h *handler) embedOf(r *http.Request, text string) (src, home string, age time.Duration, err error) {
	if text == "" {
		return "", "", 0, fail(http.StatusBadRequest, "url", "url: which page?")
	}
	unknown := fail(http.StatusNotFound, "url", "url: not a page of this host that can be embedded")
	u, err := url.Parse(text)
	if err != nil || len(text) > maxURL || u.User != nil || u.Opaque != "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", "", 0, unknown
	}
	own, err := url.Parse(h.base(r))
	if err != nil || own.Host == "" || !strings.EqualFold(own.Host, u.Host) {
		return "", "", 0, unknown
	}
	path, ok := strings.CutPrefix(u.Path, own.Path+"/")
	if !ok {
		return "", "", 0, unknown
	}
	// A proxy may speak HTTPS in front of a server that does not know of it.
	if h.Origin == "" {
		own.Scheme = u.Scheme
	}
	home = own.String()
	id, short := strings.CutPrefix(path, "s/")
	switch {
	case short:
		l, err := h.link(r.Context(), id)
		var f *failure
		if errors.As(err, &f) {
			return "", "", 0, unknown
		}
		if err != nil {
			return "", "", 0, err
		}
		return home + "/embed.html#link=" + id, home, h.cacheFor(l), nil
	case path == "" || path == "index.html" || path == "embed.html" || path == "embed":
		src = home + "/embed.html"
		params := u.Query()
		params.Del("origin") // who may speak with the frame: not for the asker to say
		if q := params.Encode(); q != "" {
			src += "?" + q
		}
		// A session or manifests; the page looks at them as at any stranger's.
		if f := u.EscapedFragment(); f != "" {
			src += "#" + f
		}
		return src, home, maxAge, nil
	}
	return "", "", 0, unknown
}

func (a rich) xml() []byte {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\n<oembed>\n")
	for _, f := range [...]struct{ name, value string }{
		{"version", a.Version}, {"type", a.Type}, {"title", a.Title}, {"provider_name", a.ProviderName}, {"provider_url", a.ProviderURL},
		{"cache_age", strconv.Itoa(a.CacheAge)}, {"html", a.HTML}, {"width", strconv.Itoa(a.Width)}, {"height", strconv.Itoa(a.Height)},
	} {
		fmt.Fprintf(&b, "  <%s>%s</%s>\n", f.name, html.EscapeString(f.value), f.name)
	}
	b.WriteString("</oembed>\n")
	return []byte(b.String())
}
