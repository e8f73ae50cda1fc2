package tainteviction

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func noexec(key string) corev1.Taint {
	return corev1.Taint{Key: key, Value: "v", Effect: corev1.TaintEffectNoExecute}
}

// tolerate is "key" or "key:seconds" for each toleration; "*" is every taint.
func tolerate(list ...string) (out []corev1.Toleration) {
	for _, text := range list {
		key, seconds, some := strings.Cut(text, ":")
		t := corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute}
		if key == "*" {
			t.Key = ""
		}
		if some {
			var n int64
			fmt.Sscan(seconds, &n)
			t.TolerationSeconds = &n
		}
		out = append(out, t)
	}
	return out
}

func put(s *apitest.Server, name, node string, tolerations ...string) {
	apitest.Put(s, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}, Spec: corev1.PodSpec{NodeName: node, Tolerations: tolerate(tolerations...)}})
}

// TestHowLong is after how many seconds a pod goes from a node that gets taints; -1 is never (upstream's TestCreatePod,
// TestUpdateNode, TestGetMinTolerationTime).
func TestHowLong(t *testing.T) {
	value := func(v string, op corev1.TolerationOperator) []corev1.Toleration {
		return []corev1.Toleration{{Key: "a", Operator: op, Value: v, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: ptr.To(int64(20))}}
	}
	a, b := noexec("a"), noexec("b")
	for name, c := range map[string]struct {
		taints      []corev1.Taint
		tolerations []corev1.Toleration
		want        int
	}{
		"no toleration":                      {[]corev1.Taint{a}, nil, 0},
		"of something else":                  {[]corev1.Taint{a}, tolerate("b"), 0},
		"for ever":                           {[]corev1.Taint{a}, tolerate("a"), -1},
		"for a while":                        {[]corev1.Taint{a}, tolerate("a:30"), 30},
		"for no time":                        {[]corev1.Taint{a}, tolerate("a:0"), 0},
		"for less than that":                 {[]corev1.Taint{a}, tolerate("a:-5"), 0},
		"of everything":                      {[]corev1.Taint{a, b}, tolerate("*"), -1},
		"of everything for a while":          {[]corev1.Taint{a, b}, tolerate("*:40"), 40},
		"one of two":                         {[]corev1.Taint{a, b}, tolerate("a:30"), 0},
		"both, the shorter counts":           {[]corev1.Taint{a, b}, tolerate("a:30", "b:10"), 10},
		"both, one for ever":                 {[]corev1.Taint{a, b}, tolerate("a", "b:10"), 10},
		"a toleration nobody needs":          {[]corev1.Taint{a}, tolerate("a:30", "b:10"), 30},
		"twice, the first counts":            {[]corev1.Taint{a}, tolerate("a:30", "a:10"), 30},
		"the same value":                     {[]corev1.Taint{a}, value("v", corev1.TolerationOpEqual), 20},
		"another value":                      {[]corev1.Taint{a}, value("w", corev1.TolerationOpEqual), 0},
		"every effect":                       {[]corev1.Taint{a}, []corev1.Toleration{{Key: "a", Operator: corev1.TolerationOpExists, TolerationSeconds: ptr.To(int64(15))}}, 15},
		"another effect":                     {[]corev1.Taint{a}, []corev1.Toleration{{Key: "a", Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule}}, 0},
		"a taint that does not evict":        {[]corev1.Taint{{Key: "a", Effect: corev1.TaintEffectNoSchedule}}, nil, -1},
		"a taint that would rather not":      {[]corev1.Taint{{Key: "a", Effect: corev1.TaintEffectPreferNoSchedule}}, nil, -1},
		"a static pod's toleration":          {[]corev1.Taint{a, b, lost}, []corev1.Toleration{{Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute}}, -1},
		"a daemon's, of a taint of its own":  {[]corev1.Taint{a, lost}, tolerate(corev1.TaintNodeUnreachable, corev1.TaintNodeNotReady), 0},
		"what every pod gets, of a lost one": {[]corev1.Taint{lost}, tolerate(corev1.TaintNodeNotReady+":300", corev1.TaintNodeUnreachable+":300"), 300},
	} {
		s := start()
		apitest.Put(s, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "default"}, Spec: corev1.PodSpec{NodeName: "node-1", Tolerations: c.tolerations}})
		put(s, "elsewhere", "node-2")
		put(s, "nowhere", "")
		s.Run(time.Second)
		taint(s, c.taints...)
		if c.want > 0 {
			s.Run(time.Duration(c.want)*time.Second - 100*time.Millisecond)
			assert.False(t, deleted(s, "p"), "%s: too soon", name)
			s.Run(200 * time.Millisecond)
		} else {
			s.Run(time.Second)
		}
		assert.Equal(t, c.want >= 0, deleted(s, "p"), name)
		s.Run(time.Hour)
		assert.Equal(t, c.want >= 0, deleted(s, "p"), name)
		assert.False(t, deleted(s, "elsewhere") || deleted(s, "nowhere"), name)
	}
}

