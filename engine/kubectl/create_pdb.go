package kubectl

import (
	"errors"
	"fmt"
	"strings"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func createDisruptionBudgetCommand() *command {
	return &command{name: "poddisruptionbudget", alias: "pdb", use: "NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]",
		short: "Create a pod disruption budget with the specified name", flags: createFlags + "min-available:s max-unavailable:s selector:s", run: createDisruptionBudget}
}

func createDisruptionBudget(c *cmd) {
	name, ok := c.oneName()
	if !ok {
		return
	}
	least, most, selector := c.f.str("min-available"), c.f.str("max-unavailable"), c.f.str("selector")
	var err error
	switch {
	case selector == "":
		err = errors.New("a selector must be specified")
	case least == "" && most == "":
		err = errors.New("one of min-available or max-unavailable must be specified")
	case least != "" && most != "":
		err = errors.New("min-available and max-unavailable cannot be both specified")
	case least != "" && !countOrPercent(least):
		err = errors.New("invalid format specified for min-available")
	case most != "" && !countOrPercent(most):
		err = errors.New("invalid format specified for max-unavailable")
	}
	b := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err == nil {
		b.Spec.Selector, err = metav1.ParseToLabelSelector(selector)
	}
	if err != nil {
		c.fail(err)
		return
	}
	if least != "" {
		v := intstr.Parse(least)
		b.Spec.MinAvailable = &v
	} else {
		v := intstr.Parse(most)
		b.Spec.MaxUnavailable = &v
	}
	c.createGenerated(b, func(err error) error { return fmt.Errorf("failed to create poddisruptionbudgets: %v", err) })
}

// countOrPercent: digits, and perhaps a percent sign.
func countOrPercent(s string) bool {
	s = strings.TrimSuffix(s, "%")
	return s != "" && strings.Trim(s, "0123456789") == ""
}
