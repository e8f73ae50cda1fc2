package templatehash

import (
	"bytes"
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
)

// Patch is what a ControllerRevision keeps of a DaemonSet or StatefulSet: a strategic merge patch that replaces its pod
// template, with sorted keys, so that equal templates are equal bytes (getPatch in pkg/controller/daemon/update.go and
// pkg/controller/statefulset/stateful_set_utils.go).
func Patch(template *corev1.PodTemplateSpec) ([]byte, error) {
	text, err := json.Marshal(template)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var t map[string]any
	if err := d.Decode(&t); err != nil {
		return nil, err
	}
	t["$patch"] = "replace"
	return json.Marshal(map[string]any{"spec": map[string]any{"template": t}})
}
