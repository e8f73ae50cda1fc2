package kubectl

import (
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
)

func logsCommand() *command {
	return &command{name: "logs", alias: "log", use: "[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]", short: "Print the logs for a container in a pod",
		flags: selectorFlags + "follow/f:b previous/p:b timestamps:b tail:i=-1 since:d=0s since-time:s container/c:s all-containers:b all-pods:b limit-bytes:i=0 " +
			"prefix:b ignore-errors:b max-log-requests:i=5 pod-running-timeout:d=20s",
		run: runLogs}
}

// logSource is one container whose log is wanted.
type logSource struct {
	pod       *corev1.Pod
	container string
}

const logsUsage = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command"

func runLogs(c *cmd) {
	container := c.f.str("container")
	sel := c.f.str("selector")
	switch n := len(c.args); {
	case n == 0 && sel == "", n > 2:
		c.usageError("%s", logsUsage)
		return
	case n == 1 && sel != "":
		c.usageError("only a selector (-l) or a POD name is allowed")
		return
	case n == 2:
		if c.f.changed("container") {
			c.failf("only one of -c or an inline [CONTAINER] arg is allowed")
			return
		}
		container = c.args[1]
	}
	o, err := c.logOptions(container)
	if err != nil {
		c.fail(err)
		return
	}
	l := &logger{c: c, o: o, all: c.f.bool("all-containers"), prefix: c.f.bool("prefix") || c.f.bool("all-pods")}
	if sel != "" {
		c.resolve(selection{args: []string{"pods"}, labels: sel, typeImplied: true}, func(r *result) {
			if len(r.errs) > 0 {
				c.end(r.errs...)
				return
			}
			var pods []*corev1.Pod
			for _, in := range r.infos {
				pods = append(pods, in.obj.(*corev1.Pod))
			}
			if len(pods) == 0 {
				c.nothingFound()
			}
			l.pods(pods)
		})
		return
	}
	arg := c.args[0]
	if !strings.Contains(arg, "/") {
		arg = "pods/" + arg
	}
	c.resolve(selection{args: []string{arg}}, func(r *result) {
		if len(r.errs) > 0 {
			err := r.errs[0]
			if isNotFound(err) {
				err = fmt.Errorf("error from server (NotFound): %w in namespace %q", err, c.ns)
			}
			c.fail(err)
			return
		}
		l.object(r.infos[0])
	})
}

func (c *cmd) logOptions(container string) (*api.LogOptions, error) {
	o := &api.LogOptions{Container: container, Follow: c.f.bool("follow"), Previous: c.f.bool("previous"), Timestamps: c.f.bool("timestamps")}
	since, at := c.f.duration("since"), c.f.str("since-time")
	if at != "" {
		t, err := time.Parse(time.RFC3339, at)
		if err != nil {
			return nil, err
		}
		mt := metav1.NewTime(t)
		o.SinceTime = &mt
	}
	if since != 0 {
		n := int64(since.Round(time.Second).Seconds())
		o.SinceSeconds = &n
	}
	if n := c.f.int("limit-bytes"); n != 0 {
		o.LimitBytes = &n
	}
	tail := c.f.int("tail")
	if c.f.str("selector") != "" && !c.f.changed("tail") {
		tail = 10
	}
	if tail != -1 {
		o.TailLines = &tail
	}
	switch {
	case at != "" && since != 0:
		return nil, errors.New("at most one of `sinceTime` or `sinceSeconds` may be specified")
	case c.f.bool("all-containers") && container != "":
		return nil, fmt.Errorf("--all-containers=true should not be specified with container name %s", container)
	case o.LimitBytes != nil && *o.LimitBytes < 0:
		return nil, errors.New("--limit-bytes must be greater than 0")
	case o.SinceSeconds != nil && *o.SinceSeconds < 0:
		return nil, errors.New("--since must be greater than 0")
	case tail < -1:
		return nil, errors.New("--tail must be greater than or equal to -1")
	}
	return o, nil
}

