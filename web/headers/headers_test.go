package headers

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPolicy(t *testing.T) {
	h := http.Header{}
	Set(h)
	require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
	require.Equal(t, Policy(), h.Get("Content-Security-Policy"))
	sources := map[string][]string{}
	for d := range strings.SplitSeq(Policy(), "; ") {
		f := strings.Fields(d)
		sources[f[0]] = f[1:]
	}
	require.Equal(t, []string{"'none'"}, sources["default-src"])
	// What executes comes from the page's own host: no inline script, no eval but WebAssembly's.
	require.Equal(t, []string{"'self'", "'wasm-unsafe-eval'"}, sources["script-src"])
	require.Equal(t, []string{"'self'"}, sources["worker-src"])
	for name, list := range sources {
		for _, s := range list {
			if name != "frame-ancestors" {
				require.Contains(t, []string{"'self'", "'none'", "'wasm-unsafe-eval'", "'unsafe-inline'", "data:"}, s, "%s: no third party", name)
			}
			if s == "'unsafe-inline'" {
				require.Equal(t, "style-src", name)
			}
			if s == "data:" {
				require.Equal(t, "img-src", name)
			}
		}
	}
}
