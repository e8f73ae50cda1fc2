package apiserver

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	certificatesv1 "k8s.io/api/certificates/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"tabernetes/engine/api"
	"tabernetes/engine/api/pkcs10"
	"tabernetes/engine/api/rbac"
	"tabernetes/engine/apiserver/auth"
)

// The plugins CertificateApproval, CertificateSigning and CertificateSubjectRestriction (plugin/pkg/admission/certificates).

func (s *Server) validateCertificate(a *attributes, c *certificatesv1.CertificateSigningRequest) error {
	old, _ := a.old.(*certificatesv1.CertificateSigningRequest)
	switch {
	case a.op == opCreate && a.sub == "":
		if c.Spec.SignerName != certificatesv1.KubeAPIServerClientSignerName {
			return nil
		}
		x, err := pkcs10.Parse(c.Spec.Request)
		if err != nil {
			return a.forbidden("failed to parse CSR: " + err.Error())
		}
		if slices.Contains(x.Subject.Organization, "system:masters") {
			return a.forbidden("use of " + certificatesv1.KubeAPIServerClientSignerName + " signer with system:masters group is not allowed")
		}
	case a.op == opUpdate && a.sub == "approval":
		if !s.maySigner(a.req, "approve", old.Spec.SignerName) {
			return a.forbidden("user not permitted to approve requests with signerName " + strconv.Quote(old.Spec.SignerName))
		}
	case a.op == opUpdate && a.sub == "status":
		if bytes.Equal(old.Status.Certificate, c.Status.Certificate) && equality.Semantic.DeepEqual(old.Status.Conditions, c.Status.Conditions) {
			return nil
		}
		if !s.maySigner(a.req, "sign", old.Spec.SignerName) {
			return a.forbidden("user not permitted to sign requests with signerName " + strconv.Quote(old.Spec.SignerName))
		}
	}
	return nil
}

// maySigner asks whether the user may do something in the name of a signer, or of all signers of its domain
// (pkg/certauthorization).
func (s *Server) maySigner(req *api.Request, verb, signer string) bool {
	g := s.gate
	if !g.enforce {
		return true
	}
	id := g.same(api.UserInfo{Name: req.User, UID: req.UID, Groups: req.Groups, Extra: req.Extra})
	domain, _, _ := strings.Cut(signer, "/")
	for _, name := range []string{signer, domain + "/*"} {
		if g.chain.Allowed(id, &auth.Request{Access: rbac.Access{Verb: verb, Group: "certificates.k8s.io", Resource: "signers", Name: name}}) {
			return true
		}
	}
	return false
}
