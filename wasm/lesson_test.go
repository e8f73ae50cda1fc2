package main

import (
	"encoding/json"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabernetes/scenarios"
	"tabernetes/scenarios/lesson"
)

// lessonFiles are the files of a lesson that comes with the page.
func lessonFiles(t *testing.T, id string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := fs.ReadDir(scenarios.Lessons, id)
	require.NoError(t, err)
	for _, e := range entries {
		text, err := fs.ReadFile(scenarios.Lessons, id+"/"+e.Name())
		require.NoError(t, err)
		files[e.Name()] = string(text)
	}
	return files
}

// TestLessonOverTheProtocol plays a lesson as the page does: it is read, its cluster made, its setup run, each step asked
// before and after its solution; going back to the beginning of a step takes its checks back.
func TestLessonOverTheProtocol(t *testing.T) {
	h := newHost(t)
	h.init()
	files := lessonFiles(t, "self-healing")
	l := h.good(request{Op: "lesson", Files: files}).(*lesson.Lesson)
	text, err := json.Marshal(l)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "null")
	no := false
	require.NotNil(t, h.good(request{Op: "reset", Config: clusterConfig{Nodes: l.Cluster.Nodes, Masters: l.Cluster.Masters, Seed: l.Cluster.Seed, Addons: &no}}))
	h.good(request{Op: "pause"})
	line := func(text string) {
		t.Helper()
		a := h.good(request{Op: "line", Line: text, Files: files})
		if r, ok := a.(lineResult); ok {
			require.Zero(t, r.Code, "%s: %s", text, r.Stderr)
		}
	}
	for _, text := range l.Setup {
		line(text)
	}
	var since []moment
	for i, s := range l.Steps {
		since = append(since, momentOf(h.b.s.Moment()))
		ask := func() []lesson.CheckResult {
			t.Helper()
			return h.good(request{Op: "checks", Step: i, Since: since[i]}).([]lesson.CheckResult)
		}
		for j, r := range ask() {
			assert.False(t, r.OK, "%s: check %s holds before", s.ID, s.Checks[j].ID)
			assert.NotEmpty(t, r.Got.ZH)
		}
		for _, text := range s.Solution {
			line(text)
		}
		for j, r := range ask() {
			assert.True(t, r.OK, "%s: check %s: %s", s.ID, s.Checks[j].ID, r.Got.EN)
		}
	}
	// The step in which a pod was deleted, from its beginning.
	const step = 5
	require.Equal(t, "delete-one", l.Steps[step].ID)
	m := since[step]
	h.good(request{Op: "seek", Ms: at(m.Ms), After: &m.After, Commands: &m.Commands})
	for _, r := range h.good(request{Op: "checks", Step: step, Since: m}).([]lesson.CheckResult) {
		assert.False(t, r.OK)
	}
	h.good(request{Op: "present"})
	for _, r := range h.good(request{Op: "checks", Step: step, Since: m}).([]lesson.CheckResult) {
		assert.True(t, r.OK)
	}
}

// TestLessonErrors: whatever is wrong is an error that names its place, and the lesson that was read before stays.
func TestLessonErrors(t *testing.T) {
	h := newHost(t)
	h.init()
	refused := func(r request) string {
		t.Helper()
		a := h.ask(r)
		require.Equal(t, "error", a.Type, "%+v", a.Value)
		return a.Message
	}
	assert.Contains(t, refused(request{Op: "checks"}), "no lesson")
	assert.Contains(t, refused(request{Op: "lesson", Files: map[string]string{"scenario.yaml": "stepps: []\n"}}), "scenario.yaml:1: field stepps is unknown in a scenario")
	h.good(request{Op: "lesson", Files: lessonFiles(t, "canary")})
	assert.Contains(t, refused(request{Op: "lesson", Files: nil}), "scenario.yaml")
	assert.Contains(t, refused(request{Op: "checks", Step: 99}), "no such step")
	assert.Contains(t, refused(request{Op: "checks", Step: -1}), "no such step")
	assert.NotNil(t, h.good(request{Op: "checks", Step: 1}))
	assert.Contains(t, refused(request{Op: "line", Line: "rm -rf /"}), "a line begins with")
	assert.Contains(t, refused(request{Op: "line", Line: "kubectl delete pod {{pod app=web}}"}), "no pod has the labels")
	assert.Contains(t, refused(request{Op: "line", Line: "load nothing 5"}), "not found")
	// A command that goes on for ever is ended after ten minutes of virtual time.
	before := h.b.c.Now()
	a := h.ask(request{Op: "line", Line: "kubectl get pods --watch"})
	assert.Equal(t, "result", a.Type)
	assert.NotZero(t, a.Value.(lineResult).Code)
	assert.InDelta(t, lesson.CommandLimit.Seconds(), h.b.c.Now().Sub(before).Seconds(), 1)
}
