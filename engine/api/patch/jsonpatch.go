package patch

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	kjson "sigs.k8s.io/json"
)

// Limits of the API server (handlers/patch.go, server/config.go).
const (
	maxJSONPatchOperations = 10_000
	maxCopiedBytes         = 3 * 1024 * 1024
)

// Texts of the JSON patch library that the API server uses, github.com/evanphx/json-patch v4.
var (
	errMissing      = errors.New("missing value")
	errInvalidIndex = errors.New("invalid index referenced")
	errTestFailed   = errors.New("test failed")
)

// operation is one member of a JSON patch. Members are pointers into JSON to
// tell an absent value from null.
type operation map[string]json.RawMessage

func (o operation) text(member string) (string, error) {
	raw, ok := o[member]
	if !ok || string(raw) == "null" {
		return "", errMissing
	}
	var s string
	return s, json.Unmarshal(raw, &s)
}

func (o operation) kind() string {
	s, err := o.text("op")
	if err != nil {
		return "unknown"
	}
	return s
}

func (o operation) value() (any, error) {
	raw, ok := o["value"]
	if !ok {
		return nil, nil
	}
	var v any
	err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &v)
	return v, err
}

// jsonPatch applies operations to a JSON value one after another. It stops at
// the first that fails; the caller then throws the value away.
type jsonPatch struct {
	doc    any
	copied int
}

// errNoContainer says that a path leads through something that is not there.
var errNoContainer = errors.New("no container")

// at calls edit with the container that holds the path's last part, and puts
// the container it returns into its place.
func (p *jsonPatch) at(path string, edit func(container any, key string) (any, error)) error {
	parts := strings.Split(path, "/")
	if len(parts) < 2 {
		return errNoContainer
	}
	doc, err := descend(p.doc, parts[1:], edit)
	if err == nil {
		p.doc = doc
	}
	return err
}

func descend(node any, parts []string, edit func(any, string) (any, error)) (any, error) {
	key := strings.NewReplacer("~1", "/", "~0", "~").Replace(parts[0])
	if len(parts) == 1 {
		switch node.(type) {
		case map[string]any, []any:
			return edit(node, key)
		}
		return nil, errNoContainer
	}
	child, err := lookup(node, key)
	if err != nil || child == nil {
		return nil, errNoContainer
	}
	changed, err := descend(child, parts[1:], edit)
	if err != nil {
		return nil, err
	}
	return replace(node, key, changed)
}

// index reads an array index; -1 is the last element, as upstream has it.
func index(key string, length int) (int, error) {
	i, err := strconv.Atoi(key)
	if err != nil {
		return 0, err
	}
	if i >= length || i < -length {
		return 0, fmt.Errorf("Unable to access invalid index: %d: %w", i, errInvalidIndex)
	}
	if i < 0 {
		i += length
	}
	return i, nil
}

// lookup gets a member; an object's missing member is null and no error.
func lookup(container any, key string) (any, error) {
	switch c := container.(type) {
	case map[string]any:
		return c[key], nil
	case []any:
		i, err := index(key, len(c))
		if err != nil {
			return nil, err
		}
		return c[i], nil
	}
	return nil, errNoContainer
}

func replace(container any, key string, value any) (any, error) {
	switch c := container.(type) {
	case map[string]any:
		c[key] = value
	case []any:
		i, err := index(key, len(c))
		if err != nil {
			return nil, err
		}
		c[i] = value
	}
	return container, nil
}

func insert(container any, key string, value any) (any, error) {
	c, ok := container.([]any)
	if !ok {
		return replace(container, key, value)
	}
	if key == "-" {
		return append(c, value), nil
	}
	if _, err := strconv.Atoi(key); err != nil {
		return nil, fmt.Errorf("value was not a proper array index: '%s': %w", key, err)
	}
	i, err := index(key, len(c)+1)
	if err != nil {
		return nil, err
	}
	out := append(make([]any, 0, len(c)+1), c[:i]...)
	return append(append(out, value), c[i:]...), nil
}

func remove(container any, key string) (any, error) {
	switch c := container.(type) {
	case map[string]any:
		if _, ok := c[key]; !ok {
			return nil, fmt.Errorf("Unable to remove nonexistent key: %s: %w", key, errMissing)
		}
		delete(c, key)
	case []any:
		i, err := index(key, len(c))
		if err != nil {
			return nil, err
		}
		return append(append(make([]any, 0, len(c)), c[:i]...), c[i+1:]...), nil
	}
	return container, nil
}

func (p *jsonPatch) apply(o operation) error {
	switch kind := o.kind(); kind {
	case "add":
		return p.add(o)
	case "remove":
		return p.remove(o)
	case "replace":
		return p.replace(o)
	case "move":
		return p.move(o)
	case "copy":
		return p.copy(o)
	case "test":
		return p.test(o)
	default:
		return fmt.Errorf("Unexpected kind: %s", kind)
	}
}

func (p *jsonPatch) add(o operation) error {
	path, err := o.text("path")
	if err != nil {
		return fmt.Errorf("add operation failed to decode path: %w", errMissing)
	}
	value, err := o.value()
	if err != nil {
		return err
	}
	err = p.at(path, func(c any, key string) (any, error) { return insert(c, key, value) })
	if err == errNoContainer {
		return fmt.Errorf("add operation does not apply: doc is missing path: \"%s\": %w", path, errMissing)
	}
	if err != nil {
		return fmt.Errorf("error in add for path: '%s': %w", path, err)
	}
	return nil
}

