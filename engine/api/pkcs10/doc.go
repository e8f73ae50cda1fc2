// Package pkcs10 reads certificate signing requests (RFC 2986): who asks for a certificate, and under which other names.
//
// In a real cluster crypto/x509 does this, for kube-apiserver before it stores a CertificateSigningRequest, for the
// controllers that approve and sign, and for kubectl describe. crypto/x509 would cost a browser 0.4 MB, a tenth of what
// it loads, so this package reads the structure itself: PEM, the DER of subject, key and extensions. What is real: a
// request that openssl or client-go made parses, one that is broken is refused. What is left out: the signature over
// the request is not checked, so a request signed with somebody else's key is not found out here.
//
// It reads bytes and writes nothing.
package pkcs10
