package plugins

import (
	"slices"
	"strconv"
	"strings"
)

// Reason is why some nodes will not do.
type Reason struct {
	Text  string
	Nodes int
}

// Reasons counts nodes by reason.
type Reasons []Reason

// Add counts n more nodes with a reason.
func (r *Reasons) Add(text string, n int) {
	if n == 0 {
		return
	}
	for i := range *r {
		if (*r)[i].Text == text {
			(*r)[i].Nodes += n
			return
		}
	}
	*r = append(*r, Reason{text, n})
}

// FitMessage is the text of a failure: "0/3 nodes are available: 1 node(s) ..., 2 Insufficient cpu."
// (framework.FitError). preFilter replaces the reasons where a pod was refused before any node was looked at. The
// parts are sorted as strings, so "10 ..." stands before "2 ...".
func FitMessage(nodes int, preFilter string, reasons Reasons) string {
	msg := "0/" + strconv.Itoa(nodes) + " nodes are available:"
	if preFilter != "" {
		return msg + " " + preFilter + "."
	}
	parts := make([]string, len(reasons))
	for i, r := range reasons {
		parts[i] = strconv.Itoa(r.Nodes) + " " + r.Text
	}
	slices.Sort(parts)
	if len(parts) > 0 {
		msg += " " + strings.Join(parts, ", ") + "."
	}
	return msg
}
