package main

import "encoding/binary"

// Instructions of WebAssembly, all of i32.
const (
	opBlock, opLoop, opBr, opBrIf, opCall            = 0x02, 0x03, 0x0c, 0x0d, 0x10
	opLocalGet, opLocalSet, opLocalTee               = 0x20, 0x21, 0x22
	opLoad, opLoad8, opStore                         = 0x28, 0x2d, 0x36
	opEqualZero, opEqual, opNotEqual, opLess         = 0x45, 0x46, 0x47, 0x49 // less without sign
	opAdd, opMultiply, opAnd, opOr, opShl            = 0x6a, 0x6c, 0x71, 0x72, 0x74
	opPrefix, opFill                            byte = 0xfc, 0x0b
	opI64Const, opI64Or                              = 0x42, 0x84
	typeI32, typeI64, typeFunction, typeNothing      = 0x7f, 0x7e, 0x60, 0x40
)

// assembler writes a function's instructions.
type assembler struct {
	code   []byte
	callee int // the one function that it calls
}

func (c *assembler) op(b ...byte) *assembler {
	c.code = append(c.code, b...)
	return c
}

func (c *assembler) with(op byte, n int) *assembler {
	c.code = binary.AppendUvarint(append(c.code, op), uint64(n))
	return c
}

func (c *assembler) constant(v int) *assembler {
	c.code = signed(append(c.code, opI32Const), int64(int32(v)))
	return c
}

func (c *assembler) get(local int) *assembler { return c.with(opLocalGet, local) }
func (c *assembler) set(local int) *assembler { return c.with(opLocalSet, local) }
func (c *assembler) tee(local int) *assembler { return c.with(opLocalTee, local) }

// Memory at an offset from an address; no alignment is promised.
func (c *assembler) load(offset int) *assembler  { return c.op(opLoad).with(0, offset) }
func (c *assembler) load8(offset int) *assembler { return c.op(opLoad8).with(0, offset) }
func (c *assembler) store(offset int) *assembler { return c.op(opStore).with(0, offset) }

func (c *assembler) block() *assembler         { return c.op(opBlock, typeNothing) }
func (c *assembler) loop() *assembler          { return c.op(opLoop, typeNothing) }
func (c *assembler) end() *assembler           { return c.op(opEnd) }
func (c *assembler) br(depth int) *assembler   { return c.with(opBr, depth) }
func (c *assembler) brIf(depth int) *assembler { return c.with(opBrIf, depth) }

func (c *assembler) increase(local, by int) {
	c.get(local).constant(by).op(opAdd).set(local)
}

func (c *assembler) call() *assembler { return c.with(opCall, c.callee) }

// function is the function's body as a code section has it, of so many local variables.
func (c *assembler) function(locals int) []byte {
	b := append([]byte{1, byte(locals), typeI32}, c.code...)
	b = append(b, opEnd)
	return append(binary.AppendUvarint(nil, uint64(len(b))), b...)
}
