package kubectl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
)

func cordonCommand() *command {
	return &command{name: "cordon", use: "NODE", short: "Mark node as unschedulable", flags: selectorFlags + "dry-run:s=none?unchanged", run: func(c *cmd) {
		c.nodes(func(d *drainer) { d.cordon(true, func() { c.end() }) })
	}}
}

func uncordonCommand() *command {
	return &command{name: "uncordon", use: "NODE", short: "Mark node as schedulable", flags: selectorFlags + "dry-run:s=none?unchanged", run: func(c *cmd) {
		c.nodes(func(d *drainer) { d.cordon(false, func() { c.end() }) })
	}}
}

func drainCommand() *command {
	return &command{name: "drain", use: "NODE", short: "Drain node in preparation for maintenance",
		flags: selectorFlags + "dry-run:s=none?unchanged force:b ignore-daemonsets:b delete-emptydir-data:b delete-local-data:b grace-period:i=-1 timeout:d=0s " +
			"pod-selector:s disable-eviction:b skip-wait-for-delete-timeout:i=0 chunk-size:i=500",
		run: func(c *cmd) {
			c.nodes(func(d *drainer) { d.cordon(true, d.drainAll) })
		}}
}

// evictRetryDelay is how long drain waits after a disruption budget refused an eviction.
const evictRetryDelay = 5 * time.Second

// maxSilentRetries is client-go's limit for requests that the server wants to be asked again.
const maxSilentRetries = 10

func retryAfter(err error) time.Duration {
	seconds, ok := apierrors.SuggestsClientDelay(err)
	if !ok {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// drainer is one run of cordon, uncordon or drain.
type drainer struct {
	c     *cmd
	dry   string
	infos []*info
	// deadline ends all waiting; 0 means never.
	timeout time.Duration
	started time.Time
}

// nodes finds the nodes of the arguments.
func (c *cmd) nodes(then func(*drainer)) {
	dry, err := c.dryRun()
	sel := c.f.str("selector")
	switch {
	case err != nil:
		c.fail(err)
		return
	case len(c.args) == 0 && !c.f.changed("selector"):
		c.usageError("USAGE: %s NODE [flags]", c.spec.name)
		return
	case len(c.args) > 0 && sel != "":
		c.usageError("error: cannot specify both a node name and a --selector option")
		return
	}
	if _, err := parseLabels(c.f.str("pod-selector")); err != nil {
		c.failf("--pod-selector=<pod_selector> must be a valid label selector")
		return
	}
	var targets []target
	for _, a := range c.args {
		a = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(a, "nodes/"), "node/"), "no/")
		targets = append(targets, target{api.Nodes, a})
	}
	if len(targets) == 0 {
		targets = []target{{res: api.Nodes}}
	}
	c.read(selection{labels: sel}, targets, func(r *result) {
		if len(r.errs) > 0 {
			c.fail(r.errs[0])
			return
		}
		then(&drainer{c: c, dry: dry, infos: r.infos, timeout: c.f.duration("timeout"), started: c.sh.a.Wall()})
	})
}

func (d *drainer) say(in *info, what string) {
	d.c.printf("%s %s%s\n", in, what, dryRunSuffix(d.dry))
}

// cordon marks all the nodes, or takes the mark away.
func (d *drainer) cordon(desired bool, then func()) {
	un := ""
	if !desired {
		un = "un"
	}
	each(len(d.infos), func(i int, next func()) {
		in := d.infos[i]
		n := in.obj.(*corev1.Node)
		if n.Spec.Unschedulable == desired {
			d.say(in, "already "+un+"cordoned")
			next()
			return
		}
		if d.dry == "client" {
			d.say(in, un+"cordoned")
			next()
			return
		}
		var value any
		if desired {
			value = true
		}
		body, err := json.Marshal(map[string]any{"spec": map[string]any{"unschedulable": value}})
		if err != nil {
			d.c.fail(err)
			return
		}
		d.c.do(&api.Request{Verb: api.Patch, Resource: in.res, Name: in.name, PatchType: types.StrategicMergePatchType, Patch: body,
			FieldManager: "kubectl", DryRun: d.dry == "server"}, func(r *api.Response) {
			if r.Err != nil {
				d.c.errf("error: unable to %scordon node %q: %v\n", un, in.name, r.Err)
			} else {
				d.say(in, un+"cordoned")
			}
			next()
		})
	}, then)
}

