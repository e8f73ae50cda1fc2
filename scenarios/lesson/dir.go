package lesson

import (
	"errors"
	"io/fs"
	"path"
)

// maxFiles is how many files of a folder are looked at.
const maxFiles = 100

// ReadDir reads the files of a lesson's folder and gives them to Lint. The lesson must be named like its folder.
func ReadDir(fsys fs.FS, dir string) (*Lesson, map[string]string, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, nil, err
	}
	if len(entries) > maxFiles {
		return nil, nil, Problems{{ScenarioFile, 0, "the folder has more than 100 files"}}
	}
	files := map[string]string{}
	for _, e := range entries {
		if e.IsDir() {
			return nil, nil, Problems{{e.Name(), 0, "a folder: a lesson has none in it"}}
		}
		text, err := fs.ReadFile(fsys, path.Join(dir, e.Name()))
		if err != nil {
			return nil, nil, err
		}
		files[e.Name()] = string(text)
	}
	l, err := Lint(files)
	if base := path.Base(dir); l != nil && base != "." && l.ID != base {
		return nil, files, Problems{{ScenarioFile, 0, "id: " + quote(l.ID) + " is not the folder's name, " + quote(base)}}
	}
	var ps Problems
	if err != nil && !errors.As(err, &ps) {
		return nil, files, err
	}
	return l, files, err
}
