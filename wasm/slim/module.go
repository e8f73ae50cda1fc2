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
	"regexp"
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
	// cut are top-level declarations taken out of files, by path.Match pattern and name; a method is Type.Method. One
	// of the files must have each.
	cut map[string][]string
	// swap replaces text in files.
	swap map[string][][2]string
	// copies replaces the generated deep copies of structs by stubs/deepcopy.
	copies bool
	// tags takes the protobuf tags off struct fields: they are kept in the types' descriptions, and nobody reads them.
	tags bool
	// docs are the types whose SwaggerDoc stays; nil leaves all.
	docs map[string]bool
	// add copies files from elsewhere: by name, what writes the content.
	add map[string]func(m *module) ([]byte, error)

	from, to string
	done     map[string]bool // what of drop, cut and swap found something to do
}

var protobufTag = regexp.MustCompile(` protobuf:"[^"\n]*"( protobuf_(?:key|val):"[^"\n]*")*`)

func (m *module) write() error {
	if m.stub != "" {
		return m.writeStub()
	}
	m.done = map[string]bool{}
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
				m.done[p] = true
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
	if err := m.allDone(); err != nil {
		return err
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

// allDone tells what edit was about something that is not there.
func (m *module) allDone() error {
	for _, p := range m.drop {
		if !m.done[p] {
			return fmt.Errorf("there is no %s to drop any more: look what the update changed", p)
		}
	}
	for p, names := range m.cut {
		for _, n := range names {
			if !m.done[p+" "+n] {
				return fmt.Errorf("%s no longer declares %s: look what the update changed", p, n)
			}
		}
	}
	for file := range m.swap {
		if !m.done[file] {
			return fmt.Errorf("there is no %s to edit any more: look what the update changed", file)
		}
	}
	return nil
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
		return m.cutDocs(file, b)
	}
	if m.copies && path.Base(file) == "zz_generated.deepcopy.go" {
		return reflectCopies(b)
	}
	text, edited := string(b), false
	if m.tags && strings.HasPrefix(path.Base(file), "types") || m.tags && strings.Contains(file, "apis/meta/") {
		if left := protobufTag.ReplaceAllString(text, ""); left != text {
			text, edited = left, true
		}
	}
	for _, s := range m.swap[file] {
		if !strings.Contains(text, s[0]) {
			return nil, fmt.Errorf("no longer has %q: look what the update changed", s[0])
		}
		text, edited, m.done[file] = strings.ReplaceAll(text, s[0], s[1]), true, true
	}
	for p, names := range m.cut {
		if ok, err := path.Match(p, file); err != nil {
			return nil, err
		} else if !ok {
			continue
		}
		left, cut, err := cutDecls(text, names)
		if err != nil {
			return nil, err
		}
		text, edited = left, edited || len(cut) > 0
		for n := range cut {
			m.done[p+" "+n] = true
		}
	}
	if !edited {
		return b, nil
	}
	text, err := cutImports(text)
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

// cutDecls takes functions, methods, types and variables out of a file, and tells which of them it had.
func cutDecls(text string, names []string) (string, map[string]bool, error) {
	f, err := parser.ParseFile(token.NewFileSet(), "", text, parser.ParseComments)
	if err != nil {
		return "", nil, err
	}
	var spans []span
	found := map[string]bool{}
	cut := func(name string, n ast.Node) {
		if slices.Contains(names, name) {
			found[name] = true
			spans = append(spans, span{n.Pos(), n.End()})
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			cut(funcName(d), d)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				n := ast.Node(d)
				if d.Lparen.IsValid() {
					n = s
				}
				switch s := s.(type) {
				case *ast.TypeSpec:
					cut(s.Name.Name, n)
				case *ast.ValueSpec:
					cut(s.Names[0].Name, n)
				}
			}
		}
	}
	return without(text, spans), found, nil
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
