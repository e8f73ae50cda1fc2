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

// checkKubelet is what certificates of kubelets have in common; use is what they are for.
func checkKubelet(r *pkcs10.Request, usages []certificatesv1.KeyUsage, use certificatesv1.KeyUsage, names func() error) error {
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
	if use == certificatesv1.UsageClientAuth {
		if err := prefix(); err != nil {
			return err
		}
	}
	got := slices.Compact(slices.Sorted(slices.Values(usages)))
	want := []certificatesv1.KeyUsage{use, certificatesv1.UsageDigitalSignature, certificatesv1.UsageKeyEncipherment}
	slices.Sort(want)
	less := slices.DeleteFunc(slices.Clone(want), func(u certificatesv1.KeyUsage) bool { return u == certificatesv1.UsageKeyEncipherment })
	if !slices.Equal(got, want) && !slices.Equal(got, less) {
		return fmt.Errorf("usages did not match %v", want)
	}
	return prefix()
}

func checkKubeletServing(r *pkcs10.Request, usages []certificatesv1.KeyUsage) error {
	return checkKubelet(r, usages, certificatesv1.UsageServerAuth, func() error {
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

func checkKubeletClient(r *pkcs10.Request, usages []certificatesv1.KeyUsage) error {
	return checkKubelet(r, usages, certificatesv1.UsageClientAuth, func() error {
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

func checkClient(_ *pkcs10.Request, usages []certificatesv1.KeyUsage) error {
	for _, u := range usages {
		if u != certificatesv1.UsageDigitalSignature && u != certificatesv1.UsageKeyEncipherment && u != certificatesv1.UsageClientAuth {
			return fmt.Errorf("invalid usage for client certificate: %s", u)
		}
	}
	if !slices.Contains(usages, certificatesv1.UsageClientAuth) {
		return fmt.Errorf("missing required usage for client certificate: %s", certificatesv1.UsageClientAuth)
	}
	return nil
}

// legacyUnknown is a signer of certificates.k8s.io/v1beta1; v1 does not let requests for it in.
const legacyUnknown = "kubernetes.io/legacy-unknown"

// signers are those that kube-controller-manager serves, and what they refuse.
var signers = map[string]func(*pkcs10.Request, []certificatesv1.KeyUsage) error{
	certificatesv1.KubeletServingSignerName:             checkKubeletServing,
	certificatesv1.KubeAPIServerClientKubeletSignerName: checkKubeletClient,
	certificatesv1.KubeAPIServerClientSignerName:        checkClient,
	legacyUnknown: func(*pkcs10.Request, []certificatesv1.KeyUsage) error { return nil },
}