func (d *drainer) drainAll() {
	var fatal []error
	var remaining []string
	each(len(d.infos), func(i int, next func()) {
		in := d.infos[i]
		d.drain(in, func(err error) {
			if err == nil {
				d.say(in, "drained")
			} else {
				d.c.errf("error: unable to drain node %q due to error: %s, continuing command...\n", in.name, err)
				fatal = append(fatal, err)
				remaining = append(remaining, in.name)
			}
			next()
		})
	}, func() {
		if len(remaining) > 0 {
			d.c.errf("There are pending nodes to be drained:\n")
			for _, name := range remaining {
				d.c.errf(" %s\n", name)
			}
		}
		d.c.end(fatal...)
	})
}

func (d *drainer) drain(in *info, done func(error)) {
	c := d.c
	d.victims(in.name, func(v victims, err error) {
		if err == nil {
			err = aggregate(v.errs)
		}
		if err != nil {
			done(err)
			return
		}
		if len(v.warnings) > 0 {
			c.errf("Warning: %s\n", strings.Join(v.warnings, "; "))
		}
		if d.dry == "client" {
			for _, p := range v.pods {
				c.printf("evicting pod %s/%s (dry run)\n", p.Namespace, p.Name)
			}
			done(nil)
			return
		}
		// All pods leave at the same time; the node is drained when the last is gone.
		left := len(v.pods)
		var errs []error
		finish := func(err error) {
			if err != nil {
				errs = append(errs, err)
			}
			if left--; left > 0 {
				return
			}
			if err := aggregate(errs); err != nil {
				d.pending(in, err, done)
				return
			}
			done(nil)
		}
		if left == 0 {
			done(nil)
			return
		}
		for _, p := range v.pods {
			if c.f.bool("disable-eviction") {
				d.remove(p, finish)
			} else {
				d.evict(p, finish)
			}
		}
	})
}

// pending names the pods that are still there after an error.
func (d *drainer) pending(in *info, cause error, done func(error)) {
	d.victims(in.name, func(v victims, err error) {
		if len(v.pods) > 0 {
			d.c.errf("There are pending pods in node %q when an error occurred: %v\n", in.name, cause)
			for _, p := range v.pods {
				d.c.errf("pod/%s\n", p.Name)
			}
		}
		if err == nil {
			err = aggregate(v.errs)
		}
		if err != nil {
			d.c.errf("Following errors occurred while getting the list of pods to delete:\n%s", err)
		}
		done(cause)
	})
}

// late tells that the time for the whole drain is over.
func (d *drainer) late() bool {
	return d.timeout > 0 && d.c.sh.a.Wall().Sub(d.started) >= d.timeout
}

func (d *drainer) deleteOptions() *metav1.DeleteOptions {
	o := &metav1.DeleteOptions{}
	if g := d.c.f.int("grace-period"); g >= 0 {
		o.GracePeriodSeconds = &g
	}
	if d.dry == "server" {
		o.DryRun = []string{metav1.DryRunAll}
	}
	return o
}

// evict asks for an eviction until it is granted, and then waits for the pod to go.
func (d *drainer) evict(p *corev1.Pod, done func(error)) {
	c := d.c
	c.printf("evicting pod %s/%s%s\n", p.Namespace, p.Name, dryRunSuffix(d.dry))
	if d.late() {
		done(fmt.Errorf("error when evicting pods/%q -n %q: global timeout reached: %v", p.Name, p.Namespace, d.timeout))
		return
	}
	d.ask(p, 0, done)
}

