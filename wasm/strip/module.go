package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

const (
	sectionType     = 1
	sectionImport   = 2
	sectionFunction = 3
	sectionStart    = 8
	sectionElement  = 9
	sectionCode     = 10
	sectionData     = 11
)

// maxMemory is more than any initial memory we ship, in bytes: offsets above it are read wrongly.
const maxMemory = 1 << 28

// module is a WebAssembly module: its sections before and after the data section, and the initial memory which that
// section describes.
type module struct {
	before    []section
	after     []byte
	memory    []byte
	functions int // how many it has, with those imported
}

type section struct {
	id   byte
	body []byte
}

var errEnds = errors.New("the module ends early")

// parse reads a module with one data section, as the Go linker writes it.
func parse(b []byte) (*module, error) {
	if !bytes.HasPrefix(b, []byte("\x00asm\x01\x00\x00\x00")) {
		return nil, errors.New("not a WebAssembly module of version 1")
	}
	m, found := &module{}, false
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
			m.before = append(m.before, section{id, body})
		}
	}
	if !found {
		return nil, errors.New("no data section")
	}
	return m, m.count()
}

// count counts the functions.
func (m *module) count() error {
	for _, s := range m.before {
		r := reader{s.body}
		switch s.id {
		case sectionFunction, sectionImport:
			n, err := r.unsigned()
			if err != nil {
				return err
			}
			m.functions += int(n)
			for range n {
				if s.id == sectionFunction {
					break
				}
				for range 2 { // the names
					length, err := r.unsigned()
					if err != nil {
						return err
					}
					if _, err = r.take(length); err != nil {
						return err
					}
				}
				if kind, err := r.take(1); err != nil || kind[0] != 0 {
					return errors.New("it imports something else than functions")
				}
				if _, err := r.unsigned(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// addStart adds two functions, the first without parameters and with an i32 as its result, the second with neither, and
// starts the module with the second.
func (m *module) addStart(number, start []byte) error {
	var types int
	add := func(id byte, items ...[]byte) error {
		for i := range m.before {
			s := &m.before[i]
			if s.id != id {
				continue
			}
			r := reader{s.body}
			n, err := r.unsigned()
			if err != nil {
				return err
			}
			if id == sectionType {
				types = int(n)
			}
			body := binary.AppendUvarint(nil, n+uint64(len(items)))
			body = append(body, r.b...)
			for _, it := range items {
				body = append(body, it...)
			}
			s.body = body
			return nil
		}
		return fmt.Errorf("no section %d", id)
	}
	if err := add(sectionType, []byte{typeFunction, 0, 1, typeI32}, []byte{typeFunction, 0, 0}); err != nil {
		return err
	}
	typeOf := func(i int) []byte { return binary.AppendUvarint(nil, uint64(types+i)) }
	if err := add(sectionFunction, typeOf(0), typeOf(1)); err != nil {
		return err
	}
	if err := add(sectionCode, number, start); err != nil {
		return err
	}
	if slices.ContainsFunc(m.before, func(s section) bool { return s.id == sectionStart }) {
		return errors.New("it has a start function")
	}
	at := slices.IndexFunc(m.before, func(s section) bool { return s.id == sectionElement || s.id == sectionCode })
	m.before = slices.Insert(m.before, at, section{sectionStart, binary.AppendUvarint(nil, uint64(m.functions)+1)})
	return nil
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

// gap is how many zeroes part two segments.
const gap = 1 << 16

// bytes are the module, with few segments.
func (m *module) bytes() []byte {
	out := []byte("\x00asm\x01\x00\x00\x00")
	put := func(s section) {
		out = binary.AppendUvarint(append(out, s.id), uint64(len(s.body)))
		out = append(out, s.body...)
	}
	for _, s := range m.before {
		put(s)
	}
	var segments []byte
	n := 0
	for at := 0; at < len(m.memory); {
		if m.memory[at] == 0 {
			at++
			continue
		}
		end := at
		for zeroes := 0; end < len(m.memory) && zeroes < gap; end++ {
			if zeroes++; m.memory[end] != 0 {
				zeroes = 0
			}
		}
		segment := bytes.TrimRight(m.memory[at:end], "\x00")
		segments = append(signed(append(segments, 0, opI32Const), int64(at)), opEnd) // of memory 0
		segments = binary.AppendUvarint(segments, uint64(len(segment)))
		segments = append(segments, segment...)
		at, n = end, n+1
	}
	put(section{sectionData, append(binary.AppendUvarint(nil, uint64(n)), segments...)})
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