// logger is one run of logs.
type logger struct {
	c      *cmd
	o      *api.LogOptions
	all    bool
	prefix bool
}

// object prints the log of a pod, or of a pod that a workload or Service selects.
func (l *logger) object(in *info) {
	c := l.c
	if p, ok := in.obj.(*corev1.Pod); ok {
		l.pods([]*corev1.Pod{p})
		return
	}
	sel, err := podsSelectedBy(in.obj)
	if err != nil {
		c.failf("cannot get the logs from %T: %v", in.obj, err)
		return
	}
	c.do(&api.Request{Verb: api.List, Resource: api.Pods, Namespace: in.ns, LabelSelector: sel}, func(r *api.Response) {
		pods := typed[*corev1.Pod](r.Items)
		switch {
		case r.Err != nil:
			c.fail(r.Err)
			return
		case len(pods) == 0:
			// Upstream watches for one until its timeout.
			c.after(c.f.duration("pod-running-timeout"), "no pod", func() { c.failf("timed out waiting for the condition") })
			return
		}
		sort.SliceStable(pods, func(i, j int) bool { return logsBefore(pods[i], pods[j]) })
		if len(pods) > 1 && !c.f.bool("all-pods") {
			c.errf("Found %v pods, using pod/%v\n", len(pods), pods[0].Name)
			pods = pods[:1]
		}
		l.pods(pods)
	})
}

// logsBefore prefers pods that run, are ready, and have been so for longest.
// Upstream: k8s.io/kubectl/pkg/util/podutils, ByLogging.
func logsBefore(a, b *corev1.Pod) bool {
	if (a.Spec.NodeName == "") != (b.Spec.NodeName == "") {
		return a.Spec.NodeName != ""
	}
	rank := map[corev1.PodPhase]int{corev1.PodPending: 0, corev1.PodUnknown: 1, corev1.PodRunning: 2}
	if rank[a.Status.Phase] != rank[b.Status.Phase] {
		return rank[a.Status.Phase] > rank[b.Status.Phase]
	}
	if ra, rb := api.PodReady(a), api.PodReady(b); ra != rb {
		return ra
	}
	return a.CreationTimestamp.Before(&b.CreationTimestamp)
}

// podsSelectedBy is the selector of the pods behind an object.
func podsSelectedBy(o api.Object) (labels.Selector, error) {
	switch o := o.(type) {
	case *appsv1.Deployment:
		return metav1.LabelSelectorAsSelector(o.Spec.Selector)
	case *appsv1.ReplicaSet:
		return metav1.LabelSelectorAsSelector(o.Spec.Selector)
	case *appsv1.StatefulSet:
		return metav1.LabelSelectorAsSelector(o.Spec.Selector)
	case *appsv1.DaemonSet:
		return metav1.LabelSelectorAsSelector(o.Spec.Selector)
	case *batchv1.Job:
		return metav1.LabelSelectorAsSelector(o.Spec.Selector)
	case *corev1.ReplicationController:
		return labels.SelectorFromSet(o.Spec.Selector), nil
	case *corev1.Service:
		if len(o.Spec.Selector) == 0 {
			return nil, fmt.Errorf("invalid service '%s': Service is defined without a selector", o.Name)
		}
		return labels.SelectorFromSet(o.Spec.Selector), nil
	}
	return nil, fmt.Errorf("selector for %T not implemented", o)
}

