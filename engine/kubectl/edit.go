package kubectl

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
)

func editCommand() *command {
	return &command{name: "edit", use: "(RESOURCE/NAME | -f FILENAME)", short: "Edit a resource on the server",
		flags: printFlags + fileFlags + "validate:s=strict?strict field-manager:s save-config:b output-patch:b windows-line-endings:b subresource:s", run: runEdit}
}

// editFormats are the forms in which objects can be edited.
var editFormats = []string{"json", "kyaml", "yaml"}

// editMode is what becomes of an edited text.
type editMode int

const (
	editObjects     editMode = iota // patches of the objects
	editLastApplied                 // patches of their last-applied-configuration annotations
	editBeforeCreate
)

// editing is one text that is edited until it is accepted or given up. Upstream: kubectl/pkg/cmd/util/editor,
// EditOptions.Run; its temporary files are kept by the shell.
type editing struct {
	c          *cmd
	mode       editMode
	form       *format // of the text
	f          *format // of what is said about the outcome
	validation string
	manager    string
	infos      []*info          // what was there, and
	contents   []map[string]any // its content
	done       func(error)

	original, edited string
	file             string // the temporary file
	faulty           bool   // the text is edited again because of an error

	reasons             []editReason
	invalid             int // objects that the server found invalid
	retryable, notFound int
}

// editReason is why a text must be edited again, as the comment at its top says it.
type editReason struct {
	head   string
	causes []string
}

func runEdit(c *cmd) {
	e, ok := c.newEditing(editObjects, "kubectl-edit")
	if !ok {
		return
	}
	c.gather(c.selectionFromFlags(c.args), func(r *result) {
		c.fresh(r, func() {
			switch {
			case len(r.errs) > 0:
				c.end(r.errs...)
				return
			case len(r.infos) == 0:
				c.failf("edit cancelled, no objects found")
				return
			}
			for _, in := range r.infos {
				e.contents = append(e.contents, content(in.res, in.obj, false))
			}
			e.infos, e.done = r.infos, c.fail
			e.open()
		})
	})
}

// runEditLastApplied is apply edit-last-applied.
func runEditLastApplied(c *cmd) {
	e, ok := c.newEditing(editLastApplied, "kubectl-client-side-apply")
	if !ok {
		return
	}
	c.gather(c.selectionFromFlags(c.args), func(r *result) {
		c.fresh(r, func() {
			if len(r.errs) > 0 {
				c.end(r.errs...)
				return
			}
			for _, in := range r.infos {
				text, ok := in.obj.GetAnnotations()[corev1.LastAppliedConfigAnnotation]
				if !ok {
					continue
				}
				infos, contents, err := e.read(text)
				if err != nil {
					c.fail(err)
					return
				}
				if len(infos) > 0 {
					e.infos, e.contents = append(e.infos, infos[0]), append(e.contents, contents[0])
				}
			}
			if len(e.infos) == 0 {
				c.failf("no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`")
				return
			}
			e.done = c.fail
			e.open()
		})
	})
}

// createEdited is create --edit: each object is edited by itself.
func createEdited(c *cmd) {
	if _, ok := c.newEditing(editBeforeCreate, "kubectl-create"); !ok {
		return
	}
	infos, errs := c.manifests(c.f.list("filename"))
	each(len(infos), func(i int, next func()) {
		e, ok := c.newEditing(editBeforeCreate, "kubectl-create")
		if !ok {
			return
		}
		e.infos, e.contents = infos[i:i+1], []map[string]any{infos[i].raw}
		e.done = func(err error) {
			if err != nil {
				errs = append(errs, err)
			}
			next()
		}
		e.open()
	}, func() { c.end(errs...) })
}

