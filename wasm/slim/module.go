package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// module is one module of the slim build. File names are relative to the module's root.
type module struct {
	path string
	// stub is a directory that takes the place of the module's code: only its go.mod is copied.
	stub string
	// drop are files left out, by path.Match pattern.
	drop []string
	// cut are top-level declarations taken out of files, by name; a method is Type.Method.
	cut map[string][]string
	// swap replaces text in files.
	swap map[string][][2]string
	// docs are the types whose SwaggerDoc stays; nil leaves all.
	docs map[string]bool
	// add copies files from elsewhere: by name, what writes the content.
	add map[string]func(m *module) ([]byte, error)

	from, to string
}

func (m *module) write() error {
	if m.stub != "" {
		return m.writeStub()
	}
	dropped := map[string]bool{}
	err := filepath.WalkDir(m.from, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(m.from, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case d.IsDir():
			if d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && rel != "." {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(m.to, rel), 0o755)
		case rel != "go.mod" && (!strings.HasSuffix(rel, ".go") && !strings.HasSuffix(rel, ".s") || strings.HasSuffix(rel, "_test.go")):
			return nil
		}
		for _, p := range m.drop {
			if ok, err := path.Match(p, rel); err != nil {
				return err
			} else if ok {
				dropped[p] = true
				return nil
			}
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if b, err = m.edit(rel, b); err != nil {
			return fmt.Errorf("%s: %w", rel, err)
		}
		return os.WriteFile(filepath.Join(m.to, rel), b, 0o644)
	})
	if err != nil {
		return err
	}
	for _, p := range m.drop {
		if !dropped[p] {
			return fmt.Errorf("there is no %s to drop any more: look what the update changed", p)
		}
	}
	for file := range m.edited() {
		if _, err := os.Stat(filepath.Join(m.to, file)); err != nil {
			return fmt.Errorf("there is no %s to edit any more: look what the update changed", file)
		}
	}
	for file, content := range m.add {
		b, err := content(m)
		if err != nil {
			return err
		}
		file = filepath.Join(m.to, file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// edited are the files that have an edit.
func (m *module) edited() map[string]bool {
	files := map[string]bool{}
	for f := range m.cut {
		files[f] = true
	}
	for f := range m.swap {
		files[f] = true
	}
	return files
}

// writeStub copies the stub's packages and makes them the module's.
func (m *module) writeStub() error {
	if err := os.CopyFS(m.to, os.DirFS(m.stub)); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(m.to, "go.mod"), []byte("module "+m.path+"\n\ngo 1.26\n"), 0o644)
}

func (m *module) edit(file string, b []byte) ([]byte, error) {
	if m.docs != nil && path.Base(file) == "types_swagger_doc_generated.go" {
		return m.cutDocs(b)
	}
	if !m.edited()[file] {
		return b, nil
	}
	text := string(b)
	for _, s := range m.swap[file] {
		if !strings.Contains(text, s[0]) {
			return nil, fmt.Errorf("no longer has %q: look what the update changed", s[0])
		}
		text = strings.ReplaceAll(text, s[0], s[1])
	}
	text, err := cutDecls(text, m.cut[file])
	if err != nil {
		return nil, err
	}
	text, err = cutImports(text)
	return []byte(text), err
}

// span is a piece of a file to take out.
type span struct{ from, to token.Pos }

func without(text string, spans []span) string {
	slices.SortFunc(spans, func(a, b span) int { return int(b.from - a.from) })
	for _, s := range spans { // from the end; a file alone in its set begins at 1
		text = text[:s.from-1] + text[s.to-1:]
	}
	return text
}

// cutDecls takes functions, methods, types and variables out of a file.
func cutDecls(text string, names []string) (string, error) {
	if len(names) == 0 {
		return text, nil
	}
	f, err := parser.ParseFile(token.NewFileSet(), "", text, parser.ParseComments)
	if err != nil {
		return "", err
	}
	left := map[string]bool{}
	for _, n := range names {
		left[n] = true
	}
	var spans []span
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if name := funcName(d); left[name] {
				delete(left, name)
				spans = append(spans, span{d.Pos(), d.End()})
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				name := ""
				switch s := s.(type) {
				case *ast.TypeSpec:
					name = s.Name.Name
				case *ast.ValueSpec:
					name = s.Names[0].Name
				}
				if !left[name] || name == "" {
					continue
				}
				delete(left, name)
				if d.Lparen.IsValid() {
					spans = append(spans, span{s.Pos(), s.End()})
				} else {
					spans = append(spans, span{d.Pos(), d.End()})
				}
			}
		}
	}
	for n := range left {
		return "", fmt.Errorf("no longer declares %s: look what the update changed", n)
	}
	return without(text, spans), nil
}

func funcName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	t := d.Recv.List[0].Type
	if p, ok := t.(*ast.StarExpr); ok {
		t = p.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name + "." + d.Name.Name
	}
	return ""
}

// cutImports takes out the imports that nothing in the file names any more.
func cutImports(text string) (string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), "", text, parser.ParseComments)
	if err != nil {
		return "", err
	}
	used := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok {
				used[id.Name] = true
			}
		}
		return true
	})
	var spans []span
	for _, i := range f.Imports {
		if !used[importName(i)] && importName(i) != "_" && importName(i) != "." {
			spans = append(spans, span{i.Pos(), i.End()})
		}
	}
	return without(text, spans), nil
}

func importName(i *ast.ImportSpec) string {
	if i.Name != nil {
		return i.Name.Name
	}
	p, _ := strconv.Unquote(i.Path.Value)
	name := path.Base(p)
	if len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" {
		name = path.Base(path.Dir(p)) // the major version
	}
	return name
}
