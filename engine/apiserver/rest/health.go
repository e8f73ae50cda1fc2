package rest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// checks are what the three endpoints look at, by name: those of kube-apiserver that mean something here.
var checks = [...]string{"ping", "log", "etcd", "poststarthook/start-apiserver-admission-initializer", "poststarthook/bootstrap-controller"}

// health serves /healthz, /livez, /readyz and single checks below them (server/healthz).
func (s *server) health(w http.ResponseWriter, r *http.Request, parts []string) {
	var failed []string
	if s.opts.Ready != nil {
		failed = s.opts.Ready()
	}
	names := checks[:]
	if len(parts) == 2 {
		if !slices.Contains(names, parts[1]) {
			http.NotFound(w, r)
			return
		}
		names = []string{parts[1]}
	}
	excluded := r.URL.Query()["exclude"]
	var text strings.Builder
	bad := false
	for _, n := range names {
		switch {
		case slices.Contains(excluded, n):
			fmt.Fprintf(&text, "[+]%s excluded: ok\n", n)
		case slices.Contains(failed, n):
			bad = true
			fmt.Fprintf(&text, "[-]%s failed: reason withheld\n", n)
		default:
			fmt.Fprintf(&text, "[+]%s ok\n", n)
		}
	}
	if bad {
		http.Error(w, text.String()+parts[0]+" check failed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if _, verbose := r.URL.Query()["verbose"]; !verbose {
		fmt.Fprint(w, "ok")
		return
	}
	fmt.Fprintf(w, "%s%s check passed\n", text.String(), parts[0])
}
