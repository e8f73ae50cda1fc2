package validation

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api/pkcs10"
)

// csrPath is the door through which a CertificateSigningRequest is updated.
type csrPath int

const (
	csrMain csrPath = iota
	csrStatus
	csrApproval
)

// csrUsages in the order errors list them.
var csrUsages = []certificatesv1.KeyUsage{
	certificatesv1.UsageAny, certificatesv1.UsageCertSign, certificatesv1.UsageClientAuth, certificatesv1.UsageCodeSigning,
	certificatesv1.UsageContentCommitment, certificatesv1.UsageCRLSign, certificatesv1.UsageDataEncipherment, certificatesv1.UsageDecipherOnly,
	certificatesv1.UsageDigitalSignature, certificatesv1.UsageEmailProtection, certificatesv1.UsageEncipherOnly,
	certificatesv1.UsageIPsecEndSystem, certificatesv1.UsageIPsecTunnel, certificatesv1.UsageIPsecUser, certificatesv1.UsageKeyAgreement,
	certificatesv1.UsageKeyEncipherment, certificatesv1.UsageMicrosoftSGC, certificatesv1.UsageNetscapeSGC, certificatesv1.UsageOCSPSigning,
	certificatesv1.UsageSMIME, certificatesv1.UsageServerAuth, certificatesv1.UsageSigning, certificatesv1.UsageTimestamping,
}

const (
	legacySigner          = "kubernetes.io/legacy-unknown"
	minCertificateSeconds = 600
)

// csrName is the rule of CertificateSigningRequests: there is none but that of all names in URLs.
func csrName(string, bool) []string { return nil }

// csr checks a request; certificates that old already has are not looked at again.
func (e *errs) csr(c, old *certificatesv1.CertificateSigningRequest) {
	e.objectMeta(&c.ObjectMeta, false, csrName)
	if _, err := pkcs10.Parse(c.Spec.Request); err != nil {
		e.invalid(specPath.Child("request"), c.Spec.Request, err.Error())
	}
	usages := specPath.Child("usages")
	if len(c.Spec.Usages) == 0 {
		e.required(usages, "")
	}
	for i, u := range c.Spec.Usages {
		if !slices.Contains(csrUsages, u) {
			e.add(field.NotSupported(usages.Index(i), u, csrUsages))
		}
	}
	for i, u := range c.Spec.Usages {
		if slices.Contains(c.Spec.Usages[:i], u) {
			e.duplicate(usages.Index(i), u)
		}
	}
	if p := specPath.Child("signerName"); c.Spec.SignerName == legacySigner {
		e.invalid(p, c.Spec.SignerName, "the legacy signerName is not allowed via this API version")
	} else {
		e.signerName(p, c.Spec.SignerName)
	}
	if s := c.Spec.ExpirationSeconds; s != nil && *s < minCertificateSeconds {
		e.invalid(specPath.Child("expirationSeconds"), *s, "may not specify a duration less than 600 seconds (10 minutes)")
	}
	e.csrConditions(c)
	if old == nil || !bytes.Equal(c.Status.Certificate, old.Status.Certificate) {
		if why := certificateProblem(c.Status.Certificate); why != "" {
			e.invalid(statusPath.Child("certificate"), "<certificate data>", why)
		}
	}
}

func (e *errs) csrConditions(c *certificatesv1.CertificateSigningRequest) {
	p := statusPath.Child("conditions")
	seen := map[certificatesv1.RequestConditionType]bool{}
	for i := range c.Status.Conditions {
		cond, at := &c.Status.Conditions[i], p.Index(i)
		e.nonEmpty(at.Child("type"), string(cond.Type))
		switch cond.Type {
		case certificatesv1.CertificateApproved, certificatesv1.CertificateDenied, certificatesv1.CertificateFailed:
			someOf(e, at.Child("status"), cond.Status, corev1.ConditionTrue)
		default:
			someOf(e, at.Child("status"), cond.Status, corev1.ConditionFalse, corev1.ConditionTrue, corev1.ConditionUnknown)
		}
		if seen[cond.Type] {
			e.duplicate(at.Child("type"), cond.Type)
		}
		seen[cond.Type] = true
	}
}

