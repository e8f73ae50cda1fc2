package rbac

import (
	"strconv"
	"strings"
)

// Quoted is a list of strings as %q prints it: ["a" "b"].
func Quoted(list []string) string {
	q := make([]string, len(list))
	for i, s := range list {
		q[i] = strconv.Quote(s)
	}
	return "[" + strings.Join(q, " ") + "]"
}
