package apiserver

import (
	"time"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/sim"
)

// creation is a create on its way through admission, strategy, validation and quota to the store. Its steps follow one
// another at once, but where a webhook answers or a quota pays.
type creation struct {
	s         *Server
	k         *cacher
	by        *sim.Actor
	reply     func(*api.Response)
	generated bool
	a         attributes
	release   func() // gives back the addresses and ports that were promised
	waited    int    // how often something was looked for again
}

func (c *creation) fail(err error) {
	if c.release != nil {
		c.release()
	}
	c.reply(&api.Response{Err: err, Warnings: c.a.warnings})
}

// maxWaits is how often the default account of a namespace is looked for again (numAttempts of the ServiceAccount plugin).
const maxWaits = 10

// missingNamespaceWait is how long a namespace is waited for that is not there (NamespaceLifecycle).
const missingNamespaceWait = 50 * time.Millisecond

// admit runs the mutating plugins.
func (c *creation) admit() {
	s := c.s
	if err := s.escalation(c.a.req, c.a.obj, nil); err != nil {
		c.fail(err)
		return
	}
	if err := s.admitCreate(&c.a); err != nil {
		if !c.again(err) {
			c.fail(err)
		}
		return
	}
	if s.adm.hooked {
		s.callMutating(&c.a, func() error { return s.admitCreate(&c.a) }, func(err error) {
			if err != nil {
				c.fail(err)
				return
			}
			s.specs.hit = nil // the pod may be another by now, and the cache may have served others
			c.validate()
		})
		return
	}
	c.validate()
}

// again looks once more for what admission did not find: another API server may have made it a moment ago. And a pod that
// comes right after its namespace is held until the controller has made the namespace's account.
func (c *creation) again(err error) bool {
	s, behind, early := c.s, c.a.behind, c.a.early
	c.a.behind, c.a.early = nil, false
	retry := func() {
		s.kinds[behind].fresh(c.admit, func(error) { c.fail(err) })
	}
	switch {
	case behind == nil || c.waited >= maxWaits || c.waited > 0 && !early:
		return false
	case behind == api.Namespaces:
		s.a.After(missingNamespaceWait, "wait for namespace", retry)
	case c.waited > 0:
		s.a.After(time.Duration(100+s.rng.IntN(100))*time.Millisecond, "wait for service account", retry)
	default:
		retry()
	}
	c.waited++
	return true
}

// validate runs the strategy, validation and the validating plugins.
func (c *creation) validate() {
	s, obj := c.s, c.a.obj
	c.a.naming = false
	defaults.PrepareForCreate(obj)
	noteRequester(c.a.req, obj)
	var err error
	if c.release, err = s.alloc.create(obj, c.a.req.DryRun); err != nil {
		c.fail(err)
		return
	}
	errs, warns := s.specs.validateCreate(obj)
	if len(errs) > 0 {
		c.fail(invalid(c.k.r, obj.GetName(), errs))
		return
	}
	c.a.warnings = append(c.a.warnings, warns...)
	if err := s.validateAdmission(&c.a); err != nil {
		c.fail(err)
		return
	}
	if s.adm.hooked {
		s.callValidating(&c.a, func(err error) {
			if err != nil {
				c.fail(err)
				return
			}
			c.pay()
		})
		return
	}
	c.pay()
}

// pay charges the namespace's quotas, if it has any.
func (c *creation) pay() {
	if !c.s.charged(&c.a) {
		c.store()
		return
	}
	c.s.charge(&c.a, func(err error) {
		if err != nil {
			c.fail(err)
			return
		}
		c.store()
	})
}

func (c *creation) store() {
	obj := c.a.obj
	if c.a.req.DryRun {
		c.release()
		c.reply(&api.Response{Object: obj, Created: true, Warnings: c.a.warnings})
		return
	}
	if o, ok := obj.(*api.Custom); ok && c.k.r.Custom.Webhook != nil {
		c.s.convertOne(o, c.k.r, func(stored api.Object, err error) {
			if err != nil {
				c.fail(err)
				return
			}
			c.insert(stored)
		})
		return
	}
	c.insert(obj)
}

func (c *creation) insert(obj api.Object) {
	c.s.insert(c.k, obj, c.by, c.generated, 1, func(resp *api.Response) {
		if resp.Err != nil {
			c.release()
		}
		resp.Warnings = c.a.warnings
		c.reply(resp)
	})
}
