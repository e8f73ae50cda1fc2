// Command slim prepares a build that keeps two things out of engine.wasm which nothing in it
// calls but the linker cannot prove dead:
//
//   - k8s.io/apimachinery/pkg/util/net takes http.DefaultTransport at its start, and with it all of crypto/tls;
//   - protobuf-go (which raft's messages are made of) calls Marshal and Unmarshal of "legacy" messages through an
//     interface, so that the linker keeps those methods of every Kubernetes type.
//
// Together they are some 2 MB of the compressed module. slim copies the two modules out of the module cache, changes
// those lines, and writes a go.mod that replaces the originals by the copies. When a dependency's update moves the
// lines, it fails and says where, instead of leaving the bytes in.
//
//	go run ./wasm/slim DIR && go build -modfile=DIR/go.mod ./wasm
package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// edit replaces text in one file of a module; each old text must occur.
type edit struct {
	module, file string
	swaps        [][2]string
}

var edits = []edit{
	{"k8s.io/apimachinery", "pkg/util/net/http.go", [][2]string{
		{"var defaultTransport = http.DefaultTransport.(*http.Transport)", "var defaultTransport = &http.Transport{}"},
		{"var defaultProxyFuncPointer = fmt.Sprintf(\"%p\", http.ProxyFromEnvironment)", "var defaultProxyFuncPointer = \"\""},
	}},
	{"google.golang.org/protobuf", "internal/impl/legacy_message.go", [][2]string{
		// Names no type has: the interfaces match nothing, which is what raft's own messages match as well.
		{"\tMarshal() ([]byte, error)\n", "\tlegacyMarshalOff() ([]byte, error)\n"},
		{"\tUnmarshal([]byte) error\n", "\tlegacyUnmarshalOff([]byte) error\n"},
		{"marshaler.Marshal()", "marshaler.legacyMarshalOff()"},
		{"unmarshaler.Unmarshal(", "unmarshaler.legacyUnmarshalOff("},
	}},
}

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
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		return fmt.Errorf("run it from the module's root: %w", err)
	}
	for _, e := range edits {
		out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", e.module).Output()
		if err != nil {
			return fmt.Errorf("go list -m %s: %w", e.module, err)
		}
		to := filepath.Join(dir, filepath.Base(e.module))
		if err := copyModule(strings.TrimSpace(string(out)), to); err != nil {
			return err
		}
		if err := e.apply(filepath.Join(to, filepath.FromSlash(e.file))); err != nil {
			return err
		}
		mod = append(mod, fmt.Sprintf("\nreplace %s => %s\n", e.module, to)...)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), mod, 0o644); err != nil {
		return err
	}
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o644)
}

func (e edit) apply(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text := string(b)
	for _, s := range e.swaps {
		if !strings.Contains(text, s[0]) {
			return fmt.Errorf("%s/%s no longer has %q: look what the update changed", e.module, e.file, s[0])
		}
		text = strings.ReplaceAll(text, s[0], s[1])
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// copyModule copies what a build needs: no tests, no test data.
func copyModule(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "testdata" || d.Name() == ".github" {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o644)
	})
}
