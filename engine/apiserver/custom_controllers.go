package apiserver

import (
	"slices"
	"strconv"
	"strings"
	"time"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiextensions"
)

// The controllers of apiextensions-apiserver that live in the API server: they note approvals (pkg/controller/apiapproval), accept the names of a definition
// (pkg/controller/status), establish it (pkg/controller/establish), and delete its objects before it goes
// (pkg/controller/finalizer).

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// establishDelay is how long a definition is Installing when there are several API servers.
const establishDelay = 5 * time.Second

// syncSoon looks at a definition after the events under way; crd is nil for one that is gone.
func (s *Server) syncSoon(name string, crd *apiextensions.CustomResourceDefinition) {
	if crd == nil {
		// Its names are free: others of its group may have waited for them.
		_, group, _ := strings.Cut(name, ".")
		for _, n := range s.definitionNames() {
			if n != name && strings.HasSuffix(n, "."+group) {
				s.schedule(n, 0)
			}
		}
		return
	}
	delay := time.Duration(0)
	if len(s.conf.Etcd) > 1 && crd.Is(apiextensions.NamesAccepted) && !crd.Is(apiextensions.Established) {
		delay = establishDelay
	}
	s.schedule(name, delay)
}

func (s *Server) schedule(name string, delay time.Duration) {
	if s.custom.syncing[name] {
		return
	}
	s.custom.syncing[name] = true
	s.a.After(delay, "sync custom resource definition", func() {
		delete(s.custom.syncing, name)
		s.syncDefinition(name)
	})
}

func (s *Server) definitionNames() []string {
	return apiextensions.SortedKeys(s.kinds[api.CustomResourceDefinitions].objects)
}

func (s *Server) definition(name string) *apiextensions.CustomResourceDefinition {
	crd, _ := s.kinds[api.CustomResourceDefinitions].objects[name].(*apiextensions.CustomResourceDefinition)
	return crd
}

func (s *Server) syncDefinition(name string) {
	crd := s.definition(name)
	if crd == nil {
		return
	}
	if crd.DeletionTimestamp != nil {
		if slices.Contains(crd.Finalizers, apiextensions.CleanupFinalizer) && !s.custom.finishing[name] {
			s.finish(crd)
		}
		return
	}
	if next := s.approvalOf(crd); next != nil {
		s.writeStatus(next, nil)
		return
	}
	if !apiequality.Semantic.DeepEqual(crd.Spec.Names, crd.Status.AcceptedNames) {
		if next := s.acceptNames(crd); next != nil {
			s.writeStatus(next, func(now *apiextensions.CustomResourceDefinition) {
				for _, n := range s.definitionNames() {
					if o := s.definition(n); n != name && o.Spec.Group == now.Spec.Group {
						s.schedule(n, 0)
					}
				}
			})
			return
		}
	}
	if crd.Is(apiextensions.NamesAccepted) && !crd.Is(apiextensions.Established) {
		next := api.Copy(crd)
		next.SetCondition(apiextensions.CustomResourceDefinitionCondition{
			Type: apiextensions.Established, Status: apiextensions.ConditionTrue,
			Reason: "InitialNamesAccepted", Message: "the initial names have been accepted",
		}, s.now())
		s.writeStatus(next, nil)
	}
}

// approvalOf notes whether a definition in one of the community's groups is approved (pkg/controller/apiapproval); nil if
// it is noted, or of no interest.
func (s *Server) approvalOf(crd *apiextensions.CustomResourceDefinition) *apiextensions.CustomResourceDefinition {
	if !apiextensions.Protected(crd.Spec.Group) {
		return nil
	}
	reason, why := crd.Approval()
	c := apiextensions.CustomResourceDefinitionCondition{
		Type: apiextensions.APIApprovalPolicyConformant, Status: apiextensions.ConditionFalse, Reason: reason, Message: why,
	}
	if reason == "ApprovedAnnotation" {
		c.Status = apiextensions.ConditionTrue
	}
	if old := crd.Condition(c.Type); old != nil && old.Status == c.Status && old.Reason == c.Reason && old.Message == c.Message {
		return nil
	}
	next := api.Copy(crd)
	next.SetCondition(c, s.now())
	return next
}