// pods prints the logs of pods, one after the other, or together if they are followed.
func (l *logger) pods(pods []*corev1.Pod) {
	c := l.c
	var sources []logSource
	for _, p := range pods {
		found, err := l.sources(p)
		if err != nil {
			c.fail(err)
			return
		}
		sources = append(sources, found...)
	}
	if l.o.Follow {
		if limit := c.f.int("max-log-requests"); int64(len(sources)) > limit && len(sources) > 1 {
			c.failf("you are attempting to follow %d log streams, but maximum allowed concurrency is %d, use --max-log-requests to increase the limit", len(sources), limit)
			return
		}
		left := len(sources)
		for _, s := range sources {
			l.follow(s, func(err error) {
				if err != nil {
					c.fail(err)
					return
				}
				if left--; left == 0 {
					c.end()
				}
			})
		}
		if left == 0 {
			c.end()
		}
		return
	}
	each(len(sources), func(i int, next func()) {
		l.once(sources[i], func(err error) {
			switch {
			case err != nil && c.f.bool("ignore-errors"):
				c.printf("error: %v\n", err)
			case err != nil:
				c.fail(err)
				return
			}
			next()
		})
	}, func() { c.end() })
}

func containerNames(p *corev1.Pod) string {
	var names []string
	for i := range p.Spec.Containers {
		names = append(names, p.Spec.Containers[i].Name)
	}
	for i := range p.Spec.EphemeralContainers {
		names = append(names, p.Spec.EphemeralContainers[i].Name+" (ephem)")
	}
	for i := range p.Spec.InitContainers {
		names = append(names, p.Spec.InitContainers[i].Name+" (init)")
	}
	return strings.Join(names, ", ")
}

// sources are the containers of a pod whose logs are wanted.
func (l *logger) sources(p *corev1.Pod) ([]logSource, error) {
	var all []logSource
	for i := range p.Spec.InitContainers {
		all = append(all, logSource{p, p.Spec.InitContainers[i].Name})
	}
	for i := range p.Spec.Containers {
		all = append(all, logSource{p, p.Spec.Containers[i].Name})
	}
	for i := range p.Spec.EphemeralContainers {
		all = append(all, logSource{p, p.Spec.EphemeralContainers[i].Name})
	}
	if l.all {
		return all, nil
	}
	name := l.o.Container
	if name == "" {
		name = p.Annotations["kubectl.kubernetes.io/default-container"]
		if name != "" && !strings.Contains(", "+containerNames(p)+",", ", "+name+",") {
			l.c.errf("Default container name %q not found in pod %s\n", name, p.Name)
			name = ""
		}
	}
	if name == "" && len(p.Spec.Containers) > 0 {
		name = p.Spec.Containers[0].Name
		if len(all) > 1 && !l.c.f.bool("all-pods") {
			l.c.errf("Defaulted container %q out of: %s\n", name, containerNames(p))
		}
	}
	for _, s := range all {
		if s.container == name {
			return []logSource{s}, nil
		}
	}
	return nil, fmt.Errorf("container %s is not valid for pod %s out of: %s", name, p.Name, containerNames(p))
}

func (l *logger) request(s logSource) *api.Request {
	o := *l.o
	o.Container = s.container
	return &api.Request{Verb: api.Get, Resource: api.Pods, Subresource: "log", Namespace: s.pod.Namespace, Name: s.pod.Name, Log: &o}
}

// write prints log text, with the source before each line if that was asked for.
func (l *logger) write(s logSource, text string) {
	if !l.prefix || text == "" {
		l.c.out(text)
		return
	}
	prefix := "[pod/" + s.pod.Name + "/" + s.container + "] "
	for _, line := range strings.SplitAfter(text, "\n") {
		if line != "" {
			l.c.out(prefix + line)
		}
	}
}

func (l *logger) once(s logSource, done func(error)) {
	l.c.do(l.request(s), func(r *api.Response) {
		if r.Err == nil {
			l.write(s, r.Text)
		}
		done(r.Err)
	})
}

// follow streams until the container is over.
func (l *logger) follow(s logSource, done func(error)) {
	l.c.watch(l.request(s), func(e api.WatchEvent) {
		if t, ok := e.Object.(*api.LogText); ok {
			l.write(s, t.Text)
		}
	}, func(err error) {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		done(err)
	})
}
