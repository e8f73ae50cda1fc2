//go:build !slim

package kubectl

import "reflect"

// docOf is the documentation of a Go type's fields, by JSON name; of the type itself under "".
func docOf(t reflect.Type) map[string]string {
	d, ok := reflect.Zero(t).Interface().(interface{ SwaggerDoc() map[string]string })
	if !ok {
		return nil
	}
	return d.SwaggerDoc()
}
