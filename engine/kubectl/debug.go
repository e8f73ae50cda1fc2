package kubectl

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
)

func debugCommand() *command {
	return &command{name: "debug", use: "(POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]", short: "Create debugging sessions for troubleshooting workloads and nodes",
		flags: "filename/f:l arguments-only:b attach:b container/c:s copy-to:s replace:b env:a image:s keep-labels:b keep-annotations:b keep-liveness:b keep-readiness:b " +
			"keep-startup:b keep-init-containers:b=true set-image:a image-pull-policy:s stdin/i:b quiet/q:b same-node:b share-processes:b=true target:s tty/t:b " +
			"profile:s=general custom:s",
		run: runDebug}
}

// debugger is a debug under way (kubectl/pkg/cmd/debug).
type debugger struct {
	c         *cmd
	args      []string // the command
	setImages map[string]string
	env       []corev1.EnvVar
}

func runDebug(c *cmd) {
	d := &debugger{c: c, setImages: map[string]string{}}
	names := c.args
	if c.dash >= 0 && len(c.args) > c.dash {
		names, d.args = c.args[:c.dash], c.args[c.dash:]
	}
	if err := d.validate(names); err != nil {
		c.fail(err)
		return
	}
	if c.f.str("profile") == "legacy" {
		c.errf("--profile=legacy is deprecated and planned to be removed in v1.39. It is recommended to specify other profile, for example \"--profile=general\".\n")
	}
	visit := func(r *result) {
		if len(r.errs) > 0 {
			c.end(r.errs...)
			return
		}
		var err error
		each(len(r.infos), func(i int, next func()) {
			d.object(r.infos[i], func(e error) {
				if e != nil {
					err = e
					c.fail(err)
					return
				}
				next()
			})
		}, func() { c.end() })
	}
	if len(names) == 0 {
		c.gather(selection{table: c.table()}, func(r *result) { c.fresh(r, func() { visit(r) }) })
		return
	}
	for i, n := range names {
		if !strings.Contains(n, "/") {
			names[i] = "pods/" + n
		}
	}
	c.resolve(selection{args: names, table: c.table()}, visit)
}

// validate checks the flags in upstream's order.
func (d *debugger) validate(names []string) error {
	f := d.c.f
	image, container, copyTo := f.str("image"), f.str("container"), f.str("copy-to")
	for _, e := range f.list("env") {
		for _, pair := range strings.Split(e, ",") {
			k, v, ok := strings.Cut(pair, "=")
			if !ok {
				return fmt.Errorf("invalid argument %q for \"--env\" flag: %s must be formatted as key=value", e, pair)
			}
			d.env = append(d.env, corev1.EnvVar{Name: k, Value: v})
		}
	}
	for _, e := range f.list("set-image") {
		for _, pair := range strings.Split(e, ",") {
			k, v, ok := strings.Cut(pair, "=")
			if !ok {
				return fmt.Errorf("invalid argument %q for \"--set-image\" flag: %s must be formatted as key=value", e, pair)
			}
			d.setImages[k] = v
		}
	}
	switch f.str("profile") {
	case "legacy", "general", "baseline", "restricted", "netadmin", "sysadmin":
	default:
		return fmt.Errorf("unknown profile: %s", f.str("profile"))
	}
	if f.bool("attach") && image == "" && container == "" {
		return fmt.Errorf("you must specify --container or create a new container using --image in order to attach.")
	}
	switch {
	case f.str("custom") != "":
		return fmt.Errorf("--custom is not part of this kubectl: choose a --profile")
	case copyTo != "" && image == "" && len(d.setImages) == 0 && len(d.args) == 0:
		return fmt.Errorf("you must specify --image, --set-image or command arguments.")
	case copyTo != "" && len(d.args) > 0 && container == "" && image == "":
		return fmt.Errorf("you must specify an existing container or a new image when specifying args.")
	case copyTo != "":
	case f.bool("replace"):
		return fmt.Errorf("--replace may only be used with --copy-to.")
	case f.bool("same-node"):
		return fmt.Errorf("--same-node may only be used with --copy-to.")
	case len(d.setImages) > 0:
		return fmt.Errorf("--set-image may only be used with --copy-to.")
	case image == "":
		return fmt.Errorf("you must specify --image when not using --copy-to.")
	}
	switch {
	case image != "" && !isImage(image):
		return fmt.Errorf("invalid image name %q: invalid reference format", image)
	case len(names) == 0 && len(f.list("filename")) == 0:
		return fmt.Errorf("NAME or filename is required for debug")
	}
	switch p := f.str("image-pull-policy"); p {
	case "Always", "IfNotPresent", "Never", "":
	default:
		return fmt.Errorf("invalid image pull policy: %s", p)
	}
	for _, name := range sortedNames(d.setImages) {
		if image := d.setImages[name]; !isImage(image) {
			return fmt.Errorf("invalid image name %q for container %q: invalid reference format", image, name)
		}
	}
	if target := f.str("target"); target != "" {
		if copyTo != "" {
			return fmt.Errorf("--target is incompatible with --copy-to. Use --share-processes instead.")
		}
		d.say("Targeting container %q. If you don't see processes from this container it may be because the container runtime doesn't support this feature.\n", target)
	}
	if f.bool("tty") && !f.bool("stdin") {
		return fmt.Errorf("-i/--stdin is required for containers with -t/--tty=true")
	}
	return nil
}

