package pkcs10

import (
	"encoding/pem"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Request is what a certificate signing request asks for.
type Request struct {
	Subject        Name
	DNSNames       []string
	EmailAddresses []string
	IPAddresses    []string
	URIs           []string
}

// Name is a distinguished name by its usual attributes.
type Name struct {
	CommonName, SerialNumber                      string
	Country, Organization, OrganizationalUnit     []string
	Locality, Province, StreetAddress, PostalCode []string
}

// ErrBlock is what upstream says of text that holds no request.
var ErrBlock = errors.New("PEM block type must be CERTIFICATE REQUEST")

// Parse reads the first PEM block of text. Upstream: ParseCSR of pkg/apis/certificates/helpers.go.
func Parse(text []byte) (*Request, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return nil, ErrBlock
	}
	return parse(block.Bytes)
}

// parse reads CertificationRequest ::= SEQUENCE { CertificationRequestInfo, AlgorithmIdentifier, BIT STRING }.
func parse(data []byte) (*Request, error) {
	outer := &der{rest: data}
	request := outer.take(tagSequence)
	if outer.err == nil && outer.more() {
		return nil, errTrailing
	}
	info := request.take(tagSequence)
	request.take(tagSequence)
	request.take(tagBitString)
	if request.err != nil {
		return nil, request.err
	}
	info.take(tagInteger) // version
	name := info.take(tagSequence)
	key := info.take(tagSequence)
	if info.err != nil {
		return nil, info.err
	}
	key.take(tagSequence)
	key.take(tagBitString)
	if key.err != nil {
		return nil, key.err
	}
	r := &Request{}
	if err := r.Subject.read(name); err != nil {
		return nil, err
	}
	if info.more() {
		attributes := info.take(tagContext0)
		if err := r.attributes(attributes); err != nil {
			return nil, err
		}
	}
	return r, info.err
}

// The attributes of names are 2.5.4.N.
const (
	attrCommonName         = 3
	attrSerialNumber       = 5
	attrCountry            = 6
	attrLocality           = 7
	attrProvince           = 8
	attrStreetAddress      = 9
	attrOrganization       = 10
	attrOrganizationalUnit = 11
	attrPostalCode         = 17
)

func (n *Name) read(names *der) error {
	for names.more() {
		set := names.take(tagSet)
		for set.more() {
			pair := set.take(tagSequence)
			kind := pair.take(tagOID).rest
			tag, value := pair.next()
			if pair.err != nil {
				return pair.err
			}
			if len(kind) == 3 && kind[0] == 0x55 && kind[1] == 0x04 {
				n.set(kind[2], text(tag, value))
			}
		}
		if set.err != nil {
			return set.err
		}
	}
	return names.err
}

func (n *Name) set(attribute byte, value string) {
	switch attribute {
	case attrCommonName:
		n.CommonName = value
	case attrSerialNumber:
		n.SerialNumber = value
	case attrCountry:
		n.Country = append(n.Country, value)
	case attrLocality:
		n.Locality = append(n.Locality, value)
	case attrProvince:
		n.Province = append(n.Province, value)
	case attrStreetAddress:
		n.StreetAddress = append(n.StreetAddress, value)
	case attrOrganization:
		n.Organization = append(n.Organization, value)
	case attrOrganizationalUnit:
		n.OrganizationalUnit = append(n.OrganizationalUnit, value)
	case attrPostalCode:
		n.PostalCode = append(n.PostalCode, value)
	}
}

// text decodes one of ASN.1's string types.
func text(tag byte, value []byte) string {
	switch tag {
	case tagBMP:
		var out []rune
		for i := 0; i+1 < len(value); i += 2 {
			out = append(out, rune(value[i])<<8|rune(value[i+1]))
		}
		return string(out)
	case tagT61:
		var out []rune
		for _, b := range value {
			out = append(out, rune(b))
		}
		return string(out)
	case tagUTF8, tagPrintable, tagIA5:
		if utf8.Valid(value) {
			return string(value)
		}
	}
	return ""
}

var (
	oidExtensionRequest = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e} // 1.2.840.113549.1.9.14
	oidSubjectAltName   = []byte{0x55, 0x1d, 0x11}                                     // 2.5.29.17
)

func (r *Request) attributes(list *der) error {
	for list.more() {
		attribute := list.take(tagSequence)
		kind := attribute.take(tagOID).rest
		values := attribute.take(tagSet)
		if attribute.err != nil {
			return attribute.err
		}
		if !slices.Equal(kind, oidExtensionRequest) {
			continue
		}
		extensions := values.take(tagSequence)
		for extensions.more() {
			extension := extensions.take(tagSequence)
			kind := extension.take(tagOID).rest
			tag, body := extension.next()
			if extension.err == nil && tag != tagOctets {
				tag, body = extension.next() // there was a "critical"
			}
			if extension.err == nil && tag == tagOctets && slices.Equal(kind, oidSubjectAltName) {
				if err := r.alternativeNames(body); err != nil {
					return err
				}
			}
			if extension.err != nil {
				return extension.err
			}
		}
		if extensions.err != nil {
			return extensions.err
		}
	}
	return list.err
}

// The kinds of GeneralName that crypto/x509 knows (RFC 5280, 4.2.1.6), as context-specific tags.
const (
	nameEmail = 0x81
	nameDNS   = 0x82
	nameURI   = 0x86
	nameIP    = 0x87
)

func (r *Request) alternativeNames(data []byte) error {
	outer := &der{rest: data}
	names := outer.take(tagSequence)
	for names.more() {
		tag, value := names.next()
		switch tag {
		case nameEmail:
			r.EmailAddresses = append(r.EmailAddresses, string(value))
		case nameDNS:
			r.DNSNames = append(r.DNSNames, string(value))
		case nameURI:
			r.URIs = append(r.URIs, string(value))
		case nameIP:
			ip, ok := netip.AddrFromSlice(value)
			if !ok {
				return errors.New("x509: cannot parse IP address of length " + strconv.Itoa(len(value)))
			}
			r.IPAddresses = append(r.IPAddresses, ip.String())
		}
	}
	return names.err
}
