package kubelet

import "strings"

// What Linux takes when a program is started: one string (MAX_ARG_STRLEN), and all of them (a quarter of the stack's limit).
// Variables that are made of others grow tenfold with every step, and must not outgrow the node.
const (
	maxString  = 128 << 10
	maxStrings = 2 << 20
)

// tooLong is what the runtime says of a command that does not fit.
const tooLong = "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: argument list too long"

// variables are an environment: NAME=value, in the order in which the names came first.
type variables struct {
	list []string
	at   map[string]int
	size int
}

func variablesOf(env []string) *variables {
	v := &variables{at: make(map[string]int, len(env))}
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		v.set(name, value)
	}
	return v
}

func (v *variables) set(name, value string) {
	e := name + "=" + value
	if i, ok := v.at[name]; ok {
		v.size += len(e) - len(v.list[i])
		v.list[i] = e
		return
	}
	v.at[name] = len(v.list)
	v.list = append(v.list, e)
	v.size += len(e)
}

// expand replaces $(NAME) by the variable's value; $$ is one $ (third_party/forked/golang/expansion). What would not fit is
// cut where that is certain.
func (v *variables) expand(s string) string {
	if !strings.Contains(s, "$") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s) && b.Len() <= maxString && v.size+b.Len() <= maxStrings; i++ {
		if s[i] != '$' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		switch s[i+1] {
		case '$':
			b.WriteByte('$')
			i++
		case '(':
			end := strings.IndexByte(s[i+2:], ')')
			if end < 0 {
				b.WriteByte('$')
				continue
			}
			name := s[i+2 : i+2+end]
			if at, ok := v.at[name]; ok {
				b.WriteString(v.list[at][len(name)+1:])
			} else {
				b.WriteString("$(" + name + ")")
			}
			i += 2 + end
		default:
			b.WriteByte('$')
		}
	}
	return b.String()
}

func (v *variables) expandAll(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = v.expand(s)
	}
	return out
}

// fit reports that a program can be started with an environment and these words.
func (v *variables) fit(words ...[]string) bool {
	size := v.size
	for _, list := range append(words, v.list) {
		for _, s := range list {
			if len(s) > maxString {
				return false
			}
		}
	}
	for _, list := range words {
		for _, s := range list {
			size += len(s)
		}
	}
	return size <= maxStrings
}
