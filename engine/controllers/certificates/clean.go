package certificates

import (
	"cmp"
	"slices"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/x509"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// When requests are removed (cleaner/cleaner.go).
const (
	cleanInterval = time.Hour
	decidedLife   = time.Hour      // of requests that were issued, denied or failed
	pendingLife   = 24 * time.Hour // of those nobody decided on, or that were approved and never issued
)

// cleaner removes old requests.
type cleaner struct {
	a        *sim.Actor
	c        *client.Client
	requests *client.Cache[*certificatesv1.CertificateSigningRequest]
}

// Clean starts the cleaner controller; it looks at all requests now and once an hour.
func Clean(f *client.Informers) {
	c := f.Client()
	k := &cleaner{a: c.Actor(), c: c, requests: client.Shared[*certificatesv1.CertificateSigningRequest](f, api.CertificateSigningRequests)}
	client.WhenSynced(k.look, k.requests)
}

func (k *cleaner) look() {
	k.a.Periodic(cleanInterval, "clean requests", k.look)
	list := slices.Clone(k.requests.All())
	slices.SortFunc(list, func(a, b *certificatesv1.CertificateSigningRequest) int { return cmp.Compare(a.Name, b.Name) })
	now := k.a.Wall()
	for _, csr := range list {
		why := stale(csr, now)
		if why == "" {
			continue
		}
		k.a.Record(sim.KindDecision, api.Ref(api.CertificateSigningRequests, "", csr.Name), "remove it: "+why)
		k.c.Do(&api.Request{Verb: api.Delete, Resource: api.CertificateSigningRequests, Name: csr.Name}, func(*api.Response) {})
	}
}

// stale says why a request is removed; "" if it stays.
func stale(csr *certificatesv1.CertificateSigningRequest, now time.Time) string {
	old := func(t metav1.Time, d time.Duration) bool { return !t.IsZero() && now.Sub(t.Time) > d }
	if len(csr.Status.Conditions) == 0 && old(csr.CreationTimestamp, pendingLife) {
		return "it is more than a day old and unhandled"
	}
	issued := len(csr.Status.Certificate) > 0
	for _, c := range csr.Status.Conditions {
		switch {
		case c.Type == certificatesv1.CertificateDenied && old(c.LastUpdateTime, decidedLife):
			return "it was denied more than an hour ago"
		case c.Type == certificatesv1.CertificateFailed && old(c.LastUpdateTime, decidedLife):
			return "it failed more than an hour ago"
		case c.Type != certificatesv1.CertificateApproved:
		case issued && old(c.LastUpdateTime, decidedLife):
			return "it was approved more than an hour ago, and issued"
		case issued && expired(csr.Status.Certificate, now):
			return "its certificate has expired"
		case !issued && old(c.LastUpdateTime, pendingLife):
			return "it was approved more than a day ago and never issued"
		}
	}
	return ""
}

func expired(text []byte, now time.Time) bool {
	list, _ := x509.All(text)
	return len(list) > 0 && now.After(list[0].NotAfter)
}
