package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	readsDoc = regexp.MustCompile(`(\w+)\{\}\.SwaggerDoc\(\)`)
	// By an interface any type's documentation could be read, and would be missing without a word.
	readsAnyDoc = regexp.MustCompile(`SwaggerDoc\(\) map\[string\]string|"SwaggerDoc"`)
)

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

// cutDocs takes the documentation that nothing reads out of a file of it.
func (m *module) cutDocs(b []byte) ([]byte, error) {
	text := string(b)
	f, err := parser.ParseFile(token.NewFileSet(), "", text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var cut []string
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if of, method, _ := strings.Cut(funcName(fn), "."); method == "SwaggerDoc" && !m.docs[of] {
			cut = append(cut, funcName(fn), "map_"+of)
		}
	}
	text, _, err = cutDecls(text, cut)
	return []byte(text), err
}
