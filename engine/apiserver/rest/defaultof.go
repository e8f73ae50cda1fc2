package rest

import (
	"encoding/json"
	"reflect"
	"strings"

	merging "tabernetes/engine/api/schema"
)

// defaultOf is what the schema of a field says an absent one means: what its comment says, or for a value that is always
// there (no pointer, no list, no map) its zero (kube-openapi's generateDefault, mustEnforceDefault). nil: nothing.
func defaultOf(owner reflect.Type, field string, t reflect.Type, omitEmpty bool) any {
	if text := merging.Mark(defaultMarks, owner, field); text != "" {
		var v any
		if strings.HasPrefix(text, "ref(") {
			return constants[text]
		}
		if json.Unmarshal([]byte(text), &v) == nil {
			return v
		}
	}
	return enforced(t, omitEmpty)
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

func enforced(t reflect.Type, omitEmpty bool) any {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Array, reflect.Interface:
		return nil
	}
	if reflect.PointerTo(t).Implements(unmarshaler) {
		return nil // which is fed a null
	}
	switch t.Kind() {
	case reflect.Struct:
		if t.NumField() == 1 && t.Field(0).Anonymous {
			return enforced(t.Field(0).Type, omitEmpty)
		}
		return map[string]any{}
	case reflect.String:
		if !omitEmpty {
			return ""
		}
	case reflect.Bool:
		if !omitEmpty {
			return false
		}
	default:
		if !omitEmpty {
			return 0
		}
	}
	return nil
}

// constants are what the references of defaultMarks name.
var constants = map[string]any{"ref(AzureDataDiskCachingReadWrite)": "ReadWrite", "ref(AzureSharedBlobDisk)": "Shared"}
