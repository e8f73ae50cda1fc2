package kubectl

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// curl is curl or wget of the workstation. It reaches what kubectl port-forward listens on; the networks of the cluster
// are not the workstation's.
type curl struct {
	p    *Process
	name string
	out  func(string)
	exit func(int)

	url                             string
	method, file, format            string
	silent, showError, include, fai bool
	limit                           time.Duration
	timer                           sim.Timer
	over                            bool
}

func newCurl(p *Process, args []string, out func(string), exit func(int)) program {
	w := &curl{p: p, name: args[0], out: out, exit: exit, method: "GET"}
	return &simpleProgram{run: func(string) { w.run(args[1:]) }}
}

func (w *curl) fail(code int, text string) {
	if w.over {
		return
	}
	w.over = true
	w.timer.Stop()
	if !w.silent || w.showError {
		w.p.env.Err(text + "\n")
	}
	w.exit(code)
}

func (w *curl) run(args []string) {
	if bad := w.parse(args); bad != "" {
		w.fail(2, w.name+": "+bad)
		return
	}
	scheme, rest, found := strings.Cut(w.url, "://")
	if !found {
		scheme, rest = "http", w.url
	}
	host, path, _ := strings.Cut(rest, "/")
	name, portText, hasPort := strings.Cut(host, ":")
	port := 80
	if scheme == "https" {
		port = 443
	}
	if hasPort {
		port, _ = strconv.Atoi(portText)
	}
	f := w.p.sh.ports[int32(port)]
	local := name == "localhost" || name == "127.0.0.1"
	switch {
	case w.name == "wget" && (!local || f == nil):
		w.fail(4, fmt.Sprintf("wget: can't connect to remote host (%s): Connection refused", name))
	case !local && strings.Trim(name, "0123456789.") != "":
		w.fail(6, "curl: (6) Could not resolve host: "+name)
	case !local:
		w.fail(28, fmt.Sprintf("curl: (28) Failed to connect to %s port %d after 0 ms: the workstation is in none of the cluster's networks", name, port))
	case f == nil:
		w.fail(7, fmt.Sprintf("curl: (7) Failed to connect to %s port %d after 0 ms: Couldn't connect to server", name, port))
	case scheme == "https":
		w.fail(35, "curl: (35) TLS connect error: the programs of this cluster speak plain HTTP")
	default:
		if w.limit > 0 {
			w.timer = w.p.sh.a.After(w.limit, "curl timeout", func() {
				w.fail(28, fmt.Sprintf("curl: (28) Operation timed out after %d milliseconds with 0 bytes received", w.limit.Milliseconds()))
			})
		}
		agent := map[string]string{"curl": "curl/8.14.1", "wget": "Wget"}[w.name]
		f.exchange(int32(port), &api.HTTPRequest{Method: w.method, Path: "/" + path, Agent: agent}, w.answered)
	}
}

// curlShort are the short forms of the long options that are understood; others are passed over.
var curlShort = map[string]string{
	"--max-time": "-m", "--request": "-X", "--include": "-i", "--head": "-I", "--silent": "-s", "--fail": "-f", "--write-out": "-w",
	"--output": "-o", "--data": "-d", "--header": "-H",
}

// parse reads the options that matter here and passes over the rest.
func (w *curl) parse(args []string) (bad string) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		value := func() string {
			if i+1 < len(args) {
				i++
				return args[i]
			}
			bad = "option " + a + ": requires parameter"
			return ""
		}
		if strings.HasPrefix(a, "--") {
			if a = curlShort[a]; a == "" {
				continue
			}
		}
		if !strings.HasPrefix(a, "-") || a == "-" {
			w.url = a
			continue
		}
		for j := 1; j < len(a); j++ {
			rest := a[j+1:]
			take := func() string {
				j = len(a)
				if rest != "" {
					return rest
				}
				return value()
			}
			switch a[j] {
			case 's', 'q':
				w.silent = true
			case 'S':
				w.showError = true
			case 'i':
				w.include = true
			case 'I':
				w.method, w.include = "HEAD", true
			case 'f':
				w.fai = true
			case 'X':
				w.method = take()
			case 'd':
				if take(); w.method == "GET" {
					w.method = "POST"
				}
			case 'o', 'O':
				w.file = take()
			case 'w':
				w.format = take()
			case 'm', 'T':
				s, err := strconv.ParseFloat(take(), 64)
				if err != nil {
					return "expected a proper numerical parameter"
				}
				w.limit = time.Duration(s * float64(time.Second))
			case 'H', 'A', 'u', 't':
				take()
			}
		}
	}
	if w.url == "" && bad == "" {
		bad = "no URL specified"
	}
	return bad
}

func (w *curl) answered(a *api.HTTPAnswer, err error) {
	if w.over {
		return
	}
	switch {
	case err != nil && w.name == "wget":
		w.fail(1, "wget: error getting response")
		return
	case err != nil:
		w.fail(52, "curl: (52) Empty reply from server")
		return
	case a.Status >= 400 && w.name == "wget":
		w.fail(8, "wget: server returned error: HTTP/1.1 "+strconv.Itoa(a.Status)+" "+statusText(a.Status))
		return
	case a.Status >= 400 && w.fai:
		w.fail(22, "curl: (22) The requested URL returned error: "+strconv.Itoa(a.Status))
		return
	}
	w.over = true
	w.timer.Stop()
	text := ""
	if w.include {
		text = fmt.Sprintf("HTTP/1.1 %d %s\nContent-Length: %d\n\n", a.Status, statusText(a.Status), len(a.Body))
	}
	if text += a.Body; w.file == "" || w.file == "-" {
		w.out(text)
	}
	if w.format != "" {
		w.out(strings.NewReplacer("%{http_code}", strconv.Itoa(a.Status), "%{response_code}", strconv.Itoa(a.Status), `\n`, "\n").Replace(w.format))
	}
	w.exit(0)
}

// statusText names the codes that programs here answer with; net/http, which knows all, is too big for the page.
func statusText(code int) string {
	switch code {
	case 200:
		return "OK"
	case 403:
		return "Forbidden"
	case 404:
		return "Not Found"
	case 500:
		return "Internal Server Error"
	case 502:
		return "Bad Gateway"
	case 503:
		return "Service Unavailable"
	}
	return ""
}