// ask sends an eviction. A server that says when to come back is asked again by then, without a word, as client-go does.
func (d *drainer) ask(p *corev1.Pod, retries int, done func(error)) {
	c := d.c
	ev := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: p.Namespace}, DeleteOptions: d.deleteOptions()}
	c.do(&api.Request{Verb: api.Create, Resource: api.Pods, Subresource: "eviction", Namespace: p.Namespace, Name: p.Name, Object: ev, DryRun: d.dry == "server"}, func(r *api.Response) {
		terminating := apierrors.IsForbidden(r.Err) && apierrors.HasStatusCause(r.Err, corev1.NamespaceTerminatingCause)
		switch {
		case apierrors.IsNotFound(r.Err):
			done(nil)
		case r.Err == nil, terminating && p.DeletionTimestamp != nil:
			if d.dry == "server" {
				done(nil)
				return
			}
			d.await(p, "evicted", done)
		case apierrors.IsTooManyRequests(r.Err) && retryAfter(r.Err) > 0 && retries < maxSilentRetries:
			c.after(retryAfter(r.Err), "retry eviction", func() { d.ask(p, retries+1, done) })
		case apierrors.IsTooManyRequests(r.Err):
			c.errf("error when evicting pods/%q -n %q (will retry after %v): %v\n", p.Name, p.Namespace, evictRetryDelay, r.Err)
			d.again(p, done)
		case terminating:
			c.errf("error when evicting pod %q from terminating namespace %q (will retry after %v): %v\n", p.Name, p.Namespace, evictRetryDelay, r.Err)
			d.again(p, done)
		default:
			done(fmt.Errorf("error when evicting pods/%q -n %q: %v", p.Name, p.Namespace, r.Err))
		}
	})
}

func (d *drainer) again(p *corev1.Pod, done func(error)) {
	d.c.after(evictRetryDelay, "retry eviction", func() {
		d.c.do(&api.Request{Verb: api.Get, Resource: api.Pods, Namespace: p.Namespace, Name: p.Name}, func(r *api.Response) {
			if fresh, ok := r.Object.(*corev1.Pod); ok && r.Err == nil {
				p = fresh
			}
			d.evict(p, done)
		})
	})
}

// remove deletes a pod without asking the budgets (--disable-eviction).
func (d *drainer) remove(p *corev1.Pod, done func(error)) {
	req := &api.Request{Verb: api.Delete, Resource: api.Pods, Namespace: p.Namespace, Name: p.Name, DryRun: d.dry == "server"}
	req.GracePeriodSeconds = d.deleteOptions().GracePeriodSeconds
	d.c.do(req, func(r *api.Response) {
		switch {
		case r.Err != nil && !apierrors.IsNotFound(r.Err):
			done(r.Err)
		case d.dry == "server":
			done(nil)
		default:
			d.await(p, "deleted", done)
		}
	})
}

// await looks once a second whether the pod is gone.
func (d *drainer) await(p *corev1.Pod, what string, done func(error)) {
	c := d.c
	wrap := func(err error) error {
		return fmt.Errorf("error when waiting for pod %q in namespace %q to terminate: %v", p.Name, p.Namespace, err)
	}
	c.do(&api.Request{Verb: api.Get, Resource: api.Pods, Namespace: p.Namespace, Name: p.Name}, func(r *api.Response) {
		now, _ := r.Object.(*corev1.Pod)
		switch {
		case apierrors.IsNotFound(r.Err), r.Err == nil && now != nil && now.UID != p.UID:
			c.printf("pod/%s %s\n", p.Name, what)
			done(nil)
		case r.Err != nil:
			done(wrap(r.Err))
		case now != nil && d.skips(now):
			c.printf("pod %q has DeletionTimestamp older than %v seconds, skipping\n", p.Name, c.f.int("skip-wait-for-delete-timeout"))
			done(nil)
		case d.late():
			done(wrap(errors.New("global timeout reached: " + d.timeout.String())))
		default:
			c.after(time.Second, "wait for pod", func() { d.await(p, what, done) })
		}
	})
}
