package der

import (
	"errors"
	"time"
)

// Tags of elements (X.690).
const (
	TagBool      = 0x01
	TagInteger   = 0x02
	TagBitString = 0x03
	TagOctets    = 0x04
	TagNull      = 0x05
	TagOID       = 0x06
	TagUTF8      = 0x0c
	TagPrintable = 0x13
	TagT61       = 0x14
	TagIA5       = 0x16
	TagBMP       = 0x1e
	TagUTCTime   = 0x17
	TagTime      = 0x18
	TagSequence  = 0x30
	TagSet       = 0x31
	TagContext0  = 0xa0 // constructed; [3] is TagContext0 + 3
)

// ErrTrailing and the others are the errors of encoding/asn1 for what goes wrong most.
var (
	errTruncated = errors.New("asn1: syntax error: data truncated")
	errStructure = errors.New("asn1: structure error: tags don't match")
	ErrTrailing  = errors.New("asn1: syntax error: trailing data")
	errLength    = errors.New("asn1: structure error: length too large")
)

// Reader reads elements one after another. After an error everything reads as empty.
type Reader struct {
	Rest []byte
	Err  error
}

// Fail remembers the first error.
func (d *Reader) Fail(err error) {
	if d.Err == nil {
		d.Err = err
	}
	d.Rest = nil
}

// Next takes one element.
func (d *Reader) Next() (tag byte, body []byte) {
	if len(d.Rest) < 2 {
		d.Fail(errTruncated)
		return 0, nil
	}
	tag = d.Rest[0]
	n, at := int(d.Rest[1]), 2
	if n >= 0x80 {
		count := n & 0x7f
		if count == 0 || count > 3 {
			d.Fail(errLength)
			return 0, nil
		}
		n = 0
		for range count {
			if at >= len(d.Rest) {
				d.Fail(errTruncated)
				return 0, nil
			}
			n = n<<8 | int(d.Rest[at])
			at++
		}
	}
	if n > len(d.Rest)-at {
		d.Fail(errTruncated)
		return 0, nil
	}
	body = d.Rest[at : at+n]
	d.Rest = d.Rest[at+n:]
	return tag, body
}

// Take takes one element that must have a tag.
func (d *Reader) Take(tag byte) *Reader {
	if d.Err != nil {
		return &Reader{Err: d.Err}
	}
	got, body := d.Next()
	if d.Err == nil && got != tag {
		d.Fail(errStructure)
	}
	return &Reader{Rest: body, Err: d.Err}
}

// More reports that something is left.
func (d *Reader) More() bool { return d.Err == nil && len(d.Rest) > 0 }

// Time takes a UTCTime or GeneralizedTime in the only form that certificates may have (RFC 5280, 4.1.2.5).
func (d *Reader) Time() time.Time {
	tag, body := d.Next()
	layout := "20060102150405Z"
	if tag == TagUTCTime {
		layout = layout[2:]
	}
	t, err := time.Parse(layout, string(body))
	if d.Err == nil && (err != nil || tag != TagUTCTime && tag != TagTime) {
		d.Fail(errStructure)
	}
	if tag == TagUTCTime && t.Year() >= 2050 {
		t = t.AddDate(-100, 0, 0)
	}
	return t
}
