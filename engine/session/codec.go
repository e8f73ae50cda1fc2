package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

// format is raised when old text can no longer be read.
const format = 1

// Limits of what is read. A replay takes as long as it takes: whoever opens a session runs it in slices.
const (
	MaxText     = 16 << 20                  // bytes
	maxCommands = 100_000                   // of all branches
	maxTime     = 10 * 366 * 24 * time.Hour // of virtual time
)

// text is a session as JSON. Moments are "MILLISECONDS EVENTS COMMANDS".
type text struct {
	Format   int        `json:"tabernetes"`
	Version  string     `json:"version"`
	Nodes    int        `json:"nodes"`
	Masters  int        `json:"masters"`
	Seed     uint64     `json:"seed"`
	Zones    int        `json:"zones,omitempty"`
	Addons   bool       `json:"addons,omitempty"`
	Start    *time.Time `json:"start,omitempty"`
	Branches []branch   `json:"branches"`
	Branch   int        `json:"branch"` // that is shown
	At       string     `json:"at"`     // where
	Hash     string     `json:"hash"`   // of the journal there
}

// branch holds its commands as columns, which compress better than rows: the time and the events since the command before,
// and what was done.
type branch struct {
	ID     int               `json:"id"`
	Name   string            `json:"name,omitempty"`
	Parent int               `json:"parent"`
	Fork   string            `json:"fork,omitempty"`
	End    string            `json:"end"`
	At     string            `json:"t,omitempty"` // milliseconds
	After  string            `json:"n,omitempty"`
	Do     []json.RawMessage `json:"do,omitempty"`
}

// deed is a Command without its moment. A kubectl line alone is written as a string: what follows "kubectl ", or what
// follows "$ " where it was typed at a terminal.
type deed struct {
	Op     string            `json:"op,omitempty"`
	Line   string            `json:"line,omitempty"`
	Files  map[string]string `json:"files,omitempty"`
	Editor bool              `json:"editor,omitempty"`
	Keys   bool              `json:"keys,omitempty"`
	Name   string            `json:"name,omitempty"`
	To     string            `json:"to,omitempty"`
	RPS    float64           `json:"rps,omitempty"`
	Of     int               `json:"of,omitempty"`
	Both   bool              `json:"both,omitempty"`
	Ms     float64           `json:"ms,omitempty"`
	Share  float64           `json:"share,omitempty"`
	Full   bool              `json:"full,omitempty"`
}

const typed = "$ "

// Encode writes the session down; with only >= 0 that branch alone, as if there had never been another.
func (s *Session) Encode(only int) (string, error) {
	s.keep()
	t := text{Format: format, Version: engine.Version, Nodes: s.conf.Nodes, Masters: s.conf.Masters, Seed: s.conf.Seed, Zones: s.conf.Zones, Addons: s.conf.Addons, Branch: s.cur.ID}
	if !s.conf.Start.IsZero() {
		t.Start = &s.conf.Start
	}
	if only >= 0 {
		b, err := s.find(only)
		if err != nil {
			return "", err
		}
		t.Branches, t.Branch, t.At = []branch{encodeBranch(&Branch{ID: b.ID, Name: b.Name, Parent: -1, log: b.log, end: b.end})}, only, moment(b.end)
	} else {
		for _, b := range s.branches {
			t.Branches = append(t.Branches, encodeBranch(b))
		}
	}
	if only < 0 || only == s.cur.ID {
		t.At = moment(s.Moment())
		if s.detour == nil {
			t.Hash = s.hash()
		}
	}
	b, err := json.Marshal(&t)
	return string(b), err
}

func (s *Session) hash() string { return strconv.FormatUint(s.c.Sim.Journal.Hash(), 16) }

func encodeBranch(b *Branch) branch {
	out := branch{ID: b.ID, Name: b.Name, Parent: b.Parent, End: moment(b.end)}
	if b.Parent >= 0 {
		out.Fork = moment(b.Fork)
	}
	var at, after []byte
	var before engine.Command
	for i, cmd := range b.Own() {
		if i > 0 {
			at, after = append(at, ' '), append(after, ' ')
		}
		at = append(at, millis(cmd.At-before.At)...)
		after = strconv.AppendUint(after, cmd.After-before.After, 10)
		out.Do = append(out.Do, encodeDeed(&cmd))
		before = cmd
	}
	out.At, out.After = string(at), string(after)
	return out
}

func encodeDeed(cmd *engine.Command) json.RawMessage {
	var v any = deed{cmd.Op, cmd.Line, cmd.Files, cmd.Editor, cmd.Keys, cmd.Name, cmd.To, cmd.RPS, cmd.Of, cmd.Both, cmd.Ms, cmd.Share, cmd.Full}
	if line, ok := strings.CutPrefix(cmd.Line, "kubectl "); ok && cmd.Op == engine.OpKubectl && cmd.Editor == cmd.Keys && !strings.HasPrefix(line, typed) {
		if cmd.Keys {
			line = typed + line
		}
		if v = line; len(cmd.Files) > 0 {
			v = deed{Line: line, Files: cmd.Files}
		}
	}
	b, _ := json.Marshal(v) // strings and numbers: it cannot fail
	return b
}

