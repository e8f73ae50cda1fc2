package runtime

import (
	"path"
	"strings"

	"tabernetes/engine/ustar"
)

// tar is the tar of BusyBox, or of GNU where the image is no BusyBox: create, extract and list.
func (p *process) tar(args []string, in *input, k next) {
	var mode byte
	file, dir, verbose := "", p.vars["PWD"], false
	var names []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		value := func() string {
			if i++; i < len(args) {
				return args[i]
			}
			return ""
		}
		switch {
		case strings.HasPrefix(a, "--"):
			if v, ok := strings.CutPrefix(a, "--directory="); ok {
				dir = p.path(v)
			}
		case i == 0 || strings.HasPrefix(a, "-") && a != "-":
			for _, o := range strings.TrimPrefix(a, "-") {
				switch o {
				case 'c', 'x', 't':
					mode = byte(o)
				case 'f':
					file = value()
				case 'C':
					dir = p.path(value())
				case 'v':
					verbose = true
				case 'z', 'j', 'J':
					p.tarFails(k, "no compression is known here")
					return
				}
			}
		default:
			names = append(names, a)
		}
	}
	if !p.c.isDir(dir) {
		p.tarFails(k, "can't change directory to '"+dir+"': No such file or directory")
		return
	}
	switch mode {
	case 'c':
		p.tarCreate(file, dir, names, k)
	case 'x', 't':
		extract := alive(p, func(archive string) {
			entries, err := ustar.Read(archive)
			if err != nil {
				p.tarFails(k, err.Error())
				return
			}
			for _, e := range entries {
				if len(names) > 0 && !under(e.Name, names) {
					continue
				}
				if mode == 't' || verbose {
					p.out(e.Name + "\n")
				}
				if mode == 'x' {
					p.unpack(dir, e)
				}
			}
			p.status = 0
			k(flow{})
		})
		if file == "" || file == "-" {
			in.all(extract)
			return
		}
		text, ok := p.c.ReadFile(p.path(file))
		if !ok {
			p.tarFails(k, "can't open '"+file+"': No such file or directory")
			return
		}
		extract(text)
	default:
		p.tarFails(k, "must specify one of -c, -x, -t")
	}
}

func (p *process) tarFails(k next, why string) {
	p.err("tar: " + why + "\n")
	p.status = 1
	k(flow{})
}

func under(name string, dirs []string) bool {
	for _, d := range dirs {
		if d = strings.Trim(d, "/"); name == d || strings.HasPrefix(name, d+"/") {
			return true
		}
	}
	return false
}

// unpack writes one member. Whatever its name says, it stays below the directory.
func (p *process) unpack(dir string, e ustar.Entry) {
	to := path.Join(dir, path.Join("/", e.Name))
	switch {
	case e.Dir:
		if !p.c.isDir(to) {
			p.c.WriteFile(to, dirMark, false)
		}
	case e.Link == "": // the file systems here have no links
		p.c.WriteFile(to, e.Data, false)
	}
}

func (p *process) tarCreate(file, dir string, names []string, k next) {
	var entries []ustar.Entry
	now := p.c.Sandbox.rt.a.Wall().Unix()
	failed, told := false, false
	for _, name := range names {
		at := name
		if !path.IsAbs(name) {
			at = path.Join(dir, name)
		}
		if !p.c.exists(at) {
			p.err("tar: " + name + ": No such file or directory\n")
			failed = true
			continue
		}
		stored := path.Clean(name)
		if path.IsAbs(stored) {
			stored = strings.TrimLeft(stored, "/")
			if !told {
				told = true
				if name := p.c.Image.Name; strings.Contains(name, "busybox") || strings.Contains(name, "alpine") {
					p.err("tar: removing leading '/' from member names\n")
				} else {
					p.err("tar: Removing leading `/' from member names\n")
				}
			}
		}
		entries = p.c.pack(entries, at, stored, now)
	}
	archive := ustar.Write(entries)
	if file == "" || file == "-" {
		p.out(archive)
	} else {
		p.c.WriteFile(p.path(file), archive, false)
	}
	p.status = b2i(failed)
	k(flow{})
}

// pack adds a file, or a directory with what is in it.
func (c *Container) pack(to []ustar.Entry, at, name string, now int64) []ustar.Entry {
	if text, ok := c.ReadFile(at); ok {
		return append(to, ustar.Entry{Name: name, Data: text, ModTime: now})
	}
	if name != "" && name != "." {
		to = append(to, ustar.Entry{Name: name, Dir: true, ModTime: now})
	}
	for _, n := range c.list(at) {
		to = c.pack(to, path.Join(at, n), path.Join(name, n), now)
	}
	return to
}
