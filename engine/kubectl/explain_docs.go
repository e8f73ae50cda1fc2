package kubectl

import "reflect"

// docOf is the documentation of a Go type's fields, by JSON name; of the type itself under "". The wasm build keeps it
// for all types because this reads it of any (wasm/slim/docs.go): about 47 KB of it, compressed.
func docOf(t reflect.Type) map[string]string {
	d, ok := reflect.Zero(t).Interface().(interface{ SwaggerDoc() map[string]string })
	if !ok {
		return nil
	}
	return d.SwaggerDoc()
}