func decodeDeed(raw json.RawMessage) (engine.Command, error) {
	var d deed
	if bytes.HasPrefix(raw, []byte{'"'}) {
		if err := json.Unmarshal(raw, &d.Line); err != nil {
			return engine.Command{}, err
		}
	} else if err := strict(raw, &d); err != nil {
		return engine.Command{}, err
	}
	if d.Op == "" {
		d.Op = engine.OpKubectl
		line, ok := strings.CutPrefix(d.Line, typed)
		d.Line, d.Editor, d.Keys = "kubectl "+line, ok, ok
	}
	return engine.Command{Op: d.Op, Line: d.Line, Files: d.Files, Editor: d.Editor, Keys: d.Keys, Name: d.Name, To: d.To, RPS: d.RPS, Of: d.Of, Both: d.Both, Ms: d.Ms, Share: d.Share, Full: d.Full}, nil
}

func strict(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("more than one value")
	}
	return nil
}

// millis writes a virtual time in milliseconds, to the nanosecond.
func millis(t sim.Time) string {
	s := strconv.FormatInt(int64(t)/1e6, 10)
	if frac := int64(t) % 1e6; frac != 0 {
		s += "." + strings.TrimRight(fmt.Sprintf("%06d", frac), "0")
	}
	return s
}

func parseMillis(s string) (sim.Time, error) {
	whole, frac, dot := strings.Cut(s, ".")
	ms, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || dot && (frac == "" || len(frac) > 6) || ms > uint64(maxTime/1e6) {
		return 0, fmt.Errorf("%q is not a time in milliseconds", clip(s))
	}
	ns := uint64(0)
	if dot {
		if ns, err = strconv.ParseUint((frac + "000000")[:6], 10, 63); err != nil {
			return 0, fmt.Errorf("%q is not a time in milliseconds", clip(s))
		}
	}
	return sim.Time(ms*1e6 + ns), nil
}

func moment(m engine.Moment) string {
	return millis(m.At) + " " + strconv.FormatUint(m.After, 10) + " " + strconv.Itoa(m.Commands)
}

func parseMoment(s string) (m engine.Moment, err error) {
	f := strings.Split(s, " ")
	if len(f) != 3 {
		return m, fmt.Errorf("%q is not a moment", clip(s))
	}
	if m.At, err = parseMillis(f[0]); err != nil {
		return m, err
	}
	if m.After, err = strconv.ParseUint(f[1], 10, 62); err == nil {
		m.Commands, err = strconv.Atoi(f[2])
	}
	if err != nil || m.Commands < 0 {
		return m, fmt.Errorf("%q is not a moment", clip(s))
	}
	return m, nil
}

func clip(s string) string { return s[:min(len(s), 40)] }

// Recorded is a session that was read and does not run yet.
type Recorded struct {
	Version string // of the engine that recorded it
	conf    engine.Config
	branch  []*Branch
	cur     *Branch
	at      engine.Moment
	hash    string
}

// Decode reads what Encode wrote. Its text may come from anybody.
func Decode(s string) (*Recorded, error) {
	r, err := decode(s)
	if err != nil {
		return nil, fmt.Errorf("this is not a session: %w", err)
	}
	return r, nil
}

func decode(s string) (*Recorded, error) {
	if len(s) > MaxText {
		return nil, fmt.Errorf("%d bytes are more than %d", len(s), MaxText)
	}
	var head struct {
		Format int `json:"tabernetes"`
	}
	if err := json.Unmarshal([]byte(s), &head); err != nil {
		return nil, err
	}
	if head.Format != format {
		return nil, fmt.Errorf("its format is %d, this page reads %d", head.Format, format)
	}
	var t text
	if err := strict([]byte(s), &t); err != nil {
		return nil, err
	}
	r := &Recorded{Version: t.Version, hash: t.Hash, conf: engine.Config{Nodes: t.Nodes, Masters: t.Masters, Seed: t.Seed, Zones: t.Zones, Addons: t.Addons}}
	if len(t.Version) > 40 || len(t.Hash) > 16 {
		return nil, fmt.Errorf("version or hash is too long")
	}
	if t.Start != nil {
		r.conf.Start = *t.Start
	}
	if err := r.conf.Check(); err != nil {
		return nil, err
	}
	if len(t.Branches) == 0 || len(t.Branches) > maxBranches {
		return nil, fmt.Errorf("%d branches: between 1 and %d are possible", len(t.Branches), maxBranches)
	}
	commands := 0
	for i := range t.Branches {
		b, err := r.read(&t.Branches[i])
		if err != nil {
			return nil, fmt.Errorf("branch %d: %w", t.Branches[i].ID, err)
		}
		if commands += len(b.log); commands > maxCommands {
			return nil, fmt.Errorf("more than %d commands", maxCommands)
		}
		r.branch = append(r.branch, b)
		if b.ID == t.Branch {
			r.cur = b
		}
	}
	if r.cur == nil {
		return nil, fmt.Errorf("there is no branch %d", t.Branch)
	}
	var err error
	if r.at, err = parseMoment(t.At); err != nil {
		return nil, err
	}
	if later(r.at, r.cur.end) || r.at.At > r.cur.end.At {
		return nil, fmt.Errorf("what it shows is after its end")
	}
	return r, nil
}

