package pkcs10

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func request(t testing.TB, template *x509.CertificateRequest) []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	data, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: data})
}

func TestParse(t *testing.T) {
	uri, err := url.Parse("spiffe://example.com/x")
	require.NoError(t, err)
	text := request(t, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: "system:node:节点-1", SerialNumber: "7", Organization: []string{"b", "system:nodes"},
			OrganizationalUnit: []string{"u"}, Country: []string{"CN"}, Locality: []string{"l"}, Province: []string{"p"},
			StreetAddress: []string{"s"}, PostalCode: []string{"1"}},
		DNSNames: []string{"a.example.com", "b"}, EmailAddresses: []string{"a@example.com"},
		IPAddresses: []net.IP{net.ParseIP("10.0.0.1").To4(), net.ParseIP("fd00::1")}, URIs: []*url.URL{uri},
	})
	got, err := Parse(append([]byte("words before the block\n"), text...))
	require.NoError(t, err)
	block, _ := pem.Decode(text)
	standard, err := x509.ParseCertificateRequest(block.Bytes)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(&Request{
		Subject: Name{CommonName: "system:node:节点-1", SerialNumber: "7", Organization: []string{"b", "system:nodes"},
			OrganizationalUnit: []string{"u"}, Country: []string{"CN"}, Locality: []string{"l"}, Province: []string{"p"},
			StreetAddress: []string{"s"}, PostalCode: []string{"1"}},
		DNSNames: []string{"a.example.com", "b"}, EmailAddresses: []string{"a@example.com"},
		IPAddresses: []string{"10.0.0.1", "fd00::1"}, URIs: []string{"spiffe://example.com/x"},
		RawSubject: standard.RawSubject, RawKey: standard.RawSubjectPublicKeyInfo,
	}, got))
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"} {
		_, err := Parse([]byte(text))
		require.ErrorIs(t, err, ErrBlock)
	}
	block, _ := pem.Decode(request(t, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "x"}, DNSNames: []string{"y"}}))
	_, err := parse(append(block.Bytes, 0))
	require.EqualError(t, err, "asn1: syntax error: trailing data")
	for n := range block.Bytes {
		_, err := parse(block.Bytes[:n])
		require.Error(t, err, "cut after %d bytes", n)
	}
}

func FuzzParse(f *testing.F) {
	block, _ := pem.Decode(request(f, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "x"}, DNSNames: []string{"y"}}))
	f.Add(block.Bytes)
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := x509.ParseCertificateRequest(data); err == nil {
			_, err := parse(data)
			require.NoError(t, err)
		}
	})
}
