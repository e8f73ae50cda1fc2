package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// firstFunction is the number of the first function of Go in program counters (funcValueOffset in cmd/link/internal/wasm).
const firstFunction = 0x1000

// shortenCalls writes the program counter that a function leaves on the stack before each call in two parts: that of the
// function, which a local variable has from the start on, and that of the block. With the function's number before each of
// 150,000 calls no two functions are alike; without it a compressor finds the same call in others. An optimising
// compiler makes the same code of both, since nothing assigns the variable again, but what compiles at once and runs first does
// not: only functions of packages that seldom run are for it.
func (m *module) shortenCalls(numbers map[int64]bool) error {
	kinds, err := m.kinds()
	if err != nil {
		return err
	}
	for i := range m.before {
		s := &m.before[i]
		if s.id != sectionCode {
			continue
		}
		r := reader{s.body}
		n, err := r.unsigned()
		if err != nil {
			return err
		}
		if int(n) != len(kinds) {
			return fmt.Errorf("%d functions have code of %d", n, len(kinds))
		}
		out := binary.AppendUvarint(make([]byte, 0, len(s.body)), n)
		for f := range kinds {
			size, err := r.unsigned()
			if err != nil {
				return err
			}
			body, err := r.take(size)
			if err != nil {
				return err
			}
			if number := firstFunction + int64(f); kinds[f] && numbers[number] {
				if body, err = shortenFunction(body, number); err != nil {
					return fmt.Errorf("function %d: %w", f, err)
				}
			}
			out = append(binary.AppendUvarint(out, uint64(len(body))), body...)
		}
		s.body = out
	}
	return nil
}

// ofPackages are the numbers of the functions of some packages, which may be patterns as the go command knows them.
func (t *tables) ofPackages(patterns []string) map[int64]bool {
	out := map[int64]bool{}
	for _, f := range t.funcs {
		name := t.mem[t.names+int(le.Uint32(t.mem[f+funcName:])):]
		pkg := packageOf(string(name[:bytes.IndexByte(name, 0)]))
		if slices.ContainsFunc(patterns, func(p string) bool { return matches(p, pkg) }) {
			out[int64(le.Uint32(t.mem[f:]))] = true
		}
	}
	return out
}

// packageOf is the path of the package in a function's name: what ends with the first dot behind the last slash that is not
// of a type's parameters.
func packageOf(name string) string {
	if i := strings.IndexAny(name, "[("); i >= 0 {
		name = name[:i]
	}
	slash := strings.LastIndexByte(name, '/') + 1
	if i := strings.IndexByte(name[slash:], '.'); i >= 0 {
		name = name[:slash+i]
	}
	return name
}

func matches(pattern, pkg string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "/..."); ok && pkg == prefix {
		return true
	}
	if prefix, ok := strings.CutSuffix(pattern, "..."); ok {
		return strings.HasPrefix(pkg, prefix)
	}
	return pkg == pattern
}

// goFunction is the type of Go's functions: the block to go on at, and whether the stack is to be left.
const goFunction = "\x60\x01\x7f\x01\x7f"

// kinds tells which of the functions with code are Go's.
func (m *module) kinds() (out []bool, err error) {
	var first []byte
	for _, s := range m.before {
		r := reader{s.body}
		switch s.id {
		case sectionType:
			if _, err := r.unsigned(); err != nil {
				return nil, err
			}
			if first, err = r.take(uint64(len(goFunction))); err != nil {
				return nil, err
			}
		case sectionFunction:
			n, err := r.unsigned()
			if err != nil {
				return nil, err
			}
			for range n {
				t, err := r.unsigned()
				if err != nil {
					return nil, err
				}
				out = append(out, t == 0)
			}
		}
	}
	if string(first) != goFunction {
		return nil, errors.New("the first type is not that of Go's functions")
	}
	return out, nil
}

// shortenFunction is shortenCalls for one function.
func shortenFunction(body []byte, number int64) ([]byte, error) {
	r := reader{body}
	groups, err := r.unsigned()
	if err != nil {
		return nil, err
	}
	out := append(binary.AppendUvarint(make([]byte, 0, len(body)), groups+1), 1, typeI64) // local variable 1
	rest := r.b
	for range groups {
		if _, err := r.unsigned(); err != nil {
			return nil, err
		}
		if _, err := r.take(1); err != nil {
			return nil, err
		}
	}
	out = append(out, rest[:len(rest)-len(r.b)]...)
	out = signed(append(out, opI64Const), number<<blockBits)
	out = append(out, opLocalSet, 1)
	calls := 0
	for len(r.b) > 0 {
		whole := r.b
		op := r.b[0]
		if err := r.instruction(); err != nil {
			return nil, err
		}
		in := whole[:len(whole)-len(r.b)]
		switch op {
		case opLocalGet, opLocalSet, opLocalTee:
			local, _ := binary.Uvarint(in[1:])
			if local > 0 {
				local++
			}
			out = binary.AppendUvarint(append(out, op), local)
		case opI64Const:
			if v, _ := (&reader{in[1:]}).signed(); v>>blockBits == number {
				calls++
				out = append(out, opI64Const)
				out = append(signed(out, v&(1<<blockBits-1)), opLocalGet, 1, opI64Or)
				continue
			}
			out = append(out, in...)
		default:
			out = append(out, in...)
		}
	}
	if calls == 0 {
		return body, nil
	}
	return out, nil
}

// instruction reads one instruction.
func (r *reader) instruction() error {
	op := r.b[0]
	r.b = r.b[1:]
	numbers := func(n int) error {
		for range n {
			if _, err := r.signed(); err != nil { // as long as an unsigned one
				return err
			}
		}
		return nil
	}
	switch {
	case op == 0x0e: // br_table
		n, err := r.unsigned()
		if err != nil {
			return err
		}
		return numbers(int(n) + 1)
	case op >= 0x02 && op <= 0x04, op == opBr, op == opBrIf, op == opCall, op >= opLocalGet && op <= 0x24, // global.set
		op == 0x3f, op == 0x40, op == opI32Const, op == opI64Const: // memory.size, memory.grow
		return numbers(1)
	case op == 0x11: // call_indirect
		return numbers(2)
	case op >= opLoad && op <= 0x3e: // i64.store32
		return numbers(2)
	case op == 0x43: // f32.const
		_, err := r.take(4)
		return err
	case op == 0x44: // f64.const
		_, err := r.take(8)
		return err
	case op <= 0x01, op == 0x05, op == opEnd, op == 0x0f, op == 0x1a, op == 0x1b, op >= 0x45 && op <= 0xc4:
		return nil
	case op == opPrefix:
		sub, err := r.unsigned()
		switch {
		case err != nil:
			return err
		case sub <= 7: // conversions that saturate
			return nil
		case sub == 10: // memory.copy
			return numbers(2)
		case sub == uint64(opFill):
			return numbers(1)
		}
		return fmt.Errorf("unknown instruction %#x %d", op, sub)
	}
	return fmt.Errorf("unknown instruction %#x", op)
}

// signed reads a number in signed LEB128.
func (r *reader) signed() (v int64, err error) {
	for shift := 0; ; shift += 7 {
		if len(r.b) == 0 || shift > 63 {
			return 0, errEnds
		}
		c := r.b[0]
		r.b = r.b[1:]
		v |= int64(c&0x7f) << shift
		if c < 0x80 {
			if c&0x40 != 0 && shift < 57 {
				v |= -1 << (shift + 7)
			}
			return v, nil
		}
	}
}
