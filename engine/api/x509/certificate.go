package x509

import (
	"encoding/pem"
	"errors"
	"slices"
	"time"

	"tabernetes/engine/api/der"
	"tabernetes/engine/api/pkcs10"
)

// Certificate is what a client looks at.
type Certificate struct {
	pkcs10.Request        // the subject and its alternative names
	HasNames       bool   // there is a subjectAltName
	Issuer         []byte // as it is written; an issuer is found by equal bytes
	Name           []byte // the subject, likewise
	NotBefore      time.Time
	NotAfter       time.Time
	CA             bool // basicConstraints says so
	Key, SignedBy  []byte
	Algorithm      string // of the key: "RSA" or another
	raw            []byte
}

var errMalformed = errors.New("x509: malformed certificate")

// Extensions are 2.5.29.N.
const (
	extSubjectKeyID     = 14
	extKeyUsage         = 15
	extAlternativeNames = 17
	extBasicConstraints = 19
	extAuthorityKeyID   = 35
	extExtendedKeyUsage = 37
)

var oidRSA = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01} // 1.2.840.113549.1.1.1

// All reads the certificates of a text in PEM; other blocks, and those that cannot be read, are left out, as
// CertPool.AppendCertsFromPEM does. err is why the last of those was left out.
func All(text []byte) (list []*Certificate, err error) {
	for len(text) > 0 {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			break
		}
		if b.Type != "CERTIFICATE" || len(b.Headers) > 0 {
			continue
		}
		c, bad := Parse(b.Bytes)
		if bad != nil {
			err = bad
			continue
		}
		list = append(list, c)
	}
	return list, err
}

// Parse reads Certificate ::= SEQUENCE { TBSCertificate, AlgorithmIdentifier, BIT STRING }.
func Parse(data []byte) (*Certificate, error) {
	outer := &der.Reader{Rest: data}
	whole := outer.Take(der.TagSequence)
	t := whole.Take(der.TagSequence)
	whole.Take(der.TagSequence)
	whole.Take(der.TagBitString)
	if whole.Err != nil || outer.More() {
		return nil, errMalformed
	}
	c := &Certificate{raw: data}
	if len(t.Rest) > 0 && t.Rest[0] == der.TagContext0 {
		t.Next() // version
	}
	t.Take(der.TagInteger)
	t.Take(der.TagSequence)
	c.Issuer = t.Take(der.TagSequence).Rest
	validity := t.Take(der.TagSequence)
	c.NotBefore, c.NotAfter = validity.Time(), validity.Time()
	subject := t.Take(der.TagSequence)
	c.Name = subject.Rest
	key := t.Take(der.TagSequence)
	if slices.Equal(key.Take(der.TagSequence).Take(der.TagOID).Rest, oidRSA) {
		c.Algorithm = "RSA"
	}
	if t.Err != nil || validity.Err != nil || c.Subject.Read(subject) != nil {
		return nil, errMalformed
	}
	for t.More() {
		if tag, body := t.Next(); tag == der.TagContext0+3 {
			if err := c.extensions((&der.Reader{Rest: body}).Take(der.TagSequence)); err != nil {
				return nil, err
			}
		}
	}
	if t.Err != nil {
		return nil, errMalformed
	}
	return c, nil
}

func (c *Certificate) extensions(list *der.Reader) error {
	for list.More() {
		x := list.Take(der.TagSequence)
		kind := x.Take(der.TagOID).Rest
		tag, body := x.Next()
		if x.Err == nil && tag == der.TagBool {
			tag, body = x.Next() // that was "critical"
		}
		if x.Err != nil || tag != der.TagOctets {
			return errMalformed
		}
		if len(kind) != 3 || kind[0] != 0x55 || kind[1] != 0x1d {
			continue
		}
		value := &der.Reader{Rest: body}
		switch kind[2] {
		case extSubjectKeyID:
			c.Key = value.Take(der.TagOctets).Rest
		case extAuthorityKeyID:
			if tag, id := value.Take(der.TagSequence).Next(); tag == 0x80 {
				c.SignedBy = id
			}
		case extAlternativeNames:
			c.HasNames = true
			if err := c.AlternativeNames(body); err != nil {
				return err
			}
		case extBasicConstraints:
			if tag, v := value.Take(der.TagSequence).Next(); tag == der.TagBool {
				c.CA = len(v) == 1 && v[0] != 0
			}
		}
	}
	return list.Err
}
