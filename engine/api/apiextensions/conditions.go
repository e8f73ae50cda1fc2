package apiextensions

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Condition finds a condition; nil if there is none.
func (in *CustomResourceDefinition) Condition(t ConditionType) *CustomResourceDefinitionCondition {
	for i := range in.Status.Conditions {
		if in.Status.Conditions[i].Type == t {
			return &in.Status.Conditions[i]
		}
	}
	return nil
}

// Is reports that a condition is True.
func (in *CustomResourceDefinition) Is(t ConditionType) bool {
	c := in.Condition(t)
	return c != nil && c.Status == ConditionTrue
}

// SetCondition puts a condition into a definition whose Conditions nobody else shares, or replaces its namesake; the
// transition time stays when the status does.
func (in *CustomResourceDefinition) SetCondition(c CustomResourceDefinitionCondition, now metav1.Time) {
	c.LastTransitionTime = now
	list := slices.Clone(in.Status.Conditions)
	in.Status.Conditions = list
	for i := range list {
		if list[i].Type == c.Type {
			if list[i].Status == c.Status && !list[i].LastTransitionTime.IsZero() {
				c.LastTransitionTime = list[i].LastTransitionTime
			}
			c.ObservedGeneration = list[i].ObservedGeneration
			list[i] = c
			return
		}
	}
	in.Status.Conditions = append(list, c)
}

// StorageVersion is the version in which objects are kept; "" if none is marked.
func (in *CustomResourceDefinition) StorageVersion() string {
	for i := range in.Spec.Versions {
		if in.Spec.Versions[i].Storage {
			return in.Spec.Versions[i].Name
		}
	}
	return ""
}
