package pkcs10

import "errors"

// Tags of DER (X.690).
const (
	tagInteger   = 0x02
	tagBitString = 0x03
	tagOctets    = 0x04
	tagOID       = 0x06
	tagUTF8      = 0x0c
	tagPrintable = 0x13
	tagT61       = 0x14
	tagIA5       = 0x16
	tagBMP       = 0x1e
	tagSequence  = 0x30
	tagSet       = 0x31
	tagContext0  = 0xa0
)

// The errors of encoding/asn1 for what goes wrong most.
var (
	errTruncated = errors.New("asn1: syntax error: data truncated")
	errStructure = errors.New("asn1: structure error: tags don't match")
	errTrailing  = errors.New("asn1: syntax error: trailing data")
	errLength    = errors.New("asn1: structure error: length too large")
)

// der reads elements one after another. After an error everything reads as empty.
type der struct {
	rest []byte
	err  error
}

func (d *der) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.rest = nil
}

// next takes one element.
func (d *der) next() (tag byte, body []byte) {
	if len(d.rest) < 2 {
		d.fail(errTruncated)
		return 0, nil
	}
	tag = d.rest[0]
	n, at := int(d.rest[1]), 2
	if n >= 0x80 {
		count := n & 0x7f
		if count == 0 || count > 3 {
			d.fail(errLength)
			return 0, nil
		}
		n = 0
		for range count {
			if at >= len(d.rest) {
				d.fail(errTruncated)
				return 0, nil
			}
			n = n<<8 | int(d.rest[at])
			at++
		}
	}
	if n > len(d.rest)-at {
		d.fail(errTruncated)
		return 0, nil
	}
	body = d.rest[at : at+n]
	d.rest = d.rest[at+n:]
	return tag, body
}

// take takes one element that must have a tag.
func (d *der) take(tag byte) *der {
	if d.err != nil {
		return &der{err: d.err}
	}
	got, body := d.next()
	if d.err == nil && got != tag {
		d.fail(errStructure)
	}
	return &der{rest: body, err: d.err}
}

// more reports that something is left.
func (d *der) more() bool { return d.err == nil && len(d.rest) > 0 }
