package portable

import (
	"fmt"
	"strings"
)

// Reason is why an object is left out.
type Reason string

// The reasons, in the order they are told.
const (
	Owned       Reason = "owned"       // a controller makes it
	Cluster     Reason = "cluster"     // every cluster has it by itself, or came with it
	Machine     Reason = "machine"     // it stands for a machine of that cluster
	Provisioned Reason = "provisioned" // a volume that is made for its claim
	Passing     Reason = "passing"     // it tells what happened, or who is alive
	Deleting    Reason = "deleting"    // it is about to go
	Unserved    Reason = "unserved"    // this cluster has no such kind
)

var reasons = []Reason{Owned, Cluster, Machine, Provisioned, Passing, Deleting, Unserved}

var told = map[Reason]string{
	Owned: "a controller makes them", Cluster: "every cluster has them by itself", Machine: "they stand for machines",
	Provisioned: "volumes made for their claims", Passing: "they tell what happened, or who is alive", Deleting: "about to be deleted",
	Unserved: "this cluster has no such kind",
}

// maxNamed is how many objects a Left names.
const maxNamed = 20

// Left are the objects that were left out for one reason.
type Left struct {
	Why   Reason   `json:"why"`
	Count int      `json:"count"`
	What  []string `json:"what"` // the first of them: "Pod default/web-1"
}

// Text is a Left as a line.
func (l Left) Text() string {
	more := ""
	if n := l.Count - len(l.What); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return told[l.Why] + ": " + strings.Join(l.What, ", ") + more
}

// Leaving gathers what is left out.
type Leaving struct{ by map[Reason]*Left }

// Add tells of one object.
func (l *Leaving) Add(why Reason, kind, namespace, name string) {
	if l.by == nil {
		l.by = map[Reason]*Left{}
	}
	x := l.by[why]
	if x == nil {
		x = &Left{Why: why}
		l.by[why] = x
	}
	x.Count++
	if len(x.What) < maxNamed {
		if namespace != "" {
			name = namespace + "/" + name
		}
		x.What = append(x.What, kind+" "+name)
	}
}

// List is what was left out, by reason; never nil.
func (l *Leaving) List() []Left {
	out := []Left{}
	for _, why := range reasons {
		if x := l.by[why]; x != nil {
			out = append(out, *x)
		}
	}
	return out
}