// writeStatus writes a definition's status in place of the one it was made from. A conflict means that there is a newer
// one, which is on its way here and will be looked at.
func (s *Server) writeStatus(crd *apiextensions.CustomResourceDefinition, then func(*apiextensions.CustomResourceDefinition)) {
	name := crd.Name
	req := &api.Request{Verb: api.Update, Resource: api.CustomResourceDefinitions, Subresource: "status", Name: name, Object: api.Copy(crd)}
	s.Serve(req, s.a, func(resp *api.Response) {
		switch {
		case resp.Err == nil:
			if now, ok := resp.Object.(*apiextensions.CustomResourceDefinition); ok && then != nil {
				then(now)
			}
		case apierrors.IsNotFound(resp.Err) || apierrors.IsConflict(resp.Err):
			delete(s.custom.finishing, name)
			s.schedule(name, 0)
		default:
			delete(s.custom.finishing, name)
			s.schedule(name, retryEtcd)
		}
	})
}

// acceptNames is calculateNamesAndConditions of the naming controller; nil if it would change nothing.
func (s *Server) acceptNames(crd *apiextensions.CustomResourceDefinition) *apiextensions.CustomResourceDefinition {
	resources, kinds := map[string]bool{}, map[string]bool{}
	for _, n := range s.definitionNames() {
		o := s.definition(n)
		if o.Spec.Group != crd.Spec.Group {
			continue
		}
		a := &o.Status.AcceptedNames
		for _, x := range append([]string{a.Plural, a.Singular}, a.ShortNames...) {
			resources[x] = true
		}
		kinds[a.Kind], kinds[a.ListKind] = true, true
	}
	want, have := crd.Spec.Names, crd.Status.AcceptedNames
	accepted := apiextensions.CustomResourceDefinitionCondition{
		Type: apiextensions.NamesAccepted, Status: apiextensions.ConditionTrue, Reason: "NoConflicts", Message: "no conflicts found",
	}
	refuse := func(reason, message string) {
		accepted.Status, accepted.Reason, accepted.Message = apiextensions.ConditionFalse, reason, message
	}
	names := have
	one := func(want string, have string, used map[string]bool, reason string, into *string) {
		if want != have && used[want] {
			refuse(reason, strconv.Quote(want)+" is already in use")
			return
		}
		*into = want
	}
	one(want.Plural, have.Plural, resources, "PluralConflict", &names.Plural)
	one(want.Singular, have.Singular, resources, "SingularConflict", &names.Singular)
	if !slices.Equal(want.ShortNames, have.ShortNames) {
		var bad []string
		for _, n := range want.ShortNames {
			if !slices.Contains(have.ShortNames, n) && resources[n] {
				bad = append(bad, strconv.Quote(n)+" is already in use")
			}
		}
		switch len(bad) {
		case 0:
			names.ShortNames = want.ShortNames
		case 1:
			refuse("ShortNamesConflict", bad[0])
		default:
			refuse("ShortNamesConflict", "["+strings.Join(bad, ", ")+"]")
		}
	}
	one(want.Kind, have.Kind, kinds, "KindConflict", &names.Kind)
	one(want.ListKind, have.ListKind, kinds, "ListKindConflict", &names.ListKind)
	names.Categories = want.Categories

	was := crd.Condition(apiextensions.NamesAccepted)
	if apiequality.Semantic.DeepEqual(names, have) && was != nil && was.Status == accepted.Status && was.Reason == accepted.Reason && was.Message == accepted.Message {
		return nil
	}
	established := apiextensions.CustomResourceDefinitionCondition{
		Type: apiextensions.Established, Status: apiextensions.ConditionFalse, Reason: "NotAccepted", Message: "not all names are accepted",
	}
	if o := crd.Condition(apiextensions.Established); o != nil {
		established = *o
	}
	if established.Status != apiextensions.ConditionTrue && accepted.Status == apiextensions.ConditionTrue {
		established.Status, established.Reason, established.Message = apiextensions.ConditionFalse, "Installing", "the initial names have been accepted"
	}
	next := api.Copy(crd)
	next.Status.AcceptedNames = names
	next.SetCondition(accepted, s.now())
	next.SetCondition(established, s.now())
	return next
}

