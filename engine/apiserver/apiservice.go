package apiserver

import (
	"cmp"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiregistration"
)

// localServices keep an APIService for every group version the server serves, as kube-aggregator's autoregister
// controller does: those of built-in groups are made once, when the server starts; those of custom resources come and go
// with their definitions.
type localServices struct {
	made    map[string]bool // built-in ones that have been there
	busy    bool
	again   bool
	waiting bool
}

// followServices begins once the APIServices there are have been read.
func (s *Server) followServices() {
	s.services = localServices{made: map[string]bool{}, waiting: true}
	k := s.kinds[api.APIServices]
	k.changed(func(c *change) {
		s.remotes.serviceDefined(c)
		if !s.services.waiting {
			s.syncServices()
		}
	})
	k.atLeast(0, func() {
		s.kinds[api.CustomResourceDefinitions].atLeast(0, func() {
			s.services.waiting = false
			s.syncServices()
		})
	})
}

// wantedServices are the APIServices there should be, in discovery's order.
func (s *Server) wantedServices() []*apiregistration.APIService {
	var out []*apiregistration.APIService
	seen := map[schema.GroupVersion]bool{{Group: apiregistration.GroupName, Version: "v1"}: true}
	for _, r := range s.custom.table.All() {
		gv := r.GVR().GroupVersion()
		if seen[gv] || r.Remote {
			continue
		}
		seen[gv] = true
		group, version := api.GroupPriority(gv)
		managed := "onstart"
		if r.Custom != nil {
			managed = "true"
		}
		out = append(out, &apiregistration.APIService{
			ObjectMeta: metav1.ObjectMeta{Name: gv.Version + "." + gv.Group, Labels: map[string]string{apiregistration.AutomanagedLabel: managed}},
			Spec:       apiregistration.APIServiceSpec{Group: gv.Group, Version: gv.Version, GroupPriorityMinimum: group, VersionPriority: version},
		})
	}
	slices.SortStableFunc(out, func(a, b *apiregistration.APIService) int {
		return cmp.Compare(b.Spec.GroupPriorityMinimum, a.Spec.GroupPriorityMinimum)
	})
	return out
}

// syncServices makes what is missing and removes what is too many, one write after another.
func (s *Server) syncServices() {
	if s.services.waiting || s.services.busy {
		s.services.again = true
		return
	}
	req := s.nextService()
	if req == nil {
		return
	}
	s.services.busy, s.services.again = true, false
	s.a.After(0, "sync APIServices", func() {
		s.Serve(req, s.a, func(resp *api.Response) {
			s.services.busy = false
			if err := resp.Err; err != nil && !apierrors.IsAlreadyExists(err) && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
				s.a.Periodic(retryEtcd, "retry APIServices", s.syncServices)
				return
			}
			if req.Verb == api.Create {
				s.services.made[req.Name] = true
			}
			s.syncServices()
		})
	})
}

func (s *Server) nextService() *api.Request {
	have := s.kinds[api.APIServices].objects
	wanted := map[string]bool{}
	for _, w := range s.wantedServices() {
		wanted[w.Name] = true
		o, _ := have[w.Name].(*apiregistration.APIService)
		once := w.Labels[apiregistration.AutomanagedLabel] == "onstart"
		switch {
		case o == nil && !s.services.made[w.Name]:
			return &api.Request{Verb: api.Create, Resource: api.APIServices, Name: w.Name, Object: w}
		case o == nil || once:
			if o != nil {
				s.services.made[w.Name] = true
			}
		case o.Labels[apiregistration.AutomanagedLabel] == "true" && (o.Spec.Service != nil || o.Spec.GroupPriorityMinimum != w.Spec.GroupPriorityMinimum || o.Spec.VersionPriority != w.Spec.VersionPriority):
			next := api.Copy(o)
			next.Spec = w.Spec
			return &api.Request{Verb: api.Update, Resource: api.APIServices, Name: w.Name, Object: next}
		}
	}
	var names []string
	for name, o := range have {
		if o.GetLabels()[apiregistration.AutomanagedLabel] == "true" && !wanted[name] {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	delete(s.services.made, names[0])
	uid := have[names[0]].GetUID()
	return &api.Request{Verb: api.Delete, Resource: api.APIServices, Name: names[0], Preconditions: &metav1.Preconditions{UID: &uid}}
}
