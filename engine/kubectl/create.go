package kubectl

import (
	"errors"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

const (
	printFlags    = "output/o:s template:s show-managed-fields:b allow-missing-template-keys:b=true "
	fileFlags     = "filename/f:l recursive/R:b kustomize/k:s "
	createFlags   = printFlags + "dry-run:s=none?unchanged save-config:b validate:s=strict?strict field-manager:s "
	selectorFlags = "selector/l:s "
)

func createCommand() *command {
	services := []*command{
		{name: "clusterip", use: "NAME [--tcp=<port>:<targetPort>]", short: "Create a ClusterIP service", flags: createFlags + "tcp:l clusterip:s", run: createService(corev1.ServiceTypeClusterIP)},
		{name: "externalname", use: "NAME --external-name external.name", short: "Create an ExternalName service", flags: createFlags + "tcp:l external-name:s", run: createService(corev1.ServiceTypeExternalName)},
		{name: "loadbalancer", use: "NAME [--tcp=port:targetPort]", short: "Create a LoadBalancer service", flags: createFlags + "tcp:l", run: createService(corev1.ServiceTypeLoadBalancer)},
		{name: "nodeport", use: "NAME [--tcp=port:targetPort]", short: "Create a NodePort service", flags: createFlags + "tcp:l node-port:i", run: createService(corev1.ServiceTypeNodePort)},
	}
	dataFlags := createFlags + "from-literal:a from-file:l from-env-file:l append-hash:b "
	return &command{name: "create", use: "-f FILENAME", short: "Create a resource from a file or from stdin",
		flags: createFlags + fileFlags + selectorFlags + "edit:b raw:s windows-line-endings:b", run: runCreate,
		subs: []*command{
			{name: "configmap", alias: "cm", use: "NAME [--from-file=[key=]source] [--from-literal=key1=value1]", short: "Create a config map from a local file, directory or literal value", flags: dataFlags, run: createConfigMap},
			{name: "deployment", alias: "deploy", use: "NAME --image=image -- [COMMAND] [args...]", short: "Create a deployment with the specified name", flags: createFlags + "image:l replicas/r:i=1 port:i=-1", run: createDeployment},
			{name: "namespace", alias: "ns", use: "NAME", short: "Create a namespace with the specified name", flags: createFlags, run: createNamespace},
			createPriorityClassCommand(),
			createQuotaCommand(),
			{name: "secret", use: "(docker-registry | generic | tls)", short: "Create a secret using a specified subcommand", subs: []*command{
				{name: "docker-registry", use: "NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source]",
					short: "Create a secret for use with a Docker registry", flags: createFlags + "docker-username:s docker-password:s docker-email:s docker-server:s=https://index.docker.io/v1/ from-file:l", run: createRegistrySecret},
				{name: "generic", use: "NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1]", short: "Create a secret from a local file, directory, or literal value", flags: dataFlags + "type:s", run: createSecret},
				{name: "tls", use: "NAME --cert=path/to/cert/file --key=path/to/key/file", short: "Create a TLS secret", flags: createFlags + "cert:s key:s", run: createTLSSecret},
			}},
			{name: "service", alias: "svc", use: "(clusterip | externalname | loadbalancer | nodeport)", short: "Create a service using a specified subcommand", subs: services},
			{name: "serviceaccount", alias: "sa", use: "NAME", short: "Create a service account with the specified name", flags: createFlags, run: createServiceAccount},
			createJobCommand(), createCronJobCommand(), createDisruptionBudgetCommand(),
			createTokenCommand(), createIngressCommand(), createRoleCommand(), createClusterRoleCommand(), createRoleBindingCommand(), createClusterRoleBindingCommand(),
		}}
}

// runCreate is create -f.
func runCreate(c *cmd) {
	files := c.f.list("filename")
	if len(files) == 0 {
		c.errf("Error: must specify one of -f and -k\n\n")
		if len(c.args) > 0 {
			c.usageError("unknown command %q", strings.Join(c.args, " "))
			return
		}
		c.help()
		return
	}
	if len(c.args) > 0 {
		c.usageError("Unexpected args: %v", c.args)
		return
	}
	if c.f.str("raw") != "" {
		err := c.rawConflicts(files)
		switch {
		case c.f.bool("edit"):
			err = errors.New("--raw and --edit are mutually exclusive")
		case err == nil && c.f.str("selector") != "":
			err = errors.New("--raw and --selector (-l) are mutually exclusive")
		}
		if err != nil {
			c.fail(err)
			return
		}
		c.raw("POST", files)
		return
	}
	if c.f.bool("edit") {
		createEdited(c)
		return
	}
	dry, f, validation, ok := c.createOptions()
	if !ok {
		return
	}
	sel, err := parseLabels(c.f.str("selector"))
	if err != nil {
		c.fail(err)
		return
	}
	infos, errs := c.manifests(files)
	count := 0
	each(len(infos), func(i int, next func()) {
		in := infos[i]
		obj, err := c.object(in, validation)
		if err != nil {
			errs = append(errs, withSource("creating", in.source, err))
			next()
			return
		}
		if sel != nil && !sel.Matches(labelMap(obj.GetLabels())) {
			next()
			return
		}
		if c.f.bool("save-config") {
			setLastApplied(obj, in.raw)
		}
		c.create(in, obj, dry, "kubectl-create", validation, func(err error) {
			if err != nil {
				errs = append(errs, withSource("creating", in.source, err))
			} else {
				count++
				c.did(f, in, "created", dry)
			}
			next()
		})
	}, func() {
		if count == 0 && len(errs) == 0 {
			errs = append(errs, errors.New("no objects passed to create"))
		}
		c.end(errs...)
	})
}

// createOptions reads what all kinds of create share.
func (c *cmd) createOptions() (dry string, f *format, validation string, ok bool) {
	dry, err := c.dryRun()
	if err == nil {
		f, err = c.format(objectFormats)
	}
	if err == nil {
		validation, err = c.validation()
	}
	if err != nil {
		c.fail(err)
		return "", nil, "", false
	}
	return dry, f, validation, true
}

// labelMap is labels.Labels without importing its constructor everywhere.
type labelMap map[string]string

func (m labelMap) Has(k string) bool              { _, ok := m[k]; return ok }
func (m labelMap) Get(k string) string            { return m[k] }
func (m labelMap) Lookup(k string) (string, bool) { v, ok := m[k]; return v, ok }

// create sends an object unless it is a dry run on this side; in.obj becomes what the server answered.
func (c *cmd) create(in *info, obj api.Object, dry, manager, validation string, then func(error)) {
	if dry == "client" {
		in.obj = obj
		then(nil)
		return
	}
	if m := c.f.str("field-manager"); m != "" {
		manager = m
	}
	req := &api.Request{Verb: api.Create, Resource: in.res, Namespace: in.ns, Name: obj.GetName(), Object: obj,
		FieldManager: manager, FieldValidation: validation, DryRun: dry == "server"}
	c.do(req, func(r *api.Response) {
		if r.Err == nil && r.Object != nil {
			in.obj, in.name = r.Object, r.Object.GetName()
		}
		then(r.Err)
	})
}

// createGenerated ends a create subcommand. wrap makes the error it fails with.
func (c *cmd) createGenerated(obj api.Object, wrap func(error) error) {
	dry, f, validation, ok := c.createOptions()
	if !ok {
		return
	}
	res := api.ResourceOf(obj)
	in := &info{res: res, name: obj.GetName()}
	if res.Namespaced {
		in.ns = c.ns
		if dry != "client" || c.nsSet {
			obj.SetNamespace(c.ns)
		}
	}
	if c.f.bool("save-config") {
		setLastApplied(obj, content(res, obj, false))
	}
	c.create(in, obj, dry, "kubectl-create", validation, func(err error) {
		if err != nil {
			c.fail(wrap(err))
			return
		}
		c.did(f, in, "created", dry)
		c.end()
	})
}

// oneName is the NAME argument of a create subcommand.
func (c *cmd) oneName() (string, bool) {
	n := len(c.args)
	if c.dash >= 0 {
		n = c.dash
	}
	if n != 1 {
		c.usageError("exactly one NAME is required, got %d", n)
		return "", false
	}
	return c.args[0], true
}

func failedTo(what string) func(error) error {
	return func(err error) error { return fmt.Errorf("failed to create %s %v", what, err) }
}

func asIs(err error) error { return err }

func createNamespace(c *cmd) {
	if name, ok := c.oneName(); ok {
		c.createGenerated(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, asIs)
	}
}

func createServiceAccount(c *cmd) {
	if name, ok := c.oneName(); ok {
		c.createGenerated(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}, func(err error) error {
			return fmt.Errorf("failed to create serviceaccount: %v", err)
		})
	}
}

