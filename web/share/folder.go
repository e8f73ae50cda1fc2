package share

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"
)

// Folder is a Store in a directory: one file a link, named by its id.
type Folder struct {
	root *os.Root
	max  int
	now  func() time.Time

	mu    sync.Mutex
	count int
	swept time.Time
	temp  int
}

// sweepEvery is how often ended links are removed, at a write.
const sweepEvery = time.Hour

// maxRecord bounds what is read of a file: whatever is longer is no link.
const maxRecord = 4 << 20

// OpenFolder opens the directory, and makes it if it is not there. It takes so many links; now is nil for time.Now.
func OpenFolder(dir string, most int, now func() time.Time) (*Folder, error) {
	if now == nil {
		now = time.Now
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	f := &Folder{root: root, max: most, now: now}
	if err := f.sweep(); err != nil {
		root.Close()
		return nil, err
	}
	return f, nil
}

// Close gives the directory back.
func (f *Folder) Close() error { return f.root.Close() }

// sweep removes ended links and what broken-off writes left, and counts the rest.
func (f *Folder) sweep() error {
	dir, err := f.root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	f.count, f.swept = 0, f.now()
	for _, name := range names {
		if strings.HasPrefix(name, "writing-") {
			_ = f.root.Remove(name)
			continue
		}
		if !ValidID(name) {
			continue // not ours
		}
		if l, err := f.read(name); err == nil && over(l, f.swept) && f.root.Remove(name) == nil {
			continue
		}
		f.count++
	}
	return nil
}

func (f *Folder) read(id string) (Link, error) {
	st, err := f.root.Stat(id)
	if errors.Is(err, fs.ErrNotExist) {
		return Link{}, ErrNotFound
	}
	if err != nil {
		return Link{}, err
	}
	if st.Size() > maxRecord {
		return Link{}, fmt.Errorf("%s: %d bytes are too many", id, st.Size())
	}
	b, err := f.root.ReadFile(id)
	if errors.Is(err, fs.ErrNotExist) {
		return Link{}, ErrNotFound
	}
	if err != nil {
		return Link{}, err
	}
	l, err := ParseRecord(string(b))
	if err != nil {
		return Link{}, fmt.Errorf("%s: %w", id, err)
	}
	return l, nil
}

// Get implements Store.
func (f *Folder) Get(_ context.Context, id string) (Link, error) {
	if !ValidID(id) {
		return Link{}, ErrNotFound
	}
	return f.read(id)
}

// Put implements Store. A reader sees the whole record or none.
func (f *Folder) Put(_ context.Context, id string, l Link) error {
	if !ValidID(id) {
		return fmt.Errorf("%q is no id", id)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now().Sub(f.swept) >= sweepEvery {
		if err := f.sweep(); err != nil {
			return err
		}
	}
	_, err := f.root.Stat(id)
	fresh := errors.Is(err, fs.ErrNotExist)
	if fresh && f.count >= f.max {
		return ErrFull
	}
	f.temp++
	temp := fmt.Sprintf("writing-%d", f.temp)
	if err := f.write(temp, l.Record()); err != nil {
		_ = f.root.Remove(temp)
		return err
	}
	if err := f.root.Rename(temp, id); err != nil {
		_ = f.root.Remove(temp)
		return err
	}
	if fresh {
		f.count++
	}
	return nil
}

func (f *Folder) write(name, text string) error {
	file, err := f.root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = file.WriteString(text); err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
