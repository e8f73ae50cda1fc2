package browsertest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRecipes builds each site of recipes/ with its own tool and opens it until the clusters inside are Ready: one by the
// tag, one by the button under a fenced block.
func TestRecipes(t *testing.T) {
	needBrowser(t, "TABERNETES_RECIPES")
	built := serveDir(t, dist)
	play := strings.Replace(built.URL, "127.0.0.1", "localhost", 1)
	// tool runs in the recipe's folder and must leave the site in out.
	tool := func(name string, line ...string) func(t *testing.T, out string) http.Handler {
		return func(t *testing.T, out string) http.Handler {
			for i := range line {
				line[i] = strings.ReplaceAll(line[i], "OUT", out)
			}
			cmd := exec.Command(line[0], line[1:]...)
			cmd.Dir = "../../recipes/" + name
			cmd.Env = append(os.Environ(), "TABERNETES="+play, "HUGO_PARAMS_TABERNETES="+play, "NO_UPDATE_NOTIFIER=1")
			said, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", said)
			return http.FileServer(http.Dir(out))
		}
	}
	for _, v := range []struct {
		name  string
		build func(t *testing.T, out string) http.Handler
	}{
		{"plain", func(t *testing.T, _ string) http.Handler {
			// Tabernetes lies beside the page, on its own host: no build, no other origin.
			mux := http.NewServeMux()
			mux.Handle("/tabernetes/", http.StripPrefix("/tabernetes", built.Config.Handler))
			mux.Handle("/", http.FileServer(http.Dir("../../recipes/plain")))
			return mux
		}},
		{"hugo", tool("hugo", "hugo", "--quiet", "--noBuildLock", "-d", "OUT")},
		{"mkdocs", tool("mkdocs", "mkdocs", "build", "--quiet", "--strict", "-d", "OUT")},
		{"docusaurus", tool("docusaurus", "npm", "run", "build", "--silent", "--", "--out-dir", "OUT")},
	} {
		t.Run(v.name, func(t *testing.T) {
			site := v.build(t, filepath.Join(t.TempDir(), "site"))
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/favicon.ico" { // the tools' own themes have none
					w.WriteHeader(http.StatusNoContent)
					return
				}
				site.ServeHTTP(w, r)
			}))
			t.Cleanup(srv.Close)
			tb := openURL(t, srv.URL, "", 1100, 900)
			tb.waits(tag + "?.api")
			tb.do("(async () => " + tag + ".shadowRoot.querySelector('button').click())()")
			tb.do(tag + ".ready")
			require.Equal(t, 4, strings.Count(tb.inside("kubectl('get nodes')").Stdout, " Ready "))
			tb.rolledOut("hello-canary")
			tb.picture("recipe-" + v.name)
			button := "[...document.querySelectorAll('button')].find(b => b.textContent.startsWith('▶'))"
			tb.waits(button)
			tb.do("(async () => " + button + ".click())()")
			second := "document.querySelectorAll('tabernetes-playground')[1]"
			tb.waits(second + "?.api")
			tb.do(second + ".ready")
			tb.waits(second + ".api.kubectl('get configmap recipe -o jsonpath={.data.greeting}').then(r => r.stdout === 'hello')")
			tb.do("(async () => " + second + ".scrollIntoView())()")
			tb.picture("recipe-" + v.name + "-run-this")
			require.Equal(t, 2, js[int](tb, "document.querySelectorAll('tabernetes-playground').length"))
			tb.noErrors()
		})
	}
}
