package kubectl

import (
	"encoding/json"
	"fmt"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/api/jsonpath"
	"tabernetes/engine/api/patch"
)

func scaleCommand() *command {
	return &command{name: "scale", use: "[--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)",
		short: "Set a new size for a deployment, replica set, or replication controller",
		flags: printFlags + fileFlags + selectorFlags + "all:b replicas:i=-1 current-replicas:i=-1 resource-version:s timeout:d=0s dry-run:s=none?unchanged record:b",
		run:   runScale}
}

func runScale(c *cmd) {
	dry, err := c.dryRun()
	var f *format
	if err == nil {
		f, err = c.format(objectFormats)
	}
	replicas, current := c.f.int("replicas"), c.f.int("current-replicas")
	switch {
	case err != nil:
	case replicas < 0:
		err = fmt.Errorf("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
	case current < -1:
		err = fmt.Errorf("The --current-replicas must specify an integer of -1 or greater")
	}
	if err != nil {
		c.fail(err)
		return
	}
	s := c.selectionFromFlags(c.args)
	s.typeImplied = false
	c.gather(s, func(r *result) {
		c.fresh(r, func() {
			if len(r.infos) == 0 {
				if len(r.errs) > 0 {
					c.end(r.errs...)
					return
				}
				c.failf("no objects passed to scale")
				return
			}
			each(len(r.infos), func(i int, next func()) {
				c.scaleOne(r.infos[i], int32(replicas), current, dry, f, next)
			}, func() { c.end(r.errs...) })
		})
	})
}

// scaleOne scales one object; an error ends the command, as upstream does.
func (c *cmd) scaleOne(in *info, replicas int32, current int64, dry string, f *format, next func()) {
	if dry == "client" {
		in.obj = withReplicas(in, replicas)
		c.did(f, in, "scaled", dry)
		next()
		return
	}
	update := func(rv string) {
		scale := &autoscalingv1.Scale{
			ObjectMeta: metav1.ObjectMeta{Namespace: in.ns, Name: in.name, ResourceVersion: rv},
			Spec:       autoscalingv1.ScaleSpec{Replicas: replicas},
		}
		c.do(&api.Request{Verb: api.Update, Resource: in.res, Subresource: "scale", Namespace: in.ns, Name: in.name, Object: scale,
			FieldManager: "kubectl", DryRun: dry == "server"}, func(r *api.Response) {
			if r.Err != nil {
				c.fail(r.Err)
				return
			}
			in.obj = withReplicas(in, replicas)
			c.did(f, in, "scaled", dry)
			if timeout := c.f.duration("timeout"); timeout > 0 && dry == "none" {
				c.awaitScaled(in, replicas, timeout, next)
				return
			}
			next()
		})
	}
	wantRV := c.f.str("resource-version")
	if current < 0 && wantRV == "" {
		update("")
		return
	}
	c.do(&api.Request{Verb: api.Get, Resource: in.res, Subresource: "scale", Namespace: in.ns, Name: in.name}, func(r *api.Response) {
		if r.Err != nil {
			c.fail(r.Err)
			return
		}
		scale, ok := r.Object.(*autoscalingv1.Scale)
		switch {
		case !ok:
			c.failf("the server did not answer with a Scale")
		case current >= 0 && int64(scale.Spec.Replicas) != current:
			c.failf("Expected replicas to be %d, was %d", current, scale.Spec.Replicas)
		case wantRV != "" && scale.ResourceVersion != wantRV:
			c.failf("Expected resource version to be %s, was %s", wantRV, scale.ResourceVersion)
		default:
			update(scale.ResourceVersion)
		}
	})
}

// withReplicas is the object as it is printed after scaling.
func withReplicas(in *info, replicas int32) api.Object {
	typed := api.Copy(in.obj)
	typed.GetObjectKind().SetGroupVersionKind(in.res.GVK())
	body, err := json.Marshal(map[string]any{"spec": map[string]any{"replicas": replicas}})
	if err != nil {
		return in.obj
	}
	out, _, err := patch.Apply(types.MergePatchType, typed, body, "Ignore")
	if err != nil {
		return in.obj
	}
	return out.(api.Object)
}

// awaitScaled waits until as many replicas are there as were asked for.
func (c *cmd) awaitScaled(in *info, replicas int32, timeout time.Duration, next func()) {
	var stop func()
	timer := c.after(timeout, "timeout", func() {
		c.failf("timed out waiting for %q to be synced", in.name)
	})
	stop = c.observe(in.res, in.ns, in.name, func(obj api.Object) {
		if obj == nil {
			c.fail(notFound(in.res, in.name))
			return
		}
		m := content(in.res, obj, false)
		status, _ := m["status"].(map[string]any)
		have, _ := jsonpath.Number(status["replicas"])
		if int32(have) == replicas {
			timer.Stop()
			stop()
			next()
		}
	}, c.fail)
}
