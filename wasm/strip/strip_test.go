package main

import (
	"os"
	"os/exec"
	"path/filepath"
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
	require.NoError(t, run(plain))
	require.Equal(t, want, play(t, plain))
	after, err := parse(read(t, plain))
	require.NoError(t, err)
	original, err := parse(before)
	require.NoError(t, err)
	require.Equal(t, original.before, after.before)
	require.Equal(t, original.after, after.after)
	require.Less(t, zeroes(original.memory)+100_000, zeroes(after.memory))
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
		require.Error(t, run(path), name)
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
