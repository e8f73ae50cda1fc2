package kubectl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"tabernetes/engine/api"
	"tabernetes/engine/api/patch"
)

func setCommand() *command {
	return &command{name: "set", use: "SUBCOMMAND", short: "Set specific features on objects", subs: []*command{
		setEnvCommand(),
		{name: "image", use: "(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N",
			short: "Update the image of a pod template", flags: printFlags + fileFlags + selectorFlags + "all:b local:b dry-run:s=none?unchanged field-manager:s record:b", run: setImage},
		setResourcesCommand(), setSelectorCommand(), setServiceAccountCommand(),
	}}
}

// podSpecOf finds the pod spec of an object and the path to it.
func podSpecOf(o api.Object) (*corev1.PodSpec, []string) {
	template := []string{"spec", "template", "spec"}
	switch o := o.(type) {
	case *corev1.Pod:
		return &o.Spec, template[:1]
	case *corev1.ReplicationController:
		if o.Spec.Template != nil {
			return &o.Spec.Template.Spec, template
		}
	case *appsv1.Deployment:
		return &o.Spec.Template.Spec, template
	case *appsv1.ReplicaSet:
		return &o.Spec.Template.Spec, template
	case *appsv1.StatefulSet:
		return &o.Spec.Template.Spec, template
	case *appsv1.DaemonSet:
		return &o.Spec.Template.Spec, template
	case *batchv1.Job:
		return &o.Spec.Template.Spec, template
	case *batchv1.CronJob:
		return &o.Spec.JobTemplate.Spec.Template.Spec, append([]string{"spec", "jobTemplate"}, template...)
	}
	return nil, nil
}

func setImage(c *cmd) {
	dry, err := c.dryRun()
	var f *format
	if err == nil {
		f, err = c.format(objectFormats)
	}
	if err != nil {
		c.fail(err)
		return
	}
	resources, pairs, err := splitPairs(c.args, "image")
	if err != nil {
		c.fail(err)
		return
	}
	images := map[string]string{}
	for _, p := range pairs {
		name, image, ok := strings.Cut(p, "=")
		if !ok {
			c.failf("invalid image format: %s", p)
			return
		}
		images[name] = image
	}
	var errs []error
	if c.f.bool("all") && c.f.str("selector") != "" {
		errs = append(errs, errors.New("cannot set --all and --selector at the same time"))
	}
	if len(resources) == 0 && len(c.f.list("filename")) == 0 {
		errs = append(errs, errors.New("one or more resources must be specified as <resource> <name> or <resource>/<name>"))
	}
	if _, wild := images["*"]; len(images) == 0 {
		errs = append(errs, errors.New("at least one image update is required"))
	} else if wild && len(images) > 1 {
		errs = append(errs, errors.New("all containers are already specified by *, but saw more than one container_name=container_image pairs"))
	}
	if len(errs) > 0 {
		c.end(errs...)
		return
	}
	s := c.selectionFromFlags(resources)
	s.typeImplied = false
	c.gather(s, func(r *result) {
		c.fresh(r, func() {
			if len(r.errs) > 0 {
				c.end(r.errs...)
				return
			}
			var errs []error
			each(len(r.infos), func(i int, next func()) {
				c.setImages(r.infos[i], images, dry, f, func(err error) {
					errs = append(errs, err)
					next()
				})
			}, func() { c.end(errs...) })
		})
	})
}

func (c *cmd) setImages(in *info, images map[string]string, dry string, f *format, done func(error)) {
	spec, path := podSpecOf(in.obj)
	if spec == nil {
		done(fmt.Errorf("error: %s/%s the object is not a pod or does not have a pod template: %T\n", in.res.Name, in.name, in.obj))
		return
	}
	var errs []error
	changes := map[string]any{}
	for _, name := range sortedKeys(images) {
		found := false
		for _, part := range []struct {
			field string
			list  []corev1.Container
		}{{"initContainers", spec.InitContainers}, {"containers", spec.Containers}} {
			for i := range part.list {
				if have := &part.list[i]; have.Name == name || name == "*" {
					found = true
					if have.Image != images[name] {
						list, _ := changes[part.field].([]any)
						changes[part.field] = append(list, map[string]any{"name": have.Name, "image": images[name]})
					}
				}
			}
		}
		if !found {
			errs = append(errs, fmt.Errorf("error: unable to find container named %q", name))
		}
	}
	if len(changes) == 0 {
		done(aggregate(errs))
		return
	}
	body := changes
	for i := len(path) - 1; i >= 0; i-- {
		body = map[string]any{path[i]: body}
	}
	text, err := json.Marshal(body)
	if err != nil {
		done(err)
		return
	}
	if dry == "client" {
		typed := api.Copy(in.obj)
		typed.GetObjectKind().SetGroupVersionKind(in.res.GVK())
		out, err := patch.Strategic(typed, text)
		if err != nil {
			done(err)
			return
		}
		in.obj = out.(api.Object)
		c.did(f, in, "image updated", dry)
		done(aggregate(errs))
		return
	}
	c.do(&api.Request{Verb: api.Patch, Resource: in.res, Namespace: in.ns, Name: in.name, PatchType: types.StrategicMergePatchType, Patch: text,
		FieldManager: "kubectl-set", DryRun: dry == "server"}, func(r *api.Response) {
		if r.Err != nil {
			errs = append(errs, fmt.Errorf("failed to patch image update to pod template: %v", r.Err))
		} else {
			in.obj = r.Object
			c.did(f, in, "image updated", dry)
		}
		done(aggregate(errs))
	})
}

