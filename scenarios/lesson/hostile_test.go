package lesson

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabernetes/engine"
)

// nested is a condition in so many others.
func nested(n int) string {
	return strings.Repeat("{not: ", n) + "{object: pod/a}" + strings.Repeat("}", n)
}

// laughs is a mapping whose aliases expand to 10^levels texts.
func laughs(levels int) string {
	out := "setup: &a0 [" + strings.TrimSuffix(strings.Repeat("x,", 10), ",") + "]\n"
	for i := 1; i < levels; i++ {
		out += fmt.Sprintf("k%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	return out
}

func oneCheck(check string) string { return "steps:\n- id: a\n  checks:\n  - " + check + "\n" }

// TestHostile: what is too big, too deep or too much is refused, and told.
func TestHostile(t *testing.T) {
	many := func(n int, line string) string { return strings.Repeat(line+"\n", n) }
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"a big scenario", map[string]string{ScenarioFile: strings.Repeat("#", maxScenario+1)}, "scenario.yaml: the file is too big"},
		{"a big text", map[string]string{ScenarioFile: "id: a\n", ChineseFile: strings.Repeat("字", maxText)}, "zh.md: the file is too big"},
		{"a big manifest", map[string]string{ScenarioFile: "id: a\n", "a.yaml": strings.Repeat("#", maxManifest+1)}, "a.yaml: the file is too big"},
		{"many big manifests", func() map[string]string {
			files := map[string]string{ScenarioFile: "id: a\n"}
			for i := range 5 {
				files[fmt.Sprintf("m%d.yaml", i)] = strings.Repeat("#", maxManifest)
			}
			return files
		}(), "the file is too big, or all together are"},
		{"many manifests", func() map[string]string {
			files := map[string]string{ScenarioFile: "id: a\n"}
			for i := range maxManifests + 1 {
				files[fmt.Sprintf("m%d.yaml", i)] = "a: b"
			}
			return files
		}(), "manifests: there are too many"},
		{"a way out", map[string]string{ScenarioFile: "id: a\n", "../../etc/passwd.yaml": "x"}, "no file of a lesson"},
		{"a name without end", map[string]string{ScenarioFile: "id: a\n", strings.Repeat("x", 10000) + ".yaml": "x"}, "no file of a lesson"},
		{"a script", map[string]string{ScenarioFile: "id: a\n", "x.js": "x"}, "x.js: no file of a lesson"},
		{"aliases", map[string]string{ScenarioFile: laughs(9)}, "document contains excessive aliasing"},
		{"aliases of a big text", map[string]string{ScenarioFile: "x: &a " + strings.Repeat("x", 30000) + "\ny: [" + strings.TrimSuffix(strings.Repeat("*a,", 8000), ",") + "]\n"}, "the document expands to"},
		{"an alias of itself", map[string]string{ScenarioFile: "setup: &a [*a]\n"}, "contains itself"},
		{"depth", map[string]string{ScenarioFile: oneCheck(nested(2000))}, "nested"},
		{"a little too deep", map[string]string{ScenarioFile: oneCheck(nested(maxNesting))}, "conditions are nested too deep"},
		{"lists in lists", map[string]string{ScenarioFile: "setup: " + strings.Repeat("[", 20000)}, "exceeded max depth"},
		{"steps", map[string]string{ScenarioFile: "steps:\n" + many(maxSteps+1, "- id: a")}, "steps: there are none, or there are too many"},
		{"checks", map[string]string{ScenarioFile: "steps:\n- id: a\n  checks:\n" + many(maxChecks+1, "  - elapsed: 5s")}, "checks: one is empty, or there are too many"},
		{"conditions", map[string]string{ScenarioFile: "steps:\n- id: a\n  checks:\n  - any:\n" + many(maxConditions, "    - elapsed: 5s")}, "there are too many"},
		{"lines", map[string]string{ScenarioFile: "setup:\n" + many(maxLines+1, "- settle 1s")}, "lines of a setup or a solution"},
		{"an empty step", map[string]string{ScenarioFile: "steps: [null]\n"}, "a step is empty"},
		{"an empty check", map[string]string{ScenarioFile: "steps: [{id: a, checks: [~]}]\n"}, "checks: one is empty"},
		{"an empty line", map[string]string{ScenarioFile: "setup: [~]\n"}, "one is empty"},
		{"an empty condition", map[string]string{ScenarioFile: oneCheck("{all: [null]}")}, "an entry of a list is empty"},
		{"an expression without end", map[string]string{ScenarioFile: oneCheck(`{object: pod/a, field: .a, matches: "` + strings.Repeat("a{1000}", 100) + `"}`)}, "a regular expression has at most"},
		{"values that multiply", map[string]string{ScenarioFile: oneCheck(`{object: pod/a, field: "{` + strings.Repeat("..*", 5) + `}", is: x}`)}, "a field has at most"},
		{"unions that multiply", map[string]string{ScenarioFile: oneCheck(`{object: pod/a, field: "{` + strings.Repeat("['a','a']", 5) + `}", is: x}`)}, "a field has at most"},
		{"binary", map[string]string{ScenarioFile: "id: !!binary x\n"}, "scenario.yaml:"},
		{"control characters", map[string]string{ScenarioFile: "id: \"a\x00\"\n"}, "control characters"},
		{"no texts", map[string]string{ScenarioFile: "steps: [{id: a}]\n"}, "en.md: the file is missing, and so is zh.md"},
		{"nothing", nil, "scenario.yaml: the file is missing"},
		{"no steps", map[string]string{ScenarioFile: "id: a\n"}, "steps: there are none"},
		{"a thousand clusters", map[string]string{ScenarioFile: "cluster: {nodes: 1000000000}\n"}, "nodes is a number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(c.files)
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.want)
			assert.Less(t, len(err.Error()), 20000)
			_, err = Lint(c.files)
			assert.Error(t, err)
		})
	}
}

