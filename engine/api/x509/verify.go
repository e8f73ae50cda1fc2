package x509

import (
	"bytes"
	"encoding/pem"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Roots reads the authorities that a client is told to believe. The errors are client-go's for a caBundle that has none
// (transport.go, rootCertPool).
func Roots(bundle []byte) ([]*Certificate, error) {
	list, err := All(bundle)
	const unable = "unable to load root certificates: "
	switch b, _ := pem.Decode(bundle); {
	case len(list) > 0:
		return list, nil
	case b == nil:
		return nil, errors.New(unable + "unable to parse bytes as PEM block")
	case err != nil:
		return nil, errors.New(unable + "failed to parse certificate: " + err.Error())
	}
	return nil, errors.New(unable + "no valid certificate authority data seen")
}

// Verify says why a client that believes roots and dials host does not believe the chain (PEM) it is shown; nil if it
// does. The texts are those of crypto/tls.
func Verify(chain string, roots []*Certificate, host string, now time.Time) error {
	list, err := All([]byte(chain))
	if len(list) == 0 {
		if chain == "" {
			return refused("certificate signed by unknown authority")
		}
		if err == nil {
			err = errMalformed
		}
		return errors.New("tls: failed to parse certificate from server: " + err.Error())
	}
	leaf := list[0]
	why := leaf.expired(now)
	if why == "" {
		why = leaf.names(host)
	}
	if why == "" {
		why = leaf.authority(list[1:], roots, now, 0)
	}
	if why != "" {
		return refused(why)
	}
	return nil
}

func refused(why string) error {
	return errors.New("tls: failed to verify certificate: x509: " + why)
}

func (c *Certificate) expired(now time.Time) string {
	const bad = "certificate has expired or is not yet valid: current time "
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	switch {
	case now.Before(c.NotBefore):
		return bad + at(now) + " is before " + at(c.NotBefore)
	case now.After(c.NotAfter):
		return bad + at(now) + " is after " + at(c.NotAfter)
	}
	return ""
}

// maxNamesIncluded is from how many names on a message counts them instead.
const maxNamesIncluded = 100

// names says why the certificate is not one of the host's (VerifyHostname, HostnameError).
func (c *Certificate) names(host string) string {
	valid := c.DNSNames
	if ip, err := netip.ParseAddr(host); err == nil {
		if slices.Contains(c.IPAddresses, ip.String()) {
			return ""
		}
		if len(c.IPAddresses) == 0 {
			return "cannot validate certificate for " + host + " because it doesn't contain any IP SANs"
		}
		valid = c.IPAddresses
	} else if slices.ContainsFunc(valid, func(p string) bool { return matches(p, host) }) {
		return ""
	}
	switch {
	case !c.HasNames && matches(c.Subject.CommonName, host):
		return "certificate relies on legacy Common Name field, use SANs instead"
	case len(valid) >= maxNamesIncluded:
		return "certificate is valid for " + strconv.Itoa(len(valid)) + " names, but none matched " + host
	case len(valid) == 0:
		return "certificate is not valid for any names, but wanted to match " + host
	}
	return "certificate is valid for " + strings.Join(valid, ", ") + ", not " + host
}

// matches compares a name with a pattern whose first label may be an asterisk.
func matches(pattern, host string) bool {
	pattern, host = strings.ToLower(strings.TrimSuffix(pattern, ".")), strings.ToLower(strings.TrimSuffix(host, "."))
	if rest, ok := strings.CutPrefix(pattern, "*."); ok {
		_, tail, found := strings.Cut(host, ".")
		return found && tail == rest
	}
	return pattern != "" && pattern == host
}

// maxChain bounds how far issuers are looked for.
const maxChain = 8

// authority says why no root vouches for the certificate.
func (c *Certificate) authority(between, roots []*Certificate, now time.Time, depth int) string {
	if slices.ContainsFunc(roots, func(r *Certificate) bool { return bytes.Equal(r.raw, c.raw) }) {
		return ""
	}
	hint := ""
	try := func(p *Certificate, root bool) bool {
		if depth >= maxChain || !bytes.Equal(p.Name, c.Issuer) || bytes.Equal(p.raw, c.raw) {
			return false
		}
		why := ""
		switch {
		case !p.CA:
			why = "x509: invalid signature: parent certificate cannot sign this kind of certificate"
		case len(c.SignedBy) > 0 && len(p.Key) > 0 && !bytes.Equal(c.SignedBy, p.Key):
			why = "x509: ECDSA verification failure"
			if p.Algorithm == "RSA" {
				why = "crypto/rsa: verification error"
			}
		case p.expired(now) != "":
			why = "x509: " + p.expired(now)
		case !root:
			return p.authority(between, roots, now, depth+1) == ""
		default:
			return true
		}
		if hint == "" {
			name := p.Subject.CommonName
			if name == "" {
				name = strings.Join(p.Subject.Organization, "")
			}
			hint = ` (possibly because of "` + why + `" while trying to verify candidate authority certificate ` + strconv.Quote(name) + ")"
		}
		return false
	}
	if slices.ContainsFunc(roots, func(p *Certificate) bool { return try(p, true) }) ||
		slices.ContainsFunc(between, func(p *Certificate) bool { return try(p, false) }) {
		return ""
	}
	return "certificate signed by unknown authority" + hint
}