func (c *cmd) newEditing(mode editMode, manager string) (*editing, bool) {
	e := &editing{c: c, mode: mode, manager: manager, form: &format{name: "yaml"}}
	var err error
	if o := c.f.str("output"); o != "" {
		e.form = &format{name: o}
		if !slices.Contains(editFormats, o) {
			err = noPrinter(o, editFormats)
		}
	}
	if err == nil {
		e.f, err = c.format(objectFormats)
	}
	if err == nil {
		e.validation, err = c.validation()
	}
	if err == nil && c.editor == nil {
		err = errors.New(`unable to launch the editor "vi": this terminal has none; change the manifest and use kubectl apply, or use kubectl patch`)
	}
	if m := c.f.str("field-manager"); m != "" {
		e.manager = m
	}
	if err != nil {
		c.fail(err)
		return nil, false
	}
	return e, true
}

func noPrinter(name string, allowed []string) error {
	return fmt.Errorf("unable to match a printer suitable for the output format %q, allowed formats are: %s", name, strings.Join(allowed, ","))
}

// open shows the text in the editor.
func (e *editing) open() {
	text := e.header()
	if e.faulty {
		text += withoutComments(e.edited)
	} else {
		doc := e.contents[0]
		if len(e.contents) > 1 {
			items := make([]any, len(e.contents))
			for i, m := range e.contents {
				items[i] = m
			}
			doc = map[string]any{"apiVersion": "v1", "kind": "List", "metadata": map[string]any{}, "items": items}
		}
		body, err := e.form.text(doc)
		if err != nil {
			e.done(err)
			return
		}
		text += body
		e.original = text
	}
	if e.c.f.bool("windows-line-endings") {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
	}
	ext := ".yaml"
	if e.form.name == "json" {
		ext = ".json"
	}
	before, last := e.file, e.edited
	e.file = "/tmp/kubectl-edit-" + strconv.FormatUint(uint64(e.c.sh.a.Rand().Uint32()), 10) + ext
	e.c.edit(e.file, text, func(saved string, ok bool) {
		if !ok {
			saved = text // the editor was left without saving
		}
		e.edited = saved
		e.c.sh.keep(e.file, saved)
		if e.faulty && essence(last) == essence(saved) {
			e.preserved(errors.New("Edit cancelled, no valid changes were saved."))
			return
		}
		e.c.sh.forget(before)
		e.saved()
	})
}

// preserved ends with an error and says where the text is.
func (e *editing) preserved(err error) {
	e.c.errf("A copy of your changes has been stored to %q\n", e.file)
	e.done(err)
}

// dropped ends without an error; the text is not needed any more.
func (e *editing) dropped(words string) {
	e.c.sh.forget(e.file)
	e.c.errOut(words)
	e.done(nil)
}

// again opens the text once more, with what is wrong with it at its top.
func (e *editing) again() {
	e.faulty = true
	e.open()
}

// saved goes on when the editor was left.
func (e *editing) saved() {
	e.reasons, e.invalid, e.retryable, e.notFound = nil, 0, 0, 0
	if err := e.check(); err != nil {
		e.c.errf("%s\n", e.refused(apierrors.NewInvalid(schema.GroupKind{}, "", field.ErrorList{field.Invalid(nil, "The edited file failed validation", err.Error())}), e.infos[0]))
		e.again()
		return
	}
	switch {
	case essence(e.original) == essence(e.edited):
		e.dropped("Edit cancelled, no changes made.\n")
		return
	case !hasLines(e.edited):
		e.dropped("Edit cancelled, saved file was empty.\n")
		return
	}
	infos, contents, err := e.read(e.edited)
	if err != nil {
		e.reasons = append(e.reasons, editReason{head: "The edited file had a syntax error: " + err.Error()})
		e.again()
		return
	}
	e.faulty = false
	for i, in := range infos {
		if err := e.place(in, contents[i]); err != nil {
			e.preserved(err)
			return
		}
		if e.c.f.bool("save-config") {
			in.raw = contents[i]
			_ = kjson.UnmarshalCaseSensitivePreserveInts(withLastApplied(in.raw), &contents[i])
		}
	}
	e.send(infos, contents)
}
