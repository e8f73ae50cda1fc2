package addons

import (
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// Program is the name under which the installer runs on its host.
const Program = "addons"

// retryPeriod is how long it waits when the API server does not answer or refuses.
const retryPeriod = time.Second

// Install is the boot function of the installer: it creates what is not there, one object after the other.
func Install(a *sim.Actor, conf client.Config) {
	c := client.New(a, conf)
	objects := MetricsServer()
	var next func(i int)
	next = func(i int) {
		if i == len(objects) {
			return
		}
		o := objects[i]
		req := &api.Request{Verb: api.Create, Resource: api.ResourceOf(o), Namespace: o.GetNamespace(), Name: o.GetName(), Object: api.Copy(o)}
		c.Do(req, func(resp *api.Response) {
			if err := resp.Err; err != nil && !apierrors.IsAlreadyExists(err) {
				a.Periodic(retryPeriod, "retry addons", func() { next(i) })
				return
			}
			next(i + 1)
		})
	}
	next(0)
}
