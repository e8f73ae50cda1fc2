package lesson

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// template are the files of the lesson to copy.
func template(t testing.TB) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir("../template")
	require.NoError(t, err)
	for _, e := range entries {
		text, err := os.ReadFile("../template/" + e.Name())
		require.NoError(t, err)
		files[e.Name()] = string(text)
	}
	return files
}

func TestParseTemplate(t *testing.T) {
	l, err := Lint(template(t))
	require.NoError(t, err)
	assert.Equal(t, "template", l.ID)
	assert.Equal(t, &Texts{"A template", "课程模板"}, l.Title)
	assert.Equal(t, &Texts{"What the lesson is about, in one paragraph: it stands in the list of lessons.", "用一段话说明这节课讲什么，这段话会出现在课程列表里。"}, l.Summary)
	assert.Contains(t, l.Intro.EN, "A Deployment named `hello` runs one pod.")
	assert.Equal(t, Cluster{Nodes: 2, Masters: 1, Seed: 1}, l.Cluster)
	assert.Equal(t, []string{"hello.yaml"}, l.Files)
	assert.Equal(t, []string{"kubectl apply -f hello.yaml", "settle 60s"}, l.Setup)
	require.Len(t, l.Steps, 3)
	look, scale, one := l.Steps[0], l.Steps[1], l.Steps[2]
	assert.True(t, look.Read)
	assert.Equal(t, -1.0, look.Speed)
	assert.Equal(t, []string{"panel:stage", "deployments/default/hello"}, look.Point)
	assert.Equal(t, 1.0, scale.Speed)
	assert.Equal(t, "Three pods of `hello` are ready.", scale.Checks[0].Text.EN)
	require.Len(t, scale.Hints, 2)
	assert.Contains(t, scale.After.ZH, "调度器")
	require.NotNil(t, one.Predict)
	assert.Equal(t, "What will `kubectl get pods` show a few seconds later?", one.Predict.Question.EN)
	require.Len(t, one.Predict.Options, 3)
	assert.Equal(t, &Option{&Texts{"Three pods, one of them with a new name.", "三个 Pod，其中一个的名字是新的。"}, true}, one.Predict.Options[1])
	assert.False(t, one.Predict.Options[2].Right)
	assert.True(t, strings.HasPrefix(one.Predict.Answer.EN, "Three are wanted"))
	assert.Contains(t, one.Text.EN, "```sh\nkubectl get pods\n```")
	assert.Equal(t, "What you know now", l.End.Title.EN)
}

// TestJSON: what the page gets has every field, and no null where it wants a list or a text.
func TestJSON(t *testing.T) {
	for _, files := range []map[string]string{template(t), {ScenarioFile: "steps:\n- id: a\n", EnglishFile: "# x\n"}} {
		l, err := Parse(files)
		require.NoError(t, err)
		text, err := json.Marshal(l)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "null")
		for _, name := range []string{"id", "order", "minutes", "title", "summary", "cluster", "files", "setup", "intro", "teacher", "steps", "end", "hints", "point", "checks", "solution", "read", "speed", "after"} {
			assert.Contains(t, string(text), `"`+name+`":`)
		}
	}
}

// TestOneLanguage: a lesson that somebody pastes may have one language; lint wants both.
func TestOneLanguage(t *testing.T) {
	files := template(t)
	delete(files, ChineseFile)
	l, err := Parse(files)
	require.NoError(t, err)
	assert.Equal(t, &Texts{"A template", "A template"}, l.Title)
	assert.Equal(t, l.Steps[2].Predict.Options[1].Text.EN, l.Steps[2].Predict.Options[1].Text.ZH)
	_, err = Lint(files)
	assert.ErrorContains(t, err, "zh.md: the file is missing, or empty")
}

