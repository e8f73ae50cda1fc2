package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabernetes/scenarios"
	"tabernetes/scenarios/lesson"
)

// TestPublish: every lesson is in the list, in its own place, and each file of it is where the list says.
func TestPublish(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, publish(scenarios.Lessons, dir))
	text, err := os.ReadFile(filepath.Join(dir, "index.json"))
	require.NoError(t, err)
	var list []lesson.Entry
	require.NoError(t, json.Unmarshal(text, &list))
	orders := map[int]string{}
	last := -1
	for _, e := range list {
		assert.Greater(t, e.Order, last, "%s has the place of %s", e.ID, orders[e.Order])
		orders[e.Order], last = e.ID, e.Order
		assert.NotEmpty(t, e.Title.EN)
		assert.NotEmpty(t, e.Summary.ZH)
		files := map[string]string{}
		for _, name := range e.Files {
			text, err := os.ReadFile(filepath.Join(dir, e.ID, name))
			require.NoError(t, err)
			files[name] = string(text)
		}
		l, err := lesson.Lint(files)
		require.NoError(t, err)
		assert.Equal(t, e, l.Entry())
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, len(list)+1)
}

// TestPublishRefuses: a lesson with a fault is not published, nor one in a folder of another name.
func TestPublishRefuses(t *testing.T) {
	assert.ErrorContains(t, publish(fstest.MapFS{"a/scenario.yaml": {Data: []byte("id: a\n")}}, t.TempDir()), "a:\nen.md: the file is missing")
	files := fstest.MapFS{}
	for _, name := range []string{"scenario.yaml", "en.md", "zh.md", "hello.yaml"} {
		text, err := os.ReadFile(filepath.Join("..", "template", name))
		require.NoError(t, err)
		files["other/"+name] = &fstest.MapFile{Data: text}
	}
	assert.ErrorContains(t, publish(files, t.TempDir()), `id: "template" is not the folder's name, "other"`)
}
