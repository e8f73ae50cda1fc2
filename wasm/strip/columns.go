package main

import (
	"encoding/binary"
	"slices"
)

// region is what a column's values are places in.
type region int

const (
	inNothing region = iota
	inPCTab
	inGoFunc
)

// Where the values of a column are, for start.go.
const (
	inSizes    = 1 + iota // the sizes of the records: whence ftab
	inHead                // a word of the record
	inPCData              // an item of pcdata, of those that have it
	inFuncData            // an item of funcdata
)

// column is what one field has in all functions. A compressor has more of columns than of records: what is rare in one
// column is common in another.
type column struct {
	where, index int
	in           region
	values       []*uint32
}

// columnsOf are the columns in the order in which start.go can place them: sizes, lengths, the rest. The names' places are
// no column: each begins where the one before ends.
func columnsOf(functions []*function) []*column {
	var out []*column
	add := func(where, index int, in region, of func(f *function) *uint32) {
		c, zero := &column{where: where, index: index, in: in}, true
		for _, f := range functions {
			if v := of(f); v != nil {
				c.values = append(c.values, v)
				zero = zero && *v == 0
			}
		}
		if !zero {
			out = append(out, c)
		}
	}
	add(inSizes, 0, inNothing, func(f *function) *uint32 { size := uint32(f.size()); return &size })
	add(inHead, funcNPCData/4, inNothing, func(f *function) *uint32 { return &f.head[funcNPCData/4] })
	for i := range headWords {
		switch i {
		case funcName / 4, funcNPCData / 4:
		case funcPCSP / 4:
			add(inHead, i, inPCTab, func(f *function) *uint32 { return &f.head[i] })
		default:
			add(inHead, i, inNothing, func(f *function) *uint32 { return &f.head[i] })
		}
	}
	item := func(list []uint32, i int) *uint32 {
		if i < len(list) {
			return &list[i]
		}
		return nil
	}
	for i := range 16 {
		add(inPCData, i, inPCTab, func(f *function) *uint32 { return item(f.pcdata, i) })
	}
	for i := range 16 {
		add(inFuncData, i, inGoFunc, func(f *function) *uint32 { return item(f.funcdata, i) })
	}
	return out
}

// dictionary are the values of a column: those that come more than once, the commonest first, and then the others, in the
// order in which they come.
func (c *column) dictionary() (values []uint32, common int) {
	count := map[uint32]int{}
	for _, v := range c.values {
		if count[*v]++; count[*v] == 1 {
			values = append(values, *v)
		}
	}
	slices.SortStableFunc(values, func(a, b uint32) int {
		return max(count[b], 1) - max(count[a], 1)
	})
	for common < len(values) && count[values[common]] > 1 {
		common++
	}
	return values, common
}

// stream is how start.go reads the columns, all of it numbers in LEB128: where a column is; how long its dictionary is
// and how many of it come more than once; the dictionary as differences; and for each function the number of its
// value in the dictionary from 1 on, or 0 for the next of those that come once. A 0 ends it.
func stream(columns []*column) []byte {
	var out []byte
	number := func(v uint32) { out = binary.AppendUvarint(out, uint64(v)) }
	for _, c := range columns {
		values, common := c.dictionary()
		number(uint32(c.where))
		number(uint32(c.index))
		number(uint32(len(values)))
		number(uint32(common))
		last, code := uint32(0), map[uint32]uint32{}
		for i, v := range values {
			number(v - last)
			last = v
			if i < common {
				code[v] = uint32(i) + 1
			}
		}
		for _, v := range c.values {
			number(code[*v])
		}
	}
	return append(out, 0)
}
