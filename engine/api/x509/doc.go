// Package x509 reads certificates (RFC 5280) and judges whether a client may believe the one a server shows.
//
// In a real cluster crypto/x509 does this inside every TLS handshake; here it is asked when kube-apiserver calls a webhook.
// Like package pkcs10 it reads the structure itself, because crypto/x509 would cost a browser 0.4 MB. What is real: names,
// alternative names, validity, which authority is named as the issuer and by which key, whether an authority may sign, and
// the texts of crypto/x509 in its order of checks. What is left out: no signature is calculated; an authority is believed
// to have signed what names it as the issuer, unless the key identifiers tell otherwise.
//
// It reads bytes and writes nothing.
package x509
