package fieldmanager

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is how long the name of a manager may be, in bytes.
const maxName = 128

// Name is the manager of a request: the one it names, else what its user agent says before the first slash
// (endpoints/handlers/create.go, managerOrUserAgent); "" if neither says anything.
func Name(manager, userAgent string) string {
	if manager != "" {
		return manager
	}
	agent, _, _ := strings.Cut(userAgent, "/")
	for i, r := range agent {
		if !unicode.IsPrint(r) || i+utf8.RuneLen(r) > maxName {
			return printable(agent)
		}
	}
	return agent
}

func printable(agent string) string {
	var b strings.Builder
	for _, r := range agent {
		if !unicode.IsPrint(r) {
			continue
		}
		if b.Len()+utf8.RuneLen(r) > maxName {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}
