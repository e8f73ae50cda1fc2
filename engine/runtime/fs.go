package runtime

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// locate says where a path lies: in a volume (with the name there) or in the container's own layer (nil).
func (c *Container) locate(p string) (*Volume, string) {
	v, name, _ := c.find(p)
	return v, name
}

func (c *Container) find(p string) (v *Volume, name string, readOnly bool) {
	if !path.IsAbs(p) {
		p = path.Join("/", c.Spec.WorkingDir, p)
	}
	p = path.Clean(p)
	best := -1
	for i := range c.mounts {
		m := &c.mounts[i]
		if (p == m.path || m.path == "/" || strings.HasPrefix(p, m.path+"/")) && (best < 0 || len(m.path) > len(c.mounts[best].path)) {
			best = i
		}
	}
	if best < 0 {
		return nil, p, false
	}
	m := &c.mounts[best]
	return m.v, path.Join(m.at, strings.TrimPrefix(strings.TrimPrefix(p, m.path), "/")), m.readOnly
}

// errReadOnly is EROFS, as programs print it.
const errReadOnly = "Read-only file system"

// refuses is why nothing can be written at a path, "" if it can.
func (c *Container) refuses(p string) string {
	if _, _, readOnly := c.find(p); readOnly {
		return errReadOnly
	}
	if v, _ := c.locate(p); v == nil && c.Spec.SecurityContext != nil && c.Spec.SecurityContext.ReadOnlyRootFilesystem != nil && *c.Spec.SecurityContext.ReadOnlyRootFilesystem &&
		path.Clean(p) != "/dev/null" {
		return errReadOnly
	}
	return ""
}

// dirMark is the content of an entry that is a directory.
const dirMark = "\x00dir"

// ReadFile gives a file's content.
func (c *Container) ReadFile(p string) (string, bool) {
	v, name := c.locate(p)
	var s string
	var ok bool
	if v != nil {
		s, ok = v.files[name]
	} else {
		s, ok = c.fs[name]
		if !ok {
			s, ok = c.builtinFile(name)
		}
	}
	if strings.HasPrefix(s, zeroMark) {
		s = strings.Repeat("\x00", int(min(sizeOf(s), maxFile)))
	}
	return s, ok && s != dirMark && s != socketMark
}

func (c *Container) builtinFile(name string) (string, bool) {
	switch name {
	case nginxIndex:
		return nginxWelcome, c.app != nil && c.app.Name == "nginx"
	case "/etc/hostname":
		return c.Sandbox.Hostname() + "\n", true
	case "/etc/hosts":
		// pkg/kubelet/kubelet_pods.go, managedHostsFileContent
		text := "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\n" +
			"fe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n"
		for _, ip := range c.Sandbox.IPs {
			text += ip.IP + "\t" + c.Sandbox.Hostname() + "\n"
		}
		return text, true
	case "/etc/resolv.conf":
		return "search " + c.Sandbox.Namespace + ".svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n", true
	case "/etc/machine-id":
		return Hex(uint64(len(c.Sandbox.rt.host.Name)))[:32] + "\n", true
	case "/dev/null":
		return "", true
	}
	return "", false
}

// builtinFiles are those of builtinFile that a directory lists.
var builtinFiles = []string{"/etc/hostname", "/etc/hosts", "/etc/machine-id", "/etc/resolv.conf", nginxIndex}

// WriteFile writes or appends to a file, unless the file system is mounted read-only.
func (c *Container) WriteFile(p, content string, add bool) { c.writeFile(p, content, add, maxFile) }

// writeFile is WriteFile with a limit of its own to what a file grows to.
func (c *Container) writeFile(p, content string, add bool, limit int) {
	v, name := c.locate(p)
	if name == "/dev/null" || c.refuses(p) != "" {
		return
	}
	files := c.fs
	if v != nil {
		files = v.files
	}
	if files == nil {
		files = map[string]string{}
		if v != nil {
			v.files = files
		} else {
			c.fs = files
		}
	}
	old, there := files[name]
	if !there && len(files) >= maxFiles {
		return // no space left on the device
	}
	if len(files) > fullFiles && len(old) <= maxFile {
		limit = min(limit, maxFile)
		content = content[:min(len(content), limit)]
	}
	if add && files[name] != dirMark {
		content = files[name] + content
		// A log that grows for weeks must not take the tab's memory with it.
		if len(content) > limit {
			content = content[len(content)-limit/2:]
		}
	}
	files[name] = content
}

// Limits in bytes: of what grows line by line for ever, and of what one command writes or pipes.
const (
	maxFile  = 64 << 10
	maxWhole = 8 << 20
)

func (c *Container) remove(p string, recursive bool) bool {
	v, name := c.locate(p)
	files := c.fs
	if v != nil {
		files = v.files
	}
	if c.refuses(p) != "" {
		return false
	}
	_, ok := files[name]
	delete(files, name)
	if recursive {
		for _, k := range slices.Sorted(maps.Keys(files)) {
			if strings.HasPrefix(k, name+"/") || name == "" {
				delete(files, k)
				ok = true
			}
		}
	}
	return ok
}

func (c *Container) exists(p string) bool {
	if _, ok := c.ReadFile(p); ok {
		return true
	}
	return c.isDir(p)
}

func (c *Container) isDir(p string) bool {
	v, name := c.locate(p)
	if v != nil {
		return v.Type(name) == "Directory"
	}
	if slices.ContainsFunc(c.mounts, func(m mount) bool { return within(m.path, name) }) {
		return true
	}
	switch name {
	case "", "/", "/tmp", "/etc", "/var", "/usr", "/bin", "/opt", "/home", "/root", "/dev", "/proc", "/var/log", "/usr/share/nginx/html":
		return true
	}
	files := c.fs
	if v != nil {
		files = v.files
	}
	if files[name] == dirMark {
		return true
	}
	for _, k := range slices.Sorted(maps.Keys(files)) {
		if strings.HasPrefix(k, name+"/") {
			return true
		}
	}
	return false
}

func (c *Container) list(p string) []string {
	v, name := c.locate(p)
	files := c.fs
	if v != nil {
		files = v.files
	}
	prefix := strings.TrimSuffix(name, "/") + "/"
	if v != nil && name == "" {
		prefix = ""
	}
	seen := map[string]bool{}
	add := func(k string) {
		if rest, ok := strings.CutPrefix(k, prefix); ok && rest != "" {
			first, _, _ := strings.Cut(rest, "/")
			seen[first] = true
		}
	}
	for k := range files {
		add(k)
	}
	if v == nil {
		for i := range c.mounts {
			add(c.mounts[i].path)
		}
		for _, k := range builtinFiles {
			if _, ok := c.builtinFile(k); ok {
				add(k)
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
