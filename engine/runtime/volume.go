package runtime

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// Volume is a file system: a directory that containers of a pod share, a node's disk, or a disk somewhere in the network.
type Volume struct {
	files map[string]string
	// whole says that the files are replaced all at once, so that whoever mounted a part of them keeps the old
	// (pkg/volume/util/atomic_writer.go).
	whole bool
}

// Set writes a file, its name relative to the volume.
func (v *Volume) Set(name, content string) {
	if v.files == nil {
		v.files = map[string]string{}
	}
	v.files[name] = content
}

// Replace puts other files in the place of all there are; the map is the volume's from then on.
func (v *Volume) Replace(files map[string]string) { v.files, v.whole = files, true }

// Clear removes everything at a path and below, "" is all.
func (v *Volume) Clear(at string) {
	maps.DeleteFunc(v.files, func(name, _ string) bool { return at == "" || name == at || strings.HasPrefix(name, at+"/") })
}

// Mkdir makes a directory unless something is there.
func (v *Volume) Mkdir(name string) {
	if name != "" && v.Type(name) == "" {
		v.Set(name, dirMark)
	}
}

// Type of what is at a path: "Directory", "File" or "" for nothing.
func (v *Volume) Type(name string) string {
	s, ok := v.files[name]
	switch {
	case name == "" || ok && s == dirMark:
		return "Directory"
	case s == socketMark:
		return "Socket"
	case ok:
		return "File"
	}
	for k := range v.files {
		if strings.HasPrefix(k, name+"/") {
			return "Directory"
		}
	}
	return ""
}

// Bytes are what the files of the volume take.
func (v *Volume) Bytes() int64 {
	var n int64
	for _, s := range v.files {
		n += sizeOf(s)
	}
	return n
}

// use is a volume as one pod uses it.
type use struct {
	v        *Volume
	at       string // where in it
	readOnly bool
	memory   bool // lost with the machine's power
}

// machineDirs and machineFiles are what pods commonly mount of a machine and every machine has.
const (
	machineDirs  = "bin boot dev etc etc/kubernetes etc/kubernetes/manifests etc/kubernetes/pki etc/ssl/certs home lib/modules mnt opt proc root run run/containerd srv sys sys/fs/cgroup tmp usr usr/lib usr/share/ca-certificates var var/lib var/lib/containerd var/lib/kubelet var/lib/kubelet/pods var/log var/log/containers var/log/pods var/run var/tmp"
	machineFiles = "etc/hostname etc/hosts etc/machine-id etc/resolv.conf etc/localtime"
	socketMark   = "\x00socket"
)

// Root is the disk of the machine. It keeps what it has when the machine loses power.
func (rt *Runtime) Root() *Volume {
	if rt.root.files == nil {
		for _, name := range strings.Fields(machineDirs) {
			rt.root.Set(name, dirMark)
		}
		for _, name := range strings.Fields(machineFiles) {
			rt.root.Set(name, "")
		}
		rt.root.Set("etc/hostname", rt.host.Name+"\n")
		rt.root.Set("run/containerd/containerd.sock", socketMark)
		rt.root.Set("var/run/containerd/containerd.sock", socketMark)
	}
	return &rt.root
}

// Share is a disk in the network, by a name that is its own: every node that mounts it sees the same files.
func (r *Registry) Share(name string) *Volume {
	if r.shares == nil {
		r.shares = map[string]*Volume{}
	}
	v := r.shares[name]
	if v == nil {
		v = &Volume{}
		r.shares[name] = v
	}
	return v
}

// Unshare destroys a disk in the network.
func (r *Registry) Unshare(name string) { delete(r.shares, name) }

// Registry is the world outside of the machine.
func (rt *Runtime) Registry() *Registry { return rt.reg }

// Use gives the pod, under the name of one of its volumes, a file system from elsewhere, or a part of one.
func (sb *Sandbox) Use(name string, v *Volume, at string, readOnly bool) {
	sb.use(name).v, sb.use(name).at, sb.use(name).readOnly = v, strings.Trim(path.Clean("/"+at), "/"), readOnly
}

func (sb *Sandbox) use(name string) *use {
	u := sb.volumes[name]
	if u == nil {
		if sb.volumes == nil {
			sb.volumes = map[string]*use{}
		}
		u = &use{v: &Volume{}}
		sb.volumes[name] = u
	}
	return u
}

// Volume gives the pod's volume of a name, making an empty one.
func (sb *Sandbox) Volume(name string) *Volume { return sb.use(name).v }

// ReadOnly makes a volume of the pod one that containers cannot write to.
func (sb *Sandbox) ReadOnly(name string) { sb.use(name).readOnly = true }

// Memory makes a volume of the pod one that is kept in the machine's memory.
func (sb *Sandbox) Memory(name string) { sb.use(name).memory = true }

// Bytes are what the pod's own volume of a name holds.
func (sb *Sandbox) Bytes(name string) int64 { return sb.use(name).v.Bytes() }

// mount is a volume, or a part of one, in a container's file system.
type mount struct {
	path     string
	v        *Volume
	at       string
	readOnly bool
}

// mountAll resolves what a container asks for. A path of the host that is not there is made, as containerd makes it, and a
// missing subPath as the kubelet makes it.
func (c *Container) mountAll(conf *Config) {
	for i, m := range conf.Spec.VolumeMounts {
		u := c.Sandbox.use(m.Name)
		out := mount{path: path.Clean("/" + m.MountPath), v: u.v, at: u.at, readOnly: u.readOnly || m.ReadOnly}
		sub := m.SubPath
		if i < len(conf.SubPaths) && conf.SubPaths[i] != "" {
			sub = conf.SubPaths[i]
		}
		if sub != "" {
			out.at = path.Join(u.at, sub)
			if u.v.whole {
				out.v = &Volume{files: u.v.files} // the files of now: a replacement does not reach it
			}
		}
		if out.at != "" && !u.v.whole {
			out.v.Mkdir(out.at)
		}
		c.mounts = append(c.mounts, out)
	}
	if c.app != nil && c.app.Root != "" {
		c.docs = slices.ContainsFunc(c.mounts, func(m mount) bool { return within(m.path, c.app.Root) || within(c.app.Root, m.path) })
	}
}

func within(p, dir string) bool {
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}

// document is what a web server finds for the path of a request; ok is false where the program's own page answers.
func (c *Container) document(uri string) (body string, status int, ok bool) {
	if c.app == nil || c.app.Root == "" || !c.docs && c.fs == nil {
		return "", 0, false
	}
	uri, _, _ = strings.Cut(uri, "?")
	file := path.Join(c.app.Root, path.Clean("/"+uri))
	if text, found := c.ReadFile(file); found {
		return text, 200, true
	}
	if text, found := c.ReadFile(path.Join(file, "index.html")); found {
		return text, 200, true
	}
	switch {
	case !c.docs:
		return "", 0, false
	case file == c.app.Root || c.isDir(file):
		return "", 403, true // a directory without an index, which nobody may list
	}
	return "", 404, true
}
