package kubectl

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	kjson "sigs.k8s.io/json"
)

// kyamlText is -o kyaml (KEP-5295): YAML in flow style, with quotes around every string. It gives what
// sigs.k8s.io/yaml/kyaml gives, without the YAML library that one reads its input with.
func kyamlText(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	// What only has a Go type so far becomes maps and lists; numbers keep their text.
	var doc any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(text, &doc); err != nil {
		return "", err
	}
	k := &kyaml{}
	k.WriteString("---\n")
	k.value(doc, 0)
	k.WriteString("\n")
	return k.String(), nil
}

type kyaml struct{ strings.Builder }

func (k *kyaml) indent(n int) {
	for range n {
		k.WriteString("  ")
	}
}

func (k *kyaml) value(v any, depth int) {
	switch v := v.(type) {
	case map[string]any:
		k.object(v, depth)
	case []any:
		k.list(v, depth)
	case string:
		k.quoted(v, depth+1)
	default: // a number, true, false or null
		text, _ := json.Marshal(v)
		k.Write(text)
	}
}

func (k *kyaml) object(m map[string]any, depth int) {
	if len(m) == 0 {
		k.WriteString("{}")
		return
	}
	k.WriteString("{\n")
	for _, key := range sortedKeys(m) {
		k.indent(depth + 1)
		k.key(key)
		k.WriteString(": ")
		k.value(m[key], depth+1)
		k.WriteString(",\n")
	}
	k.indent(depth)
	k.WriteString("}")
}

// list puts objects and lists side by side, bracket to bracket, and everything else on lines of its own.
func (k *kyaml) list(l []any, depth int) {
	cuddled := true
	for _, v := range l {
		switch v.(type) {
		case map[string]any, []any:
		default:
			cuddled = false
		}
	}
	k.WriteString("[")
	for i, v := range l {
		switch {
		case cuddled && i > 0:
			k.WriteString(", ")
		case !cuddled && i == 0:
			k.WriteString("\n")
		}
		if cuddled {
			k.value(v, depth)
			continue
		}
		k.indent(depth + 1)
		k.value(v, depth+1)
		k.WriteString(",\n")
	}
	if !cuddled {
		k.indent(depth)
	}
	k.WriteString("]")
}

func (k *kyaml) key(s string) {
	if plainKey(s) {
		k.WriteString(s)
		return
	}
	k.WriteString(`"`)
	for i, width := 0, 0; i < len(s); i += width {
		var r rune
		if r, width = utf8.DecodeRuneInString(s[i:]); r == '\n' || r == '\t' {
			k.WriteString(map[rune]string{'\n': `\n`, '\t': `\t`}[r])
			continue
		}
		k.escaped(r)
	}
	k.WriteString(`"`)
}

// quoted writes a string; one of several lines is folded, so that each is a line.
func (k *kyaml) quoted(s string, depth int) {
	const fold = "\\\n"
	lines := strings.Contains(s, "\n")
	k.WriteString(`"`)
	if lines {
		k.WriteString(fold)
	}
	begins := lines
	for i, width := 0, 0; i < len(s); i += width {
		var r rune
		r, width = utf8.DecodeRuneInString(s[i:])
		if begins {
			// YAML drops the blanks a line begins with, so the line's own are marked.
			k.indent(depth)
			if unicode.IsSpace(r) && r != '\n' {
				k.WriteString(`\`)
			} else {
				k.WriteString(" ")
			}
		}
		begins = r == '\n'
		switch r {
		case '\n':
			k.WriteString(`\n` + fold)
		case '\t':
			k.WriteString("\t")
		default:
			k.escaped(r)
		}
	}
	if lines {
		if !begins {
			k.WriteString(fold)
		}
		k.indent(depth)
	}
	k.WriteString(`"`)
}

// escaped writes a character as it stands within YAML's double quotes.
func (k *kyaml) escaped(r rune) {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\a': `\a`, '\b': `\b`, '\f': `\f`, '\r': `\r`, '\v': `\v`, 0: `\0`, 0x1b: `\e`,
		0x85: `\N`, 0xa0: `\_`, 0x2028: `\L`, 0x2029: `\P`}
	hex := func(mark string, digits int) {
		text := strconv.FormatInt(int64(r), 16)
		k.WriteString(mark + strings.Repeat("0", digits-len(text)) + text)
	}
	switch text, ok := short[r]; {
	case ok:
		k.WriteString(text)
	case unicode.IsPrint(r):
		k.WriteRune(r)
	case r < ' ' || r == 0x7f:
		hex(`\x`, 2)
	case r < 0x10000:
		hex(`\u`, 4)
	default:
		hex(`\U`, 8)
	}
}

// plainKey reports that a key needs no quotes: it has no special characters, and nobody takes it for a number, a date, a
// boolean or null.
func plainKey(s string) bool {
	if s == "" {
		return false
	}
	switch strings.ToLower(s) {
	case "null", "true", "t", "y", "yes", "on", "false", "f", "n", "no", "off":
		return false
	}
	digits := strings.ReplaceAll(s, "_", "")
	if _, err := strconv.ParseInt(digits, 0, 64); err == nil {
		return false
	}
	if _, err := strconv.ParseFloat(digits, 64); err == nil {
		return false
	}
	if _, err := time.Parse("2006-1-2", s); err == nil {
		return false
	}
	last := len(s) - 1
	for i, r := range s {
		inside := i > 0 && i < last && (r == '-' || r == '.' || r == '/')
		if !inside && r != '_' && !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return false
		}
	}
	return true
}
