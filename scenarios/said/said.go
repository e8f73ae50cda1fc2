// Package said collects what journals say: of every sentence that the engine's components have, one example. The page says
// these sentences in its own language (static/src/i18n/journal-zh.ts) and proves by the examples that it knows them all.
package said

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/network"
	"tabernetes/engine/sim"
)

// Book is a collection: what was said first in a shape stands for all that has it. The zero Book is empty.
type Book struct {
	lines map[string]string // by shape
}

// Read adds the journal of a cluster. Commands are left out: a person wrote them.
func (b *Book) Read(c *engine.Cluster) {
	j := &c.Sim.Journal
	for i := 1; i <= j.Len(); i++ {
		r := j.Get(sim.RecordID(i))
		if r.Kind == sim.KindCommand || r.Text == "" {
			continue
		}
		b.add(r.Kind.String(), r.Text)
		if f, ok := r.Data.(*network.Failure); ok && f.Advice != "" {
			b.add("advice", f.Advice)
		}
	}
}

func (b *Book) add(kind, text string) {
	if b.lines == nil {
		b.lines = map[string]string{}
	}
	for _, s := range shapes(kind, text) {
		if _, ok := b.lines[s]; !ok {
			b.lines[s] = text
		}
	}
}

// Compare compares the shapes with those in a file: none may be missing from it. With update it writes the file.
func (b *Book) Compare(t *testing.T, file string, update bool) {
	t.Helper()
	if update {
		var out strings.Builder
		out.WriteString("# What the journals say, a shape and an example of it a line; written by: go test ./scenarios/... -update\n")
		for _, shape := range slices.Sorted(maps.Keys(b.lines)) {
			out.WriteString(shape + "\t" + b.lines[shape] + "\n")
		}
		require.NoError(t, os.WriteFile(file, []byte(out.String()), 0o644))
		return
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	known := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		shape, _, _ := strings.Cut(line, "\t")
		known[shape] = true
	}
	for _, shape := range slices.Sorted(maps.Keys(b.lines)) {
		assert.True(t, known[shape], "the engine says something new (%s): %q. Run the test with -update, and give it its Chinese in static/src/i18n/journal-zh.ts", shape, b.lines[shape])
	}
}

var (
	// tails are Kubernetes' own words inside a sentence of the engine, which are not told apart.
	tails = regexp.MustCompile(`^(found no node: |evicted: |rejected: |failed to start container \S+: |it is nothing that \S+ signs: |\S+/\S+: \d+ to \d+ replicas: |waiting for Pod \S+ to be |\w+=(True|False|Unknown): |(?:CREATE|UPDATE|DELETE|CONNECT) ).*$`)
	plain = regexp.MustCompile(`^[a-z]+('s)?$`)
	// Names follow these.
	before = regexp.MustCompile(`^(container|pod|node|account|image|claim|volume|class|provisioner|taint|owner|for|hard|used|revision|requests|drivers|subjects|hosts|controller|webhooks)$`)
)

// shapes reduces a text to the words that are the engine's: everything else, names and numbers, becomes "#". What a write
// changed is a list of any number of fields, so that each has a shape of its own.
func shapes(kind, text string) []string {
	text = tails.ReplaceAllString(strings.ReplaceAll(text, "\n", " "), "$1…")
	parts := []string{text}
	if kind == "create" || kind == "update" {
		parts = strings.Split(text, ", ")
	}
	for i, part := range parts {
		words := []string{kind}
		last := ""
		for _, w := range strings.Fields(part) {
			core := strings.TrimRight(strings.TrimLeft(w, "("), ",:;.)")
			name := !plain.MatchString(core) || before.MatchString(last) || last != "" && last[0] >= 'A' && last[0] <= 'Z'
			if last = core; core == "→" || core == "…" {
				name = false
			}
			if name {
				w = "#"
			}
			if !name || words[len(words)-1] != "#" {
				words = append(words, w)
			}
		}
		parts[i] = strings.Join(words, " ")
	}
	return parts
}
