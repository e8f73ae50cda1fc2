package kubectl

import (
	"fmt"
	"strings"
)

// diffContext is how many equal lines stand around a change, as diff -u has it.
const diffContext = 3

// edit is one line of a comparison: ' ' in both, '-' in the first only, '+' in the second only.
type edit struct {
	op   byte
	line string
}

// compareLines finds a shortest way from a to b (E. Myers, "An O(ND) Difference Algorithm and Its Variations").
func compareLines(a, b []string) []edit {
	n, m := len(a), len(b)
	most := n + m
	at := make([]int, 2*most+2) // furthest x on each diagonal x-y, shifted by most
	var trail [][]int
search:
	for d := 0; d <= most; d++ {
		trail = append(trail, append([]int(nil), at...))
		for k := -d; k <= d; k += 2 {
			x := 0
			switch {
			case d == 0:
			case k == -d || k != d && at[most+k-1] < at[most+k+1]:
				x = at[most+k+1]
			default:
				x = at[most+k-1] + 1
			}
			for x < n && x-k < m && a[x] == b[x-k] {
				x++
			}
			at[most+k] = x
			if x >= n && x-k >= m {
				break search
			}
		}
	}
	// Walk back along the way that arrived.
	var back []edit
	x, y := n, m
	for d := len(trail) - 1; d > 0; d-- {
		was, k := trail[d], x-y
		from := k - 1
		if k == -d || k != d && was[most+k-1] < was[most+k+1] {
			from = k + 1
		}
		px := was[most+from]
		py := px - from
		for x > px && y > py && x > 0 && y > 0 && a[x-1] == b[y-1] {
			x, y = x-1, y-1
			back = append(back, edit{' ', a[x]})
		}
		if x == px {
			y--
			back = append(back, edit{'+', b[y]})
		} else {
			x--
			back = append(back, edit{'-', a[x]})
		}
	}
	for x > 0 {
		x--
		back = append(back, edit{' ', a[x]})
	}
	for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
		back[i], back[j] = back[j], back[i]
	}
	return back
}

// unified writes the hunks of diff -u; "" when the texts are equal.
func unified(from, to string) string {
	edits := compareLines(splitLines(from), splitLines(to))
	var out strings.Builder
	la, lb := 0, 0 // lines before the edit looked at
	for i := 0; i < len(edits); {
		if edits[i].op == ' ' {
			i, la, lb = i+1, la+1, lb+1
			continue
		}
		start := max(i-diffContext, 0)
		end, quiet := i, 0
		for j := i; j < len(edits) && quiet <= 2*diffContext; j++ {
			if quiet++; edits[j].op != ' ' {
				end, quiet = j+1, 0
			}
		}
		stop := min(end+diffContext, len(edits))
		a, b := la-(i-start), lb-(i-start)
		var na, nb int
		var body strings.Builder
		for _, e := range edits[start:stop] {
			if e.op != '+' {
				na++
			}
			if e.op != '-' {
				nb++
			}
			body.WriteString(string(e.op) + e.line + "\n")
		}
		fmt.Fprintf(&out, "@@ -%s +%s @@\n%s", hunk(a, na), hunk(b, nb), body.String())
		la, lb, i = a+na, b+nb, stop
	}
	return out.String()
}

// hunk is where a hunk begins and how long it is; a length of 1 is left out, an empty one begins a line earlier.
func hunk(before, n int) string {
	switch n {
	case 0:
		return fmt.Sprintf("%d,0", before)
	case 1:
		return fmt.Sprintf("%d", before+1)
	}
	return fmt.Sprintf("%d,%d", before+1, n)
}

func splitLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}
