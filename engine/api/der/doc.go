// Package der reads and writes the binary form of certificates and of requests for them: tag, length, value (X.690).
//
// In a real cluster encoding/asn1 does this under crypto/x509, by reflection, and crypto/x509 with what it drags in would
// cost a browser 0.4 MB. What the cluster reads has a fixed structure, so a reader that takes one element after another
// is enough, and one function that wraps
// bytes in tag and length. It refuses what encoding/asn1 refuses, in its words: what is cut off, what has another tag than it should,
// what is longer than 16 MiB.
package der
