package x509

import (
	"slices"

	"tabernetes/engine/api/der"
)

// Key usages are bits of the extension keyUsage.
const (
	usageDigitalSignature = 0
	usageKeyEncipherment  = 2
	usageCertSign         = 5
)

// keyUsages are the bits' names, in order; two names are of bit 0.
var keyUsages = [...]string{"digital signature", "content commitment", "key encipherment", "data encipherment", "key agreement", "cert sign", "crl sign",
	"encipher only", "decipher only"}

func keyUsage(name string) int {
	if name == "signing" {
		return usageDigitalSignature
	}
	return slices.Index(keyUsages[:], name)
}

// kp is 1.3.6.1.5.5.7.3, id-kp of RFC 5280.
const kp = "\x2b\x06\x01\x05\x05\x07\x03"

// extendedUsages are in crypto/x509's order.
var extendedUsages = [...]struct{ name, oid string }{
	{"any", "\x55\x1d\x25\x00"}, {"server auth", kp + "\x01"}, {"client auth", kp + "\x02"}, {"code signing", kp + "\x03"}, {"email protection s/mime", kp + "\x04"},
	{"ipsec end system", kp + "\x05"}, {"ipsec tunnel", kp + "\x06"}, {"ipsec user", kp + "\x07"}, {"timestamping", kp + "\x08"}, {"ocsp signing", kp + "\x09"},
	{"microsoft sgc", "\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x03"}, {"netscape sgc", "\x60\x86\x48\x01\x86\xf8\x42\x04\x01"},
}

func extendedUsage(name string) int {
	if name == "email protection" || name == "s/mime" {
		name = "email protection s/mime"
	}
	for i := range extendedUsages {
		if extendedUsages[i].name == name {
			return i
		}
	}
	return -1
}

func extendedOIDs(set uint16) (out []byte) {
	for i, u := range extendedUsages {
		if set&(1<<i) != 0 {
			out = append(out, der.Element(der.TagOID, []byte(u.oid))...)
		}
	}
	return out
}
