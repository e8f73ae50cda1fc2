package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Indexes of a function's tables, from internal/abi/symtab.go.
const (
	pcdataUnsafePoint  = 0 // where asynchronous preemption is safe: js/wasm has none
	pcdataInlTreeIndex = 2
	pcdataArgLiveIndex = 3

	funcdataInlTree     = 3
	funcdataArgInfo     = 5
	funcdataArgLiveInfo = 6
	funcdataWrapInfo    = 7

	funcIDWrapper = 23 // abi.FuncIDWrapper in Go 1.26, right behind that of systemstack_switch
)

// Offsets in runtime._func, in bytes.
const (
	funcName      = 4
	funcPCSP      = 16
	funcPCFile    = 20
	funcPCLine    = 24
	funcNPCData   = 28
	funcCU        = 32
	funcStartLine = 36
	funcID        = 40
	funcNFuncData = 43
	funcSize      = 44
)

var (
	le = binary.LittleEndian

	// pcHeader starts with the magic number of Go 1.20 to 1.26, two zeroes, the smallest instruction and the pointer size.
	headerStart = []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}
)

const (
	noFuncData = ^uint32(0)
	// words of runtime.moduledata that are read here
	wordPCTab, wordPCLines, wordFuncTab, wordGoFunc = 10, 13, 16, 40
	wordFileTab, wordCUTab, wordNames               = 7, 4, 1
)

// tables are a program's tables of functions in its initial memory.
type tables struct {
	mem                                           []byte
	funcs                                         []int // where each runtime._func is
	pctab, pctabLen                               int
	gofunc                                        int
	filetab, filetabLen, cutab, cutabLen, pclines int
}

// strip clears in a program's initial memory what only stack traces read.
func strip(mem []byte) error {
	t, err := find(mem)
	if err != nil {
		return err
	}
	dropped := map[uint32]bool{}
	for _, f := range t.funcs {
		for _, field := range []int{funcPCFile, funcPCLine, funcCU, funcStartLine} {
			le.PutUint32(mem[f+field:], 0)
		}
		// recover looks at the calls inlined into a wrapper to know whether a deferred function called it.
		wrapper := mem[f+funcID] == funcIDWrapper
		for i := range t.pcdata(f) {
			if i == pcdataUnsafePoint || i == pcdataArgLiveIndex || i == pcdataInlTreeIndex && !wrapper {
				le.PutUint32(t.pcdataAt(f, i), 0)
			}
		}
		for i := range t.funcdata(f) {
			drop := i == funcdataArgInfo || i == funcdataArgLiveInfo || i == funcdataWrapInfo || i == funcdataInlTree && !wrapper
			if at := t.funcdataAt(f, i); drop {
				dropped[le.Uint32(at)] = true
				le.PutUint32(at, noFuncData)
			}
		}
	}
	if err := t.clearPCTab(); err != nil {
		return err
	}
	t.clearFuncData(dropped)
	clear(mem[t.filetab : t.filetab+t.filetabLen])
	clear(mem[t.cutab : t.cutab+t.cutabLen])
	return nil
}

