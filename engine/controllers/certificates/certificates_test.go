package certificates

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	stdx509 "crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	authorizationv1 "k8s.io/api/authorization/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/x509"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

type world struct {
	*apitest.Server
	ca      *x509.Authority
	allowed string // the subresource that may be created
	asked   []string
}

func newWorld(t *testing.T) *world {
	w := &world{Server: apitest.New()}
	w.ca = x509.NewAuthority("kubernetes", "1", w.Sim.Wall(0), 10*365*24*time.Hour)
	w.Before = func(req *api.Request) error {
		if r, ok := req.Object.(*authorizationv1.SubjectAccessReview); ok {
			a := r.Spec.ResourceAttributes
			w.asked = append(w.asked, r.Spec.User+" "+a.Verb+" "+a.Resource+"/"+a.Subresource)
			r.Status.Allowed = a.Subresource == w.allowed
			r.Name = string(rune('a' + len(w.asked))) // the test server keeps it
		}
		return nil
	}
	w.Start("manager", func(f *client.Informers) {
		Approve(f)
		Sign(f, w.ca)
		Clean(f)
	})
	return w
}

func (w *world) ask(t *testing.T, name, user, signer string, c *stdx509.CertificateRequest, usages ...certificatesv1.KeyUsage) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	raw, err := stdx509.CreateCertificateRequest(rand.Reader, c, key)
	require.NoError(t, err)
	apitest.Put(w.Server, &certificatesv1.CertificateSigningRequest{ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: w.Now()}, Spec: certificatesv1.CertificateSigningRequestSpec{
		Request: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: raw}), SignerName: signer, Usages: usages, Username: user}})
}

func (w *world) decide(name string, t certificatesv1.RequestConditionType) {
	apitest.Edit(w.Server, "", name, func(c *certificatesv1.CertificateSigningRequest) {
		c.Status.Conditions = append(slices.Clip(c.Status.Conditions), certificatesv1.CertificateSigningRequestCondition{Type: t, Status: "True", LastUpdateTime: w.Now()})
	})
	w.Run(time.Second)
}

// state is a request's conditions, and "Issued" if it has a certificate.
func (w *world) state(name string) string {
	c := apitest.Get[*certificatesv1.CertificateSigningRequest](w.Server, "", name)
	if c == nil {
		return "gone"
	}
	var out []string
	for _, x := range c.Status.Conditions {
		out = append(out, strings.TrimSpace(string(x.Type)+" "+x.Message))
	}
	if len(c.Status.Certificate) > 0 {
		out = append(out, "Issued")
	}
	return strings.Join(out, ", ")
}

func node(name string) *stdx509.CertificateRequest {
	return &stdx509.CertificateRequest{Subject: pkix.Name{CommonName: "system:node:" + name, Organization: []string{"system:nodes"}}}
}

var (
	client3 = []certificatesv1.KeyUsage{"client auth", "key encipherment", "digital signature"}
	server2 = []certificatesv1.KeyUsage{"digital signature", "server auth"}
)

const (
	kubelet = certificatesv1.KubeAPIServerClientKubeletSignerName
	serving = certificatesv1.KubeletServingSignerName
	user    = certificatesv1.KubeAPIServerClientSignerName
)

func TestApproval(t *testing.T) {
	w := newWorld(t)
	w.allowed = "nodeclient"
	w.ask(t, "joins", "system:bootstrap:x", kubelet, node("a"), client3...)
	w.Run(time.Second)
	assert.Equal(t, "Approved Auto approving kubelet client certificate after SubjectAccessReview., Issued", w.state("joins"))
	assert.Equal(t, []string{"system:bootstrap:x create certificatesigningrequests/nodeclient"}, w.asked)

	w.allowed, w.asked = "selfnodeclient", nil
	w.ask(t, "renews", "system:node:a", kubelet, node("a"), client3...)
	w.Run(time.Second)
	assert.Equal(t, "Approved Auto approving self kubelet client certificate after SubjectAccessReview., Issued", w.state("renews"))

	w.allowed, w.asked = "", nil
	w.ask(t, "waits", "system:node:a", kubelet, node("a"), client3...)
	w.Run(100 * time.Millisecond)
	assert.Equal(t, []string{"system:node:a create certificatesigningrequests/selfnodeclient", "system:node:a create certificatesigningrequests/nodeclient"}, w.asked)
	w.Run(time.Minute)
	assert.Len(t, w.asked, 2*9, "after 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6 seconds")
	assert.Empty(t, w.state("waits"))
	w.allowed = "nodeclient"
	w.Run(time.Minute)
	assert.Contains(t, w.state("waits"), "Issued")

	w.asked = nil
	w.ask(t, "serving", "system:node:a", serving, &stdx509.CertificateRequest{Subject: node("a").Subject, DNSNames: []string{"a"}}, server2...)
	w.ask(t, "named", "system:node:a", kubelet, &stdx509.CertificateRequest{Subject: node("a").Subject, DNSNames: []string{"a"}}, client3...)
	w.ask(t, "person", "me", user, &stdx509.CertificateRequest{Subject: pkix.Name{CommonName: "me"}}, "client auth")
	w.Run(time.Minute)
	assert.Empty(t, w.asked, "nobody approves these but a person")
	assert.Empty(t, w.state("serving")+w.state("named")+w.state("person"))
}

