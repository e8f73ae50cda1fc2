package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Limits of one text. MaxBytes is the size of a request that the API server
// takes; it holds for the text and for each document after its aliases are
// expanded.
const (
	MaxBytes = 3 * 1024 * 1024
	MaxDepth = 100
)

// Document is one object of a text.
type Document struct {
	// Index counts the objects of the text from 0. The items of a List count
	// one by one, the List itself does not.
	Index int
	// Line is where the document begins, counted from 1. All items of a List
	// have the List's.
	Line int
	// Raw is the object as JSON.
	Raw       []byte
	GVK       schema.GroupVersionKind
	Name      string
	Namespace string

	// duplicates has what strict decoding says about repeated YAML keys, which
	// are lost in Raw.
	duplicates []error
}

// Error says what is wrong with a text and where.
type Error struct {
	// Line and Column count from 1; Column is 0 where it is not known.
	Line, Column int
	Err          error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Split finds the objects in a text: YAML documents between "---" lines, or
// JSON values one after another. Empty documents are left out, Lists are
// opened. The error is an *Error; with it come the documents before the
// faulty one.
//
// Upstream: k8s.io/apimachinery/pkg/util/yaml (YAMLOrJSONDecoder) and
// k8s.io/cli-runtime/pkg/resource (StreamVisitor, FlattenListVisitor).
func Split(text []byte) ([]Document, error) { return SplitText(text, MaxBytes) }

// SplitText is Split for texts of up to limit bytes; each document may have MaxBytes.
func SplitText(text []byte, limit int) ([]Document, error) {
	if len(text) > limit {
		return nil, &Error{Line: 1, Err: fmt.Errorf("the text has %d bytes, the limit is %d", len(text), limit)}
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	s := splitter{}
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) && s.json(text) {
		return s.docs, s.err()
	}
	s = splitter{}
	s.yaml(text)
	return s.docs, s.err()
}

// Syntax tells whether a text is YAML within the limits, whatever it says; the error is an *Error. Only the first document
// is looked at.
func Syntax(text []byte) error {
	s := splitter{}
	if len(text) > MaxBytes {
		s.fail(1, 0, fmt.Errorf("the text has %d bytes, the limit is %d", len(text), MaxBytes))
	} else if raw, _, fault := toJSON(chunk{text: text, line: 1}); fault != nil {
		s.fault = fault
	} else {
		s.limits(raw, 1)
	}
	return s.err()
}

type splitter struct {
	docs  []Document
	fault *Error
}

// err avoids an error interface around a nil pointer.
func (s *splitter) err() error {
	if s.fault == nil {
		return nil
	}
	return s.fault
}

func (s *splitter) fail(line, column int, err error) bool {
	s.fault = &Error{Line: line, Column: column, Err: err}
	return false
}

// json reads a stream of JSON values. False means that the text is not JSON
// from start to end, so it is up to YAML.
func (s *splitter) json(text []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(text))
	var values []chunk
	for {
		// Where the value starts, for its line.
		from := int(dec.InputOffset())
		var raw json.RawMessage
		err := dec.Decode(&raw)
		if err == io.EOF {
			break
		}
		if err != nil {
			return false
		}
		from += len(text[from:]) - len(bytes.TrimLeft(text[from:], " \t\r\n"))
		values = append(values, chunk{text: raw, line: 1 + bytes.Count(text[:from], []byte("\n"))})
	}
	for _, v := range values {
		if !s.document(v.text, v.line, nil) {
			break
		}
	}
	return true
}

// chunk is the text of one document and the line it begins at.
type chunk struct {
	text []byte
	line int
}

// yaml cuts the text at its separators and converts the parts.
func (s *splitter) yaml(text []byte) {
	part := chunk{line: 1}
	for line := 1; len(text) > 0; line++ {
		end := bytes.IndexByte(text, '\n') + 1
		if end == 0 {
			end = len(text)
		}
		if after, ok := bytes.CutPrefix(text[:end], []byte("---")); ok {
			after := strings.TrimSpace(string(after))
			if after != "" && after[0] != '#' {
				s.fail(line, 4, fmt.Errorf("invalid Yaml document separator: %s", after))
				return
			}
			if !s.part(part) {
				return
			}
			part = chunk{line: line + 1}
		} else {
			part.text = append(part.text, text[:end]...)
		}
		text = text[end:]
	}
	s.part(part)
}

