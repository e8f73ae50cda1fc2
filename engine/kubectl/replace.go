package kubectl

import (
	"errors"
	"time"

	"tabernetes/engine/api"
)

func replaceCommand() *command {
	return &command{name: "replace", use: "-f FILENAME", short: "Replace a resource by file name or stdin",
		flags: createFlags + fileFlags + "force:b grace-period:i=-1 timeout:d=0s cascade:s=background?background wait:b subresource:s raw:s", run: runReplace}
}

func runReplace(c *cmd) {
	dry, f, validation, ok := c.createOptions()
	if !ok {
		return
	}
	force := c.f.bool("force")
	switch {
	case c.f.int("grace-period") >= 0 && !force:
		c.failf("--grace-period must have --force specified")
		return
	case c.f.duration("timeout") != 0 && !force:
		c.failf("--timeout must have --force specified")
		return
	case dry != "none" && force:
		c.failf("--dry-run can not be used when --force is set")
		return
	case len(c.f.list("filename")) == 0:
		c.failf("must specify --filename to replace")
		return
	case len(c.args) > 0:
		c.usageError("Unexpected args: %v", c.args)
		return
	}
	if c.f.str("raw") != "" {
		files := c.f.list("filename")
		if err := c.rawConflicts(files); err != nil {
			c.fail(err)
			return
		}
		c.raw("PUT", files)
		return
	}
	infos, errs := c.manifests(c.f.list("filename"))
	if force && len(errs) == 0 {
		c.forceReplace(infos, f, validation)
		return
	}
	count := 0
	each(len(infos), func(i int, next func()) {
		in := infos[i]
		obj, err := c.object(in, validation)
		if err != nil {
			errs = append(errs, withSource("replacing", in.source, err))
			next()
			return
		}
		if c.f.bool("save-config") {
			setLastApplied(obj, in.raw)
		}
		count++
		if dry == "client" {
			in.obj = obj
			c.did(f, in, "replaced", dry)
			next()
			return
		}
		c.do(&api.Request{Verb: api.Update, Resource: in.res, Subresource: c.f.str("subresource"), Namespace: in.ns, Name: in.name, Object: obj,
			FieldManager: "kubectl-replace", FieldValidation: validation, DryRun: dry == "server"}, func(r *api.Response) {
			if r.Err != nil {
				errs = append(errs, withSource("replacing", in.source, r.Err))
			} else {
				in.obj = r.Object
				c.did(f, in, "replaced", dry)
			}
			next()
		})
	}, func() {
		if count == 0 && len(errs) == 0 {
			errs = append(errs, errors.New("no objects passed to replace"))
		}
		c.end(errs...)
	})
}

// forceReplace deletes all the objects, waits until they are gone, and creates them anew.
func (c *cmd) forceReplace(infos []*info, f *format, validation string) {
	o := c.deleteOptionsFrom(true)
	if o.grace < 0 {
		o.grace = 0
	}
	timeout := c.f.duration("timeout")
	if timeout == 0 {
		timeout = 5 * time.Minute
	}
	var errs []error
	each(len(infos), func(i int, next func()) {
		c.delete(infos[i], o, func(_ api.Object, err error) {
			if err != nil && !isNotFound(err) {
				c.fail(withSource("deleting", infos[i].source, err))
				return
			}
			c.awaitGone(infos[i], "", timeout, func(err error) {
				if err != nil {
					c.fail(err)
					return
				}
				next()
			})
		})
	}, func() {
		each(len(infos), func(i int, next func()) {
			in := infos[i]
			obj, err := c.object(in, validation)
			if err != nil {
				errs = append(errs, err)
				next()
				return
			}
			c.create(in, obj, "none", "kubectl-replace", validation, func(err error) {
				if err != nil {
					errs = append(errs, err)
				} else {
					c.did(f, in, "replaced", "none")
				}
				next()
			})
		}, func() { c.end(errs...) })
	})
}
