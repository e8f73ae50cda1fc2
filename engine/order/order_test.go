package order

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBy(t *testing.T) {
	type pair struct {
		n    int
		name string
	}
	list := []pair{{2, "a"}, {1, "b"}, {2, "c"}, {1, "d"}}
	By(list, func(a, b pair) int { return a.n - b.n })
	require.Equal(t, []pair{{1, "b"}, {1, "d"}, {2, "a"}, {2, "c"}}, list, "equals keep their order")
}