func edit(s *apitest.Server, name string, tolerations ...string) {
	apitest.Edit(s, "default", name, func(p *corev1.Pod) { p.Spec.Tolerations = tolerate(tolerations...) })
}

// TestChanges of tolerations and taints while the countdown runs.
func TestChanges(t *testing.T) {
	for name, c := range map[string]struct {
		tolerations []string
		change      func(s *apitest.Server) // 40 s after the taint a
		want        int                     // after the taint
		cancelled   bool
	}{
		"more time is given":           {[]string{"a:100"}, func(s *apitest.Server) { edit(s, "p", "a:500") }, 100, false},
		"time is taken":                {[]string{"a:100"}, func(s *apitest.Server) { edit(s, "p", "a:10") }, 100, false},
		"for ever now":                 {[]string{"a:100"}, func(s *apitest.Server) { edit(s, "p", "a") }, -1, true},
		"not at all any more":          {[]string{"a:100"}, func(s *apitest.Server) { edit(s, "p") }, 40, true},
		"another taint, not tolerated": {[]string{"a:100"}, func(s *apitest.Server) { taint(s, noexec("a"), noexec("b")) }, 40, true},
		"another taint, for less":      {[]string{"a:100", "b:10"}, func(s *apitest.Server) { taint(s, noexec("a"), noexec("b")) }, 100, false},
		"another instead, for less":    {[]string{"a:100", "b:10"}, func(s *apitest.Server) { taint(s, noexec("b")) }, 100, false},
		"another instead, for ever":    {[]string{"a:100", "b"}, func(s *apitest.Server) { taint(s, noexec("b")) }, -1, true},
		"one of two goes":              {[]string{"a:100", "b"}, func(s *apitest.Server) { taint(s, noexec("a")) }, 100, false},
		"all go":                       {[]string{"a:100"}, func(s *apitest.Server) { taint(s) }, -1, true},
		"only one that does not evict": {[]string{"a:100"}, func(s *apitest.Server) { taint(s, corev1.Taint{Key: "a", Effect: corev1.TaintEffectNoSchedule}) }, -1, true},
		"the node is labelled": {[]string{"a:100"}, func(s *apitest.Server) {
			apitest.Edit(s, "", "node-1", func(n *corev1.Node) { n.Labels = map[string]string{"x": "y"} })
		}, 100, false},
		"the taint goes and comes at once": {[]string{"a:100"}, func(s *apitest.Server) { taint(s); s.Run(time.Millisecond); taint(s, noexec("a")) }, 140, true},
		"the node is deleted":              {[]string{"a:100"}, func(s *apitest.Server) { apitest.Remove[*corev1.Node](s, "", "node-1") }, 100, false},
	} {
		s := start()
		put(s, "p", "node-1", c.tolerations...)
		s.Run(time.Second)
		taint(s, noexec("a"))
		s.Run(40 * time.Second)
		require.False(t, deleted(s, "p"), name)
		c.change(s)
		s.Run(time.Duration(max(c.want-40, 0))*time.Second - 500*time.Millisecond)
		if c.want > 40 {
			assert.False(t, deleted(s, "p"), "%s: too soon", name)
		}
		s.Run(time.Second)
		assert.Equal(t, c.want >= 0, deleted(s, "p"), name)
		assert.Equal(t, c.cancelled, strings.Contains(fmt.Sprint(s.Events()), "Cancelling deletion of Pod default/p"), name)
		s.Run(time.Hour)
		assert.Equal(t, c.want >= 0, deleted(s, "p"), name)
	}
}

