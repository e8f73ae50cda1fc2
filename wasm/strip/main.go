// Command strip makes a js/wasm module that the Go linker wrote a fifth smaller to download.
//
// What the linker writes for readers of stack traces goes: the tables of files and lines, of inlined calls, of arguments'
// positions. `go build -ldflags='-s -w'` keeps them, because the runtime can print them; what makes the program run (frame
// sizes, pointer maps, deferred calls, function names) stays, and so a trace still names its functions.
//
// The tables of functions that stay are written by columns instead of records, and what one of them says is left out of the
// others: where names and records lie, the index from program counters to functions, which alone is six megabytes. A
// start function, which WebAssembly runs before anything else, writes them out in some ten milliseconds: from then on the memory
// is what the linker would have written. The rest of the memory is one segment, or few: the linker splits it into the
// 100,000 that a module may have to leave zeroes out, which costs a compressor more than the zeroes do.
//
// Of the code, only the program counters that a function leaves on the stack before it calls are written another way, in
// packages that are named as those which seldom run (calls.go).
//
//	go run ./wasm/strip MODULE.wasm [PACKAGE...]
//
// The formats are those of cmd/link/internal/wasm/asm.go, runtime/symtab.go and runtime/runtime2.go (type _func) in Go
// 1.26; anything that looks different is an error, not a guess.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./wasm/strip MODULE.wasm [PACKAGE...]")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "strip:", err)
		os.Exit(1)
	}
}

func run(path string, cold []string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	m, err := parse(b)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	t, columns, err := strip(m.memory)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	numbers := t.ofPackages(cold)
	number, start, err := t.fold(columns, m.functions)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := m.shortenCalls(numbers); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := m.addStart(number, start); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	stripped := path + ".stripped"
	if err := os.WriteFile(stripped, m.bytes(), 0o755); err != nil {
		return err
	}
	return os.Rename(stripped, path)
}
