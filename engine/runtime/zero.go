package runtime

import (
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// zeroMark begins the content of a file that is nothing but zeros, followed by how many: such files fill disks in lessons
// and must not fill the tab's memory.
const zeroMark = "\x00zero"

// sizeOf is the size of a file by its content, in bytes.
func sizeOf(content string) int64 {
	if n, ok := strings.CutPrefix(content, zeroMark); ok {
		size, _ := strconv.ParseInt(n, 10, 64)
		return size
	}
	if content == dirMark || content == socketMark {
		return 0
	}
	return int64(len(content))
}

// quantity reads a size as dd and fallocate take it: 512, 4k, 1M, 2G, 3MiB.
func quantity(s string) int64 {
	s = strings.TrimSuffix(strings.TrimSuffix(s, "B"), "i")
	if n := len(s); n > 0 && strings.IndexByte("kKMGT", s[n-1]) >= 0 {
		s = s[:n-1] + strings.ToUpper(s[n-1:]) + "i"
	}
	q, err := resource.ParseQuantity(s)
	if err != nil {
		return 0
	}
	return q.Value()
}

// zeros is dd from /dev/zero, fallocate and truncate: it makes a file of a size.
func (p *process) zeros(name string, args []string) {
	file, size, block, count, given := "", int64(0), int64(512), int64(0), false
	for i := 0; i < len(args); i++ {
		key, value, _ := strings.Cut(args[i], "=")
		switch {
		case name == "dd" && key == "of":
			file = value
		case name == "dd" && key == "bs":
			block = quantity(value)
		case name == "dd" && key == "count":
			count, given = quantity(value), true
		case name != "dd" && (args[i] == "-l" || args[i] == "-s") && i+1 < len(args):
			i++
			size = quantity(args[i])
		case name != "dd" && !strings.HasPrefix(args[i], "-"):
			file = args[i]
		}
	}
	if name == "dd" {
		if size = block * count; !given {
			p.fails("dd: writing '" + file + "': No space left on device")
			return
		}
	}
	if file == "" || file == "/dev/null" {
		return
	}
	if why := p.c.refuses(p.path(file)); why != "" {
		p.fails(name + ": can't open '" + file + "': " + why)
		return
	}
	p.c.WriteFile(p.path(file), zeroMark+strconv.FormatInt(size, 10), false)
	if name == "dd" {
		n := strconv.FormatInt(count, 10)
		p.out(n + "+0 records in\n" + n + "+0 records out\n")
	}
}
