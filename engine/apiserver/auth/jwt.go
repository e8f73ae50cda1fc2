package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"tabernetes/engine/api/rbac"
)

// Issuer is who signs service-account tokens and, as upstream's default, the audience they are for
// (--service-account-issuer, --api-audiences).
const Issuer = "https://kubernetes.default.svc.cluster.local"

// Lifetimes of tokens.
const (
	// leeway is how far clocks may be apart (go-jose, DefaultLeeway).
	leeway = time.Minute
	// MinLifetime and MaxLifetime bound spec.expirationSeconds, in seconds.
	MinLifetime = 10 * 60
	MaxLifetime = 1 << 32
	// WarnLifetime is the lifetime that kubelets ask for the projected token every pod gets. The API server grants it
	// ExtendedLifetime instead and only warns after the shorter one (--service-account-extend-token-expiration).
	WarnLifetime     = 60*60 + 7
	ExtendedLifetime = 365 * 24 * 60 * 60
)

// Key signs and checks tokens.
type Key struct {
	secret [sha256.Size]byte
	id     string
	header string // base64
}

// NewKey derives a cluster's key from its seed: a session that is replayed has the same tokens.
func NewKey(seed uint64) *Key {
	k := &Key{secret: sha256.Sum256([]byte("service-account-key " + strconv.FormatUint(seed, 16)))}
	sum := sha256.Sum256(k.secret[:])
	k.id = base64.RawURLEncoding.EncodeToString(sum[:])
	k.header = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","kid":"` + k.id + `"}`))
	return k
}

// Ref names an object in a token.
type Ref struct {
	Name string `json:"name,omitempty"`
	UID  string `json:"uid,omitempty"`
}

// Bound is the claim "kubernetes.io": whose token it is and what it lives with.
type Bound struct {
	Namespace      string `json:"namespace,omitempty"`
	Node           *Ref   `json:"node,omitempty"`
	Pod            *Ref   `json:"pod,omitempty"`
	Secret         *Ref   `json:"secret,omitempty"`
	ServiceAccount Ref    `json:"serviceaccount,omitempty"`
	WarnAfter      int64  `json:"warnafter,omitempty"`
}

// Claims are what a token says, in the order in which they are written. Times are seconds of Unix.
type Claims struct {
	Audience  []string `json:"aud"`
	Expiry    int64    `json:"exp"`
	IssuedAt  int64    `json:"iat"`
	Issuer    string   `json:"iss"`
	ID        string   `json:"jti"`
	Bound     Bound    `json:"kubernetes.io"`
	NotBefore int64    `json:"nbf"`
	Subject   string   `json:"sub"`

	legacy *legacy // of the token of a Secret, in place of all others
}

// Sign makes a token.
func (k *Key) Sign(c *Claims) (string, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	return k.sign(b), nil
}

func (k *Key) sign(claims []byte) string {
	text := k.header + "." + base64.RawURLEncoding.EncodeToString(claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(k.mac(text))
}

// mac is HMAC-SHA256 (RFC 2104) of a text. The key is shorter than a block of the hash; crypto/hmac would bring SHA-3 and
// SHA-512 into the page with it.
func (k *Key) mac(text string) []byte {
	var inner, outer [sha256.BlockSize]byte
	for i := range inner {
		inner[i], outer[i] = 0x36, 0x5c
	}
	for i, b := range k.secret {
		inner[i] ^= b
		outer[i] ^= b
	}
	sum := sha256.Sum256(append(inner[:], text...))
	sum = sha256.Sum256(append(outer[:], sum[:]...))
	return sum[:]
}

// ErrInvalidToken is the error of what is no token of this cluster (request/bearertoken).
var ErrInvalidToken = errors.New("invalid bearer token")

// Verify checks a token's form, signature, audience and times, and gives its claims with the audiences it shares with
// those asked for; none means the API server's. Errors are those of upstream (pkg/serviceaccount/jwt.go, claims.go).
func (k *Key) Verify(token string, audiences []string, now time.Time) (c *Claims, shared []string, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, nil, ErrInvalidToken
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	c = &Claims{}
	if err != nil || json.Unmarshal(body, c) != nil || c.Issuer != Issuer && c.Issuer != legacyIssuer {
		return nil, nil, ErrInvalidToken
	}
	var head struct{ Alg, Kid string }
	h, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil || json.Unmarshal(h, &head) != nil {
		return nil, nil, ErrInvalidToken
	}
	if head.Kid != "" && head.Kid != k.id {
		return nil, nil, errors.New("invalid signature, no keys found")
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, nil, ErrInvalidToken
	}
	if head.Alg != "HS256" || subtle.ConstantTimeCompare(sig, k.mac(parts[0]+"."+parts[1])) != 1 {
		return nil, nil, errors.New("go-jose/go-jose: error in cryptographic primitive")
	}
	if c.Issuer == legacyIssuer {
		c.legacy = parseLegacy(token, parts[1])
		c.Audience = []string{Issuer} // the API server's alone
	}
	if len(audiences) == 0 {
		audiences = []string{Issuer}
	}
	for _, a := range c.Audience {
		if slices.Contains(audiences, a) {
			shared = append(shared, a)
		}
	}
	if len(shared) == 0 {
		return nil, nil, errors.New("token audiences " + rbac.Quoted(c.Audience) + " is invalid for the target audiences " + rbac.Quoted(audiences))
	}
	switch at := now.Unix(); {
	case c.legacy != nil: // it has no end
	case at+int64(leeway/time.Second) < c.NotBefore:
		return nil, nil, errors.New("service account token is not valid yet")
	case at-int64(leeway/time.Second) > c.Expiry:
		return nil, nil, errors.New("service account token has expired")
	case at+int64(leeway/time.Second) < c.IssuedAt:
		return nil, nil, errors.New("service account token is issued in the future")
	}
	return c, shared, nil
}
