package der

import "time"

// Element writes one element: its tag, the length of its parts, and they.
func Element(tag byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	out := []byte{tag}
	switch {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 0x100:
		out = append(out, 0x81, byte(n))
	case n < 0x10000:
		out = append(out, 0x82, byte(n>>8), byte(n))
	default:
		out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
	}
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// Bits writes a BIT STRING of whole bytes.
func Bits(b []byte) []byte { return Element(TagBitString, []byte{0}, b) }

// Named writes a BIT STRING of named bits, bit 0 first, without trailing zeros.
func Named(bits uint16) []byte {
	var b [2]byte
	last := -1
	for i := range 16 {
		if bits&(1<<i) != 0 {
			b[i/8] |= 0x80 >> (i % 8)
			last = i
		}
	}
	if last < 0 {
		return Element(TagBitString, []byte{0})
	}
	return Element(TagBitString, []byte{byte(7 - last%8)}, b[:last/8+1])
}

// Moment writes a time as RFC 5280 wants it, in whole seconds: UTCTime until 2049, GeneralizedTime after that.
func Moment(t time.Time) []byte {
	text := t.UTC().Format("20060102150405Z")
	if y := t.UTC().Year(); y >= 1950 && y < 2050 {
		return Element(TagUTCTime, []byte(text[2:]))
	}
	return Element(TagTime, []byte(text))
}
