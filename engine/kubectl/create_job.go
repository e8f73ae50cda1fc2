package kubectl

import (
	"errors"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func createJobCommand() *command {
	return &command{name: "job", use: "NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]", short: "Create a job with the specified name",
		flags: createFlags + "image:s from:s", run: createJob}
}

// arguments are what follows the name on a create command line: the command of a container.
func (c *cmd) arguments() []string {
	if c.dash < 0 || c.dash >= len(c.args) {
		return nil
	}
	return c.args[c.dash:]
}

func createJob(c *cmd) {
	name, ok := c.oneName()
	if !ok {
		return
	}
	image, from, command := c.f.str("image"), c.f.str("from"), c.arguments()
	switch {
	case (image == "") == (from == ""):
		c.failf("either --image or --from must be specified")
		return
	case len(command) > 0 && from != "":
		c.failf("cannot specify --from and command")
		return
	}
	wrap := func(err error) error { return fmt.Errorf("failed to create job: %v", err) }
	if image != "" {
		c.createGenerated(&batchv1.Job{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec:       batchv1.JobSpec{Template: runOnce(name, image, command, corev1.RestartPolicyNever)},
		}, wrap)
		return
	}
	s := c.selectionFromFlags([]string{from})
	s.labels, s.typeImplied = "", false
	c.resolve(s, func(r *result) {
		if err := aggregate(r.errs); err != nil {
			c.fail(err)
			return
		}
		if len(r.infos) != 1 {
			c.fail(errors.New("from must be an existing cronjob"))
			return
		}
		cj, ok := r.infos[0].obj.(*batchv1.CronJob)
		if !ok {
			c.failf("unknown object type %T", r.infos[0].obj)
			return
		}
		c.createGenerated(jobOf(name, cj), wrap)
	})
}

// jobOf is the Job that a CronJob would make, made by hand.
func jobOf(name string, cj *batchv1.CronJob) *batchv1.Job {
	annotations := map[string]string{"cronjob.kubernetes.io/instantiate": "manual"}
	for k, v := range cj.Spec.JobTemplate.Annotations {
		annotations[k] = v
	}
	yes := true
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Annotations: annotations, Labels: cj.Spec.JobTemplate.Labels,
			// It does not block the CronJob's deletion, which would need a right of its own.
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: batchv1.SchemeGroupVersion.String(), Kind: "CronJob", Name: cj.Name, UID: cj.UID, Controller: &yes,
			}},
		},
		Spec: *cj.Spec.JobTemplate.Spec.DeepCopy(),
	}
}

// runOnce is a template with one container that is named like the object.
func runOnce(name, image string, command []string, restart corev1.RestartPolicy) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{Spec: corev1.PodSpec{
		Containers: []corev1.Container{{Name: name, Image: image, Command: command}}, RestartPolicy: restart,
	}}
}