func sortedNames(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func (d *debugger) say(format string, a ...any) {
	if !d.c.f.bool("quiet") {
		d.c.printf(format, a...)
	}
}

// object makes what debugs an object, and attaches to it.
func (d *debugger) object(in *info, done func(error)) {
	then := func(pod *corev1.Pod, container string, err error) {
		if err != nil || container == "" || !d.c.f.bool("attach") && (d.c.f.changed("attach") || !d.c.f.bool("stdin")) {
			done(err)
			return
		}
		d.attach(pod, container, done)
	}
	switch o := in.obj.(type) {
	case *corev1.Node:
		pod, err := d.nodePod(o)
		if err != nil {
			done(err)
			return
		}
		d.send(&api.Request{Verb: api.Create, Namespace: d.c.ns, Name: pod.Name, Object: pod}, pod.Spec.Containers[0].Name, then)
	case *corev1.Pod:
		if d.c.f.str("copy-to") != "" {
			d.copy(o, then)
			return
		}
		d.ephemeral(o, then)
	default:
		done(fmt.Errorf("%q not supported by debug", in.res.GVK()))
	}
}

func (d *debugger) send(req *api.Request, container string, then func(*corev1.Pod, string, error)) {
	req.Resource, req.FieldManager = api.Pods, "kubectl-debug"
	d.c.do(req, func(r *api.Response) {
		pod, _ := r.Object.(*corev1.Pod)
		then(pod, container, r.Err)
	})
}

// ephemeral adds an ephemeral container to a pod.
func (d *debugger) ephemeral(pod *corev1.Pod, then func(*corev1.Pod, string, error)) {
	f := d.c.f
	name := d.newName(pod)
	spec := corev1.Container{Name: name, Env: d.env, Image: f.str("image"), ImagePullPolicy: corev1.PullPolicy(f.str("image-pull-policy")),
		Stdin: f.bool("stdin"), TTY: f.bool("tty"), TerminationMessagePolicy: corev1.TerminationMessageReadFile}
	if f.bool("arguments-only") {
		spec.Args = d.args
	} else {
		spec.Command = d.args
	}
	d.profile(nil, &spec, debugEphemeral)
	if d.warns(pod, &spec) {
		d.c.errf("%s", debugWarning)
	}
	added := corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon(spec), TargetContainerName: f.str("target")}
	var order []map[string]string
	for i := range pod.Spec.EphemeralContainers {
		order = append(order, map[string]string{"name": pod.Spec.EphemeralContainers[i].Name})
	}
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"ephemeralContainers": []corev1.EphemeralContainer{added},
		"$setElementOrder/ephemeralContainers": append(order, map[string]string{"name": name})}})
	if err != nil {
		then(nil, "", err)
		return
	}
	d.send(&api.Request{Verb: api.Patch, Subresource: "ephemeralcontainers", Namespace: pod.Namespace, Name: pod.Name,
		PatchType: types.StrategicMergePatchType, Patch: patch}, name, then)
}

