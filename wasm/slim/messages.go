package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// message is a struct of raft.pb.go; field is one of its fields, in the order of the wire.
type message struct {
	name   string
	fields []field
}

type field struct {
	name   string
	typ    string // as in the source: *uint64, []byte, []*Entry
	wire   string // varint or bytes
	number int
}

// plainMessages rewrites raft.pb.go without protobuf's runtime, whose reflection is larger than raft itself: the same
// types, constants and getters, and for each message the methods of the stub proto.Message, written out by the fields'
// tags. The wire's bytes and sizes are those of protobuf (slim_test.go compares them): raft sizes its batches by them.
func plainMessages(m *module) ([]byte, error) {
	src, err := os.ReadFile(filepath.Join(m.from, "raftpb", "raft.pb.go"))
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	text := func(n ast.Node) string { return string(src[n.Pos()-1 : n.End()-1]) }
	w := new(bytes.Buffer)
	w.WriteString("package raftpb\n\nimport (\n\t\"bytes\"\n\t\"strconv\"\n\n\t\"google.golang.org/protobuf/proto\"\n)\n\n")
	var msgs []*message
	enums := map[string]bool{}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					if st, ok := s.Type.(*ast.StructType); ok {
						msg, err := structOf(s.Name.Name, st, text)
						if err != nil {
							return nil, err
						}
						msgs = append(msgs, msg)
						msg.declare(w)
					} else {
						enums[s.Name.Name] = true
						fmt.Fprintf(w, "%s\n", text(d))
						fmt.Fprintf(w, "func (x %s) String() string {\n\tif s, ok := %[1]s_name[int32(x)]; ok {\n\t\treturn s\n\t}\n\treturn strconv.Itoa(int(x))\n}\n", s.Name.Name)
					}
				case *ast.ValueSpec:
					name := s.Names[0].Name
					of, _, _ := strings.Cut(name, "_")
					if enums[of] {
						fmt.Fprintf(w, "%s %s\n", d.Tok, text(s))
					}
				}
			}
		case *ast.FuncDecl:
			if strings.HasPrefix(d.Name.Name, "Get") || d.Name.Name == "Enum" {
				fmt.Fprintf(w, "%s\n", text(d))
			}
		}
	}
	for _, msg := range msgs {
		msg.methods(w, enums)
	}
	if len(msgs) == 0 || len(enums) == 0 {
		return nil, fmt.Errorf("raft.pb.go declares no messages any more: look what the update changed")
	}
	return format.Source(w.Bytes())
}

func structOf(name string, st *ast.StructType, text func(ast.Node) string) (*message, error) {
	msg := &message{name: name}
	for _, f := range st.Fields.List {
		switch n := f.Names[0].Name; n {
		case "state", "unknownFields", "sizeCache":
			continue
		default:
			tag, _ := strconv.Unquote(f.Tag.Value)
			parts := strings.Split(reflect.StructTag(tag).Get("protobuf"), ",")
			if len(parts) < 3 || slices.Contains(parts, "packed") || slices.Contains(parts, "oneof") || parts[0] != "varint" && parts[0] != "bytes" {
				return nil, fmt.Errorf("%s.%s has a tag unknown here: %s", name, n, tag)
			}
			number, err := strconv.Atoi(parts[1])
			if err != nil {
				return nil, fmt.Errorf("%s.%s has a tag unknown here: %s", name, n, tag)
			}
			msg.fields = append(msg.fields, field{name: n, typ: text(f.Type), wire: parts[0], number: number})
		}
	}
	return msg, nil
}

func (m *message) declare(w *bytes.Buffer) {
	fmt.Fprintf(w, "type %s struct {\n", m.name)
	for _, f := range m.fields {
		fmt.Fprintf(w, "%s %s\n", f.name, f.typ)
	}
	fmt.Fprintf(w, "}\nfunc (x *%s) Reset() { *x = %[1]s{} }\n", m.name)
}

