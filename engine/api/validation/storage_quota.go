package validation

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func isQuotaResource(name corev1.ResourceName) bool {
	return name != corev1.ResourceStorage && slices.Contains(standardResources, name) || isHugePage(name) ||
		strings.HasPrefix(string(name), corev1.ResourceRequestsHugePagesPrefix)
}

func (e *errs) quotaList(p *field.Path, list corev1.ResourceList) {
	for _, name := range sortedKeys(list) {
		at := p.Key(string(name))
		e.resourceName(at, name)
		if !strings.Contains(string(name), "/") && !isQuotaResource(name) {
			e.invalid(at, name, "must be a standard resource for quota")
		}
		e.quantity(at, name, list[name])
	}
}

func (e *errs) quotaStatus(status *corev1.ResourceQuotaStatus) {
	e.quotaList(statusPath.Child("hard"), status.Hard)
	e.quotaList(statusPath.Child("used"), status.Used)
}

func (e *errs) quotaSpec(spec *corev1.ResourceQuotaSpec) {
	e.quotaList(specPath.Child("hard"), spec.Hard)
	at := specPath.Child("scopes")
	for _, scope := range spec.Scopes {
		if !isQuotaScope(scope) {
			e.invalid(at, spec.Scopes, "unsupported scope")
		}
		for _, name := range sortedKeys(spec.Hard) {
			if isQuotaResource(name) && !scopeCovers(scope, name) {
				e.invalid(at, spec.Scopes, "unsupported scope applied to resource")
			}
		}
	}
	e.conflictingScopes(at, spec.Scopes, spec.Scopes)
	if spec.ScopeSelector != nil {
		e.scopeSelector(spec)
	}
}

// conflictingScopes reports scopes of which no pod can have both, showing those of the spec's list.
func (e *errs) conflictingScopes(p *field.Path, scopes, shown []corev1.ResourceQuotaScope) {
	for _, pair := range [][2]corev1.ResourceQuotaScope{
		{corev1.ResourceQuotaScopeBestEffort, corev1.ResourceQuotaScopeNotBestEffort},
		{corev1.ResourceQuotaScopeTerminating, corev1.ResourceQuotaScopeNotTerminating},
	} {
		if slices.Contains(scopes, pair[0]) && slices.Contains(scopes, pair[1]) {
			e.invalid(p, shown, "conflicting scopes")
		}
	}
}

