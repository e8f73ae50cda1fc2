// Package swaggerdoc holds the documentation of API fields as one text in the wasm build: as methods and maps of every
// type, which a program fills when it starts, it is several times as large.
package swaggerdoc

import "strings"

// Of is the documentation of a type, "k8s.io/api/core/v1.Pod", by field; of the type itself under "". Nil if there is
// none.
func Of(name string) map[string]string {
	_, text, ok := strings.Cut(table, "\x01"+name+"\x00")
	if !ok {
		return nil
	}
	text, _, _ = strings.Cut(text, "\x01")
	m := map[string]string{}
	for text != "" {
		var k, v string
		k, text, _ = strings.Cut(text, "\x00")
		v, text, _ = strings.Cut(text, "\x00")
		m[k] = v
	}
	return m
}
