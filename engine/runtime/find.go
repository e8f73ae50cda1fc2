package runtime

import (
	"path"
	"strconv"
	"strings"
)

// findFiles is find: it walks directories, depth first, and prints or deletes what its tests select.
func (p *process) findFiles(args []string) {
	var roots []string
	pattern, kind, least, remove := "*", "", 0, false
	for i := 0; i < len(args); i++ {
		value := ""
		if i+1 < len(args) {
			value = args[i+1]
		}
		switch args[i] {
		case "-name":
			pattern = value
			i++
		case "-type":
			kind = value
			i++
		case "-mindepth":
			least, _ = strconv.Atoi(value)
			i++
		case "-delete":
			remove = true
		case "-print":
		default:
			roots = append(roots, args[i])
		}
	}
	if len(roots) == 0 {
		roots = []string{"."}
	}
	var walk func(shown string, depth int)
	walk = func(shown string, depth int) {
		at := p.path(shown)
		dir := p.c.isDir(at)
		selected := depth >= least && globMatch(pattern, path.Base(shown)) && (kind == "" || (kind == "d") == dir)
		if selected && !remove {
			p.out(shown + "\n")
		}
		if dir {
			for _, name := range p.c.list(at) {
				walk(strings.TrimSuffix(shown, "/")+"/"+name, depth+1)
			}
		}
		if selected && remove {
			if why := p.c.refuses(at); why != "" {
				p.fails("find: cannot delete '" + shown + "': " + why)
				return
			}
			p.c.remove(at, false)
		}
	}
	for _, root := range roots {
		if !p.c.exists(p.path(root)) {
			p.fails("find: '" + root + "': No such file or directory")
			continue
		}
		walk(root, 0)
	}
}
