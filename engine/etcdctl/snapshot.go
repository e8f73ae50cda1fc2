package etcdctl

import (
	"errors"
	"fmt"
	"strconv"

	"tabernetes/engine/etcd"
)

// file is the name of the snapshot a command is about.
func (c *command) file(what string) (string, bool) {
	if len(c.args) != 1 {
		c.fail(errors.New("snapshot " + what + " expects one argument"))
		return "", false
	}
	return c.args[0], true
}

func (c *command) snapshotSave() {
	name, good := c.file("save")
	if !good {
		return
	}
	ok := c.ask()
	if len(c.flags["endpoints"]) > 0 && len(c.endpoints) != 1 {
		c.fail(errors.New("snapshot must be requested to one selected node, not multiple " + c.flags["endpoints"]))
		return
	}
	c.any().Snapshot(func(s *etcd.Snapshot, err error) {
		if !ok() {
			return
		}
		if err != nil {
			c.fail(err)
			return
		}
		c.s.files()[name] = s
		c.printf("Snapshot saved at %s\nServer version %s\n", name, Version)
		c.exit(0)
	})
}

func (c *command) saved(name string) *etcd.Snapshot {
	s := c.s.files()[name]
	if s == nil {
		c.fail(fmt.Errorf("stat %s: no such file or directory", name))
	}
	return s
}

func (c *command) snapshotStatus() {
	name, good := c.file("status")
	if !good {
		return
	}
	s := c.saved(name)
	if s == nil {
		return
	}
	hash := uint32(2166136261)
	for _, n := range [...]int64{s.Revision(), int64(s.Keys())} {
		for i := range 8 {
			hash = (hash ^ uint32(byte(n>>(8*i)))) * 16777619
		}
	}
	c.rows([]string{"hash", "revision", "total keys", "total size", "version"}, [][]string{{
		strconv.FormatUint(uint64(hash), 16), strconv.FormatInt(s.Revision(), 10), strconv.Itoa(s.Keys()), bytes(s.Size()), Version,
	}})
	c.exit(0)
}

// bumpDefault is what etcd's documentation advises for Kubernetes: clients that saw a later past must not take new
// revisions for ones they know.
const bumpDefault = 1_000_000_000

func (c *command) snapshotRestore() {
	name, good := c.file("restore")
	if !good {
		return
	}
	s := c.saved(name)
	if s == nil {
		return
	}
	bump := int64(bumpDefault)
	if text := c.flags["bump-revision"]; text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			c.fail(fmt.Errorf("invalid argument %q for \"--bump-revision\" flag", text))
			return
		}
		bump = n
	}
	c.s.o.Restore(s, bump, func(step string) { c.printf("%s\n", step) }, func(err error) {
		if err != nil {
			c.fail(err)
			return
		}
		c.exit(0)
	})
}
