package ustar

import (
	"errors"
	"strconv"
	"strings"
)

// Entry is one member of an archive.
type Entry struct {
	Name    string // without a final slash
	Dir     bool
	Link    string // what a symbolic link points to
	Data    string // of a file
	ModTime int64  // seconds since 1970
}

const (
	block = 512
	// maxEntries bounds what Read takes from outside.
	maxEntries = 100_000
)

// ErrFormat is the error of something that is no archive, or of one that ends too early.
var ErrFormat = errors.New("invalid tar header")

// Write makes an archive of the entries, in their order.
func Write(entries []Entry) string {
	var b strings.Builder
	for i := range entries {
		e := &entries[i]
		name := e.Name
		if e.Dir {
			name += "/"
		}
		if len(name) > 100 {
			// GNU's way for long names: a member before it whose data is the name.
			write(&b, "././@LongLink", 'L', name+"\x00", "", 0)
			name = name[:100]
		}
		switch {
		case e.Dir:
			write(&b, name, '5', "", "", e.ModTime)
		case e.Link != "":
			write(&b, name, '2', "", e.Link, e.ModTime)
		default:
			write(&b, name, '0', e.Data, "", e.ModTime)
		}
	}
	b.WriteString(strings.Repeat("\x00", 2*block))
	return b.String()
}

func write(b *strings.Builder, name string, kind byte, data, link string, at int64) {
	var h [block]byte
	copy(h[0:100], name)
	mode := "0000644"
	if kind == '5' || kind == '2' {
		mode = "0000755"
	}
	copy(h[100:], mode)
	copy(h[108:], "0000000")
	copy(h[116:], "0000000")
	octal(h[124:136], int64(len(data)))
	octal(h[136:148], at)
	h[156] = kind
	copy(h[157:257], link)
	copy(h[257:], "ustar\x0000root")
	copy(h[297:], "root")
	copy(h[148:156], "        ")
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	octal(h[148:155], int64(sum))
	b.Write(h[:])
	b.WriteString(data)
	if rest := len(data) % block; rest > 0 {
		b.WriteString(strings.Repeat("\x00", block-rest))
	}
}

// octal writes a number with a final NUL.
func octal(to []byte, n int64) {
	s := strconv.FormatInt(n, 8)
	if pad := len(to) - 1 - len(s); pad > 0 {
		s = strings.Repeat("0", pad) + s
	}
	copy(to, s)
	to[len(to)-1] = 0
}

// Read takes an archive apart: ustar, with the long names of GNU and of pax. What is neither file, directory nor symbolic
// link is passed over.
func Read(archive string) ([]Entry, error) {
	var out []Entry
	long := ""
	for len(archive) >= block {
		h := archive[:block]
		if h[0] == 0 && strings.Trim(h, "\x00") == "" {
			return out, nil
		}
		size, err := strconv.ParseInt(strings.Trim(h[124:136], " \x00"), 8, 64)
		if err != nil || size < 0 || !sums(h) {
			return out, ErrFormat
		}
		padded := (size + block - 1) / block * block
		if int64(len(archive)) < block+padded || len(out) >= maxEntries {
			return out, ErrFormat
		}
		data := archive[block : block+size]
		archive = archive[block+padded:]
		name := field(h[0:100])
		if prefix := field(h[345:500]); prefix != "" && strings.HasPrefix(h[257:], "ustar\x00") {
			name = prefix + "/" + name
		}
		if long != "" {
			name = long
		}
		at, _ := strconv.ParseInt(strings.Trim(h[136:148], " \x00"), 8, 64)
		e := Entry{Name: strings.TrimRight(name, "/"), ModTime: at}
		switch h[156] {
		case 'L':
			long = strings.TrimRight(data, "\x00")
			continue
		case 'x':
			if p := paxPath(data); p != "" {
				long = p
			}
			continue
		case 'g':
			continue
		case '5':
			e.Dir = true
		case '2':
			e.Link = field(h[157:257])
		case '0', 0:
			e.Data = data
		default:
			long = ""
			continue
		}
		long = ""
		out = append(out, e)
	}
	if archive != "" {
		return out, ErrFormat
	}
	return out, nil
}

func field(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

func sums(h string) bool {
	want, err := strconv.ParseInt(strings.Trim(h[148:156], " \x00"), 8, 64)
	sum := int64(8 * ' ')
	for i := range len(h) {
		if i < 148 || i >= 156 {
			sum += int64(h[i])
		}
	}
	return err == nil && sum == want
}

// paxPath finds the name in the records "LENGTH KEY=VALUE\n" of a pax header.
func paxPath(records string) (path string) {
	for records != "" {
		length, _, ok := strings.Cut(records, " ")
		n, err := strconv.Atoi(length)
		if !ok || err != nil || n <= len(length)+1 || n > len(records) {
			return path
		}
		record := strings.TrimSuffix(records[len(length)+1:n], "\n")
		if v, ok := strings.CutPrefix(record, "path="); ok {
			path = v
		}
		records = records[n:]
	}
	return path
}
