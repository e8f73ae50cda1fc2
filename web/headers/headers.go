// Package headers says, in one place for all hosts, what protects the page: headers.json. The native server and the
// Worker's handlers send it (Set); the build writes it into the page's <meta> for hosts that send no header of ours, and
// into the _headers file that Cloudflare and Netlify read (static/finish.mjs).
//
// The policy lets the page run its own scripts and WebAssembly and talk to its own host, nothing else: no inline script,
// no eval, no third party. Styles may stand in attributes, because xterm and Lit set them. Anybody may frame the page and
// fetch its files (frame-ancestors, Cross-Origin-Resource-Policy, Access-Control-Allow-Origin): to be embedded is what
// it is for, the files are public, and no request to them carries a credential, for there are none.
package headers

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

//go:embed headers.json
var source []byte

// pair is a header, or a directive of the policy, in the order of the file.
type pair struct{ name, value string }

var all = func() []pair {
	list, err := read(source)
	if err != nil {
		panic("headers.json: " + err.Error()) // it is built in: a test has seen it
	}
	return list
}()

// read keeps the file's order, so that every host sends the same bytes.
func read(b []byte) ([]pair, error) {
	d := json.NewDecoder(strings.NewReader(string(b)))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var list []pair
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		value, err := d.Token()
		if err != nil {
			return nil, err
		}
		if value == json.Delim('{') {
			var parts []string
			for d.More() {
				directive, err := d.Token()
				if err != nil {
					return nil, err
				}
				sources, err := d.Token()
				if err != nil {
					return nil, err
				}
				parts = append(parts, fmt.Sprintf("%v %v", directive, sources))
			}
			if _, err := d.Token(); err != nil {
				return nil, err
			}
			value = strings.Join(parts, "; ")
		}
		list = append(list, pair{fmt.Sprint(name), fmt.Sprint(value)})
	}
	return list, nil
}

// Set puts the headers that every answer carries.
func Set(h http.Header) {
	for _, p := range all {
		h.Set(p.name, p.value)
	}
}

// Policy is the Content-Security-Policy.
func Policy() string {
	for _, p := range all {
		if p.name == "Content-Security-Policy" {
			return p.value
		}
	}
	return ""
}
