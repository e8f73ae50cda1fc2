package x509

import (
	"strings"

	"tabernetes/engine/api/der"
)

// Key usages are bits of the extension keyUsage.
const (
	usageDigitalSignature = 0
	usageKeyEncipherment  = 2
	usageCertSign         = 5
)

var keyUsages = map[string]uint{
	"signing": usageDigitalSignature, "digital signature": usageDigitalSignature, "content commitment": 1, "key encipherment": usageKeyEncipherment,
	"data encipherment": 3, "key agreement": 4, "cert sign": usageCertSign, "crl sign": 6, "encipher only": 7, "decipher only": 8,
}

// extendedUsages are in crypto/x509's order.
var extendedUsages = [...]struct {
	name string
	oid  []byte
}{
	{"any", []byte{0x55, 0x1d, 0x25, 0x00}}, {"server auth", kp(1)}, {"client auth", kp(2)}, {"code signing", kp(3)}, {"email protection s/mime", kp(4)},
	{"ipsec end system", kp(5)}, {"ipsec tunnel", kp(6)}, {"ipsec user", kp(7)}, {"timestamping", kp(8)}, {"ocsp signing", kp(9)},
	{"microsoft sgc", []byte{0x2b, 6, 1, 4, 1, 0x82, 0x37, 10, 3, 3}}, {"netscape sgc", []byte{0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 4, 1}},
}

// kp is 1.3.6.1.5.5.7.3.n, id-kp of RFC 5280.
func kp(n byte) []byte { return []byte{0x2b, 6, 1, 5, 5, 7, 3, n} }

func extendedUsage(name string) int {
	for i, u := range extendedUsages {
		if u.name == name || strings.HasPrefix(u.name, "email") && (name == "email protection" || name == "s/mime") {
			return i
		}
	}
	return -1
}

func extendedOIDs(set uint16) (out []byte) {
	for i, u := range extendedUsages {
		if set&(1<<i) != 0 {
			out = append(out, der.Element(der.TagOID, u.oid)...)
		}
	}
	return out
}
