package kubectl

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	upstream "sigs.k8s.io/yaml/kyaml"
)

// TestKYAMLLikeUpstream compares with sigs.k8s.io/yaml/kyaml, which the wasm has no room for.
func TestKYAMLLikeUpstream(t *testing.T) {
	for _, text := range []string{
		`{}`, `[]`, `[[],{}]`, `{"a":[],"b":{},"c":null,"d":true,"e":-1.5,"f":1e30,"g":12345678901234567,"h":""}`,
		`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","labels":{"app.kubernetes.io/name":"x","yes":"no","1":"2","1_0":"a","0x1f":"b","2024-01-02":"c","-a":"d","a-":"e","a b":"f","é":"g","":"h","y":"i","t":"j","1e5":"k","inf":"l","a\nb":"m","a\tb":"n"}}}`,
		`{"args":["a","b"],"mixed":["a",{"b":1}],"nested":[{"a":[{"b":1},{"c":["d"]}]}],"deep":[[1,2],[3]]}`,
		`{"s":"one\ntwo\n","t":"one\n  two\n\n\ttabbed","u":"\n","v":"a\n\nb","w":"tab\there","x":"quote \" and \\ and \u0007 \u0000 \u001b \u00a0 \u2028 \u2029 \u0001  \ufeff \ud83d\ude00 <&>"}`,
		`{"items":[{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80}],"command":["sh","-c","echo hi\nsleep 1\n"]}]}}]}`,
	} {
		var v any
		require.NoError(t, json.Unmarshal([]byte(text), &v))
		if m, ok := v.(map[string]any); ok && m["g"] != nil {
			m["g"] = json.Number("12345678901234567")
		}
		got, err := kyamlText(v)
		require.NoError(t, err)
		var want bytes.Buffer
		require.NoError(t, (&upstream.Encoder{}).FromObject(v, &want))
		require.Equal(t, want.String(), got, text)
	}
}