// TestProblems changes one thing in a good lesson, and wants to be told what is wrong, where, and nothing else.
func TestProblems(t *testing.T) {
	for _, c := range []struct {
		name, file, old, new string
		want                 string
	}{
		{"unknown field", ScenarioFile, "minutes: 3", "minutes: 3\nminute: 3", "scenario.yaml:5: field minute is unknown in a scenario"},
		{"unknown field of a step", ScenarioFile, "  speed: 1\n  point: [panel:terminal]", "  speeed: 1\n  point: [panel:terminal]", "scenario.yaml:15: field speeed is unknown in a step"},
		{"unknown field of a check", ScenarioFile, "    is: 3\n  solution", "    are: 3\n  solution", "scenario.yaml:21: field are is unknown in a check"},
		{"twice", ScenarioFile, "order: 0", "order: 0\norder: 1", "scenario.yaml:4: field order is given twice in a scenario"},
		{"a word for a number", ScenarioFile, "minutes: 3", "minutes: three", "scenario.yaml:4: str `three` where a whole number is wanted"},
		{"a text for a list", ScenarioFile, "setup:\n- kubectl apply -f hello.yaml\n- settle 60s", "setup: settle 60s", "scenario.yaml:8: str `settle 60s` where a list is wanted: line"},
		{"a map for a line", ScenarioFile, "- kubectl scale deployment hello --replicas=3", "- kubectl: scale", "scenario.yaml:23: a mapping where a text is wanted"},
		{"syntax", ScenarioFile, "minutes: 3", "minutes: [3", "scenario.yaml:5: "},
		{"second document", ScenarioFile, "minutes: 3", "minutes: 3\n---", "scenario.yaml:5: a second document begins here"},
		{"id", ScenarioFile, "id: template", "id: Template", `scenario.yaml: id: "Template" is no name of a lesson`},
		{"no order", ScenarioFile, "order: 0\n", "", "scenario.yaml: order, the lesson's place in the list, is a number"},
		{"minutes", ScenarioFile, "minutes: 3", "minutes: 1000", "scenario.yaml: minutes is a number between 1 and 120"},
		{"nodes", ScenarioFile, "nodes: 2", "nodes: 5000", "scenario.yaml: cluster: nodes is a number between 0 and 100"},
		{"masters", ScenarioFile, "nodes: 2", "nodes: 2\n  masters: 2", "scenario.yaml: cluster: there are 1, 3, 5 or 7 masters"},
		{"two steps of a name", ScenarioFile, "- id: delete-one", "- id: scale", `scenario.yaml:25: id: there is another step "scale"`},
		{"a step named end", ScenarioFile, "- id: look", "- id: end", `scenario.yaml:12: id: there is another step "end"`},
		{"speed", ScenarioFile, "speed: 1\n  point: [panel", "speed: -2\n  point: [panel", "scenario.yaml:14: speed is a number"},
		{"pointing at nothing", ScenarioFile, "panel:stage", "panel:stages", `scenario.yaml:13: "panel:stages" points at nothing: there are canary, editor`},
		{"pointing at no reference", ScenarioFile, "deployments/default/hello]", "hello]", `scenario.yaml:13: "hello" points at nothing: write KIND/NAMESPACE/NAME`},
		{"no solution", ScenarioFile, "  solution:\n  - kubectl scale deployment hello --replicas=3\n  - settle 60s\n", "", `scenario.yaml:14: step "scale" has checks and no solution`},
		{"a line that is none", ScenarioFile, "- kubectl scale deployment", "- scale deployment", "scenario.yaml:23: a line begins with kubectl"},
		{"time", ScenarioFile, "--replicas=3\n  - settle 60s", "--replicas=3\n  - settle 60", "scenario.yaml:24: write: advance DURATION or settle DURATION"},
		{"too long", ScenarioFile, "--replicas=3\n  - settle 60s", "--replicas=3\n  - settle 60h", "scenario.yaml:24: write: advance"},
		{"no file", ScenarioFile, "apply -f hello.yaml", "apply -f helo.yaml", `scenario.yaml:9: the lesson has no file "helo.yaml"`},
		{"placeholder", ScenarioFile, "{{pod app=hello}}", "{{pods app=hello}}", "scenario.yaml:34: between double braces stands"},
		{"placeholder left open", ScenarioFile, "{{pod app=hello}}", "{{pod app=hello", "scenario.yaml:34: between double braces stands"},
		{"no condition", ScenarioFile, "    object: deployment/hello\n    field: .status.readyReplicas\n    is: 3\n", "", "scenario.yaml:18: a condition is missing: one of object count"},
		{"two conditions", ScenarioFile, "    object: deployment/hello\n", "    object: deployment/hello\n    command: kubectl scale\n", "scenario.yaml:18: command does not go together with object"},
		{"nothing to compare", ScenarioFile, "    is: 3\n  solution", "  solution", "scenario.yaml:18: what should it be?"},
		{"is and atLeast", ScenarioFile, "    is: 3\n  solution", "    is: 3\n    atLeast: 3\n  solution", "scenario.yaml:18: is stands alone"},
		{"not a number", ScenarioFile, "    is: 3\n  solution", "    atLeast: many\n  solution", "scenario.yaml:18: atLeast and atMost are numbers"},
		{"path", ScenarioFile, "field: .status.readyReplicas", "field: .status[", "scenario.yaml:18: "},
		{"many values", ScenarioFile, "field: .status.readyReplicas", "field: ..a..b", "scenario.yaml:18: a field has at most"},
		{"expression", ScenarioFile, "    is: 3\n  solution", "    matches: \"(\"\n  solution", "scenario.yaml:18: error parsing regexp"},
		{"object", ScenarioFile, "object: deployment/hello", "object: hello", "scenario.yaml:18: an object is written KIND/NAME"},
		{"nested id", ScenarioFile, "    - happened:", "    - id: x\n      happened:", "scenario.yaml:31: only a check of a step has an id"},
		{"selector", ScenarioFile, "selector: app=hello", "selector: app=!", "scenario.yaml:32: "},
		{"where", ScenarioFile, "[{condition: Ready}]", "[{object: pod/a}]", "scenario.yaml:32: object does not go together with "},
		{"what happened", ScenarioFile, "what: delete", "what: deleted", "scenario.yaml:31: what happened?"},
		{"empty all", ScenarioFile, "    object: deployment/hello\n    field: .status.readyReplicas\n    is: 3\n", "    all: []\n", "scenario.yaml:18: all is empty"},
		{"a check without a text", ScenarioFile, "  - id: three-ready", "  - id: ready", "en.md:15: :::check ready is missing"},
		{"a step without a text", ScenarioFile, "- id: look", "- id: looks", `en.md: step "looks" is missing: no heading has {#looks}`},

		{"no title", EnglishFile, "# A template\n", "", "en.md:1: the heading is missing"},
		{"two titles", EnglishFile, "Scale the Deployment", "# Scale the Deployment", "en.md:17: the title is the first line"},
		{"heading without id", EnglishFile, " {#scale}", "", `en.md:15: the heading has no id of a step`},
		{"steps in another order", ChineseFile, "{#look}", "{#scale}", `zh.md:15: step "scale" stands after one that comes after it`},
		{"part without a name", EnglishFile, ":::check three-ready", ":::chek three-ready", "en.md:19: :::chek three-ready is no part of a lesson"},
		{"no such check", EnglishFile, ":::check replaced", ":::check replace", "en.md:54: :::check replace does not belong here"},
		{"not closed", EnglishFile, "Three pods of `hello` are ready.\n:::", "Three pods of `hello` are ready.", "en.md:19: :::check three-ready is not closed"},
		{"closed twice", EnglishFile, "Three pods of `hello` are ready.\n:::", "Three pods of `hello` are ready.\n:::\n:::", "en.md:22: these colons close nothing"},
		{"code not closed", EnglishFile, "kubectl get pods\n```", "kubectl get pods", "en.md:38: a code block is not closed"},
		{"empty part", EnglishFile, "Three pods of `hello` are ready.\n", "", "en.md:19: :::check three-ready is empty"},
		{"a hint less", ChineseFile, ":::hint\n`kubectl scale` 用来修改 Deployment 期望的副本数。\n:::\n", "", "zh.md:15: :::hint, number 2 is missing; en.md has it in line 27"},
		{"nothing after", ChineseFile, ":::after", ":::hint", "zh.md:15: :::after is missing; en.md has it in line 31"},
		{"other option right", ChineseFile, "- [ ] 还是", "- [x] 还是", "zh.md:43: an option of :::predict, number 3 is right in one language and wrong in the other"},
		{"an option less", ChineseFile, "- [ ] 还是原来那三个 Pod。\n", "", "zh.md:35: an option of :::predict, number 3 is missing; en.md has it in line 44"},
		{"no answer", EnglishFile, "Three are wanted and two are there: the ReplicaSet makes another one. It is a new pod with a new name, not the old one.\n", "", "en.md:36: the answer below the options of :::predict is missing"},
		{"not translated", ChineseFile, "把这个 Deployment 扩到三个副本。", "Scale the Deployment to three replicas.", "zh.md:15: the text is not translated"},
		{"no notes for teachers", EnglishFile, ":::teacher\nWhat people believe wrongly, what to ask them, how long it takes.\n:::\n", "", "en.md:1: :::teacher is missing"},
		{"HTML", EnglishFile, "Scale the Deployment to", "Scale <b>the</b> Deployment to", "en.md:17: HTML is not shown"},
		{"a script", EnglishFile, "Scale the Deployment to", "<script>alert(1)</script>", "en.md:17: HTML is not shown"},
		{"a picture", EnglishFile, "Scale the Deployment to", "![x](https://example.com/x.png)", "en.md:17: pictures are not shown"},
		{"a script behind a link", EnglishFile, "Scale the Deployment to", "[x](javascript:alert(1))", `en.md:17: the link to "javascript:alert(1" is not https:`},
		{"a link by reference", EnglishFile, "Scale the Deployment to", "[x]: data:text/html,x", `en.md:17: the link to "data:text/html,x three replicas." is not https:`},
		{"a table without a heading", EnglishFile, "Scale the Deployment to three replicas.", "| | a |\n|---|---|\n| b | c |", "en.md:17: a column of the table has no heading"},
		{"manifest", "hello.yaml", "kind: Deployment", "kind: [Deployment", "hello.yaml:3: "},
		{"empty manifest", "hello.yaml", "", "", "hello.yaml: there is nothing in it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := template(t)
			if c.old == "" {
				files[c.file] = c.new
			} else {
				require.Contains(t, files[c.file], c.old)
				files[c.file] = strings.Replace(files[c.file], c.old, c.new, 1)
			}
			_, err := Lint(files)
			require.Error(t, err)
			var ps Problems
			require.ErrorAs(t, err, &ps)
			found := false
			for _, p := range ps {
				found = found || strings.HasPrefix(p.String(), c.want)
			}
			assert.True(t, found, "WANT %s\nis not in\n%s", c.want, err)
		})
	}
}

