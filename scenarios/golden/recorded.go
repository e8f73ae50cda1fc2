package golden

import (
	"embed"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed kubectl invalid objects
var files embed.FS

// Step is one command of a recording.
type Step struct {
	Name    string // of the recording
	Command string // without "kubectl "
	Output  string // stdout and stderr
	Exit    int
}

// steps reads a recording: "$ kubectl ..." lines, each followed by its output and "[exit N]".
func steps(name string) []Step {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // embedded
	}
	var out []Step
	for line := range strings.Lines(string(b)) {
		switch {
		case strings.HasPrefix(line, "$ "):
			c := strings.TrimSpace(line[2:])
			_, c, _ = strings.Cut(c, "kubectl ") // "sleep 1; kubectl ..."
			c, _, _ = strings.Cut(c, " | head")
			out = append(out, Step{Name: name, Command: c})
		case strings.HasPrefix(line, "[exit "):
			out[len(out)-1].Exit, _ = strconv.Atoi(strings.Trim(line, "[exit ]\n"))
		default:
			out[len(out)-1].Output += line
		}
	}
	return out
}

// Session is the recorded session in order.
func Session() []Step {
	var out []Step
	for _, name := range list("kubectl", ".txt") {
		out = append(out, steps(name)...)
	}
	return out
}

// Invalid is a manifest that is wrong.
type Invalid struct {
	File     string // "03-unknown-field.yaml", as the commands name it
	Manifest string
	Steps    []Step
}

// Invalids are the recorded ones.
func Invalids() []Invalid {
	var out []Invalid
	for _, name := range list("invalid", ".yaml") {
		base := strings.TrimSuffix(name, ".yaml")
		out = append(out, Invalid{File: strings.TrimPrefix(name, "invalid/"), Manifest: read(name), Steps: steps(base + ".txt")})
	}
	return out
}

// Object is a recorded object: the manifest sent and the JSON of the answers.
type Object struct {
	Name                string
	Manifest, Post, Get string
}

// Objects are the recorded ones.
func Objects() []Object {
	var out []Object
	for _, name := range list("objects", ".yaml") {
		base := strings.TrimSuffix(name, ".yaml")
		out = append(out, Object{Name: strings.TrimPrefix(base, "objects/"), Manifest: read(name), Post: read(base + ".post.json"), Get: read(base + ".get.json")})
	}
	return out
}

// Read is one of the single recordings of objects/, such as "version.json".
func Read(name string) string { return read("objects/" + name) }

func read(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // embedded
	}
	return string(b)
}

func list(dir, ext string) []string {
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		panic(err) // embedded
	}
	var out []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ext) {
			out = append(out, dir+"/"+e.Name())
		}
	}
	return out
}
