package apiserver

import (
	"slices"

	certificatesv1 "k8s.io/api/certificates/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/validation"
)

// What the strategies of CertificateSigningRequests (pkg/registry/certificates/certificates) know of their request: who
// asks, and when.

// noteRequester writes into a new request for a certificate who asks for it; signers decide by that.
func noteRequester(req *api.Request, obj api.Object) {
	csr, ok := obj.(*certificatesv1.CertificateSigningRequest)
	if !ok {
		return
	}
	csr.Spec.Username, csr.Spec.UID, csr.Spec.Groups = req.User, req.UID, slices.Clone(req.Groups)
	csr.Spec.Extra = nil
	for key, values := range req.Extra {
		if csr.Spec.Extra == nil {
			csr.Spec.Extra = make(map[string]certificatesv1.ExtraValue, len(req.Extra))
		}
		csr.Spec.Extra[key] = values
	}
}

// stampStatus gives the conditions that a signer writes their times.
func (s *Server) stampStatus(obj, cur api.Object) {
	if csr, ok := obj.(*certificatesv1.CertificateSigningRequest); ok {
		defaults.StampConditions(csr, cur.(*certificatesv1.CertificateSigningRequest), s.now())
	}
}

// prepareApproval runs strategy and validation of an update through the approval subresource.
func (s *Server) prepareApproval(r *api.Resource, obj, cur api.Object) error {
	csr, old := obj.(*certificatesv1.CertificateSigningRequest), cur.(*certificatesv1.CertificateSigningRequest)
	defaults.PrepareForApproval(csr, old, s.now())
	if errs := validation.ApprovalUpdate(csr, old); len(errs) > 0 {
		return invalid(r, csr.Name, errs)
	}
	return nil
}