// part converts one YAML document.
func (s *splitter) part(c chunk) bool {
	begin := firstContent(c.text)
	if begin < 0 {
		return true
	}
	raw, duplicates, fault := toJSON(c)
	if fault != nil {
		s.fault = fault
		return false
	}
	return s.document(raw, c.line+begin, duplicates)
}

// firstContent returns the index of the first line that is neither blank nor a
// comment, -1 if there is none.
func firstContent(text []byte) int {
	for i, line := range bytes.Split(text, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return i
		}
	}
	return -1
}

// head is what is read of an object before its type is known.
type head struct {
	Metadata struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
}

// document adds the object or the items of the List that raw holds.
func (s *splitter) document(raw []byte, line int, duplicates []error) bool {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return true
	}
	return s.limits(raw, line) && s.object(raw, line, duplicates, schema.GroupVersionKind{})
}

// limits fails for what is too big or nested too deep once its aliases are expanded.
func (s *splitter) limits(raw []byte, line int) bool {
	if len(raw) > MaxBytes {
		return s.fail(line, 0, fmt.Errorf("the document expands to %d bytes, the limit is %d", len(raw), MaxBytes))
	}
	if depth := nesting(raw); depth > MaxDepth {
		return s.fail(line, 0, fmt.Errorf("the document is nested %d levels deep, the limit is %d", depth, MaxDepth))
	}
	return true
}

// object adds one object; implied is the kind that a typed list gives its items.
func (s *splitter) object(raw []byte, line int, duplicates []error, implied schema.GroupVersionKind) bool {
	// This struct appears in error texts, with these fields and no others.
	kind := struct {
		APIVersion string `json:"apiVersion,omitempty"`
		Kind       string `json:"kind,omitempty"`
	}{}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return s.fail(line, 0, fmt.Errorf("couldn't get version/kind; json parse error: %v", err))
	}
	gv, err := schema.ParseGroupVersion(kind.APIVersion)
	if err != nil {
		return s.fail(line, 0, err)
	}
	gvk := gv.WithKind(kind.Kind)
	if gvk.Kind == "" && implied.Kind != "" {
		if raw, err = withKind(raw, implied); err != nil {
			return s.fail(line, 0, err)
		}
		gvk = implied
	}
	if gvk.Kind == "" {
		return s.fail(line, 0, runtime.NewMissingKindErr(string(raw)))
	}
	if gvk.Version == "" {
		return s.fail(line, 0, runtime.NewMissingVersionErr(string(raw)))
	}
	if strings.HasSuffix(gvk.Kind, "List") {
		var list struct {
			Items *[]json.RawMessage `json:"items"`
		}
		if err := json.Unmarshal(raw, &list); err == nil && list.Items != nil {
			item := gvk.GroupVersion().WithKind(strings.TrimSuffix(gvk.Kind, "List"))
			for _, raw := range *list.Items {
				if !s.object(raw, line, duplicates, item) {
					return false
				}
				// Told once.
				duplicates = nil
			}
			return true
		}
	}
	var h head
	// A name of the wrong type is for Decode to tell.
	_ = json.Unmarshal(raw, &h)
	s.docs = append(s.docs, Document{
		Index: len(s.docs), Line: line, Raw: raw, GVK: gvk,
		Name: h.Metadata.Name, Namespace: h.Metadata.Namespace, duplicates: duplicates,
	})
	return true
}

func withKind(raw []byte, gvk schema.GroupVersionKind) ([]byte, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, err
	}
	if m == nil {
		m = map[string]json.RawMessage{}
	}
	apiVersion, kind := gvk.ToAPIVersionAndKind()
	for key, value := range map[string]string{"apiVersion": apiVersion, "kind": kind} {
		quoted, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		m[key] = quoted
	}
	return json.Marshal(m)
}

// nesting counts how deep the objects and lists of a valid JSON text go.
func nesting(raw []byte) int {
	depth, deepest, inString := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}
