package engine

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/sim"
)

func TestJournalText(t *testing.T) {
	c, err := New(Config{Nodes: 1, Seed: 1})
	require.NoError(t, err)
	require.True(t, c.RunTo(sim.Time(time.Minute), c.Ready, 0))
	c.Sim.Record(sim.KindInfo, "pods/default/\x1b]0;x\x07", "two\nlines\tand \u202eback")
	text := c.JournalText()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	require.Equal(t, "# record\ttime\tactor\tkind\tobject\trevision\tcause\ttext", lines[1])
	require.Len(t, lines, 2+c.Sim.Journal.Len())
	for i, line := range lines[2:] {
		require.Len(t, strings.Split(line, "\t"), 8, line)
		require.True(t, strings.HasPrefix(line, strconv.Itoa(i+1)+"\t"), line)
	}
	require.True(t, strings.HasSuffix(text, "\tinfo\t"+`pods/default/\x1b]0;x\a`+"\t-\t-\t"+`two\nlines\tand \u202eback`+"\n"), lines[len(lines)-1])

	// Of a long journal the newest records are told.
	short := c.journalText(500)
	require.Less(t, len(short), 900)
	require.Contains(t, short, "records are left out: the text is limited to 500 bytes.\n")
	require.True(t, strings.HasSuffix(text, short[strings.Index(short, "\ttext\n")+len("\ttext\n"):]))
}
