package lesson

import "tabernetes/engine"

// Lesson is a lesson as read. Its JSON is Lesson of static/src/protocol.ts.
type Lesson struct {
	ID      string   `json:"id"`
	Order   int      `json:"order"`
	Minutes int      `json:"minutes"`
	Title   *Texts   `json:"title"`
	Summary *Texts   `json:"summary"`
	Cluster Cluster  `json:"cluster"`
	Files   []string `json:"files"` // manifests
	Setup   []string `json:"setup"`
	Intro   *Texts   `json:"intro"`
	Teacher *Texts   `json:"teacher"`
	Steps   []*Step  `json:"steps"`
	End     *End     `json:"end"`

	setup []*Line
	files map[string]string
	seen  contents
}

// Texts is a text by language, Markdown unless said otherwise.
type Texts struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// Cluster is what a lesson's cluster is made from.
type Cluster struct {
	Nodes   int    `json:"nodes"`
	Masters int    `json:"masters"`
	Seed    uint64 `json:"seed"`
	Addons  bool   `json:"addons"`
}

// Config is the engine's configuration of the lesson's cluster.
func (l *Lesson) Config() engine.Config {
	return engine.Config{Nodes: l.Cluster.Nodes, Masters: l.Cluster.Masters, Seed: l.Cluster.Seed, Addons: l.Cluster.Addons}
}

// Step is what is read or done at a time.
type Step struct {
	ID       string        `json:"id"`
	Title    *Texts        `json:"title"`
	Text     *Texts        `json:"text"`
	After    *Texts        `json:"after"` // shown when the checks hold
	Hints    []*Texts      `json:"hints"`
	Teacher  *Texts        `json:"teacher"`
	Point    []string      `json:"point"`
	Predict  *Prediction   `json:"predict,omitempty"`
	Checks   []*CheckLabel `json:"checks"`
	Solution []string      `json:"solution"`
	Read     bool          `json:"read"`  // nothing to do
	Speed    float64       `json:"speed"` // of the clock, until it is done or left; -1: the learner's, 0: paused

	line     int // in scenario.yaml
	checks   []*condition
	solution []*Line
}

// Prediction is a question that is answered before the outcome shows.
type Prediction struct {
	Question *Texts    `json:"question"`
	Options  []*Option `json:"options"`
	Answer   *Texts    `json:"answer"`
}

// Option is one answer to choose.
type Option struct {
	Text  *Texts `json:"text"`
	Right bool   `json:"right"`
}

// CheckLabel says what a check asks for.
type CheckLabel struct {
	ID   string `json:"id"`
	Text *Texts `json:"text"`
}

// End comes after the last step.
type End struct {
	Title *Texts `json:"title"`
	Text  *Texts `json:"text"`
}

// Entry is a lesson in the list of lessons: LessonEntry of static/src/protocol.ts.
type Entry struct {
	ID      string   `json:"id"`
	Order   int      `json:"order"`
	Minutes int      `json:"minutes"`
	Title   *Texts   `json:"title"`
	Summary *Texts   `json:"summary"`
	Files   []string `json:"files"` // all of them
}

// The files that every lesson has.
const (
	ScenarioFile = "scenario.yaml"
	EnglishFile  = "en.md"
	ChineseFile  = "zh.md"
)

// Entry is the lesson's place in the list.
func (l *Lesson) Entry() Entry {
	files := append([]string{ScenarioFile, EnglishFile, ChineseFile}, l.Files...)
	return Entry{l.ID, l.Order, l.Minutes, l.Title, l.Summary, files}
}
