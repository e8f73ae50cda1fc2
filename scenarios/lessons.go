package scenarios

import (
	"embed"
	"io/fs"
)

//go:embed lessons template
var folders embed.FS

// Lessons are the lessons that come with the page, a folder each.
var Lessons = sub("lessons")

// Template is the lesson to copy for a new one.
var Template = sub("template")

func sub(dir string) fs.FS {
	f, err := fs.Sub(folders, dir)
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return f
}
