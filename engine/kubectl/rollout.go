package kubectl

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
)

func rolloutCommand() *command {
	common := printFlags + fileFlags + selectorFlags
	return &command{name: "rollout", use: "SUBCOMMAND", short: "Manage the rollout of a resource", subs: []*command{
		{name: "history", use: "(TYPE NAME | TYPE/NAME)", short: "View rollout history", flags: common + "revision:i=0", run: rolloutHistory},
		{name: "pause", use: "RESOURCE", short: "Mark the provided resource as paused", flags: common + "field-manager:s", run: rolloutPause},
		{name: "restart", use: "RESOURCE", short: "Restart a resource", flags: common + "field-manager:s", run: rolloutRestart},
		{name: "resume", use: "RESOURCE", short: "Resume a paused resource", flags: common + "field-manager:s", run: rolloutResume},
		{name: "status", use: "(TYPE NAME | TYPE/NAME)", short: "Show the status of the rollout", flags: fileFlags + selectorFlags + "watch/w:b=true revision:i=0 timeout:d=0s", run: rolloutStatus},
		{name: "undo", use: "(TYPE NAME | TYPE/NAME)", short: "Undo a previous rollout", flags: common + "to-revision:i=0 dry-run:s=none?unchanged", run: rolloutUndo},
	}}
}

// rolloutTargets resolves what a rollout subcommand works on.
func (c *cmd) rolloutTargets(then func(*result)) {
	if len(c.args) == 0 && len(c.f.list("filename")) == 0 {
		c.failf("required resource not specified")
		return
	}
	c.gather(c.selectionFromFlags(c.args), func(r *result) { c.fresh(r, func() { then(r) }) })
}

func (c *cmd) nothingFound() { c.errf("No resources found in %s namespace.\n", c.ns) }

func rolloutStatus(c *cmd) {
	if n := c.f.int("revision"); n < 0 {
		c.failf("revision must be a positive integer: %v", n)
		return
	}
	c.rolloutTargets(func(r *result) {
		if len(r.infos) == 0 {
			if len(r.errs) == 0 {
				c.nothingFound()
			}
			c.end(r.errs...)
			return
		}
		errs := r.errs
		each(len(r.infos), func(i int, next func()) {
			c.followRollout(r.infos[i], func(err error) {
				if err != nil {
					errs = append(errs, err)
				}
				next()
			})
		}, func() { c.end(errs...) })
	})
}

func (c *cmd) followRollout(in *info, then func(error)) {
	over := false
	stop, timer := func() {}, func() {}
	finish := func(err error) {
		if !over {
			over = true
			stop()
			timer()
			then(err)
		}
	}
	if timeout := c.f.duration("timeout"); timeout > 0 {
		t := c.after(timeout, "timeout", func() { finish(errors.New("timed out waiting for the condition")) })
		timer = func() { t.Stop() }
	}
	stop = c.observe(in.res, in.ns, in.name, func(obj api.Object) {
		if over {
			return
		}
		if obj == nil {
			finish(errors.New("object has been deleted"))
			return
		}
		text, done, err := rolloutState(in.res, obj, c.f.int("revision"))
		if err != nil {
			finish(err)
			return
		}
		c.out(text)
		if done || !c.f.bool("watch") {
			finish(nil)
		}
	}, finish)
}

// rolloutState says how far a rollout is.
// Upstream: k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go.
func rolloutState(res *api.Resource, obj api.Object, revision int64) (text string, done bool, err error) {
	switch o := obj.(type) {
	case *appsv1.Deployment:
		return deploymentState(o, revision)
	case *appsv1.DaemonSet:
		return daemonSetState(o)
	case *appsv1.StatefulSet:
		return statefulSetState(o)
	}
	return "", false, fmt.Errorf("no status viewer has been implemented for %v", res.GVK().GroupKind())
}