func patchCommand() *command {
	return &command{name: "patch", use: "(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]", short: "Update fields of a resource",
		flags: printFlags + fileFlags + "patch/p:s patch-file:s type:s=strategic subresource:s local:b dry-run:s=none?unchanged field-manager:s", run: runPatch}
}

func runPatch(c *cmd) {
	dry, err := c.dryRun()
	var f *format
	if err == nil {
		f, err = c.format(objectFormats)
	}
	body, file := c.f.str("patch"), c.f.str("patch-file")
	kinds := map[string]types.PatchType{"json": types.JSONPatchType, "merge": types.MergePatchType, "strategic": types.StrategicMergePatchType}
	kind, known := kinds[strings.ToLower(c.f.str("type"))]
	switch {
	case err != nil:
	case body != "" && file != "":
		err = errors.New("cannot specify --patch and --patch-file together")
	case body == "" && file == "":
		err = errors.New("must specify --patch or --patch-file containing the contents of the patch")
	case c.f.bool("local"):
		err = errors.New("--local is not part of this kubectl")
	case !known:
		err = fmt.Errorf("--type must be one of [json merge strategic], not %q", c.f.str("type"))
	}
	if err == nil && file != "" {
		var ok bool
		if body, ok = c.files[file]; !ok {
			if file == "-" {
				body = c.stdin
			} else {
				err = fmt.Errorf("unable to read patch file: open %s: no such file or directory", file)
			}
		}
	}
	var text []byte
	if err == nil {
		if text, err = yaml.YAMLToJSON([]byte(body)); err != nil {
			err = fmt.Errorf("unable to parse %q: %v", body, err)
		}
	}
	if err != nil {
		c.fail(err)
		return
	}
	s := c.selectionFromFlags(c.args)
	s.typeImplied = false
	c.gather(s, func(r *result) {
		c.fresh(r, func() {
			errs := r.errs
			each(len(r.infos), func(i int, next func()) {
				c.patchOne(r.infos[i], kind, text, dry, f, func(err error) {
					errs = append(errs, err)
					next()
				})
			}, func() {
				if len(r.infos) == 0 && aggregate(errs) == nil {
					errs = append(errs, errors.New("no objects passed to patch"))
				}
				c.end(errs...)
			})
		})
	})
}

func (c *cmd) patchOne(in *info, kind types.PatchType, body []byte, dry string, f *format, done func(error)) {
	old := in.obj
	finish := func(obj api.Object) {
		did := "patched"
		if before, after := content(in.res, old, true), content(in.res, obj, true); jsonText(before) == jsonText(after) {
			did = "patched (no change)"
		}
		in.obj = obj
		c.did(f, in, did, dry)
		done(nil)
	}
	if dry == "client" {
		typed := api.Copy(old)
		typed.GetObjectKind().SetGroupVersionKind(in.res.GVK())
		out, _, err := patch.Apply(kind, typed, body, "Ignore")
		if err != nil {
			done(err)
			return
		}
		finish(out.(api.Object))
		return
	}
	c.do(&api.Request{Verb: api.Patch, Resource: in.res, Subresource: c.f.str("subresource"), Namespace: in.ns, Name: in.name, PatchType: kind, Patch: body,
		FieldManager: "kubectl-patch", DryRun: dry == "server"}, func(r *api.Response) {
		if apierrors.IsUnsupportedMediaType(r.Err) {
			done(fmt.Errorf("%s is not supported by %s: %w", kind, in.res.GVK(), r.Err))
			return
		}
		if r.Err != nil {
			done(r.Err)
			return
		}
		finish(r.Object)
	})
}
