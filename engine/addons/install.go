package addons

import (
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// Program is the name under which the installer runs on its host.
const Program = "addons"

// retry is the pause after an object could not be made, and between looks for a node.
const retry = 500 * time.Millisecond

// Install makes objects, one after the other, workloads when there is a node for them; done is called when all are there.
func Install(a *sim.Actor, conf client.Config, objects []api.Object, done func()) {
	c := client.New(a, conf)
	ready := false
	var next func(i int)
	later := func(i int) { a.Periodic(retry, "apply addons", func() { next(i) }) }
	next = func(i int) {
		if i == len(objects) {
			done()
			return
		}
		o := objects[i]
		if _, workload := o.(*appsv1.Deployment); workload && !ready {
			client.List(c, api.Nodes, "", nil, func(nodes []*corev1.Node, _ error) {
				if ready = slices.ContainsFunc(nodes, nodeReady); ready {
					next(i)
					return
				}
				later(i)
			})
			return
		}
		r := api.ResourceOf(o)
		c.Do(&api.Request{Verb: api.Create, Resource: r, Namespace: o.GetNamespace(), Name: o.GetName(), Object: o.DeepCopyObject().(api.Object)}, func(resp *api.Response) {
			if resp.Err != nil && !apierrors.IsAlreadyExists(resp.Err) {
				later(i)
				return
			}
			next(i + 1)
		})
	}
	later(0)
}

func nodeReady(n *corev1.Node) bool {
	return slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	})
}
