// Package jsonpath is the dialect of JSONPath that Kubernetes speaks (k8s.io/client-go/util/jsonpath): kubectl's
// -o jsonpath, --sort-by, custom columns and wait, and in the API server the printed columns and selectable fields of
// custom resources. It works on JSON values (map[string]any, []any, string, bool, int64, float64) and changes none.
package jsonpath
