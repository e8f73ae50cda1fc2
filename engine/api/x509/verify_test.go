package x509

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	stdx509 "crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

type made struct {
	cert *stdx509.Certificate
	key  *ecdsa.PrivateKey
	text []byte
}

func issue(t *testing.T, by *made, change func(*stdx509.Certificate)) *made {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	c := &stdx509.Certificate{SerialNumber: big.NewInt(7), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), Subject: pkix.Name{CommonName: "hook.default.svc"}}
	change(c)
	m := &made{cert: c, key: key}
	parent, signer := c, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	raw, err := stdx509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	require.NoError(t, err)
	m.cert, err = stdx509.ParseCertificate(raw)
	require.NoError(t, err)
	m.text = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	return m
}

func ca(c *stdx509.Certificate) {
	c.Subject.CommonName, c.IsCA, c.BasicConstraintsValid, c.KeyUsage = "hook-ca", true, true, stdx509.KeyUsageCertSign
}

func san(names ...string) func(*stdx509.Certificate) {
	return func(c *stdx509.Certificate) { c.DNSNames = names }
}

// TestVerify holds each verdict against crypto/x509's.
func TestVerify(t *testing.T) {
	root, other := issue(t, nil, ca), issue(t, nil, ca)
	middle := issue(t, root, func(c *stdx509.Certificate) { ca(c); c.Subject.CommonName = "middle" })
	leafOfMiddle := issue(t, middle, san("hook.default.svc"))
	self := issue(t, nil, san("hook.default.svc"))
	good := issue(t, root, san("hook.default.svc"))
	bundle := func(parts ...*made) (out []byte) {
		for _, p := range parts {
			out = append(out, p.text...)
		}
		return out
	}
	for name, c := range map[string]struct {
		chain, roots []byte
		host         string
	}{
		"good":              {good.text, root.text, ""},
		"wildcard":          {issue(t, root, san("*.default.svc")).text, root.text, ""},
		"other name":        {issue(t, root, san("a.svc", "b.svc")).text, root.text, ""},
		"common name only":  {issue(t, root, san()).text, root.text, ""},
		"no name at all":    {issue(t, root, func(c *stdx509.Certificate) { c.Subject.CommonName = "x" }).text, root.text, ""},
		"address":           {issue(t, root, func(c *stdx509.Certificate) { c.IPAddresses = []net.IP{net.ParseIP("10.0.0.3")} }).text, root.text, "10.0.0.3"},
		"other address":     {issue(t, root, func(c *stdx509.Certificate) { c.IPAddresses = []net.IP{net.ParseIP("10.0.0.3")} }).text, root.text, "10.0.0.4"},
		"no address":        {good.text, root.text, "10.0.0.4"},
		"expired":           {issue(t, root, func(c *stdx509.Certificate) { c.NotAfter = now.Add(-time.Minute) }).text, root.text, ""},
		"too early":         {issue(t, root, func(c *stdx509.Certificate) { c.NotBefore = now.Add(time.Minute) }).text, root.text, ""},
		"no roots":          {good.text, nil, ""},
		"other root":        {good.text, other.text, ""},
		"both roots":        {good.text, bundle(other, root), ""},
		"intermediate":      {bundle(leafOfMiddle, middle), root.text, ""},
		"not sent":          {leafOfMiddle.text, root.text, ""},
		"self-signed":       {self.text, self.text, ""},
		"self-signed, none": {self.text, root.text, ""},
	} {
		t.Run(name, func(t *testing.T) {
			host := c.host
			if host == "" {
				host = "hook.default.svc"
			}
			block, rest := pem.Decode(c.chain)
			leaf, err := stdx509.ParseCertificate(block.Bytes)
			require.NoError(t, err)
			opts := stdx509.VerifyOptions{DNSName: host, CurrentTime: now, Roots: stdx509.NewCertPool(), Intermediates: stdx509.NewCertPool()}
			opts.Roots.AppendCertsFromPEM(c.roots)
			opts.Intermediates.AppendCertsFromPEM(rest)
			_, want := leaf.Verify(opts)
			if want != nil {
				want = errors.New("tls: failed to verify certificate: " + want.Error())
			}
			roots, _ := All(c.roots)
			assert.Equal(t, want, Verify(string(c.chain), roots, host, now))
		})
	}
}

func TestRSA(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	c := &stdx509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now, NotAfter: now.AddDate(60, 0, 0)}
	ca(c)
	raw, err := stdx509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	require.NoError(t, err)
	got, err := Parse(raw)
	require.NoError(t, err)
	assert.Equal(t, []any{"RSA", true, "hook-ca", now, c.NotAfter}, []any{got.Algorithm, got.CA, got.Subject.CommonName, got.NotBefore, got.NotAfter})
}

func TestRoots(t *testing.T) {
	for text, want := range map[string]string{
		"": "unable to parse bytes as PEM block", "x": "unable to parse bytes as PEM block",
		"-----BEGIN CERTIFICATE-----\nMTIz\n-----END CERTIFICATE-----\n": "failed to parse certificate: x509: malformed certificate",
		"-----BEGIN PRIVATE KEY-----\nMTIz\n-----END PRIVATE KEY-----\n": "no valid certificate authority data seen",
	} {
		_, err := Roots([]byte(text))
		assert.EqualError(t, err, "unable to load root certificates: "+want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte{0x30, 0x03, 0x30, 0x01, 0x00})
	f.Fuzz(func(t *testing.T, data []byte) { _, _ = Parse(data) })
}
