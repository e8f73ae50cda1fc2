// Package proto has what raft asks of google.golang.org/protobuf/proto, for messages that know their own wire form
// (slim's messages.go writes their methods). Results are those of protobuf, but for one: a field that is not known is
// an error, because nothing here ever meets a message of another version.
package proto

import (
	"errors"
	"math/bits"
)

// Message is a pointer to a struct with fields of a .proto file.
type Message interface {
	Reset()
	IsNil() bool
	WireSize() int
	AppendWire(b []byte) []byte
	ReadWire(d *Reader)
	EqualTo(o Message) bool
	CloneMessage() Message
}

// Size is the number of bytes of Marshal.
func Size(m Message) int {
	if m == nil {
		return 0
	}
	return m.WireSize()
}

// Marshal is the wire form.
func Marshal(m Message) ([]byte, error) {
	if m == nil || m.IsNil() {
		return nil, nil
	}
	return m.AppendWire(make([]byte, 0, m.WireSize())), nil
}

// Unmarshal makes m what b says.
func Unmarshal(b []byte, m Message) error {
	m.Reset()
	d := &Reader{b: b, err: new(error)}
	m.ReadWire(d)
	return *d.err
}

// Clone is a deep copy.
func Clone(m Message) Message {
	if m == nil {
		return nil
	}
	return m.CloneMessage()
}

// Equal reports that two messages have the same type and fields.
func Equal(x, y Message) bool {
	if x == nil || y == nil {
		return x == nil && y == nil
	}
	return x.EqualTo(y)
}

var (
	errShort   = errors.New("proto: cannot parse invalid wire-format data")
	errUnknown = errors.New("proto: field or value not known to this build")
)

// VarintSize is the bytes of a varint.
func VarintSize(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }

// TagSize is the bytes of a field's tag.
func TagSize(number int) int { return VarintSize(uint64(number) << 3) }

// BytesSize is the bytes of n bytes with their length before them.
func BytesSize(n int) int { return VarintSize(uint64(n)) + n }

// AppendVarint adds a varint.
//
//go:noinline
func AppendVarint(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// AppendBool adds a bool.
//
//go:noinline
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// Reader reads the wire form of one message. The first error ends it.
type Reader struct {
	b   []byte
	err *error
}

// More reports that there is more to read.
//
//go:noinline
func (d *Reader) More() bool { return len(d.b) > 0 && *d.err == nil }

// Unknown ends the reading at something that is not known.
//
//go:noinline
func (d *Reader) Unknown() { d.fail(errUnknown) }

func (d *Reader) fail(err error) {
	if *d.err == nil {
		*d.err = err
	}
	d.b = nil
}

// Varint reads a varint.
//
//go:noinline
func (d *Reader) Varint() uint64 {
	var v uint64
	for i, c := range d.b {
		if i == 9 && c > 1 {
			break
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.b = d.b[i+1:]
			return v
		}
	}
	d.fail(errShort)
	return 0
}

// Bytes reads bytes with their length before them; they belong to the message.
//
//go:noinline
func (d *Reader) Bytes() []byte {
	n := d.Varint()
	if n > uint64(len(d.b)) {
		d.fail(errShort)
		return nil
	}
	v := d.b[:n]
	d.b = d.b[n:]
	return v
}

// Nested reads a message within the message.
//
//go:noinline
func (d *Reader) Nested() *Reader { return &Reader{b: d.Bytes(), err: d.err} }
