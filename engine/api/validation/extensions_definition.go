package validation

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/api/x509"
)

func decimal(n int) string { return strconv.Itoa(n) }

// definitionCreate is ValidateCustomResourceDefinition of apiextensions-apiserver.
func (e *errs) definitionCreate(o *apiextensions.CustomResourceDefinition) {
	e.objectMetaBase(&o.ObjectMeta, false, func(name string, prefix bool) []string {
		bad := subdomainName(name, prefix)
		if name != o.Spec.Names.Plural+"."+o.Spec.Group {
			bad = append(slices.Clone(bad), `must be spec.names.plural+"."+spec.group`)
		}
		return bad
	})
	e.definition(o, nil)
	if o.Spec.PreserveUnknownFields {
		e.invalid(specPath.Child("preserveUnknownFields"), true, "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead")
	}
}

func (e *errs) definitionUpdate(o, old *apiextensions.CustomResourceDefinition) {
	e.objectMetaUpdateBase(&o.ObjectMeta, &old.ObjectMeta)
	e.definition(o, old)
	if o.Spec.PreserveUnknownFields && !old.Spec.PreserveUnknownFields {
		e.invalid(specPath.Child("preserveUnknownFields"), true, "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead")
	}
}

func (e *errs) definition(o, old *apiextensions.CustomResourceDefinition) {
	e.definitionSpec(&o.Spec)
	if old != nil {
		if old.Is(apiextensions.Established) {
			immutable(e, specPath.Child("scope"), o.Spec.Scope, old.Spec.Scope)
			immutable(e, specPath.Child("names", "kind"), o.Spec.Names.Kind, old.Spec.Names.Kind)
		}
		immutable(e, specPath.Child("group"), o.Spec.Group, old.Spec.Group)
		immutable(e, specPath.Child("names", "plural"), o.Spec.Names.Plural, old.Spec.Names.Plural)
	}
	e.definitionNames(statusPath.Child("acceptedNames"), &o.Status.AcceptedNames)
	e.storedVersions(o)
	e.approval(o, old)
}

// shared is what of a definition's versions is the same in all of them: upstream validates it once, at the path where
// the older v1beta1 had it.
type shared struct{ schema, subresources, columns, fields bool }

func sharedOf(spec *apiextensions.CustomResourceDefinitionSpec) (s shared) {
	if len(spec.Versions) == 0 {
		return s
	}
	s = shared{true, true, true, true}
	first := &spec.Versions[0]
	for i := 1; i < len(spec.Versions); i++ {
		v := &spec.Versions[i]
		s.schema = s.schema && apiequality.Semantic.DeepEqual(v.Schema, first.Schema)
		s.subresources = s.subresources && apiequality.Semantic.DeepEqual(v.Subresources, first.Subresources)
		s.columns = s.columns && slices.Equal(v.AdditionalPrinterColumns, first.AdditionalPrinterColumns)
		s.fields = s.fields && slices.Equal(v.SelectableFields, first.SelectableFields)
	}
	return s
}

