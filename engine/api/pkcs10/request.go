package pkcs10

import (
	"encoding/pem"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"unicode/utf8"

	"tabernetes/engine/api/der"
)

// Request is what a certificate signing request asks for.
type Request struct {
	Subject        Name
	DNSNames       []string
	EmailAddresses []string
	IPAddresses    []string
	URIs           []string

	// RawSubject and RawKey are the subject's Name and the SubjectPublicKeyInfo as they are written, with their tags.
	RawSubject, RawKey []byte
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
	outer := &der.Reader{Rest: data}
	request := outer.Take(der.TagSequence)
	if outer.Err == nil && outer.More() {
		return nil, der.ErrTrailing
	}
	info := request.Take(der.TagSequence)
	request.Take(der.TagSequence)
	request.Take(der.TagBitString)
	if request.Err != nil {
		return nil, request.Err
	}
	info.Take(der.TagInteger) // version
	at := info.Rest
	name := info.Take(der.TagSequence)
	afterName := info.Rest
	key := info.Take(der.TagSequence)
	if info.Err != nil {
		return nil, info.Err
	}
	key.Take(der.TagSequence)
	key.Take(der.TagBitString)
	if key.Err != nil {
		return nil, key.Err
	}
	r := &Request{RawSubject: at[:len(at)-len(afterName)], RawKey: afterName[:len(afterName)-len(info.Rest)]}
	if err := r.Subject.Read(name); err != nil {
		return nil, err
	}
	if info.More() {
		attributes := info.Take(der.TagContext0)
		if err := r.attributes(attributes); err != nil {
			return nil, err
		}
	}
	return r, info.Err
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

// Read reads a Name, an attribute of which is named once or more.
func (n *Name) Read(names *der.Reader) error {
	for names.More() {
		set := names.Take(der.TagSet)
		for set.More() {
			pair := set.Take(der.TagSequence)
			kind := pair.Take(der.TagOID).Rest
			tag, value := pair.Next()
			if pair.Err != nil {
				return pair.Err
			}
			if len(kind) == 3 && kind[0] == 0x55 && kind[1] == 0x04 {
				n.set(kind[2], text(tag, value))
			}
		}
		if set.Err != nil {
			return set.Err
		}
	}
	return names.Err
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
	case der.TagBMP:
		var out []rune
		for i := 0; i+1 < len(value); i += 2 {
			out = append(out, rune(value[i])<<8|rune(value[i+1]))
		}
		return string(out)
	case der.TagT61:
		var out []rune
		for _, b := range value {
			out = append(out, rune(b))
		}
		return string(out)
	case der.TagUTF8, der.TagPrintable, der.TagIA5:
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

func (r *Request) attributes(list *der.Reader) error {
	for list.More() {
		attribute := list.Take(der.TagSequence)
		kind := attribute.Take(der.TagOID).Rest
		values := attribute.Take(der.TagSet)
		if attribute.Err != nil {
			return attribute.Err
		}
		if !slices.Equal(kind, oidExtensionRequest) {
			continue
		}
		extensions := values.Take(der.TagSequence)
		for extensions.More() {
			extension := extensions.Take(der.TagSequence)
			kind := extension.Take(der.TagOID).Rest
			tag, body := extension.Next()
			if extension.Err == nil && tag != der.TagOctets {
				tag, body = extension.Next() // there was a "critical"
			}
			if extension.Err == nil && tag == der.TagOctets && slices.Equal(kind, oidSubjectAltName) {
				if err := r.AlternativeNames(body); err != nil {
					return err
				}
			}
			if extension.Err != nil {
				return extension.Err
			}
		}
		if extensions.Err != nil {
			return extensions.Err
		}
	}
	return list.Err
}

// The kinds of GeneralName that crypto/x509 knows (RFC 5280, 4.2.1.6), as context-specific tags.
const (
	nameEmail = 0x81
	nameDNS   = 0x82
	nameURI   = 0x86
	nameIP    = 0x87
)

// AlternativeNames reads the value of the extension subjectAltName, of a request or a certificate.
func (r *Request) AlternativeNames(data []byte) error {
	outer := &der.Reader{Rest: data}
	names := outer.Take(der.TagSequence)
	for names.More() {
		tag, value := names.Next()
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
	return names.Err
}