// TestSeveralPods: each by its own time, those of other nodes not at all (TestUpdateNodeWithMultiplePods).
func TestSeveralPods(t *testing.T) {
	s := start()
	apitest.Put(s, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-2"}})
	for name, seconds := range map[string]string{"a": "a:1", "b": "a:3", "c": "a:5"} {
		put(s, name, "node-1", seconds)
	}
	put(s, "far", "node-2")
	s.Run(time.Second)
	taint(s, noexec("a"))
	left := func() (out []string) {
		for _, name := range []string{"a", "b", "c", "far"} {
			if !deleted(s, name) {
				out = append(out, name)
			}
		}
		return out
	}
	s.Run(500 * time.Millisecond)
	assert.Equal(t, []string{"a", "b", "c", "far"}, left())
	s.Run(time.Second)
	assert.Equal(t, []string{"b", "c", "far"}, left())
	s.Run(2 * time.Second)
	assert.Equal(t, []string{"c", "far"}, left())
	s.Run(2 * time.Second)
	assert.Equal(t, []string{"far"}, left())
}

// TestWhatIsThereAtTheStart: a controller that starts begins every countdown anew.
func TestWhatIsThereAtTheStart(t *testing.T) {
	s := apitest.New()
	apitest.Put(s, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}, Spec: corev1.NodeSpec{Taints: []corev1.Taint{noexec("a")}}})
	put(s, "bare", "node-1")
	put(s, "while", "node-1", "a:60")
	s.Run(50 * time.Second)
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	s.Run(time.Second)
	assert.True(t, deleted(s, "bare"))
	s.Run(58 * time.Second)
	assert.False(t, deleted(s, "while"))
	s.Run(2 * time.Second)
	assert.True(t, deleted(s, "while"))
}

// TestAPodThatIsBoundLater is judged when it comes to the node.
func TestAPodThatIsBoundLater(t *testing.T) {
	s := start()
	taint(s, noexec("a"))
	put(s, "p", "", "a:10")
	s.Run(time.Minute)
	require.False(t, deleted(s, "p"))
	apitest.Edit(s, "default", "p", func(p *corev1.Pod) { p.Spec.NodeName = "node-1" })
	s.Run(9 * time.Second)
	assert.False(t, deleted(s, "p"))
	s.Run(2 * time.Second)
	assert.True(t, deleted(s, "p"))
}

// TestWritesThatFail: five attempts, ten milliseconds apart, and one event.
func TestWritesThatFail(t *testing.T) {
	for name, c := range map[string]struct {
		refuse func(*api.Request) bool
		fails  int
		gone   bool
		tries  int
	}{
		"the deletion":              {func(r *api.Request) bool { return r.Verb == api.Delete }, 3, true, 4},
		"the condition":             {func(r *api.Request) bool { return r.Subresource == "status" }, 3, true, 4},
		"the deletion, every time":  {func(r *api.Request) bool { return r.Verb == api.Delete }, 99, false, 5},
		"the condition, every time": {func(r *api.Request) bool { return r.Subresource == "status" }, 99, false, 5},
	} {
		s := start()
		n := 0
		s.Before = func(r *api.Request) error {
			if r.Resource != api.Pods || !c.refuse(r) {
				return nil
			}
			if n++; n <= c.fails {
				return apierrors.NewInternalError(errors.New("no"))
			}
			return nil
		}
		put(s, "p", "node-1")
		s.Run(time.Second)
		taint(s, noexec("a"))
		s.Run(time.Minute)
		assert.Equal(t, c.gone, deleted(s, "p"), name)
		assert.Equal(t, c.tries, n, name)
		marked := 0
		for _, e := range apitest.List[*corev1.Event](s) {
			marked += int(e.Count)
		}
		assert.Equal(t, 1, marked, name)
	}
}

// TestEvictedOnce: a pod that stays terminating, because its node does not answer, is not evicted again by itself.
func TestEvictedOnce(t *testing.T) {
	s := start()
	put(s, "p", "node-1", "a:10")
	s.Run(time.Second)
	taint(s, noexec("a"))
	s.Run(time.Hour)
	require.NotNil(t, apitest.Get[*corev1.Pod](s, "default", "p").DeletionTimestamp)
	deletions := 0
	for _, r := range s.Requests {
		if strings.HasPrefix(r, "delete pods") {
			deletions++
		}
	}
	assert.Equal(t, 1, deletions)
	assert.Len(t, apitest.Get[*corev1.Pod](s, "default", "p").Status.Conditions, 1)
}
