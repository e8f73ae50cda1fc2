package rest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	openapiv2 "github.com/google/gnostic-models/openapiv2"
	"google.golang.org/protobuf/proto"
)

// OpenAPI version 2 is the documents of version 3 in one, in the older form. kubectl asks for it in protobuf where
// version 3 does not answer, and old ones ask for nothing else.

// second makes the document once for a catalog.
func (s *server) second(cat *catalog) ([]byte, []byte) {
	cat.openapi.Do(func() { s.makeOpenAPI(cat) })
	cat.second.Do(func() {
		paths, definitions := map[string]any{}, map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(cat.openapiDocs)) {
			var doc struct {
				Paths      map[string]any `json:"paths"`
				Components struct {
					Schemas map[string]any `json:"schemas"`
				} `json:"components"`
			}
			if json.Unmarshal(cat.openapiDocs[name], &doc) != nil {
				continue // it was marshalled a moment ago
			}
			for p, item := range doc.Paths {
				paths[p] = secondPath(item.(map[string]any))
			}
			for n, schema := range doc.Components.Schemas {
				definitions[n] = secondSchema(schema)
			}
		}
		cat.v2, _ = json.Marshal(map[string]any{"swagger": "2.0", "info": s.apiInfo(), "paths": paths, "definitions": definitions})
		if d, err := openapiv2.ParseDocument(cat.v2); err == nil {
			cat.v2Packed, _ = proto.Marshal(d)
		}
	})
	return cat.v2, cat.v2Packed
}

// secondSchema rewrites a schema: references, the wrapping of references that carry a description, and values of two
// types, for which version 2 has a format.
func secondSchema(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if one, ok := v["oneOf"].([]any); ok && v["format"] == "int-or-string" && len(one) == 2 {
			return map[string]any{"type": "string", "format": "int-or-string"}
		}
		out := make(map[string]any, len(v))
		for k, x := range v {
			switch k {
			case "properties": // names, which may be any of these words
				named := map[string]any{}
				for name, p := range x.(map[string]any) {
					named[name] = secondSchema(p)
				}
				out[k] = named
			case "$ref":
				out[k] = strings.Replace(x.(string), "#/components/schemas/", "#/definitions/", 1)
			case "allOf":
				if all := x.([]any); len(all) == 1 {
					if ref, ok := all[0].(map[string]any)["$ref"]; ok {
						out["$ref"] = strings.Replace(ref.(string), "#/components/schemas/", "#/definitions/", 1)
					}
				}
			case "oneOf", "anyOf", "not", "nullable": // version 2 knows none of them
			case "default": // nor are defaults shown in it
			case "enum", "example":
				out[k] = x
			default:
				out[k] = secondSchema(x)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = secondSchema(x)
		}
		return out
	}
	return v
}

func secondPath(item map[string]any) any {
	out := map[string]any{}
	for method, v := range item {
		if method == "parameters" {
			if list, ok := v.([]any); ok {
				out[method] = secondParams(list)
			}
			continue
		}
		op := v.(map[string]any)
		next := map[string]any{"x-kubernetes-action": op["x-kubernetes-action"], "x-kubernetes-group-version-kind": op["x-kubernetes-group-version-kind"]}
		params := secondParams(op["parameters"].([]any))
		var types []any
		if body, ok := op["requestBody"].(map[string]any); ok {
			content := body["content"].(map[string]any)
			types = keysOf(content)
			params = append(params, map[string]any{"name": "body", "in": "body", "required": true, "schema": bodySchema(content)})
			next["consumes"] = types
		}
		next["parameters"] = params
		responses := map[string]any{}
		for code, r := range op["responses"].(map[string]any) {
			answer := r.(map[string]any)
			content, _ := answer["content"].(map[string]any)
			responses[code] = map[string]any{"description": answer["description"], "schema": bodySchema(content)}
			next["produces"] = keysOf(content)
		}
		next["responses"] = responses
		out[method] = next
	}
	return out
}

func keysOf(m map[string]any) []any {
	var out []any
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k)
	}
	return out
}

// bodySchema is what all media types of a body have in common.
func bodySchema(content map[string]any) any {
	for _, k := range slices.Sorted(maps.Keys(content)) {
		if x, ok := content[k].(map[string]any); ok {
			return secondSchema(x["schema"])
		}
	}
	return map[string]any{"type": "object"}
}

func secondParams(list []any) []any {
	out := make([]any, 0, len(list))
	for _, v := range list {
		p := v.(map[string]any)
		q := map[string]any{"name": p["name"], "in": p["in"], "uniqueItems": true, "type": "string"}
		if p["required"] == true {
			q["required"] = true
		}
		if s, ok := p["schema"].(map[string]any); ok && s["type"] != nil {
			q["type"] = s["type"]
		}
		out = append(out, q)
	}
	return out
}
