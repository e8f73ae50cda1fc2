package x509

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	stdx509 "crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabernetes/engine/api/pkcs10"
)

func request(t *testing.T, c *stdx509.CertificateRequest) *pkcs10.Request {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	raw, err := stdx509.CreateCertificateRequest(rand.Reader, c, key)
	require.NoError(t, err)
	r, err := pkcs10.Parse(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: raw}))
	require.NoError(t, err)
	return r
}

// standard is a certificate as crypto/x509 reads it.
func standard(t *testing.T, text string) *stdx509.Certificate {
	t.Helper()
	b, rest := pem.Decode([]byte(text))
	require.Empty(t, rest)
	c, err := stdx509.ParseCertificate(b.Bytes)
	require.NoError(t, err)
	return c
}

var serial = []byte{0xf1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

func TestAuthority(t *testing.T) {
	a := NewAuthority("kubernetes", "1", now, 10*365*24*time.Hour)
	c := standard(t, a.PEM)
	assert.Equal(t, "CN=kubernetes", c.Subject.String())
	assert.Equal(t, "CN=kubernetes", c.Issuer.String())
	assert.True(t, c.IsCA && c.BasicConstraintsValid)
	assert.Equal(t, stdx509.KeyUsageDigitalSignature|stdx509.KeyUsageKeyEncipherment|stdx509.KeyUsageCertSign, c.KeyUsage)
	assert.Equal(t, []string{"kubernetes"}, c.DNSNames)
	assert.Equal(t, 1, c.SerialNumber.Sign())
	require.NoError(t, a.Signed(a.Certificate))
	assert.Error(t, NewAuthority("kubernetes", "2", now, time.Hour).Signed(a.Certificate))
	assert.Equal(t, a.PEM, NewAuthority("kubernetes", "1", now, 10*365*24*time.Hour).PEM)
}

func TestIssue(t *testing.T) {
	a := NewAuthority("kubernetes", "1", now, 365*24*time.Hour)
	uri, err := url.Parse("spiffe://x/y")
	require.NoError(t, err)
	r := request(t, &stdx509.CertificateRequest{
		Subject: pkix.Name{CommonName: "system:node:n1", Organization: []string{"system:nodes"}}, DNSNames: []string{"n1", "n1.local"},
		IPAddresses: []net.IP{net.ParseIP("10.0.0.3").To4(), net.ParseIP("fd00::1")}, EmailAddresses: []string{"a@b.c"}, URIs: []*url.URL{uri},
	})
	text, err := a.Issue(r, []string{"server auth", "digital signature", "key encipherment", "client auth", "decipher only"}, now, 24*time.Hour, serial)
	require.NoError(t, err)
	c := standard(t, text)
	assert.Equal(t, "CN=system:node:n1,O=system:nodes", c.Subject.String())
	assert.Equal(t, []string{"n1", "n1.local"}, c.DNSNames)
	assert.Equal(t, []any{"10.0.0.3", "fd00::1", "a@b.c", "spiffe://x/y"}, []any{c.IPAddresses[0].String(), c.IPAddresses[1].String(), c.EmailAddresses[0], c.URIs[0].String()})
	assert.Equal(t, stdx509.KeyUsageDigitalSignature|stdx509.KeyUsageKeyEncipherment|stdx509.KeyUsageDecipherOnly, c.KeyUsage)
	assert.Equal(t, []stdx509.ExtKeyUsage{stdx509.ExtKeyUsageServerAuth, stdx509.ExtKeyUsageClientAuth}, c.ExtKeyUsage)
	assert.False(t, c.IsCA)
	assert.Equal(t, []time.Time{now.Add(-5 * time.Minute), now.Add(24*time.Hour - 5*time.Minute)}, []time.Time{c.NotBefore, c.NotAfter})
	assert.Equal(t, standard(t, a.PEM).SubjectKeyId, c.AuthorityKeyId)
	assert.Equal(t, stdx509.ECDSA, c.PublicKeyAlgorithm, "the key is the request's")
	list, err := All([]byte(text))
	require.NoError(t, err)
	require.NoError(t, a.Signed(list[0]))
	assert.NoError(t, Verify(text, []*Certificate{a.Certificate}, "n1.local", now))

	until := func(ttl time.Duration) time.Time {
		text, err := a.Issue(r, nil, now, ttl, serial)
		require.NoError(t, err)
		return standard(t, text).NotAfter
	}
	assert.Equal(t, now.Add(time.Hour), until(time.Hour), "a short one is not cut")
	assert.Equal(t, now.Add(365*24*time.Hour), until(1000*24*time.Hour), "none outlives its authority")
	_, err = a.Issue(r, []string{"server auth", "magic"}, now, time.Hour, serial)
	assert.EqualError(t, err, `unrecognized usage values: ["magic"]`)
	_, err = a.Issue(r, nil, now.AddDate(1, 0, 1), time.Hour, serial)
	assert.ErrorContains(t, err, "the signer has expired: NotAfter=2027-06-01 12:00:00 +0000 UTC")
}

// TestUsages holds the tables against crypto/x509, one usage at a time.
func TestUsages(t *testing.T) {
	a := NewAuthority("kubernetes", "1", now, 365*24*time.Hour)
	r := request(t, &stdx509.CertificateRequest{Subject: pkix.Name{CommonName: "x"}})
	extended := map[string]stdx509.ExtKeyUsage{
		"any": stdx509.ExtKeyUsageAny, "server auth": stdx509.ExtKeyUsageServerAuth, "client auth": stdx509.ExtKeyUsageClientAuth, "code signing": stdx509.ExtKeyUsageCodeSigning,
		"email protection": stdx509.ExtKeyUsageEmailProtection, "s/mime": stdx509.ExtKeyUsageEmailProtection, "ipsec end system": stdx509.ExtKeyUsageIPSECEndSystem,
		"ipsec tunnel": stdx509.ExtKeyUsageIPSECTunnel, "ipsec user": stdx509.ExtKeyUsageIPSECUser, "timestamping": stdx509.ExtKeyUsageTimeStamping,
		"ocsp signing": stdx509.ExtKeyUsageOCSPSigning, "microsoft sgc": stdx509.ExtKeyUsageMicrosoftServerGatedCrypto, "netscape sgc": stdx509.ExtKeyUsageNetscapeServerGatedCrypto,
	}
	plain := map[string]stdx509.KeyUsage{
		"signing": stdx509.KeyUsageDigitalSignature, "digital signature": stdx509.KeyUsageDigitalSignature, "content commitment": stdx509.KeyUsageContentCommitment,
		"key encipherment": stdx509.KeyUsageKeyEncipherment, "key agreement": stdx509.KeyUsageKeyAgreement, "data encipherment": stdx509.KeyUsageDataEncipherment,
		"cert sign": stdx509.KeyUsageCertSign, "crl sign": stdx509.KeyUsageCRLSign, "encipher only": stdx509.KeyUsageEncipherOnly, "decipher only": stdx509.KeyUsageDecipherOnly,
	}
	one := func(usage string) *stdx509.Certificate {
		text, err := a.Issue(r, []string{usage}, now, time.Hour, serial)
		require.NoError(t, err, usage)
		return standard(t, text)
	}
	for usage, want := range extended {
		assert.Equal(t, []stdx509.ExtKeyUsage{want}, one(usage).ExtKeyUsage, usage)
	}
	for usage, want := range plain {
		assert.Equal(t, want, one(usage).KeyUsage, usage)
	}
}
