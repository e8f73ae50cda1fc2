package kubectl

import (
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tabernetes/engine/api"
)

func runCommand() *command {
	return &command{name: "run", use: "NAME --image=image [--env=\"key=value\"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]",
		short: "Run a particular image on the cluster",
		flags: createFlags + "image:s image-pull-policy:s env:a labels/l:s annotations:a port:s expose:b restart:s=Always command:b overrides:s override-type:s=merge " +
			"stdin/i:b tty/t:b attach:b rm:b quiet/q:b privileged:b leave-stdin-open:b detach-keys:s=ctrl-p,ctrl-q pod-running-timeout:d=1m0s " +
			"cascade:s=background?background grace-period:i=-1 force:b",
		run: runRun}
}

func runRun(c *cmd) {
	dry, f, validation, ok := c.createOptions()
	if !ok {
		return
	}
	image := c.f.str("image")
	switch {
	case len(c.args) == 0 || c.dash == 0:
		c.failf("NAME is required for run")
		return
	case image == "":
		c.failf("--image is required")
		return
	case !isImage(image):
		c.failf("invalid image name %q: invalid reference format", image)
		return
	case c.f.bool("tty") && !c.f.bool("stdin"):
		c.failf("-i/--stdin is required for containers with -t/--tty=true")
		return
	case c.f.bool("expose") && c.f.str("port") == "":
		c.failf("--port must be set when exposing a service")
		return
	}
	if err := c.checkAttached(dry); err != nil {
		c.fail(err)
		return
	}
	restart := corev1.RestartPolicy(c.f.str("restart"))
	switch restart {
	case corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever:
	default:
		c.usageError("invalid restart policy: %s", restart)
		return
	}
	pod, err := c.runPod(c.args[0], image, restart)
	if err != nil {
		c.fail(err)
		return
	}
	objs := []api.Object{pod}
	if c.f.bool("expose") {
		n := pod.Spec.Containers[0].Ports[0].ContainerPort
		objs = append(objs, &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: c.args[0]},
			Spec: corev1.ServiceSpec{
				Selector: pod.Labels,
				Ports:    []corev1.ServicePort{{Port: n, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromInt32(n)}},
			},
		})
	}
	over, err := c.override(pod)
	if err != nil {
		c.fail(err)
		return
	}
	objs[0] = over
	var done []*info
	var errs []error
	each(len(objs), func(i int, next func()) {
		in := &info{res: api.ResourceOf(objs[i]), ns: c.ns, name: objs[i].GetName()}
		if dry != "client" || c.nsSet {
			objs[i].SetNamespace(c.ns)
		}
		if c.f.bool("save-config") {
			setLastApplied(objs[i], content(in.res, objs[i], false))
		}
		c.create(in, objs[i], dry, "kubectl-run", validation, func(err error) {
			if err != nil {
				if i == 0 {
					c.fail(err)
					return
				}
				errs = append(errs, err)
			} else {
				done = append(done, in)
			}
			next()
		})
	}, func() {
		if c.attachesRun() {
			for _, err := range errs {
				c.errOut(errorText(err, c.sh.o.Server))
			}
			c.runAttached(done)
			return
		}
		for _, in := range done {
			c.did(f, in, "created", dry)
		}
		c.end(errs...)
	})
}

// isImage tells whether a name has the form of an image's, as far as mistakes go.
func isImage(image string) bool {
	return !strings.ContainsAny(image, " \t") && !strings.HasPrefix(image, "/") && !strings.HasSuffix(image, ":") && strings.ToLower(imagePath(image)) == imagePath(image)
}

// imagePath is an image's name without registry, tag and digest.
func imagePath(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if i := strings.LastIndexByte(image, '/'); i >= 0 {
		image = image[i+1:]
	}
	image, _, _ = strings.Cut(image, ":")
	return image
}

func (c *cmd) runPod(name, image string, restart corev1.RestartPolicy) (*corev1.Pod, error) {
	labels, err := parsePairs(c.f.str("labels"))
	if err != nil {
		return nil, err
	}
	if len(labels) == 0 {
		labels = map[string]string{"run": name}
	}
	container := corev1.Container{Name: name, Image: image, ImagePullPolicy: corev1.PullPolicy(c.f.str("image-pull-policy")),
		Stdin: c.f.bool("stdin"), StdinOnce: c.f.bool("stdin") && !c.f.bool("leave-stdin-open"), TTY: c.f.bool("tty")}
	if words := c.args[1:]; len(words) > 0 {
		if c.f.bool("command") {
			container.Command = words
		} else {
			container.Args = words
		}
	}
	for _, e := range c.f.list("env") {
		k, v, ok := strings.Cut(e, "=")
		if !ok || k == "" {
			return nil, fmt.Errorf("invalid env: %v", e)
		}
		container.Env = append(container.Env, corev1.EnvVar{Name: k, Value: v})
	}
	if text := c.f.str("port"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("--port must be a number")
		}
		container.Ports = []corev1.ContainerPort{{ContainerPort: int32(n)}}
	}
	if c.f.bool("privileged") {
		yes := true
		container.SecurityContext = &corev1.SecurityContext{Privileged: &yes}
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec: corev1.PodSpec{Containers: []corev1.Container{container}, DNSPolicy: corev1.DNSClusterFirst, RestartPolicy: restart}}
	for _, a := range c.f.list("annotations") {
		k, v, ok := strings.Cut(a, "=")
		if !ok {
			return nil, fmt.Errorf("invalid annotation: %v", a)
		}
		if pod.Annotations == nil {
			pod.Annotations = map[string]string{}
		}
		pod.Annotations[k] = v
	}
	return pod, nil
}
