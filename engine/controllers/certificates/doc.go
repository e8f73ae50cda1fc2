// Package certificates answers CertificateSigningRequests: the approving, signing and cleaner controllers of
// kube-controller-manager (k8s.io/kubernetes/pkg/controller/certificates).
//
// In a real cluster a program that needs a certificate (a kubelet that joins, a user who is given access) makes a key,
// writes a request for the key into a CertificateSigningRequest and waits. Somebody approves or denies it: a person with
// kubectl certificate, or, for the client certificates of kubelets, [Approve], which recognises the request by its subject
// and usages and asks by a SubjectAccessReview whether whoever made it may have one. [Sign] then issues the certificate if
// it serves the signer the request names and the request is what that signer signs; a request that is not gets the
// condition Failed. [Clean] removes requests nobody needs any more: an hour after they were issued, denied or failed, a day
// after they were made or approved in vain.
//
// Real: which requests are recognised, the conditions and their texts, how long a certificate is valid, and the
// certificate itself, X.509 in DER, which crypto/x509 and openssl read: subject, key, alternative names, usages, issuer.
// Simulated: the signature. crypto/x509, crypto/ecdsa and crypto/rsa would cost a browser hundreds of kilobytes, so the
// authority signs with a hash over its secret, under an object identifier of the arc for examples, and the request's own
// signature is not checked. The subject is copied as the request wrote it, where upstream writes its attributes in a fixed
// order.
//
// They read CertificateSigningRequests, create SubjectAccessReviews and write the requests' approval and status, or delete
// them.
package certificates
