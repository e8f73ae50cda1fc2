package selectorindex

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// The index finds what trying all selectors finds.
func TestMatchesAsTryingAll(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	texts := []string{"", "a=1", "a=2,b=1", "a in (1,2)", "b!=1", "!c", "c", "a=1,c", "b notin (2)", "a=3"}
	var x Index
	type filed struct {
		ns  string
		sel labels.Selector
	}
	have := map[string]filed{}
	for range 2000 {
		key, ns := fmt.Sprint("k", r.IntN(30)), fmt.Sprint("ns", r.IntN(2))
		switch r.IntN(4) {
		case 0:
			x.Delete(key)
			delete(have, key)
		case 1:
			sel, err := labels.Parse(texts[r.IntN(len(texts))])
			require.NoError(t, err)
			x.Set(key, ns, sel)
			have[key] = filed{ns, sel}
		default:
			set := map[string]string{}
			for _, l := range []string{"a", "b", "c"} {
				if n := r.IntN(4); n > 0 {
					set[l] = fmt.Sprint(n)
				}
			}
			var want []string
			for k, f := range have {
				if f.ns == ns && f.sel.Matches(labels.Set(set)) {
					want = append(want, k)
				}
			}
			slices.Sort(want)
			assert.Equal(t, want, x.Match(ns, set))
		}
	}
	x.Set("none", "ns0", labels.Nothing())
	assert.NotContains(t, x.Match("ns0", map[string]string{"a": "1"}), "none")
}

// A Service is filed under the selector that it has now.
func TestService(t *testing.T) {
	var x Index
	service := func(selector map[string]string) *corev1.Service {
		return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"}, Spec: corev1.ServiceSpec{Selector: selector}}
	}
	a, b, none := service(map[string]string{"app": "a"}), service(map[string]string{"app": "b"}), service(nil)
	for i, c := range []struct {
		old, now  *corev1.Service
		reselects bool
		selected  string
	}{
		{nil, a, true, "a"}, {a, service(a.Spec.Selector), false, "a"}, {a, b, true, "b"}, {b, none, true, ""}, {none, service(nil), false, ""}, {none, a, true, "a"}, {a, nil, false, ""},
		{nil, none, true, ""}, {none, nil, false, ""},
	} {
		key, reselects := x.Service(c.old, c.now)
		require.Equal(t, "shop/web", key)
		require.Equal(t, c.reselects, reselects, i)
		for _, app := range []string{"a", "b"} {
			require.Equal(t, app == c.selected, len(x.Match("shop", map[string]string{"app": app})) == 1, "%d %s", i, app)
		}
	}
}