func (p *jsonPatch) remove(o operation) error {
	path, err := o.text("path")
	if err != nil {
		return fmt.Errorf("remove operation failed to decode path: %w", errMissing)
	}
	err = p.at(path, remove)
	if err == errNoContainer {
		return fmt.Errorf("remove operation does not apply: doc is missing path: \"%s\": %w", path, errMissing)
	}
	if err != nil {
		return fmt.Errorf("error in remove for path: '%s': %w", path, err)
	}
	return nil
}

func (p *jsonPatch) replace(o operation) error {
	path, err := o.text("path")
	if err != nil {
		return fmt.Errorf("replace operation failed to decode path: %w", pathError("path", err))
	}
	value, err := o.value()
	if err != nil {
		return err
	}
	if path == "" {
		switch value.(type) {
		case map[string]any, []any:
			p.doc = value
			return nil
		}
		return errors.New("replace operation value must be object or array")
	}
	err = p.at(path, func(c any, key string) (any, error) {
		if _, err := lookup(c, key); err != nil {
			return nil, fmt.Errorf("replace operation does not apply: doc is missing key: %s: %w", path, errMissing)
		}
		return replace(c, key, value)
	})
	if err == errNoContainer {
		return fmt.Errorf("replace operation does not apply: doc is missing path: %s: %w", path, errMissing)
	}
	return err
}

func (p *jsonPatch) move(o operation) error {
	from, err := o.text("from")
	if err != nil {
		return fmt.Errorf("move operation failed to decode from: %w", pathError("from", err))
	}
	var value any
	err = p.at(from, func(c any, key string) (any, error) {
		v, err := lookup(c, key)
		if err == nil {
			value = v
			c, err = remove(c, key)
		}
		if err != nil {
			return nil, fmt.Errorf("error in move for path: '%s': %w", key, err)
		}
		return c, nil
	})
	if err == errNoContainer {
		return fmt.Errorf("move operation does not apply: doc is missing from path: %s: %w", from, errMissing)
	}
	if err != nil {
		return err
	}
	path, err := o.text("path")
	if err != nil {
		return fmt.Errorf("move operation failed to decode path: %w", pathError("path", err))
	}
	err = p.at(path, func(c any, key string) (any, error) { return insert(c, key, value) })
	if err == errNoContainer {
		return fmt.Errorf("move operation does not apply: doc is missing destination path: %s: %w", path, errMissing)
	}
	if err != nil {
		return fmt.Errorf("error in move for path: '%s': %w", path, err)
	}
	return nil
}

func (p *jsonPatch) copy(o operation) error {
	from, err := o.text("from")
	if err != nil {
		return fmt.Errorf("copy operation failed to decode from: %w", pathError("from", err))
	}
	value, err := p.get(from)
	if err == errNoContainer {
		return fmt.Errorf("copy operation does not apply: doc is missing from path: %s: %w", from, errMissing)
	}
	if err != nil {
		return fmt.Errorf("error in copy for from: '%s': %w", from, err)
	}
	path, err := o.text("path")
	if err != nil {
		return fmt.Errorf("copy operation failed to decode path: %w", errMissing)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("error while performing deep copy: %w", err)
	}
	// Copies of copies double each time: without a limit a short patch fills the memory.
	if p.copied += len(text); p.copied > maxCopiedBytes {
		return fmt.Errorf("Unable to complete the copy, the accumulated size increase of copy is %d, exceeding the limit %d", p.copied, maxCopiedBytes)
	}
	value = runtime.DeepCopyJSONValue(value)
	err = p.at(path, func(c any, key string) (any, error) { return insert(c, key, value) })
	if err == errNoContainer {
		return fmt.Errorf("copy operation does not apply: doc is missing destination path: %s: %w", path, errMissing)
	}
	if err != nil {
		return fmt.Errorf("error while adding value during copy: %w", err)
	}
	return nil
}

func (p *jsonPatch) test(o operation) error {
	path, err := o.text("path")
	if err != nil {
		return fmt.Errorf("test operation failed to decode path: %w", pathError("path", err))
	}
	want, err := o.value()
	if err != nil {
		return err
	}
	have := p.doc
	if path != "" {
		have, err = p.get(path)
		if err == errNoContainer {
			return fmt.Errorf("test operation does not apply: is missing path: %s: %w", path, errMissing)
		}
		if err != nil {
			return fmt.Errorf("error in test for path: '%s': %w", path, err)
		}
	}
	if !reflect.DeepEqual(have, want) {
		return fmt.Errorf("testing value %s failed: %w", path, errTestFailed)
	}
	return nil
}

func (p *jsonPatch) get(path string) (value any, err error) {
	err = p.at(path, func(c any, key string) (any, error) {
		value, err = lookup(c, key)
		return c, err
	})
	return value, err
}

func pathError(member string, err error) error {
	switch {
	case err != errMissing:
		return err
	case member == "path":
		return fmt.Errorf("operation missing path field: %w", err)
	}
	return fmt.Errorf("operation, missing %s field: %w", member, err)
}
