package kubectl

import (
	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func createPriorityClassCommand() *command {
	return &command{name: "priorityclass", alias: "pc", use: "NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]",
		short: "Create a priority class with the specified name",
		flags: createFlags + "value:i=0 global-default:b description:s preemption-policy:s=PreemptLowerPriority", run: createPriorityClass}
}

func createPriorityClass(c *cmd) {
	name, ok := c.oneName()
	if !ok {
		return
	}
	policy := corev1.PreemptionPolicy(c.f.str("preemption-policy"))
	c.createGenerated(&schedulingv1.PriorityClass{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Value: int32(c.f.int("value")), GlobalDefault: c.f.bool("global-default"),
		Description: c.f.str("description"), PreemptionPolicy: &policy,
	}, failedTo("priorityclass:"))
}
