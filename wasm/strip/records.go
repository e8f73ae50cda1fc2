package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// headWords are the words of runtime._func before its lists of pcdata and funcdata.
const headWords = funcSize / 4

// function is a runtime._func.
type function struct {
	head             [headWords]uint32
	pcdata, funcdata []uint32
}

// size is that of the record.
func (f *function) size() int { return funcSize + 4*len(f.pcdata) + 4*len(f.funcdata) }

func (f *function) wrapper() bool { return byte(f.head[funcID/4]) == funcIDWrapper }

// read reads the functions, and leaves out what only stack traces read.
func (t *tables) read() ([]*function, error) {
	var out []*function
	for _, at := range t.funcs {
		f := new(function)
		words := func(at, n int) (out []uint32) {
			for i := range n {
				out = append(out, le.Uint32(t.mem[at+4*i:]))
			}
			return out
		}
		copy(f.head[:], words(at, headWords))
		pcdata, funcdata := int(f.head[funcNPCData/4]), int(t.mem[at+funcNFuncData])
		if pcdata > 16 || funcdata > 16 {
			return nil, fmt.Errorf("a function has %d and %d tables", pcdata, funcdata)
		}
		f.pcdata = words(at+funcSize, pcdata)
		f.funcdata = words(at+funcSize+4*pcdata, funcdata)
		f.trim()
		out = append(out, f)
	}
	return out, nil
}

// trim leaves out what only stack traces read.
func (f *function) trim() {
	for _, field := range []int{funcPCFile, funcPCLine, funcCU, funcStartLine} {
		f.head[field/4] = 0
	}
	// recover looks at the calls inlined into a wrapper to know whether a deferred function called it.
	for i := range f.pcdata {
		if i == pcdataUnsafePoint || i == pcdataArgLiveIndex || i == pcdataInlTreeIndex && !f.wrapper() {
			f.pcdata[i] = 0
		}
	}
	for i := range f.funcdata {
		if i == funcdataArgInfo || i == funcdataArgLiveInfo || i == funcdataWrapInfo || i == funcdataInlTree && !f.wrapper() {
			f.funcdata[i] = noFuncData
		}
	}
	for n := len(f.pcdata); n > 0 && f.pcdata[n-1] == 0; n-- {
		f.pcdata = f.pcdata[:n-1]
	}
	for n := len(f.funcdata); n > 0 && f.funcdata[n-1] == noFuncData; n-- {
		f.funcdata = f.funcdata[:n-1]
	}
	f.head[funcNPCData/4] = uint32(len(f.pcdata))
	f.head[funcNFuncData/4] = f.head[funcNFuncData/4]&^(0xff<<24) | uint32(len(f.funcdata))<<24
}

// rewrite writes the functions, and what they refer to in the order in which they do.
func (t *tables) rewrite(functions []*function) error {
	if err := t.rewriteNames(functions); err != nil {
		return err
	}
	columns := columnsOf(functions)
	err := t.move(columns, inPCTab, t.pctab, t.pctabLen, 1, 0, func(at int) (int, error) {
		return t.tableEnd(at, func(int32) {})
	})
	if err != nil {
		return err
	}
	// The data of a function end where those of another begin.
	places := slices.Sorted(maps.Keys(t.places()))
	places = append(places, t.find-t.gofunc)
	err = t.move(columns, inGoFunc, t.gofunc, t.find-t.gofunc, 0, noFuncData, func(at int) (int, error) {
		i, ok := slices.BinarySearch(places, at)
		if !ok {
			return 0, fmt.Errorf("nothing begins at %d", at)
		}
		return places[i+1], nil
	})
	if err != nil {
		return err
	}
	at := t.funcs[0]
	clear(t.mem[at : t.pclines+t.linesLen])
	for i, f := range functions {
		t.funcs[i] = at
		le.PutUint32(t.mem[t.ftab+8*i+4:], uint32(at-t.pclines))
		for _, words := range [][]uint32{f.head[:], f.pcdata, f.funcdata} {
			for _, w := range words {
				le.PutUint32(t.mem[at:], w)
				at += 4
			}
		}
	}
	return nil
}

