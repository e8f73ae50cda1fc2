package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	readsDoc = regexp.MustCompile(`(\w+)\{\}\.SwaggerDoc\(\)`)
	// By an interface any type's documentation could be read, and would be missing without a word.
	readsAnyDoc = regexp.MustCompile(`SwaggerDoc\(\) map\[string\]string|"SwaggerDoc"`)
)

var importsAPI = regexp.MustCompile(`"(k8s\.io/api/[a-z0-9/]+)"`)

// readsAllDocs is the one file that reads the documentation of every type: kubectl explain.
const readsAllDocs = "engine/kubectl/explain_docs.go"

// documented are the types, of whatever package, whose documentation the program in some folders reads.
func documented(dirs ...string) (map[string]bool, error) {
	types := map[string]bool{}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() {
				// The HTTP API is of the native program only, and slim speaks of all this.
				if file == filepath.Join("engine", "apiserver", "rest") || file == filepath.Join("wasm", "slim") {
					return filepath.SkipDir
				}
				return nil
			}
			if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return nil
			}
			b, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			for _, m := range importsAPI.FindAllSubmatch(b, -1) {
				docPackages[string(m[1])] = true
			}
			if filepath.ToSlash(file) == readsAllDocs {
				return nil // the wasm build has explain_docs_slim.go in its place
			}
			if readsAnyDoc.Match(b) {
				return fmt.Errorf("%s reads SwaggerDoc by an interface: the wasm build keeps it only of types named as T{}.SwaggerDoc()", file)
			}
			for _, m := range readsDoc.FindAllSubmatch(b, -1) {
				types[string(m[1])] = true
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return types, nil
}

// cutDocs takes the documentation that nothing reads out of a file of it. What stays becomes text that is read when it is
// asked for: a program fills its maps when it starts.
func (m *module) cutDocs(file string, b []byte) ([]byte, error) {
	pkg := path.Join(m.path, path.Dir(file))
	text := string(b)
	f, err := parser.ParseFile(token.NewFileSet(), "", text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var spans []span
	var kept []string
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			of, method, _ := strings.Cut(funcName(d), ".")
			if method != "SwaggerDoc" {
				continue
			}
			spans = append(spans, span{d.Pos(), d.End()})
			if m.docs[of] {
				kept = append(kept, of)
			}
		case *ast.GenDecl:
			if d.Tok != token.VAR || len(d.Specs) != 1 {
				continue
			}
			v := d.Specs[0].(*ast.ValueSpec)
			of, ok := strings.CutPrefix(v.Names[0].Name, "map_")
			if !ok {
				continue
			}
			spans = append(spans, span{d.Pos(), d.End()})
			doc, err := docText(v)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", v.Names[0].Name, err)
			}
			if allDocs[pkg] == nil {
				allDocs[pkg] = map[string]string{}
			}
			allDocs[pkg][of] = doc
		}
	}
	text = without(text, spans)
	for _, of := range kept {
		text += fmt.Sprintf("\nfunc (%s) SwaggerDoc() map[string]string { return swaggerdoc.Of(%q) }\n", of, pkg+"."+of)
	}
	if len(kept) == 0 {
		return []byte(text), nil
	}
	at := strings.Index(text, "\npackage ") + 1
	end := at + strings.IndexByte(text[at:], '\n') + 1
	return []byte(text[:end] + "\nimport \"k8s.io/apimachinery/pkg/util/swaggerdoc\"\n" + text[end:]), nil
}

// allDocs are the texts of all types, by package and type; docTable writes those of the packages in docPackages.
var (
	allDocs     = map[string]map[string]string{}
	docPackages = map[string]bool{"k8s.io/apimachinery/pkg/apis/meta/v1": true}
)

// docTable is the file that holds the documentation: for each type \x01, its name, and its keys and values, each ended by
// a zero byte.
func docTable(*module) ([]byte, error) {
	var out strings.Builder
	for _, pkg := range slices.Sorted(maps.Keys(allDocs)) {
		// Nobody writes reviews by hand: their fields are not explained.
		if !docPackages[pkg] || strings.HasSuffix(pkg, "/authentication/v1") || strings.HasSuffix(pkg, "/authorization/v1") {
			continue
		}
		for _, of := range slices.Sorted(maps.Keys(allDocs[pkg])) {
			out.WriteString("\x01" + pkg + "." + of + "\x00" + allDocs[pkg][of])
		}
	}
	return fmt.Appendf(nil, "package swaggerdoc\n\nconst table = %q\n", out.String()+"\x01"), nil
}

// docText writes a map literal of strings as keys and values, each ended by a zero byte.
func docText(v *ast.ValueSpec) (string, error) {
	lit, ok := v.Values[0].(*ast.CompositeLit)
	if !ok {
		return "", fmt.Errorf("is no map literal")
	}
	var out strings.Builder
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return "", fmt.Errorf("has an element without a key")
		}
		for _, x := range [...]ast.Expr{kv.Key, kv.Value} {
			b, ok := x.(*ast.BasicLit)
			if !ok {
				return "", fmt.Errorf("has something else than string literals")
			}
			s, err := strconv.Unquote(b.Value)
			if err != nil {
				return "", err
			}
			out.WriteString(s + "\x00")
		}
	}
	return out.String(), nil
}
