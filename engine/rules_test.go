package engine_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rules of the house as tests: each failure says why the rule is there.

// eachFile parses every Go file that is no test below engine.
func eachFile(t *testing.T, fn func(path string, f *ast.File, fset *token.FileSet)) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err == nil {
			fn(filepath.ToSlash(path), f, fset)
		}
		return err
	}))
}

func imports(f *ast.File) []string {
	var out []string
	for _, i := range f.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		out = append(out, p)
	}
	return out
}

func TestComponentsMeetOnlyAtTheAPIServer(t *testing.T) {
	components := []string{"scheduler", "controllers", "cloud", "kubelet", "proxy", "addons", "kubectl"}
	never := append([]string{"apiserver", "etcd"}, components...)
	eachFile(t, func(path string, f *ast.File, _ *token.FileSet) {
		owner, _, _ := strings.Cut(path, "/")
		if !slices.Contains(components, owner) {
			return
		}
		for _, imp := range imports(f) {
			rest, ok := strings.CutPrefix(imp, "tabernetes/engine/")
			if !ok {
				continue
			}
			part, _, _ := strings.Cut(rest, "/")
			if part != owner && slices.Contains(never, part) {
				t.Errorf("%s imports %s: components meet only at the API server; what one must know of another, it learns by a watch", path, imp)
			}
		}
		if owner == "controllers" && strings.Count(path, "/") > 1 {
			for _, imp := range imports(f) {
				rest, ok := strings.CutPrefix(imp, "tabernetes/engine/controllers/")
				// A ReplicationController is a ReplicaSet by another name: upstream's adapter, and ours, wraps the other.
				adapter := rest == "replicaset" && strings.HasPrefix(path, "controllers/replicationcontroller/")
				if ok && isController(t, rest) && !strings.HasPrefix(path, "controllers/"+rest+"/") && !adapter {
					t.Errorf("%s imports controller %s: controllers do not know one another", path, imp)
				}
			}
		}
	})
}

// isController: a package of controllers/ that starts something by itself.
func isController(t *testing.T, pkg string) bool {
	found := false
	files, err := filepath.Glob("controllers/" + pkg + "/*.go")
	require.NoError(t, err)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		found = found || regexp.MustCompile(`(?m)^func (Run|Start)\(`).Match(b)
	}
	return found
}

func TestEngineIsPure(t *testing.T) {
	banned := map[string]string{
		"syscall/js":    "the engine must run natively; only wasm talks to JavaScript",
		"math/rand":     "randomness comes from sim, by seed",
		"os":            "the engine has no files, environment or processes",
		"os/exec":       "the engine has no processes",
		"net/http":      "it costs bytes in the wasm; only the HTTP surface (apiserver/rest) has it",
		"text/template": "2.0 MB of wasm: the linker then keeps every exported method of every type",
		"sync":          "one caller drives the engine; a lock would hide a second one",
		"k8s.io/apimachinery/pkg/util/strategicpatch": "1.3 MB of wasm (kube-openapi, gnostic, protobuf reflection)",
	}
	eachFile(t, func(path string, f *ast.File, fset *token.FileSet) {
		rest := strings.HasPrefix(path, "apiserver/rest/")
		for _, imp := range imports(f) {
			if why, bad := banned[imp]; bad && !(rest && (imp == "net/http" || imp == "sync")) {
				t.Errorf("%s imports %s: %s", path, imp, why)
			}
			for _, p := range []string{"tabernetes/wasm", "tabernetes/web", "tabernetes/static", "k8s.io/client-go", "k8s.io/kubernetes", "github.com/anishathalye/porcupine"} {
				if strings.HasPrefix(imp, p) {
					t.Errorf("%s imports %s: engine is a library by itself", path, imp)
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s starts a goroutine: what runs next must be decided by the kernel's queue alone", fset.Position(x.Pos()))
			case *ast.SelectorExpr:
				if id, ok := x.X.(*ast.Ident); ok && id.Name == "time" {
					switch x.Sel.Name {
					case "Now", "Sleep", "After", "NewTimer", "NewTicker", "Tick", "Since", "Until", "AfterFunc":
						if !rest {
							t.Errorf("%s calls time.%s: the clock is sim's, or two runs would differ", fset.Position(x.Pos()), x.Sel.Name)
						}
					}
				}
				if id, ok := x.X.(*ast.Ident); ok && id.Name == "rand" {
					switch x.Sel.Name {
					case "Int", "IntN", "Int64", "Uint64", "Float64", "Shuffle", "Perm", "N":
						if slices.Contains(imports(f), "math/rand/v2") {
							t.Errorf("%s draws from the global generator: use the actor's", fset.Position(x.Pos()))
						}
					}
				}
			}
			return true
		})
	})
}

func TestEveryPackageTellsItsStory(t *testing.T) {
	dirs := map[string]bool{}
	eachFile(t, func(path string, f *ast.File, _ *token.FileSet) {
		dirs[filepath.Dir(path)] = true
		if f.Name.Name == "util" || f.Name.Name == "common" {
			t.Errorf("%s: package %s names no subject", path, f.Name.Name)
		}
	})
	for dir := range dirs {
		b, err := os.ReadFile(filepath.Join(dir, "doc.go"))
		if err != nil {
			t.Errorf("engine/%s has no doc.go: say what this is in a real cluster, what is simulated and what is real", dir)
			continue
		}
		if len(b) < 300 {
			t.Errorf("engine/%s/doc.go is too short to tell what this is in a real cluster, and what of it is real here", dir)
		}
	}
}

// TestSlimEngine keeps out of the page's engine what costs it megabytes (DESIGN's price list).
func TestSlimEngine(t *testing.T) {
	prices := map[string]string{
		"text/template":                               "2.0 MB",
		"html/template":                               "more than 2.0 MB",
		"github.com/google/cel-go/cel":                "2.05 MB",
		"k8s.io/apimachinery/pkg/util/strategicpatch": "1.3 MB",
		"k8s.io/client-go/kubernetes":                 "3.8 MB",
		"k8s.io/kube-openapi/pkg/util/proto":          "part of the 1.3 MB of strategicpatch",
	}
	cmd := exec.Command("go", "list", "-deps", "../wasm")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := cmd.Output()
	require.NoError(t, err)
	for _, dep := range strings.Fields(string(out)) {
		if price, bad := prices[dep]; bad {
			t.Errorf("the page's engine depends on %s, which costs %s of brotli-compressed wasm", dep, price)
		}
	}
}
