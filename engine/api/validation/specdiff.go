package validation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// specDiff shows how two values of core types differ, as the API server does when an update changes what it may not:
// the unified diff of their JSON, in which Go's field names stand, because upstream prints its internal types.
func specDiff(old, new any) string {
	return unifiedDiff(goJSONLines(old), goJSONLines(new))
}

func goJSONLines(v any) []string {
	var compact, pretty bytes.Buffer
	writeGoJSON(&compact, reflect.ValueOf(v))
	if json.Indent(&pretty, compact.Bytes(), "", " ") != nil {
		return nil
	}
	return strings.Split(pretty.String(), "\n")
}

// goNames shows a bad value of a core or apps type as upstream shows its internal twin: with Go's field names.
type goNames struct{ value any }

func (g goNames) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	writeGoJSON(&b, reflect.ValueOf(g.value))
	return b.Bytes(), nil
}

func writeGoJSON(b *bytes.Buffer, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			b.WriteString("null")
			return
		}
		writeGoJSON(b, v.Elem())
	case reflect.Slice:
		if v.IsNil() || v.Type().Elem().Kind() == reflect.Uint8 {
			writePlainJSON(b, v)
			return
		}
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			writeGoJSON(b, v.Index(i))
		}
		b.WriteByte(']')
	case reflect.Struct:
		if !hasInternalTwin(v.Type()) {
			writePlainJSON(b, v)
			return
		}
		b.WriteByte('{')
		first := true
		writeFields(b, v, &first)
		b.WriteByte('}')
	default:
		writePlainJSON(b, v)
	}
}

// hasInternalTwin: types of apimachinery have none, so that their tags count.
func hasInternalTwin(t reflect.Type) bool {
	return strings.Contains(t.PkgPath(), "k8s.io/api/")
}

// writeFields writes the fields of embedded structs among those of the outer one.
func writeFields(b *bytes.Buffer, v reflect.Value, first *bool) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			if hasInternalTwin(f.Type) {
				writeFields(b, v.Field(i), first)
			} else {
				spliceFields(b, v.Field(i), first)
			}
			continue
		}
		if !*first {
			b.WriteByte(',')
		}
		*first = false
		fmt.Fprintf(b, "%q:", f.Name)
		writeGoJSON(b, v.Field(i))
	}
}

// spliceFields writes the inside of a value's JSON object.
func spliceFields(b *bytes.Buffer, v reflect.Value, first *bool) {
	var object bytes.Buffer
	writePlainJSON(&object, v)
	inner := bytes.TrimSuffix(bytes.TrimPrefix(object.Bytes(), []byte("{")), []byte("}"))
	if len(inner) == 0 {
		return
	}
	if !*first {
		b.WriteByte(',')
	}
	*first = false
	b.Write(inner)
}

// writePlainJSON is for values that JSON shows the same way in both worlds: scalars, maps, and the types that
// marshal themselves.
func writePlainJSON(b *bytes.Buffer, v reflect.Value) {
	text, err := json.Marshal(v.Interface())
	if err != nil {
		text = []byte("null")
	}
	b.Write(text)
}

// contextLines stand around each change.
const contextLines = 3

// edit is a run of lines that both sides share, or that one side has in place of the other's.
type edit struct {
	same           bool
	a1, a2, b1, b2 int
}

// unifiedDiff is difflib's: Python's SequenceMatcher finds the matching runs, lines that occur too often not counting.
func unifiedDiff(a, b []string) string {
	var out strings.Builder
	for _, group := range groups(edits(a, b)) {
		first, last := group[0], group[len(group)-1]
		fmt.Fprintf(&out, "@@ -%s +%s @@\n", lineRange(first.a1, last.a2), lineRange(first.b1, last.b2))
		for _, e := range group {
			if e.same {
				writeLines(&out, " ", a[e.a1:e.a2])
				continue
			}
			writeLines(&out, "-", a[e.a1:e.a2])
			writeLines(&out, "+", b[e.b1:e.b2])
		}
	}
	return out.String()
}

