package rest

import (
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ktypes "k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
)

// OpenAPI: what kubectl reads before it applies (does the server validate fields? how are lists merged?) and what
// kubectl explain prints. Version 3 has one document a group version; version 2 only says that there is nothing in
// it, for clients that insist on asking.

func hexOf(b []byte) string { return hex.EncodeToString(b) }

func (s *server) serveOpenAPI(w http.ResponseWriter, r *http.Request, parts []string) {
	if len(parts) == 0 {
		http.NotFound(w, r)
		return
	}
	if parts[0] == "v2" && len(parts) == 1 {
		if a := r.Header.Get("Accept"); strings.Contains(a, "proto-openapi.spec.v2") && !strings.Contains(a, jsonType) {
			_, packed := s.second(s.newest(r))
			s.send(w, openapiV2Type, http.StatusOK, packed)
			return
		}
		text, _ := s.second(s.newest(r))
		s.send(w, jsonType, http.StatusOK, text)
		return
	}
	if parts[0] != "v3" {
		http.NotFound(w, r)
		return
	}
	cat := s.newest(r)
	cat.openapi.Do(func() { s.makeOpenAPI(cat) })
	path := strings.Join(parts[1:], "/")
	if path == "" {
		type location struct {
			URL string `json:"serverRelativeURL"`
		}
		paths := map[string]location{}
		for p, h := range cat.openapiHash {
			paths[p] = location{"/openapi/v3/" + p + "?hash=" + h}
		}
		s.writeJSON(w, r, http.StatusOK, map[string]any{"paths": paths})
		return
	}
	doc, ok := cat.openapiDocs[path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if _, err := negotiate(r, offer{}); err != nil {
		s.fail(w, r, err)
		return
	}
	h := cat.openapiHash[path]
	w.Header().Set("ETag", `"`+h+`"`)
	if r.URL.Query().Get("hash") == h {
		w.Header().Set("Cache-Control", "public, immutable")
	}
	if r.Header.Get("If-None-Match") == `"`+h+`"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.send(w, jsonType, http.StatusOK, doc)
}

// openapiV2Type is how kubectl asks for version 2 (with an @ instead of the last dot but one, which no media type has).
const openapiV2Type = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

func (s *server) apiInfo() map[string]any {
	return map[string]any{"title": "Kubernetes", "version": s.opts.Version.GitVersion}
}

func (s *server) makeOpenAPI(cat *catalog) {
	cat.openapiDocs, cat.openapiHash = map[string][]byte{}, map[string]string{}
	for _, gv := range cat.versions {
		m := &models{gv: gv, schemas: map[string]any{}}
		paths := map[string]any{}
		for _, r := range cat.table.All() {
			if r.GVR().GroupVersion() == gv {
				addPaths(paths, m, r)
			}
		}
		doc := map[string]any{
			"openapi": "3.0.0", "info": s.apiInfo(), "paths": paths, "components": map[string]any{"schemas": m.schemas},
		}
		b, err := json.Marshal(doc)
		if err != nil {
			continue // a document of maps and strings
		}
		p := "api/" + gv.Version
		if gv.Group != "" {
			p = "apis/" + gv.String()
		}
		h := sha512.Sum512(b)
		cat.openapiDocs[p], cat.openapiHash[p] = b, strings.ToUpper(hexOf(h[:]))
	}
}

// addPaths describes the paths of a resource: enough to find its kind, its verbs and their parameters.
func addPaths(paths map[string]any, m *models, r *api.Resource) {
	base := "/api/" + r.Version
	if r.Group != "" {
		base = "/apis/" + r.Group + "/" + r.Version
	}
	own := m.refOf(r)
	var pathParams []any
	collection := base + "/" + r.Name
	many := m.listOf(r)
	if r.Namespaced {
		if r.Can(api.List) {
			paths[collection] = map[string]any{"get": operation(r.GVK(), "list", nil, many)}
		}
		collection = base + "/namespaces/{namespace}/" + r.Name
		pathParams = append(pathParams, param("namespace", "path"))
	}
	list := map[string]any{"parameters": pathParams}
	if r.Can(api.List) {
		list["get"] = operation(r.GVK(), "list", nil, many)
	}
	if r.Can(api.Create) {
		list["post"] = operation(r.GVK(), "post", own, own)
	}
	if r.Can(api.DeleteCollection) && r != api.Namespaces {
		list["delete"] = operation(r.GVK(), "deletecollection", nil, own)
	}
	paths[collection] = list
	if !r.Can(api.Get) {
		return
	}
	one := collection + "/{name}"
	pathParams = append(pathParams, param("name", "path"))
	item := map[string]any{"get": operation(r.GVK(), "get", nil, own), "parameters": pathParams}
	if r.Can(api.Update) {
		item["put"] = operation(r.GVK(), "put", own, own)
		item["patch"] = patchOperation(r, r.GVK(), own)
		item["delete"] = operation(r.GVK(), "delete", nil, own)
	}
	paths[one] = item
	for _, name := range r.Subresources {
		sub, ok := subresourceOf(name)
		if !ok {
			continue
		}
		c := &call{resource: r, subresource: name}
		if sub.connects {
			answer := map[string]any{"type": "string"}
			paths[one+"/"+name] = map[string]any{"parameters": pathParams, "get": operation(sub.kind, "connect", nil, answer), "post": operation(sub.kind, "connect", nil, answer)}
			continue
		}
		kind, ref := c.kind(), own
		if !sub.kind.Empty() {
			ref = m.ref(c.newObject())
		}
		item := map[string]any{"parameters": pathParams}
		for _, v := range sub.verbs {
			switch v {
			case "get":
				item["get"] = operation(kind, "get", nil, ref)
			case "update":
				item["put"] = operation(kind, "put", ref, ref)
			case "patch":
				item["patch"] = patchOperation(r, kind, ref)
			case "create":
				item["post"] = operation(kind, "post", ref, ref)
			}
		}
		paths[one+"/"+name] = item
	}
}

func param(name, in string) map[string]any {
	return map[string]any{"name": name, "in": in, "required": in == "path", "schema": map[string]any{"type": "string", "uniqueItems": true}}
}

func content(ref any, types ...string) map[string]any {
	out := map[string]any{}
	for _, t := range types {
		out[t] = map[string]any{"schema": ref}
	}
	return out
}

// operation describes one method; body nil means none.
func operation(kind schema.GroupVersionKind, action string, body, answer any) map[string]any {
	op := map[string]any{
		"x-kubernetes-action": action, "x-kubernetes-group-version-kind": gvkExtension(kind),
		"responses": map[string]any{"200": map[string]any{"description": "OK", "content": content(answer, jsonType, yamlType)}},
	}
	var names []string
	switch action {
	case "list":
		names = []string{"allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "resourceVersionMatch", "sendInitialEvents", "timeoutSeconds", "watch"}
	case "post", "put":
		names = []string{"dryRun", "fieldManager", "fieldValidation"}
	case "patch":
		names = []string{"dryRun", "fieldManager", "fieldValidation", "force"}
	case "delete", "deletecollection":
		names = []string{"dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy"}
	}
	params := make([]any, 0, len(names)+1)
	for _, n := range append(names, "pretty") {
		params = append(params, param(n, "query"))
	}
	op["parameters"] = params
	if body != nil {
		op["requestBody"] = map[string]any{"required": true, "content": content(body, "*/*")}
	}
	return op
}

func patchOperation(r *api.Resource, kind schema.GroupVersionKind, answer any) map[string]any {
	op := operation(kind, "patch", nil, answer)
	patch := map[string]any{"type": "object", "description": metav1.Patch{}.SwaggerDoc()[""]}
	var types []string
	for _, t := range patchTypes {
		if r.Custom == nil || t != ktypes.StrategicMergePatchType {
			types = append(types, string(t))
		}
	}
	op["requestBody"] = map[string]any{"required": true, "content": content(patch, types...)}
	return op
}

func gvkExtension(k schema.GroupVersionKind) map[string]any {
	return map[string]any{"group": k.Group, "version": k.Version, "kind": k.Kind}
}
