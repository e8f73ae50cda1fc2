package api

import (
	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/api/apiregistration"
)

// The kinds by which an API is extended.
var (
	CustomResourceDefinitions = &Resource{
		Group: apiextensions.GroupName, Version: "v1", Kind: "CustomResourceDefinition", Name: "customresourcedefinitions",
		Singular: "customresourcedefinition", ShortNames: []string{"crd", "crds"}, Categories: []string{"api-extensions"},
		Subresources: []string{"status"},
		New:          empty[apiextensions.CustomResourceDefinition](),
		NewList:      listOf[apiextensions.CustomResourceDefinitionList](),
		Describe:     describeDefinition,
	}
	APIServices = &Resource{
		Group: apiregistration.GroupName, Version: "v1", Kind: "APIService", Name: "apiservices", Singular: "apiservice",
		Categories: []string{"api-extensions"}, Subresources: []string{"status"}, Quiet: true,
		New:     empty[apiregistration.APIService](),
		NewList: listOf[apiregistration.APIServiceList](),
	}
)

// Discovery is what a request with the verb Discover names: nothing that is stored, but the table itself.
var Discovery = &Resource{
	Group: "apidiscovery.k8s.io", Version: "v2", Kind: "APIGroupDiscoveryList", Name: "discovery", Singular: "discovery", Quiet: true,
	Verbs: []Verb{Discover}, New: func() Object { return &Custom{Resource: CustomResourceDefinitions} },
}

// describeDefinition tells the journal how far a definition is.
func describeDefinition(old, new Object) string {
	crd := new.(*apiextensions.CustomResourceDefinition)
	if old == nil {
		return "define " + crd.Spec.Names.Kind + " in " + crd.Spec.Group
	}
	was := old.(*apiextensions.CustomResourceDefinition)
	for _, t := range []apiextensions.ConditionType{apiextensions.Terminating, apiextensions.Established, apiextensions.NamesAccepted} {
		c, o := crd.Condition(t), was.Condition(t)
		if c != nil && (o == nil || o.Status != c.Status || o.Reason != c.Reason) {
			return string(t) + "=" + string(c.Status) + ": " + c.Message
		}
	}
	return "definition changed"
}