// find finds the tables through runtime.pcHeader and the runtime.moduledata that points to it.
func find(mem []byte) (*tables, error) {
	header := bytes.Index(mem, headerStart)
	if header < 0 {
		return nil, errors.New("no table of functions of the known form: has the Go version changed it?")
	}
	var words [16]byte // the first words of moduledata: pcHeader, and the table of names behind it
	le.PutUint64(words[:], uint64(header))
	le.PutUint64(words[8:], uint64(header)+le.Uint64(mem[header+32:]))
	data := bytes.Index(mem, words[:])
	if data < 0 {
		return nil, errors.New("no runtime.moduledata that points to the table of functions")
	}
	word := func(i int) int { return int(le.Uint64(mem[data+8*i:])) }
	t := &tables{mem: mem,
		pctab: word(wordPCTab), pctabLen: word(wordPCTab + 1), gofunc: word(wordGoFunc),
		filetab: word(wordFileTab), filetabLen: word(wordFileTab + 1),
		cutab: word(wordCUTab), cutabLen: 4 * word(wordCUTab+1), pclines: word(wordPCLines)}
	for i, want := range []int{t.cutab, t.filetab, t.pctab, t.pclines} {
		if got := header + int(le.Uint64(mem[header+40+8*i:])); got != want {
			return nil, fmt.Errorf("table %d is at %d by the header, at %d by the module", i, got, want)
		}
	}
	n, ftab := int(le.Uint64(mem[header+8:])), word(wordFuncTab)
	if ends := word(wordFuncTab+1) - 1; n < 1 || ends != n {
		return nil, fmt.Errorf("%d functions by the header, %d by the module", n, ends)
	}
	for i := range n {
		f := t.pclines + int(le.Uint32(mem[ftab+8*i+4:]))
		if entry := le.Uint32(mem[ftab+8*i:]); f+funcSize > len(mem) || le.Uint32(mem[f:]) != entry {
			return nil, fmt.Errorf("function %d is not where its table says", i)
		}
		t.funcs = append(t.funcs, f)
		const name = "runtime.systemstack_switch\x00"
		if bytes.HasPrefix(mem[word(wordNames)+int(le.Uint32(mem[f+funcName:])):], []byte(name)) && mem[f+funcID] != funcIDWrapper-1 {
			return nil, fmt.Errorf("systemstack_switch is function kind %d: wrappers have another number too", mem[f+funcID])
		}
	}
	return t, nil
}

func (t *tables) pcdata(f int) int   { return int(le.Uint32(t.mem[f+funcNPCData:])) }
func (t *tables) funcdata(f int) int { return int(t.mem[f+funcNFuncData]) }

func (t *tables) pcdataAt(f, i int) []byte   { return t.mem[f+funcSize+4*i:] }
func (t *tables) funcdataAt(f, i int) []byte { return t.mem[f+funcSize+4*(t.pcdata(f)+i):] }

// clearPCTab clears the tables of values by program counter which no function has any more. A table is a run of pairs of
// varints, difference of the value and of the counter, up to a value's 0 (runtime/symtab.go, step).
func (t *tables) clearPCTab() error {
	tab := t.mem[t.pctab : t.pctab+t.pctabLen]
	used := make([]bool, len(tab))
	keep := func(offset uint32) error {
		for i, first := int(offset), true; ; first = false {
			if i >= len(tab) {
				return fmt.Errorf("the table at %d has no end", offset)
			}
			if !first && tab[i] == 0 {
				used[i] = true
				return nil
			}
			for range 2 { // the two varints
				_, n := binary.Uvarint(tab[i:])
				if n <= 0 {
					return fmt.Errorf("the table at %d ends early", offset)
				}
				for ; n > 0; n-- {
					used[i] = true
					i++
				}
			}
		}
	}
	for _, f := range t.funcs {
		offsets := []uint32{le.Uint32(t.mem[f+funcPCSP:])}
		for i := range t.pcdata(f) {
			offsets = append(offsets, le.Uint32(t.pcdataAt(f, i)))
		}
		for _, o := range offsets {
			if o != 0 {
				if err := keep(o); err != nil {
					return err
				}
			}
		}
	}
	for i := range tab {
		if !used[i] {
			tab[i] = 0
		}
	}
	return nil
}

// clearFuncData clears the data of functions (go:func.*) at the places that are dropped and that nothing else has, up to
// the next place that is known.
func (t *tables) clearFuncData(dropped map[uint32]bool) {
	places := maps.Clone(dropped)
	for _, f := range t.funcs {
		for i := range t.funcdata(f) {
			at := le.Uint32(t.funcdataAt(f, i))
			places[at] = true
			delete(dropped, at)
		}
	}
	delete(places, noFuncData)
	delete(dropped, noFuncData)
	sorted := slices.Sorted(maps.Keys(places))
	for i, at := range sorted[:len(sorted)-1] {
		if dropped[at] {
			clear(t.mem[t.gofunc+int(at) : t.gofunc+int(sorted[i+1])])
		}
	}
}
