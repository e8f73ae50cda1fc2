package namespace

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// fine are the conditions of a deletion that goes well, in the order they are listed.
func fine() []corev1.NamespaceCondition {
	c := func(t corev1.NamespaceConditionType, reason, message string) corev1.NamespaceCondition {
		return corev1.NamespaceCondition{Type: t, Status: corev1.ConditionFalse, Reason: reason, Message: message}
	}
	return []corev1.NamespaceCondition{
		c(corev1.NamespaceDeletionDiscoveryFailure, "ResourcesDiscovered", "All resources successfully discovered"),
		c(corev1.NamespaceDeletionGVParsingFailure, "ParsedGroupVersions", "All legacy kube types successfully parsed"),
		c(corev1.NamespaceDeletionContentFailure, "ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
		c(corev1.NamespaceContentRemaining, "ContentRemoved", "All content successfully removed"),
		c(corev1.NamespaceFinalizersRemaining, "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
	}
}

// conditions are the namespace's conditions after this attempt, and whether they say anything new.
func (e *emptying) conditions() ([]corev1.NamespaceCondition, bool) {
	want := fine()
	set := func(t corev1.NamespaceConditionType, reason, message string) {
		i := slices.IndexFunc(want, func(c corev1.NamespaceCondition) bool { return c.Type == t })
		want[i].Status, want[i].Reason, want[i].Message = corev1.ConditionTrue, reason, message
	}
	if e.unknown != nil {
		text := e.unknown.Error()
		if u, ok := e.unknown.(undiscovered); ok {
			text = fmt.Sprintf("Discovery failed for some groups, %d failing: %s", len(u), text)
		}
		set(corev1.NamespaceDeletionDiscoveryFailure, "DiscoveryFailed", text)
	}
	if len(e.failed) > 0 {
		var texts []string
		for _, err := range e.failed {
			texts = append(texts, err.Error())
		}
		slices.Sort(texts)
		set(corev1.NamespaceDeletionContentFailure, "ContentDeletionFailed",
			fmt.Sprintf("Failed to delete all resource types, %d remaining: %v", len(texts), strings.Join(texts, ", ")))
	}
	finalizers := map[string]int{}
	var resources, waits []string
	for _, r := range e.remains {
		resources = append(resources, fmt.Sprintf("%s.%s has %d resource instances", r.res.Name, r.res.Group, r.n))
		for f, n := range r.finalizers { // summed, and sorted below
			finalizers[f] += n
		}
	}
	for f, n := range finalizers { // sorted below
		waits = append(waits, fmt.Sprintf("%s in %d resource instances", f, n))
	}
	slices.Sort(resources)
	slices.Sort(waits)
	if len(resources) > 0 {
		set(corev1.NamespaceContentRemaining, "SomeResourcesRemain", "Some resources are remaining: "+strings.Join(resources, ", "))
	}
	if len(waits) > 0 {
		set(corev1.NamespaceFinalizersRemaining, "SomeFinalizersRemain",
			"Some content in the namespace has finalizers remaining: "+strings.Join(waits, ", "))
	}
	return merge(e.ns.Status.Conditions, want, metav1.NewTime(e.a.Wall().Truncate(time.Second)))
}

func merge(have, want []corev1.NamespaceCondition, now metav1.Time) ([]corev1.NamespaceCondition, bool) {
	have = slices.Clone(have)
	changed := false
	for _, w := range want {
		w.LastTransitionTime = now
		i := slices.IndexFunc(have, func(c corev1.NamespaceCondition) bool { return c.Type == w.Type })
		if i < 0 {
			have = append(have, w)
			changed = true
			continue
		}
		h := &have[i]
		if h.Status == w.Status && h.Reason == w.Reason && h.Message == w.Message {
			continue
		}
		if h.Status == w.Status {
			w.LastTransitionTime = h.LastTransitionTime
		}
		*h = w
		changed = true
	}
	return have, changed
}

func aggregate(errs []error) error {
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	return errors.Join(errs...)
}
