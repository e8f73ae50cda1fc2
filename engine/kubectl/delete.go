package kubectl

import (
	"errors"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
)

func deleteCommand() *command {
	return &command{name: "delete", use: "([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])",
		short: "Delete resources by file names, stdin, resources and names, or by resources and label selector",
		flags: "output/o:s dry-run:s=none?unchanged all:b all-namespaces/A:b field-selector:s ignore-not-found:b=false cascade:s=background?background " +
			"grace-period:i=-1 now:b force:b timeout:d=0s wait:b=true interactive/i:b raw:s " + fileFlags + selectorFlags,
		suggestFor: "rm remove", run: runDelete}
}

// deleteOptions are the flags of delete, resolved.
type deleteOptions struct {
	grace       int64 // -1: the object's own
	propagation metav1.DeletionPropagation
	force       bool
	dry         string
	name        bool // -o name
	quiet       bool
}

// deleteOptionsFrom reads --grace-period, --force, --now and --cascade. print tells whether deletions are announced.
func (c *cmd) deleteOptionsFrom(print bool) deleteOptions {
	o := deleteOptions{grace: c.f.int("grace-period"), force: c.f.bool("force"), dry: "none", quiet: !print, propagation: metav1.DeletePropagationBackground}
	if !c.f.changed("grace-period") {
		o.grace = -1
	}
	switch c.f.str("cascade") {
	case "foreground":
		o.propagation = metav1.DeletePropagationForeground
	case "orphan":
		o.propagation = metav1.DeletePropagationOrphan
	}
	return o
}

func (c *cmd) checkCascade() error {
	switch v := c.f.str("cascade"); v {
	case "background", "foreground", "orphan":
		return nil
	case "true", "false":
		return fmt.Errorf(`invalid cascade value (%s): booleans are deprecated, use "background", "foreground", or "orphan"`, v)
	default:
		return fmt.Errorf(`invalid cascade value (%v). Must be "background", "foreground", or "orphan"`, v)
	}
}

func runDelete(c *cmd) {
	o := c.deleteOptionsFrom(true)
	var err error
	if o.dry, err = c.dryRun(); err == nil {
		err = c.checkCascade()
	}
	selecting := c.f.bool("all") || c.f.changed("selector") || c.f.changed("field-selector")
	ignore := c.f.bool("ignore-not-found") || selecting && !c.f.changed("ignore-not-found")
	switch {
	case err != nil:
	case c.f.bool("now") && o.grace != -1:
		err = errors.New("--now and --grace-period cannot be specified together")
	case c.f.bool("interactive"):
		err = errors.New("--interactive is not part of this kubectl: there is nobody at this terminal to ask")
	case c.f.str("raw") != "":
		err = c.rawConflicts(c.f.list("filename"))
	}
	if err != nil {
		c.fail(err)
		return
	}
	if c.f.str("raw") != "" {
		c.raw("DELETE", c.f.list("filename"))
		return
	}
	if c.f.bool("now") {
		o.grace = 1
	}
	// Without --force nobody gets a grace period of zero.
	if o.grace == 0 && !o.force {
		o.grace = 1
	}
	if o.force && o.grace < 0 {
		o.grace = 0
	}
	if out := c.f.str("output"); out != "" && out != "name" {
		c.failf("unexpected -o output mode: %v. We only support '-o name'", out)
		return
	}
	o.name = c.f.str("output") == "name"
	if c.f.bool("all") && c.f.str("selector") != "" {
		c.failf("cannot set --all and --selector at the same time")
		return
	}
	if c.f.bool("all") && c.f.str("field-selector") != "" {
		c.failf("cannot set --all and --field-selector at the same time")
		return
	}
	if o.force && o.grace > 0 {
		c.failf("--force and --grace-period greater than 0 cannot be specified together")
		return
	}
	s := c.selectionFromFlags(c.args)
	s.typeImplied = false
	c.toDelete(s, func(r *result) {
		if o.force && o.grace == 0 {
			c.errf("Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n")
		}
		c.deleteAll(r, o, ignore)
	})
}