// places are where data of functions begin, behind gofunc, also those that only stack traces read.
func (t *tables) places() map[int]bool {
	out := map[int]bool{}
	for _, f := range t.funcs {
		pcdata := int(le.Uint32(t.mem[f+funcNPCData:]))
		for i := range int(t.mem[f+funcNFuncData]) {
			if at := le.Uint32(t.mem[f+funcSize+4*(pcdata+i):]); at != noFuncData {
				out[int(at)] = true
			}
		}
	}
	return out
}

// move writes what some columns refer to in the order of their dictionaries, from an offset on, into its region.
func (t *tables) move(columns []*column, in region, base, length, from int, none uint32, end func(at int) (int, error)) error {
	fresh := make([]byte, from)
	to := map[uint32]uint32{none: none}
	for _, c := range columns {
		if c.in != in {
			continue
		}
		order, _ := c.dictionary()
		for _, v := range order {
			if _, done := to[v]; done {
				continue
			}
			e, err := end(int(v))
			if err != nil {
				return err
			}
			to[v] = uint32(len(fresh))
			fresh = append(fresh, t.mem[base+int(v):base+e]...)
		}
		for _, v := range c.values {
			*v = to[*v]
		}
	}
	return t.replace(base, length, fresh)
}

func (t *tables) replace(base, length int, b []byte) error {
	if len(b) > length {
		return fmt.Errorf("what stays of a table of %d bytes takes %d", length, len(b))
	}
	clear(t.mem[base : base+length])
	copy(t.mem[base:], b)
	return nil
}

// rewriteNames writes the names in the order of the functions, and behind them those of the calls inlined into wrappers.
func (t *tables) rewriteNames(functions []*function) error {
	name := func(at uint32) []byte {
		from := t.mem[t.names+int(at):]
		return from[:bytes.IndexByte(from, 0)+1]
	}
	fresh := []byte{0}
	to := map[uint32]uint32{}
	for _, f := range functions {
		old := f.head[funcName/4]
		f.head[funcName/4] = uint32(len(fresh))
		to[old] = uint32(len(fresh))
		fresh = append(fresh, name(old)...)
	}
	calls := map[int]int{} // by the place of a list of inlined calls, how many it has
	for _, f := range functions {
		if len(f.funcdata) <= funcdataInlTree || f.funcdata[funcdataInlTree] == noFuncData ||
			len(f.pcdata) <= pcdataInlTreeIndex || f.pcdata[pcdataInlTreeIndex] == 0 {
			continue
		}
		at := t.gofunc + int(f.funcdata[funcdataInlTree])
		if _, err := t.tableEnd(int(f.pcdata[pcdataInlTreeIndex]), func(v int32) { calls[at] = max(calls[at], int(v)+1) }); err != nil {
			return err
		}
	}
	for _, at := range slices.Sorted(maps.Keys(calls)) {
		for i := range calls[at] {
			p := t.mem[at+inlinedSize*i+inlinedName:]
			old := le.Uint32(p)
			if _, done := to[old]; !done {
				to[old] = uint32(len(fresh))
				fresh = append(fresh, name(old)...)
			}
			le.PutUint32(p, to[old])
		}
	}
	return t.replace(t.names, t.namesLen, fresh)
}

// tableEnd tells a table's values by program counter, and where it ends. It is a run of pairs of varints, difference of the
// value and of the counter, up to a value's 0 (runtime/symtab.go, step).
func (t *tables) tableEnd(at int, value func(int32)) (int, error) {
	tab := t.mem[t.pctab : t.pctab+t.pctabLen]
	v := int32(-1)
	for i, first := at, true; ; first = false {
		if i >= len(tab) {
			return 0, fmt.Errorf("the table at %d has no end", at)
		}
		if !first && tab[i] == 0 {
			return i + 1, nil
		}
		delta, n := binary.Uvarint(tab[i:])
		_, m := binary.Uvarint(tab[i+max(n, 0):])
		if n <= 0 || m <= 0 {
			return 0, fmt.Errorf("the table at %d ends early", at)
		}
		v += int32(delta>>1) ^ -int32(delta&1)
		value(v)
		i += n + m
	}
}
