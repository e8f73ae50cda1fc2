package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExportImportJournal(t *testing.T) {
	h := newHost(t)
	h.init()
	require.Equal(t, 0, h.ask(request{Op: "run", Line: "kubectl create configmap x --from-literal=a=b"}).Value.(lineResult).Code)
	out := h.ask(request{Op: "export"}).Value.(manifests)
	require.Contains(t, out.YAML, "kind: ConfigMap\nmetadata:\n  name: x\n")
	text, err := json.Marshal(out.Left)
	require.NoError(t, err)
	require.Contains(t, string(text), `{"why":"machine","count":`)

	again := h.ask(request{Op: "import", Text: &out.YAML}).Value.(manifests)
	require.Equal(t, out.YAML, again.YAML)
	text, err = json.Marshal(again)
	require.NoError(t, err)
	require.Contains(t, string(text), `"left":[]`)
	wrong := "a: b: c\n"
	require.Equal(t, "document 1, line 1, column 5: mapping values are not allowed in this context", h.ask(request{Op: "import", Text: &wrong}).Message)
	require.Equal(t, "error", h.ask(request{Op: "import"}).Type)

	text, err = json.Marshal(h.ask(request{Op: "journal"}).Value)
	require.NoError(t, err)
	require.Contains(t, string(text), `\tcreate\tconfigmaps/default/x\t`)
}
