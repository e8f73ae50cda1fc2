package fieldmanager

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// TestCodec holds our codec of FieldsV1 against structured-merge-diff's.
func TestCodec(t *testing.T) {
	texts := []string{
		`{}`, `{"f:a":{}}`, `{"f:a":{".":{}}}`, `{"f:a":{".":{},"f:b":{}},"f:c":{"f:d":{}}}`, `{"i:3":{},"v:\"x\"":{},"v:3":{},"v:true":{},"v:1.5":{}}`,
		`{"k:{\"name\":\"a\\\"b\",\"port\":80,\"tls\":false}":{".":{},"f:x":{}}}`, `{"f:a\"b\\c\n\u0001<>&é":{}}`, `{"f:z":{},"f:a":{}}`, ` { "f:a" : { } } `,
		`{"k:{\"port\":80,\"name\":\"x\"}":{}}`, `{"f:":{}}`,
	}
	files, err := filepath.Glob("testdata/*.managed.json")
	require.NoError(t, err)
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		var entries []metav1.ManagedFieldsEntry
		require.NoError(t, json.Unmarshal(b, &entries))
		for i := range entries {
			texts = append(texts, entries[i].FieldsV1.GetRawString())
		}
	}
	for _, text := range texts {
		var want fieldpath.Set
		require.NoError(t, want.FromJSON(bytes.NewReader([]byte(text))), text)
		got, err := decodeSet(metav1.NewFieldsV1(text))
		require.NoError(t, err, text)
		require.True(t, want.Equals(got), "%s: %s is not %s", text, got, &want)
		b, err := want.ToJSON()
		require.NoError(t, err)
		require.Equal(t, string(b), encodeSet(got).GetRawString())
	}
}

// FuzzDecode: what clients send as FieldsV1 is refused or read, and what was read can be written and read again.
func FuzzDecode(f *testing.F) {
	f.Add(`{"f:a":{".":{},"k:{\"a\":1}":{}}}`)
	f.Add(`{"v:[1]":{}}`)
	f.Fuzz(func(t *testing.T, text string) {
		set, err := decodeSet(metav1.NewFieldsV1(text))
		if err != nil {
			return
		}
		again, err := decodeSet(encodeSet(set))
		require.NoError(t, err)
		require.True(t, set.Equals(again))
	})
}
