package validation

import (
	"fmt"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// builtWithCEL is true in a build that evaluates CEL expressions. This one does not: cel-go would cost a browser 2 MB.
const builtWithCEL = false

// noCEL is what a user reads who needs them.
const noCEL = "this API server is built without CEL and cannot evaluate expressions: remove the expression, or use a build with CEL"

// expression refuses a CEL expression that this build could not evaluate: better no policy than one that lets everything
// through. A build with CEL compiles it here instead, and reports what is wrong with it. One refusal an object is enough.
func (e *errs) expression(p *field.Path) {
	if builtWithCEL {
		return
	}
	for _, err := range e.list {
		if err.Type == field.ErrorTypeForbidden && err.Detail == noCEL {
			return
		}
	}
	e.forbidden(p, noCEL)
}

// policyHead is what validating and mutating policies share, in front of their variables.
func (e *errs) policyHead(failure *admissionregistrationv1.FailurePolicyType, kind *admissionregistrationv1.ParamKind,
	match *admissionregistrationv1.MatchResources, mutates bool) {
	if p := specPath.Child("failurePolicy"); failure == nil {
		e.required(p, "")
	} else {
		oneOf(e, p, *failure, admissionregistrationv1.Fail, admissionregistrationv1.Ignore)
	}
	if kind != nil {
		e.paramKind(specPath.Child("paramKind"), kind)
	}
	p := specPath.Child("matchConstraints")
	if match == nil {
		e.required(p, "")
		return
	}
	e.matchResources(p, match)
	if len(match.ResourceRules) == 0 {
		e.required(p.Child("resourceRules"), "")
	}
	if mutates {
		e.mutableOperations(p, match)
	}
}

// mutableOperations: a deletion cannot be changed, only refused.
func (e *errs) mutableOperations(p *field.Path, match *admissionregistrationv1.MatchResources) {
	for i := range match.ResourceRules {
		for _, op := range match.ResourceRules[i].Operations {
			oneOf(e, p.Child("resourceRules", "operations"), op, admissionregistrationv1.OperationAll, admissionregistrationv1.Connect,
				admissionregistrationv1.Create, admissionregistrationv1.Update)
		}
	}
}

func (e *errs) paramKind(p *field.Path, k *admissionregistrationv1.ParamKind) {
	at := p.Child("apiVersion")
	group, version := "", k.APIVersion
	if i := strings.IndexByte(version, '/'); i >= 0 {
		group, version = version[:i], version[i+1:]
	}
	switch {
	case k.APIVersion == "":
		e.required(at, "")
	case strings.Count(k.APIVersion, "/") > 1:
		e.invalid(at, k.APIVersion, "unexpected GroupVersion string: "+k.APIVersion)
	default:
		if group != "" {
			if wrong := validation.IsDNS1123Subdomain(group); len(wrong) > 0 {
				e.invalid(at, group, strings.Join(wrong, ","))
			}
		}
		if version == "" {
			e.invalid(at, k.APIVersion, "version must be specified")
		} else if wrong := validation.IsDNS1035Label(version); len(wrong) > 0 {
			e.invalid(at, version, strings.Join(wrong, ","))
		}
	}
	if k.Kind == "" {
		e.required(p.Child("kind"), "")
	} else if wrong := validation.IsDNS1035Label(strings.ToLower(k.Kind)); len(wrong) > 0 {
		e.invalid(p.Child("kind"), k.Kind, "may have mixed case, but should otherwise match: "+strings.Join(wrong, ","))
	}
}

func (e *errs) variables(list []admissionregistrationv1.Variable) {
	for i, v := range list {
		p := specPath.Child("variables").Index(i)
		if strings.TrimSpace(v.Name) == "" {
			e.required(p.Child("name"), "name is not specified")
		} else if !celIdentifier(v.Name) {
			e.invalid(p.Child("name"), v.Name, "must be a valid CEL identifier")
		}
		if strings.TrimSpace(v.Expression) == "" {
			e.required(p.Child("expression"), "expression is not specified")
		} else {
			e.expression(p.Child("expression"))
		}
	}
}

// celIdentifier reports a name that CEL's grammar allows for a variable.
func celIdentifier(name string) bool {
	for i := 0; i < len(name); i++ {
		c := name[i] | 0x20
		if name[i] != '_' && (c < 'a' || c > 'z') && (i == 0 || name[i] < '0' || name[i] > '9') {
			return false
		}
	}
	switch name {
	case "", "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
		"loop", "package", "namespace", "return", "var", "void", "while":
		return false
	}
	return true
}

const (
	maxAuditAnnotations     = 20
	maxAuditExpressionBytes = 5 << 10
)

func (e *errs) validatingPolicy(o *admissionregistrationv1.ValidatingAdmissionPolicy) {
	e.objectMetaBase(&o.ObjectMeta, false, subdomainName)
	spec := &o.Spec
	e.policyHead(spec.FailurePolicy, spec.ParamKind, spec.MatchConstraints, false)
	e.matchConditions(specPath.Child("matchConditions"), spec.MatchConditions)
	e.variables(spec.Variables)
	validations, annotations := specPath.Child("validations"), specPath.Child("auditAnnotations")
	if len(spec.Validations)+len(spec.AuditAnnotations) == 0 {
		const why = "validations or auditAnnotations must contain at least one item"
		e.required(validations, why)
		e.required(annotations, why)
		return
	}
	for i := range spec.Validations {
		e.policyValidation(validations.Index(i), &spec.Validations[i])
	}
	if len(spec.AuditAnnotations) > maxAuditAnnotations {
		e.invalid(annotations, goNames{spec.AuditAnnotations}, fmt.Sprintf("must not have more than %d auditAnnotations", maxAuditAnnotations))
	}
	keys := map[string]bool{}
	for i, a := range spec.AuditAnnotations {
		p := annotations.Index(i)
		if o.Name != "" {
			e.qualified(p.Child("key"), o.Name+"/"+a.Key)
		} else {
			e.invalid(p.Child("key"), a.Key, "requires metadata.name be non-empty")
		}
		switch text := strings.TrimSpace(a.ValueExpression); {
		case text == "":
			e.required(p.Child("valueExpression"), "valueExpression is not specified")
		case len(text) > maxAuditExpressionBytes:
			e.required(p.Child("valueExpression"), fmt.Sprintf("must not exceed %d bytes in length", maxAuditExpressionBytes))
		default:
			e.expression(p.Child("valueExpression"))
		}
		if keys[a.Key] {
			e.duplicate(p.Child("key"), a.Key)
		}
		keys[a.Key] = true
	}
}

func (e *errs) policyValidation(p *field.Path, v *admissionregistrationv1.Validation) {
	if strings.TrimSpace(v.Expression) == "" {
		e.required(p.Child("expression"), "expression is not specified")
	} else {
		e.expression(p.Child("expression"))
	}
	if v.MessageExpression != "" {
		if strings.TrimSpace(v.MessageExpression) == "" {
			e.invalid(p.Child("messageExpression"), v.MessageExpression, "must be non-empty if specified")
		} else {
			e.expression(p.Child("messageExpression"))
		}
	}
	switch text := strings.TrimSpace(v.Message); {
	case v.Message != "" && text == "":
		e.invalid(p.Child("message"), v.Message, "must be non-empty if specified")
	case strings.ContainsAny(text, "\r\n"):
		e.invalid(p.Child("message"), v.Message, "must not contain line breaks")
	}
	optionalOneOf(e, p.Child("reason"), v.Reason, metav1.StatusReasonForbidden, metav1.StatusReasonInvalid, metav1.StatusReasonRequestEntityTooLarge)
}

func (e *errs) validatingPolicyStatus(s *admissionregistrationv1.ValidatingAdmissionPolicyStatus) {
	if s.TypeChecking == nil {
		return
	}
	for i, w := range s.TypeChecking.ExpressionWarnings {
		p := statusPath.Child("typeChecking", "expressionWarnings").Index(i)
		e.nonEmpty(p.Child("warning"), w.Warning)
		e.nonEmpty(p.Child("fieldRef"), strings.TrimSpace(w.FieldRef))
	}
}

func (e *errs) mutatingPolicy(o *admissionregistrationv1.MutatingAdmissionPolicy) {
	e.objectMetaBase(&o.ObjectMeta, false, subdomainName)
	spec := &o.Spec
	e.policyHead(spec.FailurePolicy, spec.ParamKind, spec.MatchConstraints, true)
	e.matchConditions(specPath.Child("matchConditions"), spec.MatchConditions)
	e.variables(spec.Variables)
	p := specPath.Child("mutations")
	if len(spec.Mutations) == 0 {
		e.required(p, "mutations must contain at least one item")
	}
	for i := range spec.Mutations {
		e.mutation(p.Index(i), &spec.Mutations[i])
	}
	someOf(e, specPath.Child("reinvocationPolicy"), spec.ReinvocationPolicy, admissionregistrationv1.IfNeededReinvocationPolicy,
		admissionregistrationv1.NeverReinvocationPolicy)
}

func (e *errs) mutation(p *field.Path, m *admissionregistrationv1.Mutation) {
	patch, apply := p.Child("jsonPatch"), p.Child("applyConfiguration")
	expression := func(at *field.Path, text string) {
		if strings.TrimSpace(text) == "" {
			e.required(at.Child("expression"), "")
		} else {
			e.expression(at.Child("expression"))
		}
	}
	switch m.PatchType {
	case "":
		e.required(p.Child("patchType"), "")
	case admissionregistrationv1.PatchTypeJSONPatch:
		if m.JSONPatch == nil {
			e.required(patch, "must be specified when patchType is JSONPatch")
		} else {
			expression(patch, m.JSONPatch.Expression)
		}
		if m.ApplyConfiguration != nil {
			e.invalid(apply, "{applyConfiguration}", "must not be specified when patchType is JSONPatch")
		}
	case admissionregistrationv1.PatchTypeApplyConfiguration:
		if m.ApplyConfiguration == nil {
			e.required(apply, "must be specified when patchType is ApplyConfiguration")
		} else {
			expression(apply, m.ApplyConfiguration.Expression)
		}
		if m.JSONPatch != nil {
			e.invalid(patch, "{jsonPatch}", "must not be specified when patchType is ApplyConfiguration")
		}
	default:
		oneOf(e, p.Child("patchType"), m.PatchType, admissionregistrationv1.PatchTypeApplyConfiguration, admissionregistrationv1.PatchTypeJSONPatch)
	}
}

func (e *errs) validatingPolicyBinding(o *admissionregistrationv1.ValidatingAdmissionPolicyBinding, create bool) {
	e.objectMetaBase(&o.ObjectMeta, false, subdomainName)
	spec := &o.Spec
	policy, p := specPath.Child("policyName"), specPath.Child("validationActions")
	if spec.PolicyName != "" {
		e.subdomain(policy, spec.PolicyName)
	}
	e.paramRef(spec.ParamRef)
	e.matchResources(specPath.Child("matchResources"), spec.MatchResources)
	for i, a := range spec.ValidationActions {
		oneOf(e, p.Index(i), a, admissionregistrationv1.Audit, admissionregistrationv1.Deny, admissionregistrationv1.Warn)
		if slices.Contains(spec.ValidationActions[:i], a) {
			e.duplicate(p.Index(i), a)
		}
	}
	if slices.Contains(spec.ValidationActions, admissionregistrationv1.Deny) && slices.Contains(spec.ValidationActions, admissionregistrationv1.Warn) {
		e.invalid(p, spec.ValidationActions, "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)")
	}
	if create {
		e.reservedName(o.Name)
	}
	// Rules that upstream generates from the types come after those written by hand.
	e.nonEmpty(policy, spec.PolicyName)
	if len(spec.ValidationActions) == 0 {
		e.required(p, "")
	}
}

func (e *errs) mutatingPolicyBinding(o *admissionregistrationv1.MutatingAdmissionPolicyBinding) {
	e.objectMetaBase(&o.ObjectMeta, false, subdomainName)
	spec := &o.Spec
	if p := specPath.Child("policyName"); e.nonEmpty(p, spec.PolicyName) {
		e.subdomain(p, spec.PolicyName)
	}
	e.paramRef(spec.ParamRef)
	p := specPath.Child("matchResources")
	e.matchResources(p, spec.MatchResources)
	if spec.MatchResources != nil {
		e.mutableOperations(p, spec.MatchResources)
	}
}

func (e *errs) paramRef(r *admissionregistrationv1.ParamRef) {
	if r == nil {
		return
	}
	p := specPath.Child("paramRef")
	const exclusive = "name and selector are mutually exclusive"
	if r.Name != "" {
		e.each(p.Child("name"), r.Name, pathName(r.Name, false))
		if r.Selector != nil {
			e.forbidden(p.Child("name"), exclusive)
		}
	}
	if r.Selector != nil {
		e.labelSelector(p.Child("selector"), r.Selector)
		if r.Name != "" {
			e.forbidden(p.Child("selector"), exclusive)
		}
	}
	if r.Name == "" && r.Selector == nil {
		e.required(p, "one of name or selector must be specified")
	}
	if at := p.Child("parameterNotFoundAction"); r.ParameterNotFoundAction == nil || *r.ParameterNotFoundAction == "" {
		e.required(at, "")
	} else {
		oneOf(e, at, *r.ParameterNotFoundAction, admissionregistrationv1.DenyAction, admissionregistrationv1.AllowAction)
	}
}
