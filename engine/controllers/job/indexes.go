package job

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"tabernetes/engine/order"
)

// span is a run of completion indexes, both ends included.
type span struct{ first, last int }

// indexes are a set of completion indexes as ordered spans that do not touch: "1,3-5,7" as status.completedIndexes has
// it, where two in a row are written "3,4".
type indexes []span

// parseIndexes reads a set, leaving out what is not below completions or is no number.
func parseIndexes(s string, completions int) indexes {
	var out indexes
	if s == "" {
		return nil
	}
	for _, part := range strings.Split(s, ",") {
		a, b, ranged := strings.Cut(part, "-")
		first, err := strconv.Atoi(a)
		if err != nil {
			continue
		}
		if first >= completions {
			break
		}
		last := first
		if ranged {
			b, _, _ = strings.Cut(b, "-")
			if last, err = strconv.Atoi(b); err != nil {
				continue
			}
			last = min(last, completions-1)
		}
		if n := len(out); n > 0 && out[n-1].last == first-1 {
			out[n-1].last = last
		} else {
			out = append(out, span{first, last})
		}
	}
	return out
}

// union is a set with all of another.
func (x indexes) union(y indexes) indexes {
	all := slices.Concat(x, y)
	order.By(all, func(a, b span) int { return a.first - b.first })
	var out indexes
	for _, s := range all {
		if n := len(out); n > 0 && s.first <= out[n-1].last+1 {
			out[n-1].last = max(out[n-1].last, s.last)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// with is a set with more indexes.
func (x indexes) with(more []int) indexes {
	y := make(indexes, len(more))
	for i, n := range more {
		y[i] = span{n, n}
	}
	return x.union(y)
}

func (x indexes) total() int {
	n := 0
	for _, s := range x {
		n += s.last - s.first + 1
	}
	return n
}

func (x indexes) has(i int) bool {
	n := sort.Search(len(x), func(n int) bool { return x[n].last >= i })
	return n < len(x) && x[n].first <= i
}

// common is how many indexes are in both sets.
func (x indexes) common(y indexes) int {
	n, i, j := 0, 0, 0
	for i < len(x) && j < len(y) {
		n += max(min(x[i].last, y[j].last)-max(x[i].first, y[j].first)+1, 0)
		if x[i].last < y[j].last {
			i++
		} else {
			j++
		}
	}
	return n
}

// free are the first n indexes below completions that are not in the set.
func (x indexes) free(n, completions int) []int {
	var out []int
	next := 0
	upTo := func(end int) {
		for ; next < end && len(out) < n; next++ {
			out = append(out, next)
		}
	}
	for _, s := range x {
		upTo(min(s.first, completions))
		next = max(next, s.last+1)
	}
	upTo(completions)
	return out
}

func (x indexes) String() string {
	var b []byte
	for i, s := range x {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(s.first), 10)
		switch {
		case s.last == s.first+1:
			b = append(b, ',')
		case s.last > s.first:
			b = append(b, '-')
		default:
			continue
		}
		b = strconv.AppendInt(b, int64(s.last), 10)
	}
	return string(b)
}
