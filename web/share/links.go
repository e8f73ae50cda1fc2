package share

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Link is what is kept under an id.
type Link struct {
	Text    string
	Expires time.Time // zero: never
}

var (
	// ErrNotFound is a Store's answer for an id it has nothing under.
	ErrNotFound = errors.New("there is no such link")
	// ErrFull is a Store's answer when it takes no more.
	ErrFull = errors.New("no more links can be kept")
)

// Store keeps links. An id is made of the letters a to z and the digits 2 to 7.
type Store interface {
	Get(ctx context.Context, id string) (Link, error)
	// Put writes over what was under the id.
	Put(ctx context.Context, id string, l Link) error
}

// Record is a link as it lies in a store: a version, the second it ends (0: never), the text.
func (l Link) Record() string {
	var ends int64
	if !l.Expires.IsZero() {
		ends = l.Expires.Unix()
	}
	return fmt.Sprintf("1 %d %s", ends, l.Text)
}

// ParseRecord reads what Record wrote.
func ParseRecord(s string) (Link, error) {
	version, rest, _ := strings.Cut(s, " ")
	ends, text, ok := strings.Cut(rest, " ")
	unix, err := strconv.ParseInt(ends, 10, 64)
	if version != "1" || !ok || err != nil || unix < 0 || wrongIn(text) != "" {
		return Link{}, errors.New("not a record of a link")
	}
	l := Link{Text: text}
	if unix > 0 {
		l.Expires = time.Unix(unix, 0).UTC()
	}
	return l, nil
}

const (
	// minID is the length of an id: 80 bits of the hash. Nobody finds another text for somebody's id, and who makes two
	// texts with one id of his own (2⁴⁰ tries) gets a longer id for the second.
	minID  = 16
	maxID  = 32
	stepID = 4
)

var alphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// hashOf is the longest id of a text.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return alphabet.EncodeToString(sum[:])[:maxID]
}

// ValidID says whether an id is well-formed.
func ValidID(id string) bool {
	if len(id) < minID || len(id) > maxID || len(id)%stepID != 0 {
		return false
	}
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// wrongIn says what is not base64url (RFC 4648, section 5, without padding), or "".
func wrongIn(text string) string {
	if text == "" {
		return "it is empty"
	}
	for i, c := range []byte(text) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return fmt.Sprintf("byte %d, %q, is not of base64url's alphabet", i, c)
		}
	}
	if len(text)%4 == 1 {
		return "it is cut off: base64 has no such length"
	}
	return ""
}

func noLinks() error {
	return fail(http.StatusNotFound, "no-links", "this host keeps no links")
}

func (h *handler) linkRules(w http.ResponseWriter, r *http.Request) error {
	if h.Links == nil {
		return noLinks()
	}
	sendJSON(w, r, http.StatusOK, map[string]any{"max": h.Max, "days": int(h.Keep / (24 * time.Hour))})
	return nil
}

// bodyWithin is how long a client may take to send a text.
const bodyWithin = 20 * time.Second

func (h *handler) makeLink(w http.ResponseWriter, r *http.Request) error {
	if h.Links == nil {
		return noLinks()
	}
	if err := h.pages.Check(r); err != nil {
		return fail(http.StatusForbidden, "cross-origin", "links are made by pages of this host only")
	}
	if h.Limiter != nil {
		ok, after, err := h.Limiter.Allow(r.Context(), h.Client(r))
		if err != nil {
			return err
		}
		if !ok {
			wait := strconv.Itoa(max(1, int((after+time.Second-1)/time.Second)))
			return &failure{http.StatusTooManyRequests, "rate", "too many links were made from your address; try again in " + wait + " s", http.Header{"Retry-After": {wait}}}
		}
	}
	text, err := h.text(w, r)
	if err != nil {
		return err
	}
	now := h.Now()
	l := Link{Text: text}
	if h.Keep > 0 {
		l.Expires = now.Add(h.Keep).UTC().Truncate(time.Second)
	}
	hash := hashOf(text)
	for n := minID; n <= maxID; n += stepID {
		id := hash[:n]
		old, err := h.Links.Get(r.Context(), id)
		known := err == nil && old.Text == text && !over(old, now)
		switch {
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		case err == nil && old.Text != text && !over(old, now):
			continue // another text has this id
		case known && (h.Keep == 0 && old.Expires.IsZero() || h.Keep > 0 && !old.Expires.IsZero() && old.Expires.Sub(now) > h.Keep/2):
			l = old // fresh enough: a write is dear in some stores
		default:
			if err := h.Links.Put(r.Context(), id, l); errors.Is(err, ErrFull) {
				return fail(http.StatusInsufficientStorage, "full", "this host keeps as many links as it can")
			} else if err != nil {
				return err
			}
		}
		status := http.StatusCreated
		if known {
			status = http.StatusOK
		}
		answer := map[string]any{"id": id, "path": "s/" + id}
		if !l.Expires.IsZero() {
			answer["expires"] = l.Expires.Format(time.RFC3339)
		}
		sendJSON(w, r, status, answer)
		return nil
	}
	return fmt.Errorf("all ids of %s are taken", hash)
}