// toDelete finds what to delete; names are not looked up first.
func (c *cmd) toDelete(s selection, then func(*result)) {
	if len(c.f.list("filename")) > 0 {
		c.gather(s, then)
		return
	}
	targets, err := s.targets()
	if err != nil {
		c.fail(err)
		return
	}
	if targets[0].name == "" {
		c.read(s, targets, then)
		return
	}
	r := &result{}
	for _, t := range targets {
		in := &info{res: t.res, name: t.name}
		if t.res.Namespaced {
			in.ns = c.ns
		}
		r.infos = append(r.infos, in)
	}
	then(r)
}

type deleted struct {
	in  *info
	uid types.UID
}

func (c *cmd) deleteAll(r *result, o deleteOptions, ignore bool) {
	errs := r.errs
	found := 0
	var waiting []deleted
	warned := false
	each(len(r.infos), func(i int, next func()) {
		in := r.infos[i]
		found++
		if c.nsSet && !c.f.bool("all-namespaces") && !in.res.Namespaced && !warned {
			c.errf("Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n")
			warned = true
		}
		if o.dry == "client" {
			c.printDeleted(in, o)
			next()
			return
		}
		c.delete(in, o, func(obj api.Object, err error) {
			if err != nil {
				if !(ignore && isNotFound(err)) {
					errs = append(errs, withSource("deleting", in.source, err))
				}
				next()
				return
			}
			d := deleted{in: in}
			if obj != nil {
				d.uid = obj.GetUID()
			}
			waiting = append(waiting, d)
			next()
		})
	}, func() {
		if ignore {
			errs = dropNotFound(errs)
		}
		switch {
		case len(errs) > 0:
			c.end(errs...)
		case found == 0:
			c.printf("No resources found\n")
			c.end()
		case !c.f.bool("wait") || o.dry != "none":
			c.end()
		default:
			c.awaitAll(waiting)
		}
	})
}

// delete sends one deletion and announces it.
func (c *cmd) delete(in *info, o deleteOptions, then func(api.Object, error)) {
	req := &api.Request{Verb: api.Delete, Resource: in.res, Namespace: in.ns, Name: in.name, DryRun: o.dry == "server", Propagation: &o.propagation}
	if o.grace >= 0 {
		req.GracePeriodSeconds = &o.grace
	}
	c.do(req, func(r *api.Response) {
		if r.Err == nil && !o.quiet {
			c.printDeleted(in, o)
		}
		then(r.Object, r.Err)
	})
}

func (c *cmd) printDeleted(in *info, o deleteOptions) {
	if o.name {
		c.printf("%s\n", in)
		return
	}
	kind := strings.ToLower(in.res.Kind)
	if in.res.Group != "" {
		kind += "." + in.res.Group
	}
	operation := "deleted"
	if o.grace == 0 {
		operation = "force deleted"
	}
	if in.res.Namespaced {
		operation += " from " + in.ns + " namespace"
	}
	c.printf("%s \"%s\" %s%s\n", kind, in.name, operation, dryRunSuffix(o.dry))
}

// awaitAll waits until all of them are gone, one after the other, with one deadline.
func (c *cmd) awaitAll(list []deleted) {
	timeout := c.f.duration("timeout")
	if timeout == 0 {
		timeout = 168 * time.Hour
	}
	deadline := c.sh.a.Now().Add(timeout)
	var errs []error
	each(len(list), func(i int, next func()) {
		d := list[i]
		c.awaitGone(d.in, d.uid, deadline.Sub(c.sh.a.Now()), func(err error) {
			if err != nil {
				errs = append(errs, err)
			}
			next()
		})
	}, func() { c.end(errs...) })
}

// awaitGone calls then when no object of that name, or another one, is there. uid may be empty: then the one that is
// there now is meant.
func (c *cmd) awaitGone(in *info, uid types.UID, timeout time.Duration, then func(error)) {
	var stop func()
	over := false
	finish := func(err error) {
		if !over {
			over = true
			stop()
			then(err)
		}
	}
	timer := c.after(max(0, timeout), "timeout", func() {
		finish(fmt.Errorf("timed out waiting for the condition on %s/%s", in.res.Name, in.name))
	})
	unwatch := c.observe(in.res, in.ns, in.name, func(obj api.Object) {
		if obj != nil && uid == "" {
			uid = obj.GetUID()
		}
		if obj == nil || obj.GetUID() != uid {
			finish(nil)
		}
	}, func(err error) { finish(err) })
	stop = func() { timer.Stop(); unwatch() }
	if over {
		stop()
	}
}
