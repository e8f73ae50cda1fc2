package kubectl

import (
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
)

// observe follows one object: see gets it as it is now and after each change, nil when it is not (or no longer) there.
// A stream that breaks is opened anew. failed gets an error that makes that pointless.
func (c *cmd) observe(res *api.Resource, ns, name string, see func(api.Object), failed func(error)) (stop func()) {
	stopped := false
	unwatch := func() {}
	stop = func() {
		stopped = true
		unwatch()
	}
	only := fields.OneTermEqualSelector("metadata.name", name)
	var open func()
	open = func() {
		c.do(&api.Request{Verb: api.List, Resource: res, Namespace: ns, FieldSelector: only}, func(r *api.Response) {
			if stopped {
				return
			}
			if r.Err != nil {
				if _, ok := r.Err.(apierrors.APIStatus); ok {
					failed(r.Err)
					return
				}
				c.after(time.Second, "retry", func() {
					if !stopped {
						open()
					}
				})
				return
			}
			if len(r.Items) == 0 {
				see(nil)
			} else {
				see(r.Items[0])
			}
			if stopped || c.over {
				return
			}
			unwatch = c.watch(&api.Request{Resource: res, Namespace: ns, FieldSelector: only, ResourceVersion: r.ResourceVersion}, func(e api.WatchEvent) {
				if stopped {
					return
				}
				switch e.Type {
				case watch.Added, watch.Modified:
					see(e.Object)
				case watch.Deleted:
					see(nil)
				}
			}, func(error) {
				c.after(time.Second, "retry", func() {
					if !stopped {
						open()
					}
				})
			})
		})
	}
	open()
	return stop
}
