package kubectl

import (
	"fmt"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func createCronJobCommand() *command {
	return &command{name: "cronjob", alias: "cj", use: "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags] [options]", short: "Create a cron job with the specified name",
		flags: createFlags + "image:s schedule:s restart:s", run: createCronJob}
}

func createCronJob(c *cmd) {
	if !c.require("image", "schedule") {
		return
	}
	name, ok := c.oneName()
	if !ok {
		return
	}
	restart := corev1.RestartPolicy(c.f.str("restart"))
	if restart == "" {
		restart = corev1.RestartPolicyOnFailure
	}
	c.createGenerated(&batchv1.CronJob{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: batchv1.CronJobSpec{
			Schedule: c.f.str("schedule"),
			JobTemplate: batchv1.JobTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Name: name},
				Spec:       batchv1.JobSpec{Template: runOnce(name, c.f.str("image"), c.arguments(), restart)},
			},
		},
	}, func(err error) error { return fmt.Errorf("failed to create cronjob: %v", err) })
}

// require fails unless all these flags were given.
func (c *cmd) require(flags ...string) bool {
	var missing []string
	for _, name := range flags {
		if !c.f.changed(name) {
			missing = append(missing, `"`+name+`"`)
		}
	}
	if len(missing) > 0 {
		c.failf("required flag(s) %s not set", strings.Join(missing, ", "))
		return false
	}
	return true
}
