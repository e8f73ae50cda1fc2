package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLint: an author is told all that is wrong at once, with file and line, and what a good lesson takes.
func TestLint(t *testing.T) {
	good := filepath.Join("..", "scenarios", "template")
	var out bytes.Buffer
	none := func(string) string { return "" }
	require.NoError(t, run(t.Context(), []string{"lint", good}, none, nil, &out))
	assert.Regexp(t, `^\.\./scenarios/template: 3 steps, 2 checks, .*s of virtual time \(setup .*s\)\n  look +to read\n  scale +[\d.]+s\n  delete-one +[\d.m]+s\n$`, out.String())

	bad := filepath.Join(t.TempDir(), "bad")
	require.NoError(t, os.CopyFS(bad, os.DirFS(good)))
	change := func(name, old, new string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(bad, name))
		require.NoError(t, err)
		require.Contains(t, string(text), old)
		require.NoError(t, os.WriteFile(filepath.Join(bad, name), []byte(strings.Replace(string(text), old, new, 1)), 0o644))
	}
	change("scenario.yaml", "id: template", "id: bad")
	out.Reset()
	require.NoError(t, run(t.Context(), []string{"lint", bad}, none, nil, &out))

	// What the solution shows.
	change("scenario.yaml", "--replicas=3", "--replicas=2")
	out.Reset()
	require.ErrorIs(t, run(t.Context(), []string{"lint", bad, good}, none, nil, &out), errLint)
	assert.Contains(t, out.String(), filepath.Join(bad, "scenario.yaml")+":18: check \"three-ready\" of step \"scale\" does not hold after the solution: .status.readyReplicas of deployment/hello is 2.\n")
	assert.Contains(t, out.String(), "3 steps", "the good one is judged too")

	// What reading shows, all of it.
	change("scenario.yaml", "minutes: 3", "minuts: 3")
	change("zh.md", ":::after", ":::afterwards")
	require.NoError(t, os.WriteFile(filepath.Join(bad, "notes.txt"), nil, 0o644))
	out.Reset()
	require.ErrorIs(t, run(t.Context(), []string{"lint", bad}, none, nil, &out), errLint)
	assert.Contains(t, out.String(), "notes.txt: no file of a lesson")
	require.NoError(t, os.Remove(filepath.Join(bad, "notes.txt")))
	out.Reset()
	require.ErrorIs(t, run(t.Context(), []string{"lint", bad}, none, nil, &out), errLint)
	for _, want := range []string{"scenario.yaml:4: field minuts is unknown in a scenario", "scenario.yaml: minutes is a number", "zh.md:31: :::afterwards is no part of a lesson", "zh.md:15: :::after is missing; en.md has it in line 31"} {
		assert.Contains(t, out.String(), want)
	}

	// A folder of lessons stands for all of them, each judged as by itself.
	all := filepath.Dir(bad)
	require.NoError(t, os.CopyFS(filepath.Join(all, "template"), os.DirFS(good)))
	require.NoError(t, os.CopyFS(filepath.Join(all, "halved"), os.DirFS(good)))
	require.NoError(t, os.Remove(filepath.Join(all, "halved", "scenario.yaml")))
	require.NoError(t, os.WriteFile(filepath.Join(all, "README"), nil, 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(all, "pictures"), 0o755))
	alone := out.String()
	out.Reset()
	require.ErrorIs(t, run(t.Context(), []string{"lint", all}, none, nil, &out), errLint)
	assert.True(t, strings.HasPrefix(out.String(), alone), "%s\n%s", alone, out.String())
	assert.Contains(t, out.String(), filepath.Join(all, "halved", "scenario.yaml")+": ")
	assert.Contains(t, out.String(), filepath.Join(all, "template")+": 3 steps")
	assert.True(t, strings.HasSuffix(out.String(), "\n"+all+": lessons: 3, with problems: 2\n"), out.String())
	for _, name := range []string{"bad", "halved"} {
		require.NoError(t, os.RemoveAll(filepath.Join(all, name)))
	}
	out.Reset()
	require.NoError(t, run(t.Context(), []string{"lint", all}, none, nil, &out))
	assert.True(t, strings.HasSuffix(out.String(), "\n"+all+": lessons: 1, with problems: 0\n"), out.String())
	// Where no lesson is, the folder is judged as one.
	out.Reset()
	require.ErrorIs(t, run(t.Context(), []string{"lint", filepath.Join(all, "pictures")}, none, nil, &out), errLint)
	assert.Contains(t, out.String(), "pictures/en.md: the file is missing")

	assert.ErrorContains(t, run(t.Context(), []string{"lint"}, none, nil, &out), "which folder?")
	assert.Error(t, run(t.Context(), []string{"lint", filepath.Join(bad, "nothing")}, none, nil, &out))
}
