package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

const sectionData = 11

// maxMemory is more than any initial memory we ship, in bytes: offsets above it are read wrongly.
const maxMemory = 1 << 28

// module is a WebAssembly module: its sections before and after the data section, and the initial memory which that
// section describes.
type module struct {
	before, after []byte
	memory        []byte
}

var errEnds = errors.New("the module ends early")

// parse reads a module with one data section, as the Go linker writes it.
func parse(b []byte) (*module, error) {
	if !bytes.HasPrefix(b, []byte("\x00asm\x01\x00\x00\x00")) {
		return nil, errors.New("not a WebAssembly module of version 1")
	}
	m, found := &module{before: bytes.Clone(b[:8])}, false
	for r := (reader{b[8:]}); len(r.b) > 0; {
		start := r.b
		id := r.b[0]
		r.b = r.b[1:]
		size, err := r.unsigned()
		if err != nil {
			return nil, err
		}
		body, err := r.take(size)
		if err != nil {
			return nil, err
		}
		switch whole := start[:len(start)-len(r.b)]; {
		case id == sectionData && found:
			return nil, errors.New("two data sections")
		case id == sectionData:
			found = true
			if err := m.load(reader{body}); err != nil {
				return nil, fmt.Errorf("data section: %w", err)
			}
		case found:
			m.after = append(m.after, whole...)
		default:
			m.before = append(m.before, whole...)
		}
	}
	if !found {
		return nil, errors.New("no data section")
	}
	return m, nil
}

// load puts the segments of a data section into memory.
func (m *module) load(r reader) error {
	n, err := r.unsigned()
	if err != nil {
		return err
	}
	for range n {
		offset, err := r.segmentOffset()
		if err != nil {
			return err
		}
		size, err := r.unsigned()
		if err != nil {
			return err
		}
		data, err := r.take(size)
		if err != nil {
			return err
		}
		if offset < 0 || offset+int64(size) > maxMemory {
			return fmt.Errorf("a segment of %d bytes at %d", size, offset)
		}
		if end := int(offset) + len(data); end > len(m.memory) {
			m.memory = append(m.memory, make([]byte, end-len(m.memory))...)
		}
		copy(m.memory[offset:], data)
	}
	return nil
}

// bytes are the module with its memory as one segment.
func (m *module) bytes() []byte {
	start := 0
	for start < len(m.memory) && m.memory[start] == 0 {
		start++
	}
	head := []byte{1, 0, opI32Const} // one segment, memory 0
	head = append(signed(head, int64(start)), opEnd)
	head = binary.AppendUvarint(head, uint64(len(m.memory)-start))
	out := append(bytes.Clone(m.before), sectionData)
	out = binary.AppendUvarint(out, uint64(len(head)+len(m.memory)-start))
	out = append(append(out, head...), m.memory[start:]...)
	return append(out, m.after...)
}

const (
	opI32Const = 0x41
	opEnd      = 0x0b
)

type reader struct{ b []byte }

func (r *reader) unsigned() (uint64, error) {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		return 0, errEnds
	}
	r.b = r.b[n:]
	return v, nil
}

func (r *reader) take(n uint64) ([]byte, error) {
	if n > uint64(len(r.b)) {
		return nil, errEnds
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b, nil
}

// segmentOffset reads an active segment of memory 0 up to its bytes: the constant expression of its place.
func (r *reader) segmentOffset() (int64, error) {
	if len(r.b) < 2 || r.b[0] != 0 || r.b[1] != opI32Const {
		return 0, errors.New("a segment is not of memory 0 at a constant place")
	}
	r.b = r.b[2:]
	var v int64
	for shift := 0; ; shift += 7 {
		if len(r.b) == 0 || shift > 28 {
			return 0, errEnds
		}
		c := r.b[0]
		r.b = r.b[1:]
		v |= int64(c&0x7f) << shift
		if c < 0x80 {
			if c&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			break
		}
	}
	if len(r.b) == 0 || r.b[0] != opEnd {
		return 0, errors.New("a segment's place is more than a constant")
	}
	r.b = r.b[1:]
	return v, nil
}

// signed appends v in signed LEB128.
func signed(b []byte, v int64) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}