// TestHarmless: what looks like one of the things that are forbidden and is none.
func TestHarmless(t *testing.T) {
	for _, text := range []string{"`<none>` and `![x](y)`", "a < b and c<1", "<https://kubernetes.io>", "[x](https://kubernetes.io)", "[up](#look)", "a [note]: that", "```html\n<b>\n:::\n## no heading\n```", "~~~\n```\n<b>\n~~~", "    <b> is code", "| a | b |\n|---|:-:|\n| | c |"} {
		files := template(t)
		files[EnglishFile] = strings.Replace(files[EnglishFile], "Scale the Deployment to three replicas.", text+"\n\nScale.", 1)
		_, err := Lint(files)
		assert.NoError(t, err, text)
	}
}

func TestLines(t *testing.T) {
	for _, text := range []string{"kubectl get pods", "  kubectl get pods ", "etcdctl member list", "kube-scheduler --config x.yaml", "kill node-1", "cut node-1 * both", "advance 1h", "settle 1ms", "load shop/hello 0", "kubectl delete pod {{pod app=web}}", "kubectl drain {{node app in (a,b)}}", "kubectl delete pod {{pod app=web -n shop}} -n shop"} {
		if strings.Contains(text, "in (") { // a selector is one word
			_, err := ParseLine(text)
			assert.Error(t, err, text)
			continue
		}
		l, err := ParseLine(text)
		assert.NoError(t, err, text)
		assert.Equal(t, strings.TrimSpace(text), l.Text)
	}
	for _, text := range []string{"", " ", "get pods", "rm -rf /", "kubectl\nget", "advance", "advance -1s", "advance 2h", "settle soon", "load hello", "load hello -1", "load hello NaN", "load hello 1e9", "kill", "link a b", strings.Repeat("kubectl ", 200)} {
		_, err := ParseLine(text)
		assert.Error(t, err, text)
	}
	l, err := ParseLine("kubectl apply -f a.yaml,b.yaml --filename=c.yaml --filename d.yaml -n x")
	require.NoError(t, err)
	assert.Equal(t, []string{"a.yaml", "b.yaml", "c.yaml", "d.yaml"}, l.reads())
}
