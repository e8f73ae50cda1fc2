package lesson_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/scenarios/lesson"
	"tabernetes/scenarios/said"
)

var update = flag.Bool("update", false, "write anew what the journals of the lessons say")

// TestLessons plays the solutions of all lessons and of the one to copy; then it replays each session from its command log
// and asks the checks again, which must say the same.
func TestLessons(t *testing.T) {
	root := os.DirFS("..")
	dirs := []string{"template"}
	entries, err := os.ReadDir("../lessons")
	require.NoError(t, err)
	require.NotEmpty(t, entries)
	for _, e := range entries {
		dirs = append(dirs, "lessons/"+e.Name())
	}
	var book said.Book
	played := 0
	for _, dir := range dirs {
		t.Run(dir, func(t *testing.T) {
			l, _, err := lesson.ReadDir(root, dir)
			require.NoError(t, err)
			p, err := l.Play()
			require.NoError(t, err)
			last := len(l.Steps) - 1
			want, err := l.Check(p.Cluster, last, p.Steps[last].Since)
			require.NoError(t, err)
			again, err := engine.Replay(p.Cluster.Config(), p.Cluster.Log(), p.Cluster.Now())
			require.NoError(t, err)
			assert.Equal(t, p.Cluster.Stats(), again.Stats(), "a replay of the command log differs")
			for i, s := range p.Steps {
				a, err := l.Check(p.Cluster, i, s.Since)
				require.NoError(t, err)
				b, err := l.Check(again, i, s.Since)
				require.NoError(t, err)
				assert.Equal(t, a, b, "the checks of step %s say something else after a replay", s.ID)
			}
			for _, r := range want {
				assert.True(t, r.OK)
			}
			book.Read(p.Cluster)
			played++
		})
	}
	book.Compare(t, "testdata/journal-texts.txt", *update && played == len(dirs))
}