func TestSigning(t *testing.T) {
	w := newWorld(t)
	with := func(edit func(*stdx509.CertificateRequest)) *stdx509.CertificateRequest {
		r := node("a")
		edit(r)
		return r
	}
	ip := []net.IP{net.ParseIP("10.0.0.3").To4()}
	for name, c := range map[string]struct {
		signer  string
		request *stdx509.CertificateRequest
		usages  []certificatesv1.KeyUsage
		want    string
	}{
		"person":       {user, &stdx509.CertificateRequest{Subject: pkix.Name{CommonName: "me"}}, client3, "Issued"},
		"purpose":      {user, node("a"), []certificatesv1.KeyUsage{"client auth", "code signing"}, "Failed invalid usage for client certificate: code signing"},
		"nothing":      {user, node("a"), []certificatesv1.KeyUsage{"digital signature"}, "Failed missing required usage for client certificate: client auth"},
		"serving":      {serving, with(func(r *stdx509.CertificateRequest) { r.IPAddresses = ip }), server2, "Issued"},
		"nameless":     {serving, node("a"), server2, "Failed DNS or IP subjectAltName is required"},
		"email":        {serving, with(func(r *stdx509.CertificateRequest) { r.IPAddresses, r.EmailAddresses = ip, []string{"a@b"} }), server2, "Failed Email subjectAltNames are not allowed"},
		"no node":      {serving, &stdx509.CertificateRequest{Subject: pkix.Name{CommonName: "a", Organization: []string{"system:nodes"}}, IPAddresses: ip}, server2, "Failed subject common name does not begin with system:node:"},
		"client use":   {serving, with(func(r *stdx509.CertificateRequest) { r.IPAddresses = ip }), client3, "Failed usages did not match [digital signature key encipherment server auth]"},
		"organization": {kubelet, &stdx509.CertificateRequest{Subject: pkix.Name{CommonName: "system:node:a"}}, client3, "Failed subject organization is not system:nodes"},
		"address":      {kubelet, with(func(r *stdx509.CertificateRequest) { r.IPAddresses = ip }), client3, "Failed IP subjectAltNames are not allowed"},
		"legacy":       {legacyUnknown, node("a"), []certificatesv1.KeyUsage{"any"}, "Issued"},
		"other":        {"example.com/signer", node("a"), client3, ""},
	} {
		w.ask(t, name, "system:admin", c.signer, c.request, c.usages...)
		w.decide(name, certificatesv1.CertificateApproved)
		want := "Approved"
		if c.want != "" {
			want += ", " + c.want
		}
		assert.Equal(t, want, w.state(name), name)
	}
	w.ask(t, "denied", "me", user, node("a"), "client auth")
	w.decide("denied", certificatesv1.CertificateDenied)
	w.decide("denied", certificatesv1.CertificateApproved)
	assert.Equal(t, "Denied, Approved", w.state("denied"))
}

func TestLife(t *testing.T) {
	w := newWorld(t)
	w.ask(t, "short", "me", user, &stdx509.CertificateRequest{Subject: pkix.Name{CommonName: "me"}}, "client auth")
	apitest.Edit(w.Server, "", "short", func(c *certificatesv1.CertificateSigningRequest) { c.Spec.ExpirationSeconds = new(int32) })
	w.decide("short", certificatesv1.CertificateApproved)
	text := apitest.Get[*certificatesv1.CertificateSigningRequest](w.Server, "", "short").Status.Certificate
	list, err := x509.All(text)
	require.NoError(t, err)
	assert.Equal(t, 15*time.Minute, list[0].NotAfter.Sub(list[0].NotBefore), "ten minutes, and five that are past")
	require.NoError(t, w.ca.Signed(list[0]))
}

func TestCleaning(t *testing.T) {
	w := newWorld(t)
	c := func(name string, conditions ...certificatesv1.RequestConditionType) {
		signer := user
		if name == "unsigned" {
			signer = "example.com/signer"
		}
		w.ask(t, name, "me", signer, &stdx509.CertificateRequest{Subject: pkix.Name{CommonName: "me"}}, "client auth")
		for _, x := range conditions {
			w.decide(name, x)
		}
	}
	c("issued", certificatesv1.CertificateApproved)
	c("denied", certificatesv1.CertificateDenied)
	c("unsigned", certificatesv1.CertificateApproved)
	c("failed", certificatesv1.CertificateFailed)
	c("pending")
	left := func() (out []string) {
		for _, x := range apitest.List[*certificatesv1.CertificateSigningRequest](w.Server) {
			out = append(out, x.Name)
		}
		return out
	}
	w.Run(time.Hour + 30*time.Minute)
	assert.Equal(t, []string{"denied", "unsigned", "failed", "pending"}, left(), "an hour after the start one is an hour old")
	w.Run(time.Hour)
	assert.Equal(t, []string{"unsigned", "pending"}, left())
	w.Run(21 * time.Hour)
	assert.Equal(t, []string{"unsigned", "pending"}, left())
	w.Run(2 * time.Hour)
	assert.Empty(t, left())
}
