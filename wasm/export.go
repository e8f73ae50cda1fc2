package main

import (
	"fmt"

	"tabernetes/engine/api/portable"
)

// manifests are what export and import answer.
type manifests struct {
	YAML string          `json:"yaml"`
	Left []portable.Left `json:"left"`
}

// export carries out the requests that turn a cluster into text and text into manifests; false: it is none of them.
func (b *bridge) export(r request) bool {
	var out manifests
	var err error
	switch r.Op {
	case "export":
		out.YAML, out.Left, err = b.c.Export()
	case "import":
		if r.Text == nil {
			err = fmt.Errorf("import needs a text")
			break
		}
		out.YAML, out.Left, err = b.c.Import(*r.Text)
	case "journal":
		b.reply(r.ID, struct {
			Text string `json:"text"`
		}{b.c.JournalText()})
		return true
	default:
		return false
	}
	if err != nil {
		b.fail(r.ID, err)
	} else {
		b.reply(r.ID, out)
	}
	return true
}
