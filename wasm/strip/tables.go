package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
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

	// of runtime.inlinedCall
	inlinedName, inlinedSize = 4, 16
	// of a bucket of runtime.findfunctab, and how many program counters it is about
	bucketSize, bucketSpan = 20, 4096
	// A program counter is a function's number and, in so many bits, a block of it.
	blockBits = 16
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
	wordFind, wordMinPC, wordText, wordFindEnd      = 19, 20, 22, 41
)

// tables are a program's tables of functions in its initial memory.
type tables struct {
	mem                                           []byte
	funcs                                         []int // where each runtime._func is
	names, namesLen                               int
	pctab, pctabLen                               int
	ftab                                          int // pairs of a function's address and its place behind pclines
	linesLen                                      int
	gofunc, find, findLen                         int // the data of functions end where findfunctab begins
	text, minPC                                   int
	filetab, filetabLen, cutab, cutabLen, pclines int
}

// strip takes out of a program's initial memory what only stack traces read, and writes what stays of the tables of
// functions anew, without gaps. It gives the columns of the functions.
func strip(mem []byte) (*tables, []*column, error) {
	t, err := find(mem)
	if err != nil {
		return nil, nil, err
	}
	functions, err := t.read()
	if err != nil {
		return nil, nil, err
	}
	if err := t.rewrite(functions); err != nil {
		return nil, nil, err
	}
	clear(mem[t.filetab : t.filetab+t.filetabLen])
	clear(mem[t.cutab : t.cutab+t.cutabLen])
	return t, columnsOf(functions), nil
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
		names: word(wordNames), namesLen: word(wordNames + 1), ftab: word(wordFuncTab), linesLen: word(wordPCLines + 1),
		find: word(wordFind), findLen: word(wordFindEnd) - word(wordFind), text: word(wordText), minPC: word(wordMinPC),
		pctab: word(wordPCTab), pctabLen: word(wordPCTab + 1), gofunc: word(wordGoFunc),
		filetab: word(wordFileTab), filetabLen: word(wordFileTab + 1),
		cutab: word(wordCUTab), cutabLen: 4 * word(wordCUTab+1), pclines: word(wordPCLines)}
	for i, want := range []int{t.cutab, t.filetab, t.pctab, t.pclines} {
		if got := header + int(le.Uint64(mem[header+40+8*i:])); got != want {
			return nil, fmt.Errorf("table %d is at %d by the header, at %d by the module", i, got, want)
		}
	}
	n, ftab := int(le.Uint64(mem[header+8:])), t.ftab
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
	if !bytes.Equal(t.bucketTable(), mem[t.find:t.find+t.findLen]) {
		return nil, errors.New("findfunctab is not one function for each bucket")
	}
	return t, nil
}

// bucketTable is findfunctab as start.go makes it of the functions' addresses, which are so far apart that no bucket is
// about two.
func (t *tables) bucketTable() []byte {
	var out []byte
	pc := t.minPC - t.text
	for i := range t.funcs {
		next := int(le.Uint32(t.mem[t.ftab+8*i+8:])) << blockBits
		for first := true; first || pc < next; first = false {
			out = append(le.AppendUint32(out, uint32(i)), make([]byte, bucketSize-4)...)
			pc += bucketSpan
		}
	}
	return out[:min(len(out), t.findLen)] // the last bucket ends with the program
}