// text reads the body of a request.
func (h *handler) text(w http.ResponseWriter, r *http.Request) (string, error) {
	if t := r.Header.Get("Content-Type"); t != "" {
		if m, _, err := mime.ParseMediaType(t); err != nil || m != "text/plain" {
			return "", fail(http.StatusUnsupportedMediaType, "type", "send the text of a link's fragment as text/plain")
		}
	}
	if r.Header.Get("Content-Encoding") != "" {
		return "", fail(http.StatusUnsupportedMediaType, "encoding", "send the text without a Content-Encoding: it is compressed already")
	}
	tooLong := fail(http.StatusRequestEntityTooLarge, "too-long", "the text is longer than %d bytes", h.Max)
	if r.ContentLength > int64(h.Max) {
		return "", tooLong
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyWithin)) // where there is a connection
	b, err := io.ReadAll(io.LimitReader(r.Body, int64(h.Max)+1))
	if err != nil {
		return "", fail(http.StatusBadRequest, "body", "the text did not arrive whole")
	}
	if len(b) > h.Max {
		return "", tooLong
	}
	if wrong := wrongIn(string(b)); wrong != "" {
		return "", fail(http.StatusBadRequest, "text", "this is not the text of a link's fragment: %s", wrong)
	}
	return string(b), nil
}

// over says whether a link has ended.
func over(l Link, now time.Time) bool { return !l.Expires.IsZero() && !now.Before(l.Expires) }

// link finds what an id leads to.
func (h *handler) link(ctx context.Context, id string) (Link, error) {
	if h.Links == nil {
		return Link{}, noLinks()
	}
	if !ValidID(id) {
		return Link{}, fail(http.StatusNotFound, "id", "this is not the id of a link")
	}
	l, err := h.Links.Get(ctx, id)
	if errors.Is(err, ErrNotFound) || err == nil && over(l, h.Now()) {
		return Link{}, fail(http.StatusNotFound, "unknown-link", "there is no such link, or it has ended")
	}
	if err == nil && !strings.HasPrefix(hashOf(l.Text), id) {
		err = fmt.Errorf("link %s holds the text of %s", id, hashOf(l.Text))
	}
	return l, err
}

// maxAge is how long an answer about a link may be kept by whoever got it.
const maxAge = 24 * time.Hour

func (h *handler) cacheFor(l Link) time.Duration {
	if l.Expires.IsZero() {
		return maxAge
	}
	return min(maxAge, l.Expires.Sub(h.Now())).Truncate(time.Second)
}

func (h *handler) readLink(w http.ResponseWriter, r *http.Request, id string) error {
	l, err := h.link(r.Context(), id)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(h.cacheFor(l)/time.Second)))
	send(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte(l.Text))
	return nil
}

func (h *handler) openLink(w http.ResponseWriter, r *http.Request, id string) error {
	if _, err := h.link(r.Context(), id); err != nil {
		return err
	}
	// Programs that unfurl links find out here how this one is embedded.
	self := h.base(r) + "/s/" + id
	w.Header().Set("Link", fmt.Sprintf(`<%s/oembed?format=json&url=%s>; rel="alternate"; type="application/json+oembed"; title="Tabernetes"`, h.base(r), url.QueryEscape(self)))
	w.Header().Set("Location", "../#link="+id)
	send(w, r, http.StatusFound, "text/plain; charset=utf-8", []byte("../#link="+id+"\n"))
	return nil
}
