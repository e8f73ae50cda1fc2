// Command slim prepares the build of engine.wasm: it leaves out code which nothing in the engine calls but the
// linker cannot prove dead, nearly half of the module. It copies the modules of that code out of the module cache, takes
// the code out (edits.go tells what and why, messages.go does it for raft's messages), and writes a go.mod that
// replaces the originals by the copies. Only the wasm build uses it: native programs and tests run the originals, and
// must behave the same (the determinism test of web/browsertest compares the two).
//
// When a dependency's update moves what is edited, slim or the build after it fails and says where, instead of leaving
// the bytes in.
//
//	go run ./wasm/slim DIR && go build -modfile=DIR/go.mod ./wasm
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./wasm/slim DIR")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "slim:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		return fmt.Errorf("run it from the module's root: %w", err)
	}
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	from, err := moduleDirs()
	if err != nil {
		return err
	}
	docs, err := documented("engine", "wasm")
	if err != nil {
		return err
	}
	for i := range edits {
		m := &edits[i]
		if m.docs != nil {
			m.docs = docs
		}
		m.from, m.to = from[m.path], filepath.Join(dir, strings.ReplaceAll(m.path, "/", "_"))
		if m.from == "" {
			return fmt.Errorf("the engine no longer needs %s: drop it from slim", m.path)
		}
		if err := m.write(); err != nil {
			return fmt.Errorf("%s: %w", m.path, err)
		}
		mod = fmt.Appendf(mod, "\nreplace %s => %s\n", m.path, m.to)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), mod, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o644)
}

// moduleDirs are the directories of the edited modules by path.
func moduleDirs() (map[string]string, error) {
	args := []string{"list", "-m", "-f", "{{.Path}} {{.Dir}}"}
	for _, m := range edits {
		args = append(args, m.path)
	}
	out, err := goTool(args...)
	if err != nil {
		return nil, err
	}
	dirs := map[string]string{}
	for line := range strings.Lines(out) {
		path, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
		dirs[path] = dir
	}
	return dirs, nil
}

func goTool(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return strings.TrimSpace(string(out)), nil
}