func (r *Recorded) read(t *branch) (*Branch, error) {
	b := &Branch{ID: t.ID, Name: t.Name, Parent: t.Parent}
	if t.ID < 0 || t.ID > math.MaxInt32 || len(r.branch) > 0 && t.ID <= r.branch[len(r.branch)-1].ID {
		return nil, fmt.Errorf("its number is out of order")
	}
	if err := checkName(t.Name); err != nil {
		return nil, err
	}
	var err error
	if t.Parent >= 0 {
		if b.Fork, err = parseMoment(t.Fork); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(r.branch, func(o *Branch) bool { return o.ID == t.Parent })
		if i < 0 || b.Fork.Commands > len(r.branch[i].log) {
			return nil, fmt.Errorf("it does not hang on branch %d", t.Parent)
		}
		b.log = slices.Clone(r.branch[i].log[:b.Fork.Commands])
	}
	at, after := strings.Fields(t.At), strings.Fields(t.After)
	if len(at) != len(t.Do) || len(after) != len(t.Do) || len(t.Do) > maxCommands {
		return nil, fmt.Errorf("%d commands, %d times, %d places", len(t.Do), len(at), len(after))
	}
	var before engine.Command
	for i, raw := range t.Do {
		cmd, err := decodeDeed(raw)
		if err != nil {
			return nil, fmt.Errorf("command %d: %w", i, err)
		}
		d, err := parseMillis(at[i])
		if err != nil {
			return nil, fmt.Errorf("command %d: %w", i, err)
		}
		n, err := strconv.ParseUint(after[i], 10, 61)
		if err != nil {
			return nil, fmt.Errorf("command %d: %q is not a number of events", i, clip(after[i]))
		}
		if cmd.At, cmd.After = before.At+d, before.After+n; cmd.At > sim.Time(maxTime) || cmd.After > 1<<61 {
			return nil, fmt.Errorf("command %d comes too late", i)
		}
		if n := len(b.log); n > 0 && (cmd.At < b.log[n-1].At || cmd.After < b.log[n-1].After) {
			return nil, fmt.Errorf("command %d comes before those of branch %d that it follows", i, b.Parent)
		}
		b.log = append(b.log, cmd)
		before = cmd
	}
	if b.end, err = parseMoment(t.End); err != nil {
		return nil, err
	}
	if n := len(b.log); b.end.Commands != n || n > 0 && (b.end.At < b.log[n-1].At || b.end.After < b.log[n-1].After) {
		return nil, fmt.Errorf("its end comes before its last command")
	}
	return b, nil
}

// Config is what the recorded session's clusters are made from.
func (r *Recorded) Config() engine.Config { return r.conf }

// Open makes the session, and begins to go to the moment that it showed.
func (r *Recorded) Open() (*Session, *Seek, error) {
	s, err := New(r.conf)
	if err != nil {
		return nil, nil, err
	}
	s.branches, s.cur, s.next = r.branch, r.cur, r.branch[len(r.branch)-1].ID+1
	s.play = r.cur.player(s.c)
	k, err := s.To(r.cur.ID, r.at)
	return s, k, err
}

// Check reports why a session that was opened is not the one recorded; nil: it is.
func (r *Recorded) Check(s *Session) error {
	if got := s.hash(); r.hash != "" && got != r.hash {
		return fmt.Errorf("another journal came of it (%s, not %s): the session was recorded by another version", got, r.hash)
	}
	return nil
}

// Manifests is what can be saved of a session that cannot be replayed: the manifests that its commands carried, and the
// other commands that changed something, as comments.
func (r *Recorded) Manifests() string {
	var out strings.Builder
	for _, cmd := range r.cur.log {
		if !cmd.Changes() {
			continue
		}
		line := cmd.Line
		if line == "" {
			line = strings.TrimSpace(cmd.Op + " " + cmd.Name + " " + cmd.To)
		}
		fmt.Fprintf(&out, "# %s\n", strings.Join(strings.Fields(line), " "))
		for _, name := range slices.Sorted(maps.Keys(cmd.Files)) {
			fmt.Fprintf(&out, "%s\n---\n", strings.TrimSuffix(strings.TrimSpace(cmd.Files[name]), "\n---"))
		}
	}
	return out.String()
}
