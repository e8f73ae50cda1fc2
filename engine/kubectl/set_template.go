package kubectl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/api/manifest"
	"tabernetes/engine/api/patch"
)

// setter is one run of a set subcommand that changes objects by a two-way merge patch.
type setter struct {
	c      *cmd
	dry    string
	f      *format
	did    string // "env updated"
	failed string // what the error of a refused patch begins with
	// always prints an object that does not change too.
	always bool
	// quiet changes nothing and prints nothing: the edit was all that was wanted.
	quiet bool
	// edit changes a copy of an object; false leaves it alone.
	edit func(in *info, obj api.Object) (bool, error)
	// problems are errors that stop nothing.
	problems []error
}

var errLocalServer = errors.New("cannot specify --local and --dry-run=server - did you mean --dry-run=client?")

// newSetter reads what all subcommands of set share.
func (c *cmd) newSetter(did, failed string) (*setter, bool) {
	dry, err := c.dryRun()
	var f *format
	if err == nil {
		f, err = c.format(objectFormats)
	}
	if err != nil {
		c.fail(err)
		return nil, false
	}
	return &setter{c: c, dry: dry, f: f, did: did, failed: failed}, true
}

// run applies the edit to what the arguments and -f name.
func (s *setter) run(resources []string) {
	c := s.c
	local := c.f.bool("local")
	if local && len(resources) > 0 {
		c.failf("error: you must specify resources by --filename when --local is set.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'")
		return
	}
	sel := c.selectionFromFlags(resources)
	sel.typeImplied = false
	work := func(r *result) {
		if len(r.errs) > 0 {
			c.end(r.errs...)
			return
		}
		var errs []error
		each(len(r.infos), func(i int, next func()) {
			s.one(r.infos[i], local, func(err error) {
				errs = append(errs, err)
				next()
			})
		}, func() { c.end(append(s.problems, errs...)...) })
	}
	c.gather(sel, func(r *result) {
		if !local {
			c.fresh(r, func() { work(r) })
			return
		}
		for _, in := range r.infos {
			in.obj = in.res.New()
			if _, err := manifest.Decode(in.doc, in.obj, false); err != nil {
				r.errs = append(r.errs, fmt.Errorf("unable to decode %q: %v", in.source, err))
			}
		}
		work(r)
	})
}

func (s *setter) one(in *info, local bool, done func(error)) {
	c := s.c
	fail := func(err error) {
		name := in.res.Name + "/" + in.name
		if local {
			if name = in.String(); in.res.Group != "" {
				name += "\n" // so it is upstream, where no server tells the resource's name
			}
		}
		if s.failed != "" {
			err = fmt.Errorf("error: %s %v\n", name, err)
		}
		done(err)
	}
	obj := in.obj.DeepCopyObject().(api.Object)
	obj.GetObjectKind().SetGroupVersionKind(in.res.GVK())
	before, err := json.Marshal(obj)
	if err != nil {
		fail(err)
		return
	}
	changed, err := s.edit(in, obj)
	if err != nil {
		fail(err)
		return
	}
	if !changed || s.quiet {
		done(nil)
		return
	}
	after, err := json.Marshal(obj)
	var body []byte
	if err == nil {
		body, err = patch.TwoWayStrategic(before, after, in.res.New())
	}
	if err != nil {
		fail(err)
		return
	}
	if string(body) == "{}" && !s.always {
		done(nil)
		return
	}
	if local || s.dry == "client" {
		in.obj = obj
		c.did(s.f, in, s.did, s.dry)
		done(nil)
		return
	}
	manager := c.f.str("field-manager")
	if manager == "" {
		manager = "kubectl-set"
	}
	c.do(&api.Request{Verb: api.Patch, Resource: in.res, Namespace: in.ns, Name: in.name, PatchType: types.StrategicMergePatchType, Patch: body,
		FieldManager: manager, DryRun: s.dry == "server"}, func(r *api.Response) {
		switch {
		case r.Err != nil && s.failed == "":
			done(r.Err)
		case r.Err != nil:
			done(fmt.Errorf("%s %v", s.failed, r.Err))
		default:
			in.obj = r.Object
			c.did(s.f, in, s.did, s.dry)
			done(nil)
		}
	})
}

// template is the pod spec of an object, or the error of one that has none.
func template(obj api.Object) (*corev1.PodSpec, error) {
	spec, _ := podSpecOf(obj)
	if spec == nil {
		return nil, fmt.Errorf("the object is not a pod or does not have a pod template: %T", obj)
	}
	return spec, nil
}

// containersNamed finds the containers whose names match a pattern with stars; those of the pod's life come before
// those of its beginning.
func containersNamed(spec *corev1.PodSpec, pattern string) []*corev1.Container {
	var out []*corev1.Container
	for _, list := range [][]corev1.Container{spec.Containers, spec.InitContainers} {
		for i := range list {
			if matchesPattern(list[i].Name, pattern) {
				out = append(out, &list[i])
			}
		}
	}
	return out
}

// matchesPattern knows one star well and several as upstream does: it never looks back.
func matchesPattern(s, pattern string) bool {
	if pattern == "*" {
		return true
	}
	if !strings.Contains(pattern, "*") {
		return s == pattern
	}
	at := 0
	parts := strings.Split(pattern, "*")
	for i, part := range parts {
		if part == "" {
			continue
		}
		next := strings.Index(s[at:], part)
		if next < at || i == 0 && at != 0 || i == len(parts)-1 && len(s) != len(part)+next {
			return false
		}
		at = next
	}
	return true
}
