package engine

import (
	"slices"
	"strings"

	"tabernetes/engine/sim"
)

// What may have become of a write.
const (
	WriteSent      = "sent"      // on its way: no member of etcd has it, or the answer is under way
	WriteQueued    = "queued"    // a member has it and no leader to give it to, or its disk is busy
	WriteLogged    = "logged"    // in a log, and not committed
	WriteCommitted = "committed" //
	WriteLost      = "lost"      // it was in a log, and was overwritten there before it was committed
	WriteRefused   = "refused"   // it never got into a log
)

// Write is a kubectl command that changes something, and what became of it: what its client was told, and what is true.
type Write struct {
	Line     string   `json:"line"`
	At       float64  `json:"at"` // milliseconds of virtual time
	State    string   `json:"state"`
	Revision int64    `json:"revision,omitempty"` // committed: the newest of its writes
	Writes   int      `json:"writes,omitempty"`   // how many of them are committed
	Member   string   `json:"member,omitempty"`   // has its client waiting
	Index    uint64   `json:"index,omitempty"`    // its entry
	On       []string `json:"on,omitempty"`       // the members with that entry on disk
	Done     bool     `json:"done"`               // the client was answered
	Code     int      `json:"code,omitempty"`
	Answer   string   `json:"answer,omitempty"` // first line of what it printed, errors first
	Ended    float64  `json:"ended,omitempty"`
}

// maxWrites is how many commands are followed.
const maxWrites = 12

// followed is a command whose writes are looked for in the journal.
type followed struct {
	Write
	record   sim.RecordID
	by       *Process
	logged   bool // some write of it was seen in a log
	out, err []byte
}

// follow keeps an eye on a command that may write. It changes nothing.
func (c *Cluster) follow(line string, record sim.RecordID, out Output) Output {
	w := &followed{record: record, Write: Write{Line: line, At: float64(c.Sim.Now()) / 1e6, State: WriteSent}}
	if len(c.writes) >= maxWrites {
		c.writes = slices.Delete(c.writes, 0, 1)
	}
	c.writes = append(c.writes, w)
	tee := func(to *[]byte, fn func(string)) func(string) {
		return func(s string) {
			if room := 400 - len(*to); room > 0 {
				*to = append(*to, s[:min(len(s), room)]...)
			}
			if fn != nil {
				fn(s)
			}
		}
	}
	done := out.Done
	return Output{Out: tee(&w.out, out.Out), Err: tee(&w.err, out.Err), Done: func(code int) {
		c.lookFor(w)
		w.Done, w.Code, w.Ended = true, code, float64(c.Sim.Now())/1e6
		text := string(w.err)
		if text == "" {
			text = string(w.out)
		}
		w.Answer, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
		w.out, w.err = nil, nil
		if done != nil {
			done(code)
		}
	}}
}

// Writes are the newest commands that wrote or tried to, oldest first, and what became of them. A command that had
// nothing to write is left out.
func (c *Cluster) Writes() []Write {
	out := []Write{}
	for _, w := range c.writes {
		c.lookFor(w)
	}
	for _, w := range c.writes {
		if x := w.Write; !w.Done && !w.waits() || w.Done && w.Code != 0 || x.Revision != 0 {
			out = append(out, x)
		}
	}
	return out
}

// waits reports that nothing is under way: an editor is open, or a shell in a pod.
func (w *followed) waits() bool { return w.by != nil && w.State == WriteSent && w.by.Waits() }

// lookFor finds out how far the writes of a command are.
func (c *Cluster) lookFor(w *followed) {
	c.readJournal()
	if w.Done && (w.State == WriteCommitted || w.State == WriteLost || w.State == WriteRefused) {
		if w.Revision != 0 {
			w.State = WriteCommitted
		}
		return
	}
	w.Member, w.Index, w.On = "", 0, nil
	open := c.members.InFlight(func(id sim.RecordID) bool { return c.rootOf(id) == w.record })
	for _, f := range open {
		w.logged = w.logged || f.Index != 0
		if w.Index == 0 || f.Index != 0 {
			w.Member, w.Index, w.On = f.Member, f.Index, f.On
		}
	}
	switch {
	case w.Revision != 0 && (w.Done || len(open) == 0):
		w.State, w.Member, w.Index, w.On = WriteCommitted, "", 0, nil
	case w.Index != 0:
		w.State = WriteLogged
	case len(open) > 0:
		w.State = WriteQueued
	case !w.Done:
		w.State = WriteSent
	case w.logged:
		w.State = WriteLost
	default:
		w.State = WriteRefused
	}
}

// readJournal goes on reading where it stopped: the writes that the workstation asked for are those of a command.
func (c *Cluster) readJournal() {
	j := &c.Sim.Journal
	if len(c.writes) == 0 {
		c.read = j.Len()
		return
	}
	c.read = max(c.read, int(c.writes[0].record)-1)
	for ; c.read < j.Len(); c.read++ {
		r := j.Get(sim.RecordID(c.read + 1))
		if r.Rev == 0 || !strings.HasSuffix(c.Sim.ActorName(r.Actor), "@workstation") {
			continue
		}
		root := c.rootOf(r.ID)
		for _, w := range c.writes {
			if w.record == root {
				w.Revision = max(w.Revision, r.Rev)
				w.Writes++
			}
		}
	}
}

// rootOf is the command in whose context a record was written, if only the workstation's own doings are between.
func (c *Cluster) rootOf(id sim.RecordID) sim.RecordID {
	j := &c.Sim.Journal
	for range 64 {
		r := j.Get(id)
		if r == nil || r.Kind == sim.KindCommand {
			return id
		}
		if !strings.HasSuffix(c.Sim.ActorName(r.Actor), "@workstation") {
			return 0
		}
		id = r.Cause
	}
	return 0
}
