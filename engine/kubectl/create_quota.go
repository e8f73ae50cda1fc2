package kubectl

import (
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func createQuotaCommand() *command {
	return &command{name: "quota", alias: "resourcequota", use: "NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none]",
		short: "Create a quota with the specified name", flags: createFlags + "hard:s scopes:s", run: createQuota}
}

func createQuota(c *cmd) {
	name, ok := c.oneName()
	if !ok {
		return
	}
	hard, err := parseResources(c.f.str("hard"))
	if err != nil {
		c.fail(err)
		return
	}
	q := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.ResourceQuotaSpec{Hard: hard}}
	if text := c.f.str("scopes"); text != "" {
		for _, scope := range strings.Split(text, ",") {
			if scope == "" {
				c.fail(errors.New(`invalid resource quota scope ""`))
				return
			}
			q.Spec.Scopes = append(q.Spec.Scopes, corev1.ResourceQuotaScope(scope))
		}
	}
	c.createGenerated(q, failedTo("quota:"))
}

// parseResources reads RESOURCE=QUANTITY,...; nothing is nil.
func parseResources(text string) (corev1.ResourceList, error) {
	if text == "" {
		return nil, nil
	}
	list := corev1.ResourceList{}
	for _, statement := range strings.Split(text, ",") {
		parts := strings.Split(statement, "=")
		if len(parts) != 2 {
			return nil, fmt.Errorf("Invalid argument syntax %v, expected <resource>=<value>", statement) //nolint:staticcheck // upstream's words
		}
		q, err := resource.ParseQuantity(parts[1])
		if err != nil {
			return nil, err
		}
		list[corev1.ResourceName(parts[0])] = q
	}
	return list, nil
}