// TestGiantTexts: what is within the limits is read in no time, however it is made.
func TestGiantTexts(t *testing.T) {
	for _, piece := range []string{":::hint\n", ":::hint\nx\n:::\n", "## a {#a}\n", "- [x] a\n", "```\n", "![", "](", "<", "[x]: ", "`", "{#", "字", "\x00", ":::predict\n- [x] a\n", ":::"} {
		text := "# t\n" + strings.Repeat(piece, maxText/len(piece)-1)
		l, err := Lint(map[string]string{ScenarioFile: "id: a\n", EnglishFile: text, ChineseFile: text})
		assert.Nil(t, l)
		assert.Error(t, err)
		var ps Problems
		require.ErrorAs(t, err, &ps)
		assert.LessOrEqual(t, len(ps), maxProblems)
	}
}

// FuzzParse: no files make the parser panic; what it says has a place; what it reads can be given to the page, and its checks
// can be asked of a cluster.
func FuzzParse(f *testing.F) {
	dirs := []string{"../template"}
	entries, err := os.ReadDir("../lessons")
	require.NoError(f, err)
	for _, e := range entries {
		dirs = append(dirs, "../lessons/"+e.Name())
	}
	read := func(name string) string {
		text, err := os.ReadFile(name)
		require.NoError(f, err)
		return string(text)
	}
	for _, dir := range dirs {
		f.Add(read(dir+"/scenario.yaml"), read(dir+"/en.md"), read(dir+"/zh.md"))
	}
	f.Add(laughs(9), ":::", "## {#}\n:::predict\n- [x]")
	f.Add(oneCheck(nested(5)), "# a\n\n:::hint", "- [x] a")
	f.Add(oneCheck(`{count: nodes, where: [{field: "{..name}", matches: a}], is: 1}`), "", "")
	f.Add(oneCheck(`{sequence: [{command: kill node-1}, {happened: {what: fault, object: "nodes/*", because: a}}]}`), "", "")
	f.Add(oneCheck(`{traffic: a/b, measure: share, version: x, window: 5s, atMost: 1Gi}`), "", "")
	c, err := engine.New(engine.Config{Nodes: 1, Seed: 1})
	require.NoError(f, err)
	c.RunTo(30e9, c.Ready, 0)
	f.Fuzz(func(t *testing.T, scenario, en, zh string) {
		files := map[string]string{ScenarioFile: scenario, EnglishFile: en, ChineseFile: zh}
		l, err := Parse(files)
		if err != nil {
			var ps Problems
			require.True(t, errors.As(err, &ps))
			for _, p := range ps {
				require.NotEmpty(t, p.Text)
				require.GreaterOrEqual(t, p.Line, 0)
				require.LessOrEqual(t, p.Line, strings.Count(files[p.File], "\n")+1, "%v", p)
			}
			_, err = Lint(files)
			require.Error(t, err, "lint takes what Parse does not")
			return
		}
		_, err = json.Marshal(l)
		require.NoError(t, err)
		for i := range l.Steps {
			results, err := l.Check(c, i, engine.Moment{})
			require.NoError(t, err)
			for _, r := range results {
				require.Equal(t, r.OK, r.Got == Texts{}, "%+v", r)
			}
		}
		if strict, err := Lint(files); err == nil {
			require.Equal(t, l.Steps, strict.Steps)
		}
	})
}
