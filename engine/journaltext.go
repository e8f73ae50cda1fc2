package engine

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"tabernetes/engine/sim"
)

// maxJournalText bounds the text of a journal, in bytes: what a browser handles as one file.
const maxJournalText = 8 << 20

// JournalText is the journal up to now, one record a line, oldest first. Of a long one the newest records are told.
//
// Columns are separated by tabs: the record's number, the virtual time since the cluster's start, the actor ("-" is the
// world), the kind (sim.Kind), the object ("-": none), the revision of a write ("-": none), the number of the record it
// follows from ("-": a root, such as a command), and what happened in words ("-": the kind says it all). Characters that are no text, which names and
// messages may hold, are written as Go writes them.
func (c *Cluster) JournalText() string { return c.journalText(maxJournalText) }

func (c *Cluster) journalText(limit int) string {
	j := &c.Sim.Journal
	var lines []string
	room := limit
	n := j.Len()
	for ; n > 0; n-- {
		line := c.journalLine(j.Get(sim.RecordID(n)))
		if room -= len(line); room < 0 {
			break
		}
		lines = append(lines, line)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Journal of a Tabernetes cluster (%s, seed %d, %d nodes), %d records up to %s, one a line.\n", Version, c.conf.Seed, c.conf.Nodes, j.Len(), c.Now())
	if n > 0 {
		fmt.Fprintf(&b, "# The first %d records are left out: the text is limited to %d bytes.\n", n, limit)
	}
	b.WriteString("# record\ttime\tactor\tkind\tobject\trevision\tcause\ttext\n")
	for i := len(lines) - 1; i >= 0; i-- {
		b.WriteString(lines[i])
	}
	return b.String()
}

func (c *Cluster) journalLine(r *sim.Record) string {
	revision, cause := "-", "-"
	if r.Rev != 0 {
		revision = strconv.FormatInt(r.Rev, 10)
	}
	if r.Cause != 0 {
		cause = strconv.Itoa(int(r.Cause))
	}
	return strings.Join([]string{
		strconv.Itoa(int(r.ID)), r.At.String(), column(c.Sim.ActorName(r.Actor)), r.Kind.String(), column(c.Sim.Journal.Ref(r.Ref)), revision, cause, column(r.Text),
	}, "\t") + "\n"
}

func column(s string) string {
	if s == "" {
		return "-"
	}
	return printable(s)
}

// printable writes what is no text as an escape: a journal must not move a terminal's cursor, nor end a line.
func printable(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) < 0 {
		return s
	}
	q := strconv.Quote(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}
