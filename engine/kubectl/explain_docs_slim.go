//go:build slim

package kubectl

import (
	"reflect"

	"k8s.io/apimachinery/pkg/util/swaggerdoc"
)

// docOf is the documentation of a Go type's fields, by JSON name; of the type itself under "". The wasm build keeps it
// as one text (wasm/slim/docs.go): about 50 KB, compressed.
func docOf(t reflect.Type) map[string]string { return swaggerdoc.Of(t.PkgPath() + "." + t.Name()) }
