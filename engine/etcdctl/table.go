package etcdctl

import (
	"strconv"
	"strings"
)

// table prints rows as etcdctl does with -w table: headers in capitals, centred; cells left unless they are numbers.
func table(header []string, rows [][]string) string {
	width := make([]int, len(header))
	for i, h := range header {
		width[i] = len(h)
		for _, r := range rows {
			width[i] = max(width[i], len(r[i]))
		}
	}
	var b strings.Builder
	rule := func() {
		for _, w := range width {
			b.WriteString("+" + strings.Repeat("-", w+2))
		}
		b.WriteString("+\n")
	}
	rule()
	for i, h := range header {
		left := (width[i] - len(h)) / 2
		b.WriteString("| " + strings.Repeat(" ", left) + strings.ToUpper(h) + strings.Repeat(" ", width[i]-len(h)-left) + " ")
	}
	b.WriteString("|\n")
	rule()
	for _, r := range rows {
		for i, cell := range r {
			pad := strings.Repeat(" ", width[i]-len(cell))
			if numeric(cell) {
				b.WriteString("| " + pad + cell + " ")
			} else {
				b.WriteString("| " + cell + pad + " ")
			}
		}
		b.WriteString("|\n")
	}
	rule()
	return b.String()
}

// numeric cells stand right: numbers, percentages included.
func numeric(s string) bool {
	_, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	return err == nil && s != ""
}

// bytes is a size as people read it (humanize.Bytes): 20 kB, 2.1 GB.
func bytes(n int64) string {
	if n < 10 {
		return strconv.FormatInt(n, 10) + " B"
	}
	units := [...]string{"B", "kB", "MB", "GB", "TB"}
	v, u := float64(n), 0
	for v >= 1000 && u < len(units)-1 {
		v /= 1000
		u++
	}
	prec := 0
	if v < 10 && u > 0 {
		prec = 1
	}
	return strconv.FormatFloat(v, 'f', prec, 64) + " " + units[u]
}
