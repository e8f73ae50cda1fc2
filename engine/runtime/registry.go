package runtime

import (
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tabernetes/engine/sim"
)

// Image is one tag of a repository.
type Image struct {
	Name    string // as containerd names it: "docker.io/library/nginx:1.26"
	Version string // what traffic counts by: "nginx:1.26"
	Tag     string
	Ref     string // repository and digest, the imageID of container statuses
	Bytes   int64  // compressed
	App     *App   // what its entrypoint runs; nil for images that only carry tools
	Shell   bool   // has a POSIX shell and the usual tools
	Repo    *repository
}

// Registry is the world of image registries that all nodes pull from.
type Registry struct {
	// ShutdownDelay is how long every server of the catalogue goes on serving after its stop signal, as programs do
	// that were written to wait until no node's rules lead to them any more. 0 is what the images really do: they obey
	// at once, and requests that stale rules still send are refused.
	ShutdownDelay time.Duration

	images map[string]*Image // by normalised name and tag, resolved once for all nodes
	repos  map[string]*repository
	shares map[string]*Volume // disks in the network, by name
}

// NewRegistry makes the world's registries with the catalogue's images in them.
func NewRegistry() *Registry {
	r := &Registry{images: map[string]*Image{}, repos: map[string]*repository{}}
	for i := range catalogue {
		for _, name := range strings.Fields(catalogue[i].names) {
			r.repos[name] = &catalogue[i]
		}
	}
	return r
}

// Errors of image names.
var errInvalidReference = errors.New("invalid reference format")

