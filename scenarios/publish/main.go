// Publish copies the lessons to where the page finds them, DIR/ID/…, and writes the list of them, DIR/index.json: an array of
// LessonEntry (static/src/protocol.ts) in their order. A lesson that cannot be read ends it.
//
//	go run ./scenarios/publish static/dist/lessons
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"tabernetes/scenarios"
	"tabernetes/scenarios/lesson"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: publish DIR")
		os.Exit(2)
	}
	if err := publish(scenarios.Lessons, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "publish:", err)
		os.Exit(1)
	}
}

// publish writes the lessons of a file system, a folder each, below a folder.
func publish(from fs.FS, to string) error {
	entries, err := fs.ReadDir(from, ".")
	if err != nil {
		return err
	}
	list := []lesson.Entry{}
	for _, e := range entries {
		l, files, err := lesson.ReadDir(from, e.Name())
		if err != nil {
			return fmt.Errorf("%s:\n%w", e.Name(), err)
		}
		if err := os.MkdirAll(filepath.Join(to, l.ID), 0o755); err != nil {
			return err
		}
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(to, l.ID, name), []byte(text), 0o644); err != nil {
				return err
			}
		}
		list = append(list, l.Entry())
	}
	slices.SortFunc(list, func(a, b lesson.Entry) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID)) })
	text, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, "index.json"), append(text, '\n'), 0o644)
}
