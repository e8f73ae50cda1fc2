package x509

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"tabernetes/engine/api/der"
	"tabernetes/engine/api/pkcs10"
)

// Authority signs certificates: what kubeadm keeps in /etc/kubernetes/pki/ca.crt and ca.key.
type Authority struct {
	Certificate *Certificate
	PEM         string
	secret      [sha256.Size]byte
}

// oidSimulated says how an authority of the simulation signs, and what its key is: 2.999 is the arc for examples.
var oidSimulated = []byte{0x88, 0x37, 0x01}

// NewAuthority makes the self-signed certificate of an authority as kubeadm's NewCertificateAuthority does; its key is
// made from a seed.
func NewAuthority(commonName, seed string, from time.Time, life time.Duration) *Authority {
	a := &Authority{secret: sha256.Sum256([]byte("authority " + commonName + " " + seed))}
	public := sha256.Sum256(a.secret[:])
	id := sha256.Sum256(public[:])
	name := der.Element(der.TagSequence, der.Element(der.TagSet, attribute(3, commonName)))
	t := template{
		subject: name, issuer: name, serial: public[:16], from: from, until: from.Add(life),
		key:      der.Element(der.TagSequence, algorithm(), der.Bits(public[:])),
		usage:    1<<usageDigitalSignature | 1<<usageKeyEncipherment | 1<<usageCertSign,
		ca:       true,
		keyID:    id[:20],
		dnsNames: []string{commonName},
	}
	raw := a.sign(&t)
	a.PEM = encodePEM(raw)
	a.Certificate, _ = Parse(raw)
	return a
}

// encodePEM writes a certificate as encoding/pem does, whose encoder would be the only one of the module.
func encodePEM(raw []byte) string {
	out := "-----BEGIN CERTIFICATE-----\n"
	for text := base64.StdEncoding.EncodeToString(raw); text != ""; {
		n := min(len(text), 64)
		out += text[:n] + "\n"
		text = text[n:]
	}
	return out + "-----END CERTIFICATE-----\n"
}

// Issue signs a request (authority.go and policies.go of pkg/controller/certificates/authority): the certificate is valid
// from five minutes ago. serial are 16 random bytes.
func (a *Authority) Issue(r *pkcs10.Request, usages []string, now time.Time, ttl time.Duration, serial []byte) (string, error) {
	const backdate, short = 5 * time.Minute, 8 * time.Hour
	end := a.Certificate.NotAfter
	t := template{subject: r.RawSubject, key: r.RawKey, issuer: der.Element(der.TagSequence, a.Certificate.Name), signedBy: a.Certificate.Key,
		serial: serial, from: now.Add(-backdate), until: now.Add(ttl), dnsNames: r.DNSNames, emails: r.EmailAddresses, addresses: r.IPAddresses, uris: r.URIs}
	if ttl >= short {
		t.until = t.until.Add(-backdate)
	}
	if !t.until.Before(end) {
		t.until = end
	}
	var unknown []string
	for _, u := range usages {
		if bit := keyUsage(u); bit >= 0 {
			t.usage |= 1 << bit
		} else if i := extendedUsage(u); i >= 0 {
			t.extended |= 1 << i
		} else {
			unknown = append(unknown, u)
		}
	}
	switch {
	case len(unknown) > 0:
		return "", fmt.Errorf("unrecognized usage values: %q", unknown)
	case !t.from.Before(end):
		return "", fmt.Errorf("the signer has expired: NotAfter=%v", end)
	case !now.Before(end):
		return "", fmt.Errorf("refusing to sign a certificate that expired in the past: NotAfter=%v", end)
	}
	return encodePEM(a.sign(&t)), nil
}

