package scenarios

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/scenarios/said"
)

var update = flag.Bool("update", false, "write the outputs of the scripts anew")

// TestScripts plays every script and compares every byte; then it replays the command log, which must give the same
// journal. What the journals say is compared as well: the page has these sentences in its own language.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("scripts/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var book said.Book
	played := 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			s, err := Parse(string(text))
			require.NoError(t, err)
			s.Files = DirFiles("manifests")
			c, out, err := s.Play()
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(s.Text(out)), 0o644))
			}
			require.NoError(t, err)
			for i, st := range s.Steps {
				require.Equal(t, st.Want, out[i], "line %d: %s", st.Line, st.Text)
			}
			again, err := engine.Replay(c.Config(), c.Log(), c.Now())
			require.NoError(t, err)
			require.Equal(t, c.Stats(), again.Stats(), "a replay of the command log differs")
			book.Read(c)
			played++
		})
	}
	book.Compare(t, "testdata/journal-texts.txt", *update && played == len(files))
}
