package certificates

import (
	"fmt"
	"slices"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/pkcs10"
	"tabernetes/engine/api/x509"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// How long certificates are valid: unless the request asks for less, --cluster-signing-duration.
const (
	maxLife = 365 * 24 * time.Hour
	minLife = 10 * time.Minute
)

// signer issues certificates (signer/signer.go). Upstream runs one for each signer name, all with the cluster's authority.
type signer struct {
	a        *sim.Actor
	c        *client.Client
	ca       *x509.Authority
	requests *client.Cache[*certificatesv1.CertificateSigningRequest]
}

// Sign starts the signing controller with an authority (--cluster-signing-cert-file); it works once its cache is synced.
func Sign(f *client.Informers, ca *x509.Authority) {
	c := f.Client()
	k := &signer{a: c.Actor(), c: c, ca: ca, requests: client.Shared[*certificatesv1.CertificateSigningRequest](f, api.CertificateSigningRequests)}
	follow(k.requests, client.NewQueue(k.a, "csrsigning", Workers, k.sync))
}

func (k *signer) sync(name string, done func(error)) {
	csr, ok := k.requests.GetKey(name)
	if !ok || len(csr.Status.Certificate) > 0 || !has(csr, certificatesv1.CertificateApproved) || has(csr, certificatesv1.CertificateDenied) || failed(csr) {
		done(nil)
		return
	}
	r, err := pkcs10.Parse(csr.Spec.Request)
	if err != nil {
		done(fmt.Errorf("unable to parse csr %q: %v", name, err))
		return
	}
	bad, ours := check(csr, r)
	if !ours {
		done(nil)
		return
	}
	next := api.Copy(csr)
	ref := api.Ref(api.CertificateSigningRequests, "", name)
	what := "error updating signature for csr: "
	if bad != nil {
		k.a.Record(sim.KindDecision, ref, "it is nothing that "+csr.Spec.SignerName+" signs: "+bad.Error())
		what = "error adding failure condition for csr: "
		next.Status.Conditions = append(slices.Clip(csr.Status.Conditions), certificatesv1.CertificateSigningRequestCondition{
			Type: certificatesv1.CertificateFailed, Status: corev1.ConditionTrue, Reason: "SignerValidationFailure", Message: bad.Error(),
			LastUpdateTime: metav1.Time{Time: k.a.Wall().Truncate(time.Second)},
		})
	} else {
		text, err := k.issue(csr, r)
		if err != nil {
			done(fmt.Errorf("error auto signing csr: %v", err))
			return
		}
		k.a.Record(sim.KindDecision, ref, "it is approved: sign it")
		next.Status.Certificate = []byte(text)
	}
	client.Update(k.c, api.CertificateSigningRequests, "status", next, func(_ *certificatesv1.CertificateSigningRequest, err error) {
		done(gone(err, what))
	})
}

func failed(csr *certificatesv1.CertificateSigningRequest) bool {
	return slices.ContainsFunc(csr.Status.Conditions, func(c certificatesv1.CertificateSigningRequestCondition) bool {
		return c.Type == certificatesv1.CertificateFailed && (c.Status == "" || c.Status == corev1.ConditionTrue)
	})
}

func (k *signer) issue(csr *certificatesv1.CertificateSigningRequest, r *pkcs10.Request) (string, error) {
	life := maxLife
	if s := csr.Spec.ExpirationSeconds; s != nil {
		life = min(max(time.Duration(*s)*time.Second, minLife), maxLife)
	}
	serial := make([]byte, 16)
	rng := k.a.Rand()
	for i := range serial {
		serial[i] = byte(rng.Uint32())
	}
	return k.ca.Issue(r, usagesOf(csr), k.a.Wall(), life, serial)
}
