// Command strip takes out of a js/wasm module what the Go linker writes for readers of stack traces: the tables of files
// and lines, of inlined calls, of arguments' positions. `go build -ldflags='-s -w'` keeps them, because the runtime can
// print them; what makes the program run (frame sizes, pointer maps, deferred calls, function names) stays, and so a
// trace still names its functions. It also writes the memory as one segment: the linker splits it into the 100,000
// segments that a module may have to leave zeroes out, which costs a compressor more than the zeroes do. Together that is
// a seventh of what a browser downloads.
//
//	go run ./wasm/strip MODULE.wasm
//
// The formats are those of cmd/link/internal/wasm/asm.go, runtime/symtab.go and runtime/runtime2.go (type _func) in Go
// 1.26; anything that looks different is an error, not a guess.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./wasm/strip MODULE.wasm")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "strip:", err)
		os.Exit(1)
	}
}

func run(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	m, err := parse(b)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := strip(m.memory); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	stripped := path + ".stripped"
	if err := os.WriteFile(stripped, m.bytes(), 0o755); err != nil {
		return err
	}
	return os.Rename(stripped, path)
}