// The polling of objects that are still there (crd_finalizer.go).
const (
	cleanupPoll    = 5 * time.Second
	cleanupTimeout = time.Minute
)

// finish deletes the objects of a definition that is deleted, and lets it go.
func (s *Server) finish(crd *apiextensions.CustomResourceDefinition) {
	name := crd.Name
	s.custom.finishing[name] = true
	terminating := func(crd *apiextensions.CustomResourceDefinition, status apiextensions.ConditionStatus, reason, message string) *apiextensions.CustomResourceDefinition {
		next := api.Copy(crd)
		next.SetCondition(apiextensions.CustomResourceDefinitionCondition{Type: apiextensions.Terminating, Status: status, Reason: reason, Message: message}, s.now())
		return next
	}
	let := func(crd *apiextensions.CustomResourceDefinition, reason, message string) {
		next := terminating(crd, apiextensions.ConditionFalse, reason, message)
		next.Finalizers = slices.DeleteFunc(slices.Clone(crd.Finalizers), func(f string) bool { return f == apiextensions.CleanupFinalizer })
		s.writeStatus(next, func(*apiextensions.CustomResourceDefinition) { delete(s.custom.finishing, name) })
	}
	s.writeStatus(terminating(crd, apiextensions.ConditionTrue, "InstanceDeletionInProgress", "CustomResource deletion is in progress"),
		func(crd *apiextensions.CustomResourceDefinition) {
			if !crd.Is(apiextensions.Established) {
				let(crd, "NeverEstablished", "resource was never established")
				return
			}
			fail := func(reason, message string) {
				if now := s.definition(name); now != nil {
					s.writeStatus(terminating(now, apiextensions.ConditionTrue, reason, message), nil)
				}
				delete(s.custom.finishing, name)
				s.schedule(name, cleanupPoll)
			}
			s.deleteInstances(name, func(reason, message string) {
				now := s.definition(name)
				switch {
				case now == nil:
					delete(s.custom.finishing, name)
				case reason != "":
					fail(reason, message)
				default:
					let(now, "InstanceDeletionCompleted", "removed all instances")
				}
			})
		})
}

// deleteInstances deletes all objects of a kind and waits for them to be gone; reason is "" when they are.
func (s *Server) deleteInstances(name string, done func(reason, message string)) {
	def := s.custom.defs[name]
	if def == nil {
		done("InstanceDeletionFailed", "could not list instances: unable to find a custom resource client for "+name)
		return
	}
	until := s.a.Wall().Add(cleanupTimeout)
	var look func()
	look = func() {
		def := s.custom.defs[name]
		if def == nil {
			done("", "")
			return
		}
		k := s.kinds[def.hub]
		k.fresh(func() {
			switch {
			case len(k.objects) == 0:
				done("", "")
			case s.a.Wall().After(until):
				done("InstanceDeletionCheck", "could not confirm zero CustomResources remaining: timed out waiting for the condition")
			default:
				s.a.After(cleanupPoll, "wait for custom objects to go", look)
			}
		}, func(error) { s.a.After(cleanupPoll, "wait for custom objects to go", look) })
	}
	k := s.kinds[def.hub]
	s.deleteCollection(k, &api.Request{Verb: api.DeleteCollection, Resource: def.hub}, s.a, func(resp *api.Response) {
		if resp.Err != nil {
			done("InstanceDeletionFailed", "could not issue all deletes: "+resp.Err.Error())
			return
		}
		look()
	})
}
