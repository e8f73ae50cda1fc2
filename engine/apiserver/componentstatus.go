package apiserver

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
)

// componentTimeout is how long a look at a component may take (pkg/registry/core/componentstatus).
const componentTimeout = 20 * time.Second

// component is one line of ComponentStatus: what this server looks at, as upstream does: the health port of the
// scheduler and the controller manager on its own machine, whichever of them leads, and etcd by reading a key.
type component struct {
	name, program, url, address string // program is empty for etcd
}

var components = [...]component{
	{"scheduler", "kube-scheduler", "https://127.0.0.1:10259/healthz", "127.0.0.1:10259"},
	{"controller-manager", "kube-controller-manager", "https://127.0.0.1:10257/healthz", "127.0.0.1:10257"},
	{name: "etcd-0"},
}

// componentStatus serves ComponentStatus, the deprecated view of the control plane's health.
// Upstream: pkg/registry/core/componentstatus.
func (s *Server) componentStatus(req *api.Request, reply func(*api.Response)) {
	if req.Verb == api.Get {
		for _, c := range components {
			if c.name == req.Name {
				s.look(c, func(cs *corev1.ComponentStatus) { reply(&api.Response{Object: cs}) })
				return
			}
		}
		reply(&api.Response{Err: apierrors.NewNotFound(schema.GroupResource{Resource: "componentstatus"}, req.Name)})
		return
	}
	found := make([]api.Object, len(components))
	left := len(components)
	for i, c := range components {
		s.look(c, func(cs *corev1.ComponentStatus) {
			if matches(api.ComponentStatuses, req, cs) {
				found[i] = cs
			}
			if left--; left == 0 {
				items := slices.DeleteFunc(found, func(o api.Object) bool { return o == nil })
				reply(&api.Response{Items: items})
			}
		})
	}
}

// look asks one component how it is.
func (s *Server) look(c component, then func(*corev1.ComponentStatus)) {
	answer := func(status corev1.ConditionStatus, message, wrong string) {
		then(&corev1.ComponentStatus{ObjectMeta: metav1.ObjectMeta{Name: c.name}, Conditions: []corev1.ComponentCondition{
			{Type: corev1.ComponentHealthy, Status: status, Message: message, Error: wrong},
		}})
	}
	if c.program == "" {
		s.lookAtEtcd(answer)
		return
	}
	for _, p := range s.a.Host().Programs() {
		if p.Name != c.program || !p.Up {
			continue
		}
		if !p.Paused {
			answer(corev1.ConditionTrue, "ok", "")
			return
		}
		// It is there and does not answer.
		s.a.After(componentTimeout, "health check of "+c.program, func() {
			answer(corev1.ConditionFalse, `Get "`+c.url+`": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`, "")
		})
		return
	}
	answer(corev1.ConditionFalse, `Get "`+c.url+`": dial tcp `+c.address+`: connect: connection refused`, "")
}

func (s *Server) lookAtEtcd(answer func(status corev1.ConditionStatus, message, wrong string)) {
	over := false
	timer := s.a.After(componentTimeout, "health check of etcd", func() {
		over = true
		answer(corev1.ConditionFalse, "", "error getting data from etcd: context deadline exceeded")
	})
	s.db.Revision(func(_ int64, err error) {
		if over {
			return
		}
		over = true
		timer.Stop()
		if err != nil {
			answer(corev1.ConditionFalse, "", "error getting data from etcd: "+err.Error())
			return
		}
		answer(corev1.ConditionTrue, "ok", "")
	})
}
