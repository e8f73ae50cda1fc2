// Package swaggerdoc holds the documentation of API fields as text in the wasm build: maps of it would be filled at the
// start, read or not.
package swaggerdoc

import "strings"

// Map reads keys and values, each ended by a zero byte.
func Map(text string) map[string]string {
	m := map[string]string{}
	for text != "" {
		var k, v string
		k, text, _ = strings.Cut(text, "\x00")
		v, text, _ = strings.Cut(text, "\x00")
		m[k] = v
	}
	return m
}
