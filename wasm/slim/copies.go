package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// reflectCopies gives the DeepCopyInto methods of structs one line as their body. Those of slices and maps stay.
func reflectCopies(b []byte) ([]byte, error) {
	text := string(b)
	f, err := parser.ParseFile(token.NewFileSet(), "", text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	type body struct{ from, to int }
	var bodies []body
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Name.Name != "DeepCopyInto" || fn.Recv == nil {
			continue
		}
		if _, pointer := fn.Recv.List[0].Type.(*ast.StarExpr); pointer {
			bodies = append(bodies, body{int(fn.Body.Pos()) - 1, int(fn.Body.End()) - 1})
		}
	}
	if len(bodies) == 0 {
		return nil, fmt.Errorf("has no DeepCopyInto of a pointer: look what the update changed")
	}
	for i := len(bodies) - 1; i >= 0; i-- {
		text = text[:bodies[i].from] + "{ deepcopy.Into(in, out) }" + text[bodies[i].to:]
	}
	const first = "package "
	at := strings.Index(text, "\n"+first) + 1
	end := at + strings.IndexByte(text[at:], '\n') + 1
	text = text[:end] + "\nimport \"k8s.io/apimachinery/pkg/util/deepcopy\"\n" + text[end:]
	text, err = cutImports(text)
	return []byte(text), err
}