func deploymentState(d *appsv1.Deployment, revision int64) (string, bool, error) {
	if revision > 0 {
		have, err := revisionOf(d)
		if err != nil {
			return "", false, fmt.Errorf("cannot get the revision of deployment %q: %v", d.Name, err)
		}
		if have != revision {
			return "", false, fmt.Errorf("desired revision (%d) is different from the running revision (%d)", revision, have)
		}
	}
	if d.Generation > d.Status.ObservedGeneration {
		return "Waiting for deployment spec update to be observed...\n", false, nil
	}
	for i := range d.Status.Conditions {
		if cond := &d.Status.Conditions[i]; cond.Type == appsv1.DeploymentProgressing && cond.Reason == "ProgressDeadlineExceeded" {
			return "", false, fmt.Errorf("deployment %q exceeded its progress deadline", d.Name)
		}
	}
	s := &d.Status
	waiting := fmt.Sprintf("Waiting for deployment %q rollout to finish: ", d.Name)
	switch {
	case d.Spec.Replicas != nil && s.UpdatedReplicas < *d.Spec.Replicas:
		return fmt.Sprintf("%s%d out of %d new replicas have been updated...\n", waiting, s.UpdatedReplicas, *d.Spec.Replicas), false, nil
	case s.Replicas > s.UpdatedReplicas:
		return fmt.Sprintf("%s%d old replicas are pending termination...\n", waiting, s.Replicas-s.UpdatedReplicas), false, nil
	case s.AvailableReplicas < s.UpdatedReplicas:
		return fmt.Sprintf("%s%d of %d updated replicas are available...\n", waiting, s.AvailableReplicas, s.UpdatedReplicas), false, nil
	}
	return fmt.Sprintf("deployment %q successfully rolled out\n", d.Name), true, nil
}

func daemonSetState(d *appsv1.DaemonSet) (string, bool, error) {
	if d.Spec.UpdateStrategy.Type != appsv1.RollingUpdateDaemonSetStrategyType {
		return "", true, errors.New("rollout status is only available for RollingUpdate strategy type")
	}
	s := &d.Status
	switch {
	case d.Generation > s.ObservedGeneration:
		return "Waiting for daemon set spec update to be observed...\n", false, nil
	case s.UpdatedNumberScheduled < s.DesiredNumberScheduled:
		return fmt.Sprintf("Waiting for daemon set %q rollout to finish: %d out of %d new pods have been updated...\n", d.Name, s.UpdatedNumberScheduled, s.DesiredNumberScheduled), false, nil
	case s.NumberAvailable < s.DesiredNumberScheduled:
		return fmt.Sprintf("Waiting for daemon set %q rollout to finish: %d of %d updated pods are available...\n", d.Name, s.NumberAvailable, s.DesiredNumberScheduled), false, nil
	}
	return fmt.Sprintf("daemon set %q successfully rolled out\n", d.Name), true, nil
}

func statefulSetState(d *appsv1.StatefulSet) (string, bool, error) {
	if d.Spec.UpdateStrategy.Type != appsv1.RollingUpdateStatefulSetStrategyType {
		return "", true, errors.New("rollout status is only available for RollingUpdate strategy type")
	}
	s := &d.Status
	if s.ObservedGeneration == 0 || d.Generation > s.ObservedGeneration {
		return "Waiting for statefulset spec update to be observed...\n", false, nil
	}
	if d.Spec.Replicas != nil && s.ReadyReplicas < *d.Spec.Replicas {
		return fmt.Sprintf("Waiting for %d pods to be ready...\n", *d.Spec.Replicas-s.ReadyReplicas), false, nil
	}
	if ru := d.Spec.UpdateStrategy.RollingUpdate; ru != nil {
		if d.Spec.Replicas != nil && ru.Partition != nil {
			if want := *d.Spec.Replicas - *ru.Partition; s.UpdatedReplicas < want {
				return fmt.Sprintf("Waiting for partitioned roll out to finish: %d out of %d new pods have been updated...\n", s.UpdatedReplicas, want), false, nil
			}
		}
		return fmt.Sprintf("partitioned roll out complete: %d new pods have been updated...\n", s.UpdatedReplicas), true, nil
	}
	if s.UpdateRevision != s.CurrentRevision {
		return fmt.Sprintf("waiting for statefulset rolling update to complete %d pods at revision %s...\n", s.UpdatedReplicas, s.UpdateRevision), false, nil
	}
	return fmt.Sprintf("statefulset rolling update complete %d pods at revision %s...\n", s.CurrentReplicas, s.CurrentRevision), true, nil
}

