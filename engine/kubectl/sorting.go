package kubectl

import (
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"

	"tabernetes/engine/api"
)

// notFound is the error of a name that is not there.
func notFound(r *api.Resource, name string) error { return apierrors.NewNotFound(r.GR(), name) }

// quantities reads two texts as amounts, "100m" or "2Gi".
func quantities(a, b string) (p, q resource.Quantity, ok bool) {
	if a == "" || b == "" || !startsNumber(a) || !startsNumber(b) {
		return p, q, false
	}
	p, err := resource.ParseQuantity(a)
	if err != nil {
		return p, q, false
	}
	q, err = resource.ParseQuantity(b)
	return p, q, err == nil
}

func startsNumber(s string) bool {
	return s[0] >= '0' && s[0] <= '9' || s[0] == '-' || s[0] == '+' || s[0] == '.'
}

// naturalLess orders text with numbers in it as people do: node-2 before node-10. Upstream sorts so with
// github.com/fvbommel/sortorder.
func naturalLess(a, b string) bool {
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		if !digit(a[i]) || !digit(b[j]) {
			if a[i] != b[j] {
				return a[i] < b[j]
			}
			i++
			j++
			continue
		}
		x, y := digits(a[i:]), digits(b[j:])
		p, q := strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		switch {
		case len(p) != len(q):
			return len(p) < len(q)
		case p != q:
			return p < q
		case len(x) != len(y):
			return len(x) < len(y)
		}
		i += len(x)
		j += len(y)
	}
	return len(a)-i < len(b)-j
}

func digit(ch byte) bool { return ch >= '0' && ch <= '9' }

func digits(s string) string {
	n := 0
	for n < len(s) && digit(s[n]) {
		n++
	}
	return s[:n]
}