func createDeployment(c *cmd) {
	name, ok := c.oneName()
	if !ok {
		return
	}
	images := c.f.list("image")
	if len(images) == 0 {
		c.failf("required flag(s) \"image\" not set")
		return
	}
	var command []string
	if c.dash >= 0 {
		command = c.args[c.dash:]
	}
	if len(images) > 1 && len(command) > 0 {
		c.failf("cannot specify multiple --image options and command")
		return
	}
	var containers []corev1.Container
	for _, image := range images {
		containers = append(containers, corev1.Container{Name: c.containerName(image), Image: image, Command: command})
	}
	if port := c.f.int("port"); port >= 0 {
		containers[0].Ports = []corev1.ContainerPort{{ContainerPort: int32(port)}}
	}
	replicas := int32(c.f.int("replicas"))
	labels := map[string]string{"app": name}
	c.createGenerated(&appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: containers}},
		},
	}, failedTo("deployment:"))
}

// containerName is the last part of an image's name; one that is no DNS label gets a random end.
func (c *cmd) containerName(image string) string {
	name := image[strings.LastIndexByte(image, '/')+1:]
	name, _, _ = strings.Cut(name, ":")
	name, _, _ = strings.Cut(name, "@")
	if strings.ContainsAny(name, "_.") {
		name = strings.NewReplacer("_", "-", ".", "-").Replace(name)
		const alphabet = "bcdfghjklmnpqrstvwxz2456789"
		b := make([]byte, 5)
		for i := range b {
			b[i] = alphabet[c.sh.a.Rand().IntN(len(alphabet))]
		}
		name += "-" + string(b)
	}
	return name
}

// isConflict and isNotFound are what the commands ask errors of the server most.
func isConflict(err error) bool { return apierrors.IsConflict(err) }
func isNotFound(err error) bool { return apierrors.IsNotFound(err) }