// The grammar of github.com/distribution/reference, without ports in the first component being told from tags.
var (
	componentRE = regexp.MustCompile(`^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$`)
	domainRE    = regexp.MustCompile(`^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?$`)
	tagRE       = regexp.MustCompile(`^[\w][\w.-]{0,127}$`)
	digestRE    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*:[0-9a-fA-F]{32,}$`)
)

// Normalize splits an image name into repository ("docker.io/library/nginx") and tag ("latest" if it has none) or
// digest. The error is distribution/reference's.
func Normalize(image string) (repo, tag, digest string, err error) {
	rest := image
	if i := strings.IndexByte(rest, '@'); i >= 0 {
		digest = rest[i+1:]
		rest = rest[:i]
		if !digestRE.MatchString(digest) {
			return "", "", "", errInvalidReference
		}
	}
	if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, '/') {
		tag = rest[i+1:]
		rest = rest[:i]
		if !tagRE.MatchString(tag) {
			return "", "", "", errInvalidReference
		}
	}
	domain, path, found := strings.Cut(rest, "/")
	if !found || !strings.ContainsAny(domain, ".:") && domain != "localhost" && strings.ToLower(domain) == domain {
		domain, path = "docker.io", rest
		if !strings.Contains(rest, "/") {
			path = "library/" + rest
		}
	}
	if strings.ToLower(path) != path {
		return "", "", "", fmt.Errorf("invalid reference format: repository name (%s) must be lowercase", path)
	}
	if !domainRE.MatchString(domain) {
		return "", "", "", errInvalidReference
	}
	for _, c := range strings.Split(path, "/") {
		if !componentRE.MatchString(c) {
			return "", "", "", errInvalidReference
		}
	}
	if domain == "index.docker.io" {
		domain = "docker.io"
	}
	if domain == "docker.io" && !strings.Contains(path, "/") {
		path = "library/" + path
	}
	if tag == "" && digest == "" {
		tag = "latest"
	}
	return domain + "/" + path, tag, digest, nil
}

// Find resolves a name to an image, or to the error that containerd gives through the CRI.
func (r *Registry) Find(image string) (*Image, error) {
	repo, tag, digest, err := Normalize(image)
	if err != nil {
		return nil, err
	}
	full := repo + ":" + tag
	if digest != "" {
		full = repo + "@" + digest
	}
	if im := r.images[full]; im != nil {
		return im, nil
	}
	// k8s.gcr.io is frozen; its images are those of registry.k8s.io.
	rp := r.repos[strings.Replace(repo, "k8s.gcr.io/", "registry.k8s.io/", 1)]
	if rp == nil {
		// A registry does not tell whether a repository is missing or private.
		if strings.HasPrefix(full, "docker.io/") {
			return nil, fmt.Errorf("rpc error: code = Unknown desc = failed to pull and unpack image %q: failed to resolve reference %q: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed", full, full)
		}
		return nil, notFound(full)
	}
	if digest == "" && !rp.has(tag) || digest != "" && tag != "" && !rp.has(tag) {
		return nil, notFound(full)
	}
	short := repo[strings.LastIndexByte(repo, '/')+1:]
	im := &Image{Name: full, Tag: tag, Version: short + ":" + tag, Repo: rp, App: rp.app, Shell: rp.shell}
	h := fnv.New64a()
	h.Write([]byte(full))
	sum := h.Sum64()
	mb := rp.mb
	if strings.Contains(tag, "alpine") || strings.Contains(tag, "slim") {
		mb = mb * 3 / 10
	}
	im.Bytes = int64(mb)*1_000_000 + int64(sum%900_000)
	im.Ref = repo + "@sha256:" + Hex(sum)
	if digest != "" {
		im.Ref = repo + "@" + digest
		im.Version = short
	}
	r.images[full] = im
	return im, nil
}

func notFound(full string) error {
	return fmt.Errorf("rpc error: code = NotFound desc = failed to pull and unpack image %q: failed to resolve reference %q: %s: not found", full, full, full)
}

// Hex spreads a number over the 64 hexadecimal digits of a SHA-256.
func Hex(x uint64) string {
	const digits = "0123456789abcdef"
	var b [64]byte
	for i := 0; i < 64; i += 16 {
		x ^= x >> 31
		x *= 0x9e3779b97f4a7c15
		x ^= x >> 29
		for j, y := i, x; j < i+16; j++ {
			b[j] = digits[y&15]
			y >>= 4
		}
	}
	return string(b[:])
}

// has reports whether the repository has a tag. tags is a list of words: "latest", or "1.25.0-5" for 1.25 and
// 1.25.0 … 1.25.5, or "5*" for every tag that begins so. Every version may carry one of the variants.
func (r *repository) has(tag string) bool {
	for _, v := range strings.Fields(r.variants) {
		if t, ok := strings.CutSuffix(tag, "-"+v); ok {
			tag = t
			break
		}
		if tag == v {
			return true
		}
	}
	for _, w := range strings.Fields(r.tags) {
		if w == tag || strings.HasSuffix(w, "*") && strings.HasPrefix(tag, w[:len(w)-1]) {
			return true
		}
		from, to, ok := strings.Cut(w, "-")
		i := strings.LastIndexByte(from, '.')
		if !ok || i < 0 {
			continue
		}
		if tag == from[:i] {
			return true
		}
		lo, err1 := strconv.Atoi(from[i+1:])
		hi, err2 := strconv.Atoi(to)
		if err1 != nil || err2 != nil || !strings.HasPrefix(tag, from[:i+1]) {
			continue
		}
		if n, err := strconv.Atoi(tag[i+1:]); err == nil && n >= lo && n <= hi && strconv.Itoa(n) == tag[i+1:] {
			return true
		}
	}
	return false
}

// What a pull costs: a round of requests to the registry, then the layers at 50 MB/s, with some luck either way.
const (
	pullLatency   = 700 * time.Millisecond
	pullBandwidth = 50_000_000 // bytes a second
)

func pullTime(a *sim.Actor, im *Image) time.Duration {
	d := pullLatency + time.Duration(im.Bytes)*time.Second/pullBandwidth
	return d*9/10 + time.Duration(a.Rand().Int64N(int64(d/5)))
}
