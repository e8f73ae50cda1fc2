package apiserver

import (
	"slices"
	"unsafe"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/validation"
	"tabernetes/engine/api/warnings"
)

// specCache remembers what defaults, admission and validation made of the pod spec a controller sends, so that pods of
// one template are prepared once and share the result: ten thousand replicas hold one set of slices and maps, but for
// the containers, whose mounts carry the pod's own token volume. What is remembered holds as long as the objects that
// admission looks at stay as they are (admissionIndex.generation).
type specCache struct {
	entries map[string]*preparedSpec // by the controlling owner's UID
	order   []string
	hit     *preparedSpec // of the pod being created
}

type preparedSpec struct {
	in, out    corev1.PodSpec // out is without the token volume
	generation uint64
	note       string // the annotation of LimitRanger
	annotated  [2]map[string]string
	labels     map[string]string
	validated  bool
	warnings   []string
}

const specCacheSize = 512

func controllerUID(p *corev1.Pod) string {
	for i := range p.OwnerReferences {
		if c := p.OwnerReferences[i].Controller; c != nil && *c {
			return string(p.OwnerReferences[i].UID)
		}
	}
	return ""
}

// preparePod runs defaults and the mutating plugins of pods over a new one. The sender may share the spec's parts: they
// are copied.
func (s *Server) preparePod(a *attributes, p *corev1.Pod) error {
	s.specs.hit = nil
	owner := controllerUID(p)
	e := s.specs.entries[owner]
	in, annotations := p.Spec, p.Annotations
	isMirror := len(p.Annotations) > 0 && mirror(p)
	if owner != "" && e != nil && e.generation == s.adm.generation && api.SameParts(&e.in, &p.Spec) && !isMirror {
		p.Spec = e.out
		sa, err := s.accountOf(a, p)
		if err != nil {
			p.Spec = in
			return err
		}
		a.account = sa
		if e.note != "" {
			e.annotate(p)
		}
		s.specs.hit = e
	} else {
		note, err := s.preparePodSpec(a, p, isMirror)
		if err != nil {
			p.Spec, p.Annotations = in, annotations
			return err
		}
		if owner != "" && !isMirror && !a.patched {
			e = &preparedSpec{in: in, out: p.Spec, labels: p.Labels, generation: s.adm.generation, note: note}
			s.specs.put(owner, e)
		}
	}
	if a.account != nil {
		s.admitServiceAccount(a.account, p)
	}
	s.labelTopology(p)
	return nil
}

// preparePodSpec is what preparePod does once for pods that are alike: LimitRanger, the account, Priority,
// DefaultTolerationSeconds, RuntimeClass. note is what LimitRanger says it did.
func (s *Server) preparePodSpec(a *attributes, p *corev1.Pod, isMirror bool) (note string, err error) {
	p.Spec = *p.Spec.DeepCopy()
	defaults.Set(p)
	if limits := s.adm.limits[p.Namespace]; len(limits) > 0 {
		before := p.Annotations[limitRangerAnnotation]
		applyLimitDefaults(limits, p)
		if now := p.Annotations[limitRangerAnnotation]; now != before {
			note = now
		}
	}
	if isMirror {
		if err := checkMirror(a, p); err != nil {
			return "", err
		}
	} else {
		if p.Spec.ServiceAccountName == "" {
			p.Spec.ServiceAccountName = "default"
		}
		p.Spec.DeprecatedServiceAccount = p.Spec.ServiceAccountName
		if a.account, err = s.accountOf(a, p); err != nil {
			return "", err
		}
	}
	if err := s.restrictNode(a); err != nil {
		return "", err
	}
	if err := s.admitPriority(a, p); err != nil {
		return "", err
	}
	admitTolerations(p)
	return note, s.admitRuntimeClass(a, p)
}

// annotate notes on a pod what LimitRanger did to its spec; pods of one template share the map.
func (e *preparedSpec) annotate(p *corev1.Pod) {
	if e.annotated[1] == nil || !sameMap(e.annotated[0], p.Annotations) {
		e.annotated = [2]map[string]string{p.Annotations, with(p.Annotations, limitRangerAnnotation, e.note)}
	}
	p.Annotations = e.annotated[1]
}

func (c *specCache) put(owner string, e *preparedSpec) {
	if c.entries == nil {
		c.entries = map[string]*preparedSpec{}
	}
	if _, ok := c.entries[owner]; !ok {
		c.order = append(c.order, owner)
		if len(c.order) > specCacheSize {
			delete(c.entries, c.order[0])
			c.order = slices.Delete(c.order, 0, 1)
		}
	}
	c.entries[owner] = e
	c.hit = e
}

// validateCreate validates a new object and tells what is better done otherwise; a pod whose spec was validated with the
// same labels before is valid.
func (c *specCache) validateCreate(obj api.Object) (errs field.ErrorList, warns []string) {
	p, ok := obj.(*corev1.Pod)
	if !ok {
		if errs = validation.Create(obj); len(errs) > 0 {
			return errs, nil
		}
		return nil, warnings.Create(obj)
	}
	e := c.hit
	c.hit = nil
	if e != nil && e.validated && sameMap(e.labels, p.Labels) && len(p.Annotations) == 0 {
		return nil, e.warnings
	}
	if errs = validation.Create(obj); len(errs) > 0 {
		return errs, nil
	}
	warns = warnings.Create(obj)
	if e != nil {
		e.validated, e.labels, e.warnings = true, p.Labels, warns
	}
	return nil, warns
}

func sameMap(a, b map[string]string) bool {
	return *(*unsafe.Pointer)(unsafe.Pointer(&a)) == *(*unsafe.Pointer)(unsafe.Pointer(&b))
}