func (e *errs) definitionSpec(s *apiextensions.CustomResourceDefinitionSpec) {
	group := specPath.Child("group")
	if s.Group == "" {
		e.required(group, "")
	} else if bad := validation.IsDNS1123Subdomain(s.Group); len(bad) > 0 {
		e.invalid(group, s.Group, strings.Join(bad, ","))
	} else if !strings.Contains(s.Group, ".") {
		e.invalid(group, s.Group, "should be a domain with at least one dot")
	}
	if scope := specPath.Child("scope"); e.nonEmpty(scope, string(s.Scope)) {
		oneOf(e, scope, s.Scope, apiextensions.ClusterScoped, apiextensions.NamespaceScoped)
	}
	same := sharedOf(s)
	versions := specPath.Child("versions")
	if !same.schema || len(s.Versions) > 0 && (s.Versions[0].Schema == nil || s.Versions[0].Schema.OpenAPIV3Schema == nil) {
		for i := range s.Versions {
			if v := &s.Versions[i]; v.Schema == nil || v.Schema.OpenAPIV3Schema == nil {
				e.required(versions.Index(i).Child("schema").Child("openAPIV3Schema"), "")
			}
		}
	}
	storage, unique, seen := 0, true, map[string]bool{}
	for i := range s.Versions {
		v := &s.Versions[i]
		p := versions.Index(i)
		if v.Storage {
			storage++
		}
		unique = unique && !seen[v.Name]
		seen[v.Name] = true
		if bad := validation.IsDNS1035Label(v.Name); len(bad) > 0 {
			e.invalid(p.Child("name"), v.Name, strings.Join(bad, ","))
		}
		e.deprecation(p.Child("deprecationWarning"), v)
		if !same.schema {
			e.definitionSchema(p.Child("schema"), v.Schema, v.Subresources != nil && v.Subresources.Status != nil)
		}
		if !same.subresources {
			e.subresources(p.Child("subresources"), v.Subresources)
		}
		if !same.columns {
			e.printerColumns(p.Child("additionalPrinterColumns"), v.AdditionalPrinterColumns)
		}
		if !same.fields {
			e.selectableFields(p.Child("selectableFields"), v)
		}
	}
	if !unique {
		e.invalid(versions, internalForm{s.Versions, same}, "must contain unique version names")
	}
	if storage != 1 {
		e.invalid(versions, internalForm{s.Versions, same}, "must have exactly one version marked as storage version")
	}
	if len(s.Versions) > 0 && s.Versions[0].Name != "" {
		if bad := validation.IsDNS1035Label(s.Versions[0].Name); len(bad) > 0 {
			e.invalid(specPath.Child("version"), s.Versions[0].Name, strings.Join(bad, ","))
		}
	}
	names := specPath.Child("names")
	for _, n := range [...]struct{ name, value string }{{"plural", s.Names.Plural}, {"singular", s.Names.Singular}, {"kind", s.Names.Kind}, {"listKind", s.Names.ListKind}} {
		if n.value == "" {
			e.required(names.Child(n.name), "")
		}
	}
	e.definitionNames(names, &s.Names)
	if len(s.Versions) > 0 {
		v := &s.Versions[0]
		if same.schema {
			status := slices.ContainsFunc(s.Versions, func(v apiextensions.CustomResourceDefinitionVersion) bool {
				return v.Subresources != nil && v.Subresources.Status != nil
			})
			e.definitionSchema(specPath.Child("validation"), v.Schema, status)
		}
		if same.subresources {
			e.subresources(specPath.Child("subresources"), v.Subresources)
		}
		if same.columns {
			e.printerColumns(specPath.Child("additionalPrinterColumns"), v.AdditionalPrinterColumns)
		}
		if same.fields {
			e.selectableFields(specPath.Child("selectableFields"), v)
		}
	}
	e.conversion(specPath.Child("conversion"), s)
}

func (e *errs) deprecation(p *field.Path, v *apiextensions.CustomResourceDefinitionVersion) {
	w := v.DeprecationWarning
	if w == nil {
		return
	}
	if !v.Deprecated {
		e.invalid(p, *w, "can only be set for deprecated versions")
		return
	}
	if len(*w) > 256 {
		e.invalid(p, *w, "must be <= 256 characters long")
	}
	if *w == "" {
		e.invalid(p, *w, "must not be an empty string")
	}
	for i, r := range *w {
		if !unicode.IsPrint(r) {
			e.invalid(p, *w, fmt.Sprintf("must only contain printable UTF-8 characters; non-printable character found at index %d", i))
			break
		}
	}
	if !utf8.ValidString(*w) {
		e.invalid(p, *w, "must only contain printable UTF-8 characters")
	}
}

func (e *errs) definitionNames(p *field.Path, n *apiextensions.CustomResourceDefinitionNames) {
	label := func(p *field.Path, shown, checked, prefix string) {
		if bad := validation.IsDNS1035Label(checked); checked != "" && len(bad) > 0 {
			e.invalid(p, shown, prefix+strings.Join(bad, ","))
		}
	}
	const mixed = "may have mixed case, but should otherwise match: "
	label(p.Child("plural"), n.Plural, n.Plural, "")
	label(p.Child("singular"), n.Singular, n.Singular, "")
	label(p.Child("kind"), n.Kind, strings.ToLower(n.Kind), mixed)
	label(p.Child("listKind"), n.ListKind, strings.ToLower(n.ListKind), mixed)
	for i, s := range n.ShortNames {
		if bad := validation.IsDNS1035Label(s); len(bad) > 0 {
			e.invalid(p.Child("shortNames").Index(i), s, strings.Join(bad, ","))
		}
	}
	if n.Kind != "" && n.Kind == n.ListKind {
		e.invalid(p.Child("listKind"), n.ListKind, "kind and listKind may not be the same")
	}
	for i, s := range n.Categories {
		if bad := validation.IsDNS1035Label(s); len(bad) > 0 {
			e.invalid(p.Child("categories").Index(i), s, strings.Join(bad, ","))
		}
	}
}

