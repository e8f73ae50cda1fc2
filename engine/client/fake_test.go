package client_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// store is what API servers of a test share: pods, and the history of their changes.
type store struct {
	s    *sim.Sim
	rev  int64
	pods map[string]*corev1.Pod
	past []api.WatchEvent
	srv  []*server
}

// server is one run of an API server that serves pods: it remembers the changes since it started.
type server struct {
	st     *store
	a      *sim.Actor
	oldest int64
	sends  []func([]api.WatchEvent)

	asked   []string // what was asked of it
	mute    bool     // answers nothing
	partial bool     // sends half of the initial events
}

// world is a number of API servers on hosts of their own, and a client.
type world struct {
	t     *testing.T
	s     *sim.Sim
	st    *store
	hosts []*sim.Host
	a     *sim.Actor
	c     *client.Client
}

func newWorld(t *testing.T, servers int) *world {
	w := &world{t: t, s: sim.New(sim.Config{Seed: 1})}
	w.st = &store{s: w.s, pods: map[string]*corev1.Pod{}, rev: 1}
	for i := range servers {
		h := w.s.AddHost("master-" + strconv.Itoa(i))
		w.hosts = append(w.hosts, h)
		w.st.srv = append(w.st.srv, nil)
		h.Install("kube-apiserver", func(a *sim.Actor) {
			x := &server{st: w.st, a: a, oldest: w.st.rev}
			w.st.srv[i] = x
			a.Listen(api.Service, func(c *sim.Conn) { c.Handler = x })
		})
	}
	w.s.AddHost("node").Install("agent", func(a *sim.Actor) {
		w.a = a
		w.c = client.New(a, client.Config{Servers: w.hosts, User: "u", UserAgent: "ua"})
	})
	w.run(0)
	return w
}

func (w *world) run(d time.Duration) { w.s.RunUntil(w.s.Now().Add(d), 0) }

func (w *world) server(i int) *server { return w.st.srv[i] }

func pod(name string, labels ...string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}}
	for _, l := range labels {
		if p.Labels == nil {
			p.Labels = map[string]string{}
		}
		p.Labels[l] = "x"
	}
	return p
}

// put writes a pod; nil labels are fine. It returns what is stored.
func (st *store) put(p *corev1.Pod) *corev1.Pod {
	st.rev++
	p = p.DeepCopy()
	p.ResourceVersion = strconv.FormatInt(st.rev, 10)
	typ := watch.Added
	if st.pods[api.KeyOf(p)] != nil {
		typ = watch.Modified
	}
	st.pods[api.KeyOf(p)] = p
	st.tell(api.WatchEvent{Type: typ, Object: p})
	return p
}

func (st *store) remove(name string) {
	st.rev++
	p := st.pods["default/"+name].DeepCopy()
	p.ResourceVersion = strconv.FormatInt(st.rev, 10)
	delete(st.pods, "default/"+name)
	st.tell(api.WatchEvent{Type: watch.Deleted, Object: p})
}

func (st *store) tell(e api.WatchEvent) {
	e.Ctx = st.s.Context()
	st.past = append(st.past, e)
	for _, x := range st.srv {
		if !x.a.Dead() {
			for _, send := range x.sends {
				send([]api.WatchEvent{e})
			}
		}
	}
}

func (x *server) Serve(req *api.Request, reply func(*api.Response)) {
	x.asked = append(x.asked, string(req.Verb)+" "+req.Name)
	if x.mute {
		return
	}
	if req.Resource == api.NonResource {
		reply(&api.Response{Text: "ok"})
		return
	}
	p, ok := x.st.pods[api.Key(req.Namespace, req.Name)]
	if !ok {
		reply(&api.Response{Err: apierrors.NewNotFound(req.Resource.GR(), req.Name)})
		return
	}
	reply(&api.Response{Object: p})
}

func (x *server) Watch(req *api.Request, send func([]api.WatchEvent)) func() {
	var first []api.WatchEvent
	if req.SendInitialEvents {
		x.asked = append(x.asked, "list")
		keys := make([]string, 0, len(x.st.pods))
		for k := range x.st.pods {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			first = append(first, api.WatchEvent{Type: watch.Added, Object: x.st.pods[k]})
		}
		end := &corev1.Pod{}
		end.ResourceVersion = strconv.FormatInt(x.st.rev, 10)
		end.Annotations = map[string]string{metav1.InitialEventsAnnotationKey: "true"}
		if first = append(first, api.WatchEvent{Type: watch.Bookmark, Object: end}); x.partial {
			send(first[len(first)-2 : len(first)-1])
			return func() {}
		}
	} else {
		rev, err := strconv.ParseInt(req.ResourceVersion, 10, 64)
		if err != nil {
			panic(err)
		}
		x.asked = append(x.asked, "resume "+req.ResourceVersion)
		if rev < x.oldest {
			send([]api.WatchEvent{{Type: watch.Error, Err: apierrors.NewResourceExpired("too old resource version")}})
			return func() {}
		}
		for _, e := range x.st.past {
			if api.Revision(e.Object) > rev {
				first = append(first, e)
			}
		}
	}
	stopped := false
	x.sends = append(x.sends, func(e []api.WatchEvent) {
		if !stopped {
			send(e)
		}
	})
	if len(first) > 0 {
		send(first)
	}
	return func() { x.asked, stopped = append(x.asked, "stop"), true }
}

// get asks for a pod and notes the answer.
func (w *world) get(name string, answer *error) {
	*answer = errNone
	client.Get(w.c, api.Pods, "default", name, func(p *corev1.Pod, err error) {
		require.Equal(w.t, errNone, *answer, "answered once")
		*answer = err
	})
}

var errNone = apierrors.NewBadRequest("no answer yet")

func ownerRef(uid string, controller *bool) metav1.OwnerReference {
	return metav1.OwnerReference{UID: types.UID(uid), Controller: controller}
}
