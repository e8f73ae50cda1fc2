package apitest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// Facts reads what upstream's controller was recorded to do (testdata/facts.jsonl, a JSON object a line; read is os.ReadFile)
// and gives each to check, with where it stands.
func Facts[F any](t *testing.T, read func(string) ([]byte, error), check func(f F, where string)) {
	text, err := read("testdata/facts.jsonl")
	require.NoError(t, err)
	n := 0
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		n++
		var f F
		require.NoError(t, json.Unmarshal(lines.Bytes(), &f))
		check(f, fmt.Sprintf("%d: %s", n, lines.Text()))
	}
	require.GreaterOrEqual(t, n, 300)
}