// kind is how a field goes over the wire.
func (f field) kind() string {
	switch {
	case f.typ == "[]byte" && f.wire == "bytes":
		return "bytes"
	case f.typ == "[]uint64" && f.wire == "varint":
		return "varints"
	case strings.HasPrefix(f.typ, "[]*") && f.wire == "bytes":
		return "messages"
	case f.typ == "*bool" && f.wire == "varint":
		return "bool"
	case strings.HasPrefix(f.typ, "*") && f.wire == "varint":
		return "varint"
	case strings.HasPrefix(f.typ, "*") && f.wire == "bytes":
		return "message"
	}
	panic("slim: no wire form for " + f.typ)
}

func (m *message) methods(w *bytes.Buffer, enums map[string]bool) {
	slices.SortFunc(m.fields, func(a, b field) int { return a.number - b.number })
	var size, app, read, equal, clone strings.Builder
	for _, f := range m.fields {
		v, elem := "x."+f.name, strings.TrimLeft(f.typ, "[]*")
		varintTag, bytesTag := fmt.Sprint(f.number<<3), fmt.Sprint(f.number<<3|2)
		number := func(v string) string {
			if enums[elem] {
				return "uint64(int64(" + v + "))"
			}
			return "uint64(" + v + ")"
		}
		switch f.kind() {
		case "varint":
			fmt.Fprintf(&size, "if %s != nil {\nn += proto.TagSize(%d) + proto.VarintSize(%s)\n}\n", v, f.number, number("*"+v))
			fmt.Fprintf(&app, "if %s != nil {\nb = proto.AppendVarint(proto.AppendVarint(b, %s), %s)\n}\n", v, varintTag, number("*"+v))
			fmt.Fprintf(&read, "case %s:\nv := %s(d.Varint())\n", varintTag, elem)
			if enums[elem] { // proto2's enums are closed
				fmt.Fprintf(&read, "if _, ok := %s_name[int32(v)]; !ok {\nd.Unknown()\n}\n", elem)
			}
			fmt.Fprintf(&read, "%s = &v\n", v)
			fmt.Fprintf(&equal, "if (%s == nil) != (y.%s == nil) || %[1]s != nil && *%[1]s != *y.%[2]s {\nreturn false\n}\n", v, f.name)
			fmt.Fprintf(&clone, "if %s != nil {\nc.%s = new(*%[1]s)\n}\n", v, f.name)
		case "bool":
			fmt.Fprintf(&size, "if %s != nil {\nn += proto.TagSize(%d) + 1\n}\n", v, f.number)
			fmt.Fprintf(&app, "if %s != nil {\nb = proto.AppendBool(proto.AppendVarint(b, %s), *%[1]s)\n}\n", v, varintTag)
			fmt.Fprintf(&read, "case %s:\n%s = new(d.Varint() != 0)\n", varintTag, v)
			fmt.Fprintf(&equal, "if (%s == nil) != (y.%s == nil) || %[1]s != nil && *%[1]s != *y.%[2]s {\nreturn false\n}\n", v, f.name)
			fmt.Fprintf(&clone, "if %s != nil {\nc.%s = new(*%[1]s)\n}\n", v, f.name)
		case "bytes":
			fmt.Fprintf(&size, "if %s != nil {\nn += proto.TagSize(%d) + proto.BytesSize(len(%[1]s))\n}\n", v, f.number)
			fmt.Fprintf(&app, "if %s != nil {\nb = append(proto.AppendVarint(proto.AppendVarint(b, %s), uint64(len(%[1]s))), %[1]s...)\n}\n", v, bytesTag)
			fmt.Fprintf(&read, "case %s:\n%s = append([]byte{}, d.Bytes()...)\n", bytesTag, v)
			fmt.Fprintf(&equal, "if (%s == nil) != (y.%s == nil) || !bytes.Equal(%[1]s, y.%[2]s) {\nreturn false\n}\n", v, f.name)
			fmt.Fprintf(&clone, "if %s != nil {\nc.%s = append([]byte{}, %[1]s...)\n}\n", v, f.name)
		case "varints":
			fmt.Fprintf(&size, "for _, v := range %s {\nn += proto.TagSize(%d) + proto.VarintSize(v)\n}\n", v, f.number)
			fmt.Fprintf(&app, "for _, v := range %s {\nb = proto.AppendVarint(proto.AppendVarint(b, %s), v)\n}\n", v, varintTag)
			fmt.Fprintf(&read, "case %s:\n%s = append(%[2]s, d.Varint())\ncase %s:\nfor p := d.Nested(); p.More(); {\n%[2]s = append(%[2]s, p.Varint())\n}\n", varintTag, v, bytesTag)
			fmt.Fprintf(&equal, "if len(%s) != len(y.%s) {\nreturn false\n}\nfor i, v := range %[1]s {\nif v != y.%[2]s[i] {\nreturn false\n}\n}\n", v, f.name)
			fmt.Fprintf(&clone, "if len(%s) > 0 {\nc.%s = append([]uint64(nil), %[1]s...)\n}\n", v, f.name)
		case "message":
			fmt.Fprintf(&size, "if %s != nil {\nn += proto.TagSize(%d) + proto.BytesSize(%[1]s.WireSize())\n}\n", v, f.number)
			fmt.Fprintf(&app, "if %s != nil {\nb = %[1]s.AppendWire(proto.AppendVarint(proto.AppendVarint(b, %s), uint64(%[1]s.WireSize())))\n}\n", v, bytesTag)
			fmt.Fprintf(&read, "case %s:\nif %s == nil {\n%[2]s = new(%s)\n}\n%[2]s.ReadWire(d.Nested())\n", bytesTag, v, elem)
			fmt.Fprintf(&equal, "if (%s == nil) != (y.%s == nil) || %[1]s != nil && !%[1]s.equal(y.%[2]s) {\nreturn false\n}\n", v, f.name)
			fmt.Fprintf(&clone, "if %s != nil {\nc.%s = %[1]s.clone()\n}\n", v, f.name)
		case "messages":
			fmt.Fprintf(&size, "for _, v := range %s {\nn += proto.TagSize(%d) + proto.BytesSize(v.WireSize())\n}\n", v, f.number)
			fmt.Fprintf(&app, "for _, v := range %s {\nb = v.AppendWire(proto.AppendVarint(proto.AppendVarint(b, %s), uint64(v.WireSize())))\n}\n", v, bytesTag)
			fmt.Fprintf(&read, "case %s:\nv := new(%s)\nv.ReadWire(d.Nested())\n%s = append(%[3]s, v)\n", bytesTag, elem, v)
			fmt.Fprintf(&equal, "if len(%s) != len(y.%s) {\nreturn false\n}\nfor i, v := range %[1]s {\nif !v.equal(y.%[2]s[i]) {\nreturn false\n}\n}\n", v, f.name)
			fmt.Fprintf(&clone, "for _, v := range %s {\nc.%s = append(c.%[2]s, v.clone())\n}\n", v, f.name)
		}
	}
	fmt.Fprintf(w, "func (x *%s) WireSize() int {\nn := 0\nif x == nil {\nreturn n\n}\n%sreturn n\n}\n", m.name, size.String())
	fmt.Fprintf(w, "func (x *%s) AppendWire(b []byte) []byte {\nif x == nil {\nreturn b\n}\n%sreturn b\n}\n", m.name, app.String())
	fmt.Fprintf(w, "func (x *%s) ReadWire(d *proto.Reader) {\nfor d.More() {\nswitch d.Varint() {\n%sdefault:\nd.Unknown()\n}\n}\n}\n", m.name, read.String())
	fmt.Fprintf(w, "func (x *%s) EqualTo(o proto.Message) bool {\ny, ok := o.(*%[1]s)\nreturn ok && x.equal(y)\n}\n", m.name)
	fmt.Fprintf(w, "func (x *%s) equal(y *%[1]s) bool {\nif x == nil || y == nil {\nreturn x == y\n}\n%sreturn true\n}\n", m.name, equal.String())
	fmt.Fprintf(w, "func (x *%s) IsNil() bool { return x == nil }\n", m.name)
	fmt.Fprintf(w, "func (x *%s) CloneMessage() proto.Message { return x.clone() }\n", m.name)
	fmt.Fprintf(w, "func (x *%s) clone() *%[1]s {\nif x == nil {\nreturn nil\n}\nc := new(%[1]s)\n%sreturn c\n}\n\n", m.name, clone.String())
}
