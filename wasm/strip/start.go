package main

import "errors"

// fold puts the columns in the place of the tables, and gives the two functions that undo it. The second, to start with,
// calls the first by its number.
func (t *tables) fold(columns []*column, callee int) (number, start []byte, err error) {
	n := len(t.funcs)
	s := stream(columns)
	longest := 0
	for _, c := range columns {
		longest = max(longest, len(c.values))
	}
	dictionary := (t.find + 4 + len(s) + 3) &^ 3
	end := dictionary + 4*longest
	if end > t.find+t.findLen {
		return nil, nil, errors.New("the columns take more room than findfunctab")
	}
	first := t.funcs[0]
	for i := range n {
		clear(t.mem[t.ftab+8*i : t.ftab+8*i+8])
	}
	clear(t.mem[first : t.pclines+t.linesLen])
	clear(t.mem[t.find : t.find+t.findLen])
	le.PutUint32(t.mem[t.find:], uint32(t.find+4)) // where number reads
	copy(t.mem[t.find+4:], s)
	return numberFunction(t.find), t.startFunction(callee, dictionary, first, end), nil
}

// numberFunction reads a number in LEB128 at the place that a cell of memory names, and moves the place.
func numberFunction(cell int) []byte {
	const at, result, shift, b = 0, 1, 2, 3
	c := &assembler{}
	c.constant(cell).load(0).set(at)
	c.loop()
	c.get(at).load8(0).tee(b).constant(0x7f).op(opAnd).get(shift).op(opShl).get(result).op(opOr).set(result)
	c.get(shift).constant(7).op(opAdd).set(shift)
	c.increase(at, 1)
	c.get(b).constant(0x80).op(opAnd).brIf(0)
	c.end()
	c.constant(cell).get(at).store(0)
	c.get(result)
	return c.function(4)
}

// startFunction is the function that a module's start section names: it writes the tables of functions from the columns
// (columns.go) that lie where findfunctab will be, before anything else runs. In short:
//
//	for where := number(); where != 0; where = number() {
//		index, size, common := number(), number(), number()
//		for i, v := range size { v += number(); dictionary[i] = v }
//		once := common
//		for i := range functions {
//			to := place of the column's value in function i, if it has one
//			if n := number(); n != 0 { *to = dictionary[n-1] } else { *to = dictionary[once]; once++ }
//		}
//		if where == inSizes { sum up ftab }
//	}
//	for i := range functions {
//		functions[i].name = where the name before ends
//		ftab[i].entry = functions[i].entry
//	}
//	clear the columns
//	for i := range functions { fill findfunctab from ftab[i].entry to ftab[i+1].entry with i }
func (t *tables) startFunction(callee, dictionary, first, end int) []byte {
	const where, index, entry, record, to, value, once, last = 0, 1, 2, 3, 4, 5, 6, 7
	const pc, i = index, once // once the columns are read
	c := &assembler{callee: callee}
	ftabEnd := t.ftab + 8*len(t.funcs)
	// functions runs body for each function, with entry at its ftab; a block of it may be left for the next by brIf(0).
	functions := func(body func()) {
		c.constant(t.ftab).set(entry)
		c.loop().block()
		body()
		c.end()
		c.increase(entry, 8)
		c.get(entry).constant(ftabEnd).op(opLess).brIf(0)
		c.end()
	}
	recordOf := func() { c.get(entry).load(4).constant(t.pclines).op(opAdd).set(record) }

	c.block().loop()
	c.call().tee(where).op(opEqualZero).brIf(1)
	c.call().constant(4).op(opMultiply).set(index)
	c.call().constant(4).op(opMultiply).constant(dictionary).op(opAdd).set(last)
	c.call().constant(4).op(opMultiply).constant(dictionary).op(opAdd).set(once)
	c.constant(0).set(value)
	c.constant(dictionary).set(to)
	c.loop()
	c.get(to).call().get(value).op(opAdd).tee(value).store(0)
	c.increase(to, 4)
	c.get(to).get(last).op(opLess).brIf(0)
	c.end()
	functions(func() {
		// Where the value goes.
		c.block()
		c.get(entry).constant(4).op(opAdd).set(to)
		c.get(where).constant(inSizes).op(opEqual).brIf(0)
		recordOf()
		c.get(record).get(index).op(opAdd).set(to)
		c.get(where).constant(inHead).op(opEqual).brIf(0)
		c.increase(to, funcSize)
		c.get(record).load(funcNPCData).constant(4).op(opMultiply).set(value)
		c.block()
		c.get(where).constant(inPCData).op(opEqual).brIf(0)
		c.get(to).get(value).op(opAdd).set(to)
		c.get(record).load8(funcNFuncData).constant(4).op(opMultiply).set(value)
		c.end()
		c.get(index).get(value).op(opLess).op(opEqualZero).brIf(1) // has no such item
		c.end()
		// The value.
		c.block()
		c.call().tee(value).constant(4).op(opMultiply).constant(dictionary - 4).op(opAdd).set(record)
		c.get(value).brIf(0)
		c.get(once).set(record)
		c.increase(once, 4)
		c.end()
		c.get(to).get(record).load(0).store(0)
	})
	c.block()
	c.get(where).constant(inSizes).op(opNotEqual).brIf(0)
	c.constant(first - t.pclines).set(to)
	functions(func() {
		c.get(entry).load(4).set(value)
		c.get(entry).get(to).store(4)
		c.get(to).get(value).op(opAdd).set(to)
	})
	c.end()
	c.br(0)
	c.end().end()

	c.constant(1).set(to)
	functions(func() {
		recordOf()
		c.get(record).get(to).store(funcName)
		c.get(entry).get(record).load(0).store(0)
		c.loop()
		c.get(to).load8(t.names).set(value)
		c.increase(to, 1)
		c.get(value).brIf(0)
		c.end()
	})

	c.constant(t.find).constant(0).constant(end-t.find).op(opPrefix, opFill, 0)
	c.constant(t.find).set(to)
	c.constant(t.minPC - t.text).set(pc)
	c.constant(0).set(i)
	functions(func() {
		c.loop()
		c.get(to).get(i).store(0)
		c.increase(to, bucketSize)
		c.increase(pc, bucketSpan)
		c.get(pc).get(entry).load(8).constant(blockBits).op(opShl).op(opLess)
		c.get(to).constant(t.find + t.findLen).op(opLess).op(opAnd).brIf(0) // the last function may end early
		c.end()
		c.increase(i, 1)
	})
	return c.function(8)
}
