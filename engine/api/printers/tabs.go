package printers

import (
	"strings"
	"unicode/utf8"
)

// kubectl's tab writer: cells are at least minWidth wide including padding.
const (
	minWidth = 6
	padding  = 3
)

// tabWriter aligns cells and remembers the widths it has used, like
// github.com/liggitt/tabwriter with RememberWidths.
type tabWriter struct {
	// widths has the largest width so far of each column.
	widths []int
}

// format returns the aligned lines. The last cell of a line has no width. A
// column is as wide as needed by the lines that have it, one after another;
// a line with fewer cells ends it (cells with tabs inside make such lines).
func (w *tabWriter) format(lines [][]string) string {
	split := make([][]string, len(lines))
	for i, cells := range lines {
		split[i] = splitCells(cells)
	}
	widths := make([][]int, len(split))
	w.block(split, widths, 0, len(split), 0)
	var b strings.Builder
	for i, cells := range split {
		for j, cell := range cells {
			b.WriteString(cell)
			if j < len(widths[i]) {
				for n := utf8.RuneCountInString(cell); n < widths[i][j]; n++ {
					b.WriteByte(' ')
				}
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// splitCells makes two cells of one that contains a tab, as any tab writer would.
func splitCells(cells []string) []string {
	var out []string
	for _, cell := range cells {
		out = append(out, strings.Split(strings.ReplaceAll(cell, "\v", "\t"), "\t")...)
	}
	return out
}

// block finds the runs of lines from..to that have a cell in this column, sets
// its width for them and goes on with the columns to its right.
func (w *tabWriter) block(lines [][]string, widths [][]int, from, to, column int) {
	for i := from; i < to; {
		if column >= len(lines[i])-1 {
			i++
			continue
		}
		begin, width := i, minWidth
		for ; i < to && column < len(lines[i])-1; i++ {
			width = max(width, utf8.RuneCountInString(lines[i][column])+padding)
		}
		if column < len(w.widths) {
			width = max(width, w.widths[column])
			w.widths[column] = width
		} else {
			w.widths = append(w.widths, width)
		}
		for at := begin; at < i; at++ {
			widths[at] = append(widths[at], width)
		}
		w.block(lines, widths, begin, i, column+1)
	}
}