func (e *errs) scopeSelector(spec *corev1.ResourceQuotaSpec) {
	at := specPath.Child("scopeSelector", "matchExpressions")
	var scopes []corev1.ResourceQuotaScope
	for _, r := range spec.ScopeSelector.MatchExpressions {
		if !isQuotaScope(r.ScopeName) {
			e.invalid(at.Child("scopeName"), r.ScopeName, "unsupported scope")
		}
		for _, name := range sortedKeys(spec.Hard) {
			if isQuotaResource(name) && !scopeCovers(r.ScopeName, name) {
				e.invalid(at, goNames{*spec.ScopeSelector}, "unsupported scope applied to resource")
			}
		}
		switch r.ScopeName {
		case corev1.ResourceQuotaScopeBestEffort, corev1.ResourceQuotaScopeNotBestEffort, corev1.ResourceQuotaScopeTerminating,
			corev1.ResourceQuotaScopeNotTerminating, corev1.ResourceQuotaScopeCrossNamespacePodAffinity:
			if r.Operator != corev1.ScopeSelectorOpExists {
				e.invalid(at.Child("operator"), r.Operator, "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity")
			}
		}
		switch r.Operator {
		case corev1.ScopeSelectorOpIn, corev1.ScopeSelectorOpNotIn:
			if len(r.Values) == 0 {
				e.required(at.Child("values"), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")
			}
		case corev1.ScopeSelectorOpExists, corev1.ScopeSelectorOpDoesNotExist:
			if len(r.Values) != 0 {
				e.invalid(at.Child("values"), r.Values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")
			}
		default:
			e.invalid(at.Child("operator"), r.Operator, "not a valid selector operator")
		}
		scopes = append(scopes, r.ScopeName)
	}
	e.conflictingScopes(at, scopes, spec.Scopes)
}

// scopeCovers tells whether a scope can say which of the things behind a resource count.
func scopeCovers(scope corev1.ResourceQuotaScope, name corev1.ResourceName) bool {
	switch scope {
	case corev1.ResourceQuotaScopeTerminating, corev1.ResourceQuotaScopeNotTerminating, corev1.ResourceQuotaScopeNotBestEffort,
		corev1.ResourceQuotaScopePriorityClass, corev1.ResourceQuotaScopeCrossNamespacePodAffinity:
		switch name {
		case corev1.ResourcePods, corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceLimitsCPU, corev1.ResourceLimitsMemory,
			corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory:
			return true
		}
		return false
	case corev1.ResourceQuotaScopeBestEffort:
		return name == corev1.ResourcePods
	case corev1.ResourceQuotaScopeVolumeAttributesClass:
		return name == corev1.ResourcePersistentVolumeClaims || name == corev1.ResourceRequestsStorage
	}
	return true
}

func isQuotaScope(scope corev1.ResourceQuotaScope) bool {
	switch scope {
	case corev1.ResourceQuotaScopeTerminating, corev1.ResourceQuotaScopeNotTerminating, corev1.ResourceQuotaScopeBestEffort,
		corev1.ResourceQuotaScopeNotBestEffort, corev1.ResourceQuotaScopePriorityClass, corev1.ResourceQuotaScopeVolumeAttributesClass,
		corev1.ResourceQuotaScopeCrossNamespacePodAffinity:
		return true
	}
	return false
}

func (e *errs) quotaUpdate(q, old *corev1.ResourceQuota) {
	e.objectMetaUpdate(&q.ObjectMeta, &old.ObjectMeta)
	e.quotaSpec(&q.Spec)
	if !slices.Equal(scopeSet(q.Spec.Scopes), scopeSet(old.Spec.Scopes)) {
		e.invalid(specPath.Child("scopes"), q.Spec.Scopes, msgImmutable)
	}
}

func scopeSet(scopes []corev1.ResourceQuotaScope) []corev1.ResourceQuotaScope {
	set := slices.Clone(scopes)
	slices.Sort(set)
	return slices.Compact(set)
}

func (e *errs) limitRange(l *corev1.LimitRange) {
	e.objectMeta(&l.ObjectMeta, true, subdomainName)
	for i := range l.Spec.Limits {
		item, at := &l.Spec.Limits[i], specPath.Child("limits").Index(i)
		e.limitType(at.Child("type"), item.Type)
		if slices.ContainsFunc(l.Spec.Limits[:i], func(other corev1.LimitRangeItem) bool { return other.Type == item.Type }) {
			e.duplicate(at.Child("type"), item.Type)
		}
		e.limit(at, item)
	}
}

func (e *errs) limitType(p *field.Path, kind corev1.LimitType) {
	if wrong := validation.IsQualifiedName(string(kind)); len(wrong) > 0 {
		e.each(p, kind, wrong)
		return
	}
	switch {
	case kind == corev1.LimitTypePod, kind == corev1.LimitTypeContainer, kind == corev1.LimitTypePersistentVolumeClaim, strings.Contains(string(kind), "/"):
	default:
		e.invalid(p, kind, "must be a standard limit type or fully qualified")
	}
}

func (e *errs) limit(p *field.Path, item *corev1.LimitRangeItem) {
	check := e.containerResourceName
	if item.Type != corev1.LimitTypePod && item.Type != corev1.LimitTypeContainer {
		check = func(p *field.Path, name corev1.ResourceName) { e.resourceName(p, name) }
	}
	keys := map[corev1.ResourceName]bool{}
	list := func(child string, list corev1.ResourceList) {
		for _, name := range sortedKeys(list) {
			check(p.Child(child).Key(string(name)), name)
			keys[name] = true
		}
	}
	list("max", item.Max)
	list("min", item.Min)
	defaults, requests := item.Default, item.DefaultRequest
	if item.Type == corev1.LimitTypePod {
		for _, f := range []struct {
			name string
			set  bool
		}{{"default", len(defaults) > 0}, {"defaultRequest", len(requests) > 0}} {
			if f.set {
				e.forbidden(p.Child(f.name), "may not be specified when `type` is 'Pod'")
			}
		}
		defaults, requests = nil, nil
	}
	list("default", defaults)
	list("defaultRequest", requests)
	if item.Type == corev1.LimitTypePersistentVolumeClaim {
		_, hasMin := item.Min[corev1.ResourceStorage]
		_, hasMax := item.Max[corev1.ResourceStorage]
		if !hasMin && !hasMax {
			e.required(p.Child("limits"), "either minimum or maximum storage value is required, but neither was provided")
		}
	}
	list("maxLimitRequestRatio", item.MaxLimitRequestRatio)
	for _, name := range sortedKeys(keys) {
		e.limitOf(p, name, item, defaults, requests)
	}
}

// limitOf holds what a range says of one resource against itself: minimum, request, limit, maximum in this order.
func (e *errs) limitOf(p *field.Path, name corev1.ResourceName, item *corev1.LimitRangeItem, defaults, requests corev1.ResourceList) {
	low, hasLow := item.Min[name]
	high, hasHigh := item.Max[name]
	limit, hasLimit := defaults[name]
	request, hasRequest := requests[name]
	above := func(set bool, a, b resource.Quantity, child string, shown resource.Quantity, words string) {
		if set && a.Cmp(b) > 0 {
			e.invalid(p.Child(child).Key(string(name)), shown, fmt.Sprintf(words, a.String(), b.String()))
		}
	}
	above(hasLow && hasHigh, low, high, "min", low, "min value %s is greater than max value %s")
	above(hasRequest && hasLow, low, request, "defaultRequest", request, "min value %s is greater than default request value %s")
	above(hasRequest && hasHigh, request, high, "defaultRequest", request, "default request value %s is greater than max value %s")
	above(hasRequest && hasLimit, request, limit, "defaultRequest", request, "default request value %s is greater than default limit value %s")
	above(hasLimit && hasLow, low, limit, "default", low, "min value %s is greater than default value %s")
	above(hasLimit && hasHigh, limit, high, "default", high, "default value %s is greater than max value %s")
	if ratio, has := item.MaxLimitRequestRatio[name]; has {
		at := p.Child("maxLimitRequestRatio").Key(string(name))
		if ratio.Cmp(*resource.NewQuantity(1, resource.DecimalSI)) < 0 {
			e.invalid(at, ratio, fmt.Sprintf("ratio %s is less than 1", ratio.String()))
		}
		if hasLow && hasHigh {
			r, a, b := float64(ratio.Value()), low.Value(), high.Value()
			if ratio.Value() < resource.MaxMilliValue && a < resource.MaxMilliValue && b < resource.MaxMilliValue {
				r, a, b = float64(ratio.MilliValue())/1000, low.MilliValue(), high.MilliValue()
			}
			if most := float64(b) / float64(a); r > most {
				e.invalid(at, ratio, fmt.Sprintf("ratio %s is greater than max/min = %f", ratio.String(), most))
			}
		}
	}
	if hasLimit && hasRequest && !mayOvercommit(name) && limit.Cmp(request) != 0 {
		e.invalid(p.Child("defaultRequest").Key(string(name)), request,
			fmt.Sprintf("default value %s must equal to defaultRequest value %s in %s", limit.String(), request.String(), name))
	}
}