func (e *errs) storedVersions(o *apiextensions.CustomResourceDefinition) {
	p := statusPath.Child("storedVersions")
	stored := o.Status.StoredVersions
	if len(stored) == 0 {
		e.invalid(p, stored, "must have at least one stored version")
		return
	}
	for i := range o.Spec.Versions {
		if v := &o.Spec.Versions[i]; v.Storage && !slices.Contains(stored, v.Name) {
			e.invalid(p, stored, "must have the storage version "+v.Name)
		}
	}
	for i, name := range stored {
		if !slices.ContainsFunc(o.Spec.Versions, func(v apiextensions.CustomResourceDefinitionVersion) bool { return v.Name == name }) {
			e.invalid(p.Index(i), name, fmt.Sprintf("missing from spec.versions; %[1]s was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in %[1]s and removes %[1]s from status.storedVersions", name))
		}
	}
}

// approval: definitions in the community's groups need an annotation.
func (e *errs) approval(o, old *apiextensions.CustomResourceDefinition) {
	if !apiextensions.Protected(o.Spec.Group) {
		return
	}
	state, why := o.Approval()
	if old != nil {
		if was, _ := old.Approval(); was == state {
			return
		}
	}
	p := metaPath.Child("annotations").Key(apiextensions.APIApprovedAnnotation)
	switch state {
	case "MissingAnnotation":
		e.required(p, why)
	case "InvalidAnnotation":
		e.invalid(p, o.Annotations[apiextensions.APIApprovedAnnotation], why)
	}
}

func (e *errs) conversion(p *field.Path, s *apiextensions.CustomResourceDefinitionSpec) {
	c := s.Conversion
	if c == nil {
		return
	}
	if c.Strategy != apiextensions.NoneConverter && s.PreserveUnknownFields {
		e.invalid(p.Child("strategy"), c.Strategy, "must be None if spec.preserveUnknownFields is true")
	}
	if e.nonEmpty(p.Child("strategy"), string(c.Strategy)) {
		oneOf(e, p.Child("strategy"), c.Strategy, apiextensions.NoneConverter, apiextensions.WebhookConverter)
	}
	client := p.Child("webhookClientConfig")
	reviews := p.Child("conversionReviewVersions")
	if c.Strategy != apiextensions.WebhookConverter {
		if c.Webhook != nil && c.Webhook.ClientConfig != nil {
			e.forbidden(client, "should not be set when strategy is not set to Webhook")
		}
		if c.Webhook != nil && len(c.Webhook.ConversionReviewVersions) > 0 {
			e.forbidden(reviews, "should not be set when strategy is not set to Webhook")
		}
		return
	}
	if c.Webhook == nil || c.Webhook.ClientConfig == nil {
		e.required(client, "required when strategy is set to Webhook")
	} else if cc := c.Webhook.ClientConfig; (cc.URL == nil) == (cc.Service == nil) {
		e.required(client, "exactly one of url or service is required")
	} else {
		if cc.URL != nil {
			e.webhookURL(client.Child("url"), *cc.URL)
		} else {
			e.webhookService(client.Child("service"), (*admissionregistrationv1.ServiceReference)(cc.Service))
		}
		if len(bytes.TrimSpace(cc.CABundle)) > 0 {
			if _, err := x509.Roots(cc.CABundle); err != nil {
				e.invalid(client.Child("caBundle"), cc.CABundle, err.Error())
			}
		}
	}
	if c.Webhook == nil || len(c.Webhook.ConversionReviewVersions) == 0 {
		e.required(reviews, "")
		return
	}
	accepted := false
	for i, v := range c.Webhook.ConversionReviewVersions {
		if slices.Contains(c.Webhook.ConversionReviewVersions[:i], v) {
			e.invalid(reviews.Index(i), v, "duplicate version")
			continue
		}
		e.each(reviews.Index(i), v, validation.IsDNS1035Label(v))
		accepted = accepted || v == "v1" || v == "v1beta1"
	}
	if !accepted {
		e.invalid(reviews, c.Webhook.ConversionReviewVersions, "must include at least one of v1, v1beta1")
	}
}
