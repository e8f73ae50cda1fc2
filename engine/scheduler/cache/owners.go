package cache

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/scheduler/framework"
)

// owners knows what selects pods: Services, and the controllers that own them. The default spread constraints take
// their selector from it (pkg/scheduler/framework/plugins/helper/spread.go).
type owners struct {
	services map[string][]*corev1.Service // by namespace, ordered by name
	version  map[string]uint64            // by namespace
	// Selector finds the selector of a controller by kind, namespace and name.
	selector func(ref *metav1.OwnerReference, namespace string) (labels.Selector, bool)
}

func (o *owners) init() {
	o.services = map[string][]*corev1.Service{}
	o.version = map[string]uint64{}
	o.selector = func(*metav1.OwnerReference, string) (labels.Selector, bool) { return nil, false }
}

// SetOwnerSelector tells how to find the selector of a pod's controller; ok is false for kinds that have none and for
// controllers not seen yet.
func (c *Cluster) SetOwnerSelector(fn func(ref *metav1.OwnerReference, namespace string) (labels.Selector, bool)) {
	c.owners.selector = fn
}

// SetService takes in a Service, new or changed.
func (c *Cluster) SetService(s *corev1.Service) {
	o := &c.owners
	for k := range s.Spec.Selector {
		if !c.byIdentity && framework.Identity(k) {
			c.nameAll()
		}
	}
	list := o.services[s.Namespace]
	i, ok := slices.BinarySearchFunc(list, s.Name, byName)
	if ok {
		if !sameStrings(list[i].Spec.Selector, s.Spec.Selector) {
			o.version[s.Namespace]++
		}
		list[i] = s
		return
	}
	o.services[s.Namespace] = slices.Insert(list, i, s)
	o.version[s.Namespace]++
}

// RemoveService forgets a Service.
func (c *Cluster) RemoveService(s *corev1.Service) {
	o := &c.owners
	if i, ok := slices.BinarySearchFunc(o.services[s.Namespace], s.Name, byName); ok {
		o.services[s.Namespace] = slices.Delete(o.services[s.Namespace], i, i+1)
		o.version[s.Namespace]++
	}
}

func byName(s *corev1.Service, name string) int { return strings.Compare(s.Name, name) }

// DeducedSelector is the selector for the default spread constraints: what the Services and the controller that
// select the pod select by, nil if nothing does.
func (c *Cluster) DeducedSelector(s *framework.Shape) labels.Selector {
	v := c.owners.version[s.Namespace()]
	if s.Deduced.Known && s.Deduced.Version == v {
		return s.Deduced.Selector
	}
	set := labels.Set{}
	pod := labels.Set(s.Labels())
	for _, svc := range c.owners.services[s.Namespace()] {
		// A Service without a selector selects nothing, not everything.
		if svc.Spec.Selector != nil && labels.SelectorFromSet(svc.Spec.Selector).Matches(pod) {
			set = labels.Merge(set, svc.Spec.Selector)
		}
	}
	sel := set.AsSelector()
	known := true
	if s.Owner != nil {
		if own, ok := c.owners.selector(s.Owner, s.Namespace()); ok {
			if reqs, ok := own.Requirements(); ok {
				sel = sel.Add(reqs...)
			}
		} else {
			known = false // it may only be late: ask again next time
		}
	}
	if sel.Empty() {
		sel = nil
	}
	s.Deduced.Known, s.Deduced.Version, s.Deduced.Selector = known, v, sel
	return sel
}