// Signed reports that the authority signed a certificate.
func (a *Authority) Signed(c *Certificate) error {
	whole := (&der.Reader{Rest: c.raw}).Take(der.TagSequence)
	start := whole.Rest
	whole.Take(der.TagSequence)
	body := start[:len(start)-len(whole.Rest)]
	whole.Take(der.TagSequence)
	if sig := whole.Take(der.TagBitString).Rest; len(sig) < 1 || !bytes.Equal(sig[1:], a.mac(body)) {
		return errors.New("x509: signature does not match")
	}
	return nil
}

// mac stands for a signature: whoever has the authority's secret can make and check it, and nobody else.
func (a *Authority) mac(body []byte) []byte {
	sum := sha256.Sum256(append(a.secret[:], body...))
	return sum[:]
}

// template is a certificate that is to be signed.
type template struct {
	subject, issuer, key, serial      []byte
	from, until                       time.Time
	usage, extended                   uint16
	ca                                bool
	keyID, signedBy                   []byte
	dnsNames, emails, addresses, uris []string
}

func algorithm() []byte {
	return der.Element(der.TagSequence, der.Element(der.TagOID, oidSimulated))
}

// attribute is one of a Name: 2.5.4.kind.
func attribute(kind byte, value string) []byte {
	return der.Element(der.TagSequence, der.Element(der.TagOID, []byte{0x55, 0x04, kind}), der.Element(der.TagPrintable, []byte(value)))
}

func (a *Authority) sign(t *template) []byte {
	serial := bytes.TrimLeft(t.serial, "\x00")
	if len(serial) > 0 && serial[0]&0x80 != 0 {
		serial = append([]byte{0}, serial...) // it is positive
	}
	body := der.Element(der.TagSequence,
		der.Element(der.TagContext0, der.Element(der.TagInteger, []byte{2})), // version 3
		der.Element(der.TagInteger, serial),
		algorithm(), t.issuer, der.Element(der.TagSequence, der.Moment(t.from), der.Moment(t.until)), t.subject, t.key,
		der.Element(der.TagContext0+3, der.Element(der.TagSequence, t.extensions())))
	return der.Element(der.TagSequence, body, algorithm(), der.Bits(a.mac(body)))
}

// extensions are those of crypto/x509's CreateCertificate, in its order.
func (t *template) extensions() (out []byte) {
	add := func(kind byte, critical bool, value []byte) {
		parts := [][]byte{der.Element(der.TagOID, []byte{0x55, 0x1d, kind})}
		if critical {
			parts = append(parts, der.Element(der.TagBool, []byte{0xff}))
		}
		out = append(out, der.Element(der.TagSequence, append(parts, der.Element(der.TagOctets, value))...)...)
	}
	if t.usage != 0 {
		add(extKeyUsage, true, der.Named(t.usage))
	}
	if list := extendedOIDs(t.extended); list != nil {
		add(extExtendedKeyUsage, false, der.Element(der.TagSequence, list))
	}
	var isCA []byte
	if t.ca {
		isCA = der.Element(der.TagBool, []byte{0xff})
	}
	add(extBasicConstraints, true, der.Element(der.TagSequence, isCA))
	if t.keyID != nil {
		add(extSubjectKeyID, false, der.Element(der.TagOctets, t.keyID))
	}
	if t.signedBy != nil {
		add(extAuthorityKeyID, false, der.Element(der.TagSequence, der.Element(0x80, t.signedBy)))
	}
	if names := t.names(); names != nil {
		add(extAlternativeNames, len(t.subject) <= 2, der.Element(der.TagSequence, names))
	}
	return out
}

func (t *template) names() (out []byte) {
	add := func(tag byte, list []string) {
		for _, s := range list {
			out = append(out, der.Element(tag, []byte(s))...)
		}
	}
	add(0x82, t.dnsNames)
	add(0x81, t.emails)
	for _, s := range t.addresses {
		if ip, err := netip.ParseAddr(s); err == nil {
			add(0x87, []string{string(ip.AsSlice())})
		}
	}
	add(0x86, t.uris)
	return out
}