func writeLines(out *strings.Builder, mark string, lines []string) {
	for _, line := range lines {
		out.WriteString(mark)
		out.WriteString(line)
		out.WriteByte('\n')
	}
}

func lineRange(start, end int) string {
	switch n := end - start; n {
	case 1:
		return fmt.Sprint(start + 1)
	case 0:
		return fmt.Sprintf("%d,0", start)
	default:
		return fmt.Sprintf("%d,%d", start+1, n)
	}
}

// edits lists shared and changed runs in order, from the matching blocks.
func edits(a, b []string) []edit {
	m := newMatcher(a, b)
	m.match(0, len(a), 0, len(b))
	var list []edit
	i, j := 0, 0
	for _, block := range append(m.blocks, block{len(a), len(b), 0}) {
		if i < block.a || j < block.b {
			list = append(list, edit{false, i, block.a, j, block.b})
		}
		i, j = block.a+block.n, block.b+block.n
		if block.n > 0 {
			if last := len(list) - 1; last >= 0 && list[last].same {
				list[last].a2, list[last].b2 = i, j // adjacent blocks are one
			} else {
				list = append(list, edit{true, block.a, i, block.b, j})
			}
		}
	}
	return list
}

// groups cuts long shared runs, so that each group of changes has its context.
func groups(list []edit) [][]edit {
	if len(list) == 0 || (len(list) == 1 && list[0].same) {
		return nil
	}
	if first := &list[0]; first.same {
		first.a1, first.b1 = max(first.a1, first.a2-contextLines), max(first.b1, first.b2-contextLines)
	}
	if last := &list[len(list)-1]; last.same {
		last.a2, last.b2 = min(last.a2, last.a1+contextLines), min(last.b2, last.b1+contextLines)
	}
	var all [][]edit
	var group []edit
	for _, e := range list {
		if e.same && e.a2-e.a1 > 2*contextLines {
			group = append(group, edit{true, e.a1, e.a1 + contextLines, e.b1, e.b1 + contextLines})
			all, group = append(all, group), nil
			e.a1, e.b1 = e.a2-contextLines, e.b2-contextLines
		}
		group = append(group, e)
	}
	return append(all, group)
}

type block struct{ a, b, n int }

type matcher struct {
	a, b   []string
	where  map[string][]int // the places of each line of b
	blocks []block
}

// popularFrom is the length at which lines that make up more than a hundredth of b stop being looked for.
const popularFrom = 200

func newMatcher(a, b []string) *matcher {
	m := &matcher{a: a, b: b, where: map[string][]int{}}
	for j, line := range b {
		m.where[line] = append(m.where[line], j)
	}
	if len(b) >= popularFrom {
		limit := len(b)/100 + 1
		for line, places := range m.where {
			if len(places) > limit {
				delete(m.where, line)
			}
		}
	}
	return m
}

// match finds the longest shared run inside the two ranges, then looks left and right of it.
func (m *matcher) match(a1, a2, b1, b2 int) {
	found := m.longest(a1, a2, b1, b2)
	if found.n == 0 {
		return
	}
	m.match(a1, found.a, b1, found.b)
	m.blocks = append(m.blocks, found)
	m.match(found.a+found.n, a2, found.b+found.n, b2)
}

func (m *matcher) longest(a1, a2, b1, b2 int) block {
	best := block{a1, b1, 0}
	lengths := map[int]int{} // of the run that ends at a place of b
	for i := a1; i < a2; i++ {
		next := map[int]int{}
		for _, j := range m.where[m.a[i]] {
			if j < b1 || j >= b2 {
				continue
			}
			n := lengths[j-1] + 1
			next[j] = n
			if n > best.n {
				best = block{i - n + 1, j - n + 1, n}
			}
		}
		lengths = next
	}
	for best.a > a1 && best.b > b1 && m.a[best.a-1] == m.b[best.b-1] {
		best.a, best.b, best.n = best.a-1, best.b-1, best.n+1
	}
	for best.a+best.n < a2 && best.b+best.n < b2 && m.a[best.a+best.n] == m.b[best.b+best.n] {
		best.n++
	}
	return best
}