// csrUpdate: approvals are given once, through their own door, and never taken back; certificates likewise.
func (e *errs) csrUpdate(c, old *certificatesv1.CertificateSigningRequest, through csrPath) {
	e.csr(c, old)
	p := statusPath.Child("conditions")
	count := func(o *certificatesv1.CertificateSigningRequest, t certificatesv1.RequestConditionType) (n int) {
		for i := range o.Status.Conditions {
			if o.Status.Conditions[i].Type == t {
				n++
			}
		}
		return n
	}
	for _, t := range [...]certificatesv1.RequestConditionType{certificatesv1.CertificateApproved, certificatesv1.CertificateDenied, certificatesv1.CertificateFailed} {
		if count(c, t) < count(old, t) {
			e.forbidden(p, fmt.Sprintf("updates may not remove a condition of type %q", string(t)))
		}
	}
	if through != csrApproval {
		// Changes of what a condition says were undone before; see PrepareForStatusUpdate.
		for _, t := range [...]certificatesv1.RequestConditionType{certificatesv1.CertificateApproved, certificatesv1.CertificateDenied} {
			if count(c, t) > count(old, t) {
				e.forbidden(p, fmt.Sprintf("updates may not add a condition of type %q", string(t)))
			}
		}
	}
	if !bytes.Equal(c.Status.Certificate, old.Status.Certificate) {
		switch {
		case through != csrStatus:
			e.forbidden(statusPath.Child("certificate"), "updates may not set certificate content")
		case len(old.Status.Certificate) > 0:
			e.forbidden(statusPath.Child("certificate"), "updates may not modify existing certificate content")
		}
	}
	e.objectMetaUpdate(&c.ObjectMeta, &old.ObjectMeta)
	if count(c, certificatesv1.CertificateApproved) > 0 && count(c, certificatesv1.CertificateDenied) > 0 &&
		!apiequality.Semantic.DeepEqual(c.Status.Conditions, old.Status.Conditions) {
		// A rule that upstream generates from the types, in its words.
		const approved, denied = `conditions[{"type": "Approved"}]`, `conditions[{"type": "Denied"}]`
		e.invalid(p, "{"+approved+", "+denied+"}", "must specify at most one of: `"+approved+"`, `"+denied+"`")
	}
}

// certificateProblem is what keeps PEM data from being a chain of certificates; their content is not read.
func certificateProblem(data []byte) string {
	if len(data) == 0 {
		return ""
	}
	blocks := 0
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		switch {
		case block.Type != "CERTIFICATE":
			return fmt.Sprintf("only CERTIFICATE PEM blocks are allowed, found %q", block.Type)
		case len(block.Headers) != 0:
			return "no PEM block headers are permitted"
		case len(block.Bytes) == 0:
			return "found CERTIFICATE PEM block containing 0 certificates"
		}
		blocks++
		data = rest
	}
	if blocks == 0 {
		return "must contain at least one CERTIFICATE PEM block"
	}
	return ""
}

// signerName checks names such as "example.com/serving".
func (e *errs) signerName(p *field.Path, name string) {
	if !e.nonEmpty(p, name) {
		return
	}
	domain, path, ok := strings.Cut(name, "/")
	if !ok || strings.Contains(path, "/") {
		e.invalid(p, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")
		return
	}
	if len(domain) > validation.DNS1123SubdomainMaxLength {
		e.tooLong(p, validation.DNS1123SubdomainMaxLength)
	}
	// Only the first label that is wrong is reported.
	labels := func(part string, check func(string) []string) int {
		list := strings.Split(part, ".")
		for _, label := range list {
			if wrong := check(label); len(wrong) > 0 {
				for _, m := range wrong {
					e.invalid(p, part, fmt.Sprintf("validating label %q: %s", label, m))
				}
				break
			}
		}
		return len(list)
	}
	if labels(domain, validation.IsDNS1123Label) < 2 {
		e.invalid(p, domain, "should be a domain with at least two segments separated by dots")
	}
	labels(path, validation.IsDNS1123Subdomain)
	const most = 2*validation.DNS1123SubdomainMaxLength + validation.DNS1123LabelMaxLength + 2
	if len(name) > most {
		e.tooLong(p, most)
	}
}
