package explain

import (
	"strings"

	"tabernetes/engine/scheduler"
)

// Text is the remedy as a sentence, for scripts and terminals; the page has its own words.
func (r *Remedy) Text() string {
	where := strings.Join(r.Nodes, " or ")
	switch r.Kind {
	case scheduler.RemedyRecover:
		return "it would fit on " + where + " once that node recovers"
	case scheduler.RemedyUncordon:
		return "it would fit on " + where + " if it were uncordoned"
	case scheduler.RemedyToleration:
		return "it would fit on " + where + " with a toleration for " + r.What
	case scheduler.RemedyLabel:
		return "it would fit on " + where + " if that node had the labels " + r.What
	case scheduler.RemedyRequest:
		return "it would fit on " + where + " if it requested at most " + r.What
	case scheduler.RemedyRoom:
		return "it would fit on " + where + " if " + r.What + " more were free there"
	case scheduler.RemedyPort:
		return "it would fit on " + where + " if the host ports " + r.What + " were free there"
	}
	if r.What == "" {
		return "it would fit on another node"
	}
	return "it would fit on another node with " + r.What
}
