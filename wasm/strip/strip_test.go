package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A stripped program must run as before: stacks grow and are scanned, panics find their deferred functions and those
// recover. Node runs it, which the page's build needs anyway.
func TestStrippedProgramRunsTheSame(t *testing.T) {
	plain := build(t)
	before, err := os.ReadFile(plain)
	require.NoError(t, err)
	want := play(t, plain)
	require.Contains(t, want, "interface [closed assignment to entry in nil map]")
	require.Contains(t, want, "indirect [indirect <nil> outer direct]")
	require.NoError(t, run(plain, []string{"runtime", "main"}))
	require.Equal(t, want, play(t, plain))
	after, err := parse(read(t, plain))
	require.NoError(t, err)
	original, err := parse(before)
	require.NoError(t, err)
	require.Equal(t, original.after, after.after)
	require.Less(t, len(read(t, plain))+400_000, len(before))
	for i, s := range after.before {
		j := slices.IndexFunc(original.before, func(o section) bool { return o.id == s.id })
		if s.id == sectionStart {
			require.Negative(t, j)
		} else if s.id != sectionType && s.id != sectionFunction && s.id != sectionCode {
			require.Equal(t, original.before[j], after.before[i])
		}
	}

	// The program begins with the memory that strip thinks of, whose functions are those of the linker.
	memory := slices.Clone(original.memory)
	_, _, err = strip(memory)
	require.NoError(t, err)
	dump := filepath.Join(t.TempDir(), "memory")
	out, err := exec.Command("node", filepath.Join("testdata", "memory.mjs"), plain, dump).CombinedOutput()
	require.NoError(t, err, string(out))
	got := read(t, dump)
	require.True(t, bytes.Equal(memory, got[:len(memory)]), "start.go writes another memory")
	require.Len(t, got[len(memory):], zeroes(got[len(memory):]))
	require.Equal(t, describe(t, original.memory), describe(t, memory))
}

// describe tells what the runtime reads of each function, wherever it is.
func describe(t *testing.T, memory []byte) (out []string) {
	tab, err := find(memory)
	require.NoError(t, err)
	functions, err := tab.read()
	require.NoError(t, err)
	places := slices.Sorted(maps.Keys(tab.places()))
	for _, f := range functions {
		name := memory[tab.names+int(f.head[funcName/4]):]
		line := fmt.Sprintf("%s %d", name[:bytes.IndexByte(name, 0)], f.head[funcName/4+1:funcPCSP/4])
		for _, at := range append([]uint32{f.head[funcPCSP/4]}, f.pcdata...) {
			if line += " -"; at != 0 {
				end, err := tab.tableEnd(int(at), func(int32) {})
				require.NoError(t, err)
				line += fmt.Sprintf("%x", memory[tab.pctab+int(at):tab.pctab+end])
			}
		}
		for i, at := range f.funcdata {
			if line += " +"; at == noFuncData {
				continue
			}
			from := tab.gofunc + int(at)
			next, _ := slices.BinarySearch(places, int(at)+1)
			switch end := len(memory); {
			case i == funcdataInlTree: // names move, parents do not
				line += fmt.Sprintf("%x", memory[from:from+inlinedName])
			case next < len(places):
				if end = tab.gofunc + places[next]; end-from < 1<<12 {
					line += fmt.Sprintf("%x", bytes.TrimRight(memory[from:end], "\x00"))
				}
			}
		}
		out = append(out, fmt.Sprint(line, f.head[funcPCSP/4+1:]))
	}
	return out
}

func TestStripRefusesWhatItDoesNotKnow(t *testing.T) {
	whole := read(t, build(t))
	for name, b := range map[string][]byte{
		"not a module":   []byte("#!/bin/sh\n"),
		"cut short":      whole[:len(whole)/2],
		"no data":        whole[:8],
		"another header": []byte(strings.Replace(string(whole), string(headerStart), "\xf2\xff\xff\xff\x00\x00\x01\x08", 1)),
	} {
		path := filepath.Join(t.TempDir(), "m.wasm")
		require.NoError(t, os.WriteFile(path, b, 0o644))
		require.Error(t, run(path, nil), name)
		require.Equal(t, b, read(t, path), "%s: the file must stay as it was", name)
	}
}

func build(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "recovers.wasm")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, "./testdata/recovers")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return path
}

func play(t *testing.T, path string) string {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	host := filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec_node.js")
	out, err := exec.Command("node", "--stack-size=8192", host, path).CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

func read(t *testing.T, path string) []byte {
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

func zeroes(b []byte) (n int) {
	for _, c := range b {
		if c == 0 {
			n++
		}
	}
	return n
}