// copy makes a copy of a pod, with another container or with one changed.
func (d *debugger) copy(pod *corev1.Pod, then func(*corev1.Pod, string, error)) {
	f := d.c.f
	made := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: f.str("copy-to"), Namespace: pod.Namespace, Annotations: pod.Annotations, Labels: pod.Labels},
		Spec: *pod.Spec.DeepCopy()}
	spec := &made.Spec
	spec.EphemeralContainers = nil
	if f.changed("share-processes") {
		share := f.bool("share-processes")
		spec.ShareProcessNamespace = &share
	}
	if !f.bool("same-node") {
		spec.NodeName = ""
	}
	for i := range spec.Containers {
		ctr := &spec.Containers[i]
		if image := d.setImages[ctr.Name]; image != "" {
			ctr.Image = image
		} else if image := d.setImages["*"]; image != "" {
			ctr.Image = image
		}
	}
	name := f.str("container")
	var ctr *corev1.Container
	for _, list := range [...][]corev1.Container{spec.Containers, spec.InitContainers} {
		if i := slices.IndexFunc(list, func(x corev1.Container) bool { return x.Name == name }); i >= 0 {
			ctr = &list[i]
		}
	}
	create := func(container string) {
		d.send(&api.Request{Verb: api.Create, Namespace: made.Namespace, Name: made.Name, Object: made}, container, func(p *corev1.Pod, container string, err error) {
			if err != nil || !f.bool("replace") {
				then(p, container, err)
				return
			}
			now := int64(0)
			d.c.do(&api.Request{Verb: api.Delete, Resource: api.Pods, Namespace: pod.Namespace, Name: pod.Name, GracePeriodSeconds: &now}, func(r *api.Response) {
				then(p, container, r.Err)
			})
		})
	}
	if ctr == nil {
		if f.str("image") == "" {
			if len(d.setImages) > 0 {
				create("") // its images only
				return
			}
			then(nil, "", fmt.Errorf("you must specify image when creating new container"))
			return
		}
		name = d.newName(made)
		spec.Containers = append(spec.Containers, corev1.Container{Name: name, TerminationMessagePolicy: corev1.TerminationMessageReadFile})
		ctr = &spec.Containers[len(spec.Containers)-1]
	}
	if len(d.args) > 0 {
		if f.bool("arguments-only") {
			ctr.Args = d.args
		} else {
			ctr.Command, ctr.Args = d.args, nil
		}
	}
	if len(d.env) > 0 {
		ctr.Env = d.env
	}
	if image := f.str("image"); image != "" {
		ctr.Image = image
	}
	if p := f.str("image-pull-policy"); p != "" {
		ctr.ImagePullPolicy = corev1.PullPolicy(p)
	}
	ctr.Stdin, ctr.TTY = f.bool("stdin"), f.bool("tty")
	d.profile(made, ctr, debugCopy)
	if d.warns(made, ctr) {
		d.c.errf("%s", debugWarning)
	}
	create(name)
}

// nodePod is a pod in the namespaces of a node.
func (d *debugger) nodePod(node *corev1.Node) (*corev1.Pod, error) {
	f := d.c.f
	name := f.str("container")
	if name == "" {
		name = "debugger"
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: "node-debugger-" + node.Name + "-" + d.suffix(), Namespace: d.c.ns, Labels: map[string]string{"app.kubernetes.io/managed-by": "kubectl-debug"}},
		Spec: corev1.PodSpec{
			Containers: []corev1.Container{{Name: name, Env: d.env, Image: f.str("image"), ImagePullPolicy: corev1.PullPolicy(f.str("image-pull-policy")),
				Stdin: f.bool("stdin"), TTY: f.bool("tty"), TerminationMessagePolicy: corev1.TerminationMessageReadFile}},
			NodeName: node.Name, RestartPolicy: corev1.RestartPolicyNever, Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
		}}
	d.say("Creating debugging pod %s with container %s on node %s.\n", pod.Name, name, node.Name)
	ctr := &pod.Spec.Containers[0]
	if f.bool("arguments-only") {
		ctr.Args = d.args
	} else {
		ctr.Command = d.args
	}
	d.profile(pod, ctr, debugNode)
	return pod, nil
}

// newName is the container's name: the one asked for, or one that no other has.
func (d *debugger) newName(pod *corev1.Pod) string {
	if name := d.c.f.str("container"); name != "" {
		return name
	}
	name := ""
	for name == "" {
		name = "debugger-" + d.suffix()
		if spec, _ := containerOf(pod, name); spec.Name != "" {
			name = ""
		}
	}
	d.say("Defaulting debug container name to %s.\n", name)
	return name
}

// suffix is utilrand.String(5).
func (d *debugger) suffix() string {
	const alphabet = "bcdfghjklmnpqrstvwxz2456789"
	var b [5]byte
	for i := range b {
		b[i] = alphabet[d.c.sh.a.Rand().IntN(len(alphabet))]
	}
	return string(b[:])
}