// patchEach patches every object of a rollout subcommand. edit gives the patch, nil for nothing to do.
func (c *cmd) patchEach(operation string, edit func(api.Object) (map[string]any, error)) {
	f, err := c.format(objectFormats)
	if err != nil {
		c.fail(err)
		return
	}
	c.rolloutTargets(func(r *result) {
		errs := r.errs
		if len(r.infos) == 0 && len(errs) == 0 {
			c.nothingFound()
			c.end()
			return
		}
		each(len(r.infos), func(i int, next func()) {
			in := r.infos[i]
			change, err := edit(in.obj)
			if err != nil {
				errs = append(errs, fmt.Errorf("error: %s %q %v", in.res.Qualified(), in.name, err))
				next()
				return
			}
			if change == nil {
				errs = append(errs, fmt.Errorf("failed to create patch for %v: if restart has already been triggered within the past second, please wait before attempting to trigger another", in.name))
				next()
				return
			}
			body, err := json.Marshal(change)
			if err != nil {
				errs = append(errs, err)
				next()
				return
			}
			c.do(&api.Request{Verb: api.Patch, Resource: in.res, Namespace: in.ns, Name: in.name, PatchType: types.StrategicMergePatchType, Patch: body,
				FieldManager: "kubectl-rollout"}, func(resp *api.Response) {
				if resp.Err != nil {
					errs = append(errs, fmt.Errorf("failed to patch: %v", resp.Err))
				} else {
					in.obj = resp.Object
					c.did(f, in, operation, "none")
				}
				next()
			})
		}, func() { c.end(errs...) })
	})
}

func rolloutPause(c *cmd) {
	c.patchEach("paused", func(o api.Object) (map[string]any, error) {
		d, ok := o.(*appsv1.Deployment)
		switch {
		case !ok:
			return nil, errors.New("pausing is not supported")
		case d.Spec.Paused:
			return nil, errors.New("is already paused")
		}
		return map[string]any{"spec": map[string]any{"paused": true}}, nil
	})
}

func rolloutResume(c *cmd) {
	c.patchEach("resumed", func(o api.Object) (map[string]any, error) {
		d, ok := o.(*appsv1.Deployment)
		switch {
		case !ok:
			return nil, errors.New("resuming is not supported")
		case !d.Spec.Paused:
			return nil, errors.New("is not paused")
		}
		return map[string]any{"spec": map[string]any{"paused": nil}}, nil
	})
}

func rolloutRestart(c *cmd) {
	at := c.sh.a.Wall().Format(time.RFC3339)
	const restarted = "kubectl.kubernetes.io/restartedAt"
	c.patchEach("restarted", func(o api.Object) (map[string]any, error) {
		var t *corev1.PodTemplateSpec
		switch o := o.(type) {
		case *appsv1.Deployment:
			if o.Spec.Paused {
				return nil, errors.New("can't restart paused deployment (run rollout resume first)")
			}
			t = &o.Spec.Template
		case *appsv1.DaemonSet:
			t = &o.Spec.Template
		case *appsv1.StatefulSet:
			t = &o.Spec.Template
		default:
			return nil, errors.New("restarting is not supported")
		}
		if t.Annotations[restarted] == at {
			return nil, nil // a restart is a new time, in seconds
		}
		return map[string]any{"spec": map[string]any{"template": map[string]any{"metadata": map[string]any{
			"annotations": map[string]any{restarted: at}}}}}, nil
	})
}

// replicaSetsOf lists the replica sets a deployment controls.
func (c *cmd) replicaSetsOf(d *appsv1.Deployment, then func([]*appsv1.ReplicaSet, error)) {
	sel, err := metav1.LabelSelectorAsSelector(d.Spec.Selector)
	if err != nil {
		then(nil, err)
		return
	}
	c.do(&api.Request{Verb: api.List, Resource: api.ReplicaSets, Namespace: d.Namespace, LabelSelector: sel}, func(r *api.Response) {
		var out []*appsv1.ReplicaSet
		for _, o := range r.Items {
			if rs, ok := o.(*appsv1.ReplicaSet); ok && metav1.IsControlledBy(rs, d) {
				out = append(out, rs)
			}
		}
		then(out, r.Err)
	})
}
