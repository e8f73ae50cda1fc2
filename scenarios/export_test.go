package scenarios

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/manifest"
	"tabernetes/engine/sim"
)

// fresh is a cluster as the page's, addons and all.
func fresh(t testing.TB) *page {
	c, err := engine.New(engine.Config{Nodes: 3, Seed: 7, Addons: true})
	require.NoError(t, err)
	require.True(t, c.RunTo(sim.Time(time.Minute), c.Ready, 0))
	p := &page{t, c}
	p.Wait(30)
	return p
}

// applyAll applies manifests of a folder, each file in a namespace of its own, and returns what they asked for by
// reference. Files that a cluster refuses as a whole are passed over.
func applyAll(t *testing.T, p *page, dirs ...string) map[string]manifest.Document {
	asked := map[string]manifest.Document{}
	n, refused := 0, 0
	for _, dir := range dirs {
		require.NoError(t, filepath.WalkDir("manifests", func(path string, d fs.DirEntry, err error) error {
			require.NoError(t, err)
			if in, err := filepath.Rel("manifests", path); err != nil || !strings.HasPrefix(filepath.ToSlash(in), dir) {
				return nil
			}
			if d.IsDir() || !strings.HasSuffix(path, ".yaml") {
				return nil
			}
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			docs, err := manifest.Split(text)
			if err != nil || len(docs) == 0 || api.ByGVK(docs[0].GVK) == nil && docs[0].GVK.Kind != "Widget" {
				return nil
			}
			n++
			ns := "m" + strconv.Itoa(n)
			flag := " -n " + ns
			for _, doc := range docs {
				if doc.Namespace != "" {
					ns, flag = doc.Namespace, ""
				}
			}
			p.Run("create namespace "+ns, nil)
			p.Wait(1)
			base := filepath.Base(path)
			how := ""
			if n%2 == 0 {
				how = " --server-side --force-conflicts"
			}
			_, code := p.Run("apply -f "+base+flag+how, map[string]string{base: string(text)})
			if code != 0 {
				refused++
				return nil
			}
			for _, doc := range docs {
				r := api.ByGVK(doc.GVK)
				if r == nil {
					continue
				}
				key := doc.Name
				if r.Namespaced {
					key = api.Key(ns, doc.Name)
					if doc.Namespace == "" && flag == "" {
						key = api.Key("default", doc.Name)
					}
				}
				asked[r.Name+"/"+key] = doc
			}
			return nil
		}))
	}
	require.LessOrEqual(t, refused, 3) // a gateway nobody defined, a port that is taken, a webhook that nobody answers
	return asked
}

// TestExportManifests: what was applied is exported, the export is taken by a fresh cluster that checks strictly, and
// exporting that again gives the same text. Every object asks for what its author asked for.
func TestExportManifests(t *testing.T) {
	p := fresh(t)
	asked := applyAll(t, p, "website/", "examples/", "own/", "certificates/", "dualstack", "endpoints", "rolling", "traffic", "raw/crd", "scheduler/my-", "admission/quota", "webhooks/")
	p.Wait(60)
	first, left, err := p.c.Export()
	require.NoError(t, err)
	require.NotEmpty(t, left)

	q := fresh(t)
	out, code := q.Run("apply -f export.yaml --validate=strict", map[string]string{"export.yaml": first})
	assert.Zero(t, code)
	for line := range strings.Lines(out) {
		if !strings.HasSuffix(line, " created\n") && !strings.HasPrefix(line, "Warning: ") {
			t.Errorf("apply said: %s", line)
		}
	}
	q.Wait(60)
	second, _, err := q.c.Export()
	require.NoError(t, err)
	require.Equal(t, first, second)

	docs, err := manifest.Split([]byte(first))
	require.NoError(t, err)
	seen := 0
	for _, doc := range docs {
		r := api.ByGVK(doc.GVK)
		if r == nil {
			continue
		}
		want, ok := asked[api.Ref(r, doc.Namespace, doc.Name)]
		if !ok || want.GVK != doc.GVK {
			continue // an autoscaler of an older version comes in today's
		}
		seen++
		assert.Equal(t, effective(t, r, want), effective(t, r, doc), "%s %s/%s", doc.GVK.Kind, doc.Namespace, doc.Name)
	}
	assert.Greater(t, seen, 150)
}

// effective is what a manifest asks for, with its defaults, but for names.
func effective(t testing.TB, r *api.Resource, doc manifest.Document) map[string]any {
	obj := r.New()
	_, err := manifest.Decode(doc, obj, false)
	require.NoError(t, err)
	defaults.Set(obj)
	text, err := json.Marshal(obj)
	require.NoError(t, err)
	var m map[string]any
	require.NoError(t, json.Unmarshal(text, &m))
	meta := m["metadata"].(map[string]any)
	m["metadata"] = map[string]any{"labels": meta["labels"], "annotations": meta["annotations"], "name": meta["name"]}
	delete(m, "status")
	return m
}
