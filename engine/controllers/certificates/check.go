package certificates

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	certificatesv1 "k8s.io/api/certificates/v1"

	"tabernetes/engine/api/pkcs10"
)

// What signers sign (pkg/apis/certificates/helpers.go, signer/signer.go). The texts are the messages of Failed conditions.

const (
	clientAuth       = string(certificatesv1.UsageClientAuth)
	serverAuth       = string(certificatesv1.UsageServerAuth)
	digitalSignature = string(certificatesv1.UsageDigitalSignature)
	keyEncipherment  = string(certificatesv1.UsageKeyEncipherment)
)

// usagesOf are what a certificate is to be good for.
func usagesOf(csr *certificatesv1.CertificateSigningRequest) []string {
	out := make([]string, len(csr.Spec.Usages))
	for i, u := range csr.Spec.Usages {
		out[i] = string(u)
	}
	return out
}

// checkKubelet is what certificates of kubelets have in common; use is what they are for.
func checkKubelet(r *pkcs10.Request, usages []string, use string, names func() error) error {
	if !slices.Equal(r.Subject.Organization, []string{"system:nodes"}) {
		return errors.New("subject organization is not system:nodes")
	}
	if err := names(); err != nil {
		return err
	}
	prefix := func() error {
		if !strings.HasPrefix(r.Subject.CommonName, "system:node:") {
			return errors.New("subject common name does not begin with system:node:")
		}
		return nil
	}
	if use == clientAuth {
		if err := prefix(); err != nil {
			return err
		}
	}
	// Digital signature and the use itself are needed, key encipherment may be there, nothing else.
	has := map[string]bool{}
	for _, u := range usages {
		has[u] = true
	}
	if !has[use] || !has[digitalSignature] || len(has) > 2 && !(has[keyEncipherment] && len(has) == 3) {
		list := []string{use, digitalSignature, keyEncipherment}
		slices.Sort(list)
		return fmt.Errorf("usages did not match %v", list)
	}
	return prefix()
}

func checkKubeletServing(r *pkcs10.Request, usages []string) error {
	return checkKubelet(r, usages, serverAuth, func() error {
		switch {
		case len(r.DNSNames)+len(r.IPAddresses) == 0:
			return errors.New("DNS or IP subjectAltName is required")
		case len(r.EmailAddresses) > 0:
			return errors.New("Email subjectAltNames are not allowed")
		case len(r.URIs) > 0:
			return errors.New("URI subjectAltNames are not allowed")
		}
		return nil
	})
}

func checkKubeletClient(r *pkcs10.Request, usages []string) error {
	return checkKubelet(r, usages, clientAuth, func() error {
		switch {
		case len(r.DNSNames) > 0:
			return errors.New("DNS subjectAltNames are not allowed")
		case len(r.EmailAddresses) > 0:
			return errors.New("Email subjectAltNames are not allowed")
		case len(r.IPAddresses) > 0:
			return errors.New("IP subjectAltNames are not allowed")
		case len(r.URIs) > 0:
			return errors.New("URI subjectAltNames are not allowed")
		}
		return nil
	})
}

func checkClient(usages []string) error {
	for _, u := range usages {
		if u != digitalSignature && u != keyEncipherment && u != clientAuth {
			return fmt.Errorf("invalid usage for client certificate: %s", u)
		}
	}
	if !slices.Contains(usages, clientAuth) {
		return fmt.Errorf("missing required usage for client certificate: %s", clientAuth)
	}
	return nil
}

// legacyUnknown is a signer of certificates.k8s.io/v1beta1; v1 does not let requests for it in.
const legacyUnknown = "kubernetes.io/legacy-unknown"

// check says why the signer that a request names does not sign it; ok is false if that signer is not one of
// kube-controller-manager's.
func check(csr *certificatesv1.CertificateSigningRequest, r *pkcs10.Request) (why error, ok bool) {
	usages := usagesOf(csr)
	switch csr.Spec.SignerName {
	case certificatesv1.KubeletServingSignerName:
		return checkKubeletServing(r, usages), true
	case certificatesv1.KubeAPIServerClientKubeletSignerName:
		return checkKubeletClient(r, usages), true
	case certificatesv1.KubeAPIServerClientSignerName:
		return checkClient(usages), true
	}
	return nil, csr.Spec.SignerName == legacyUnknown
}
