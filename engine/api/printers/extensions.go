package printers

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/api/apiregistration"
	"tabernetes/engine/api/jsonpath"
	"tabernetes/engine/api/metrics"
)

func extensionsColumns(kind schema.GroupKind) []metav1.TableColumnDefinition {
	switch kind {
	case schema.GroupKind{Group: apiextensions.GroupName, Kind: "CustomResourceDefinition"}:
		created := column("Created At", metav1.ObjectMeta{}.SwaggerDoc()["creationTimestamp"])
		created.Type = "date"
		established := wide(column("Established", "Established status"))
		established.Type = "boolean"
		return []metav1.TableColumnDefinition{nameColumn(), column("Scope", "Cluster/Namespaced"), column("Versions", "Served versions"), created,
			wide(column("Group", "API group")), wide(column("Kind", "CustomResource kind")), wide(column("ShortNames", "Short names")), established}
	case schema.GroupKind{Group: apiregistration.GroupName, Kind: "APIService"}:
		return []metav1.TableColumnDefinition{nameColumn(), column("Service", "The reference to the service that hosts this API endpoint."),
			column("Available", "Whether this service is available."), ageColumn()}
	case schema.GroupKind{Group: metrics.GroupName, Kind: "NodeMetrics"}, schema.GroupKind{Group: metrics.GroupName, Kind: "PodMetrics"}:
		name := nameColumn()
		name.Description = "Name of the resource"
		out := []metav1.TableColumnDefinition{name, column("cpu", ""), column("memory", ""), column("Window", "")}
		out[1].Format, out[2].Format, out[3].Format = "quantity", "quantity", "duration"
		return out
	}
	return nil
}

// ColumnsOf are the columns of a resource's table: Columns of its kind, or what the definition of a custom resource says.
func ColumnsOf(r *api.Resource) []metav1.TableColumnDefinition {
	if r.Custom == nil {
		return Columns(r.GVK().GroupKind())
	}
	out := []metav1.TableColumnDefinition{nameColumn()}
	for _, c := range r.Custom.Columns {
		text := c.Description
		if text == "" {
			text = "Custom resource definition column (in JSONPath format): " + c.JSONPath
		}
		out = append(out, metav1.TableColumnDefinition{Name: c.Name, Type: c.Type, Format: c.Format, Description: text, Priority: c.Priority})
	}
	return out
}

func (c clock) extensionsRow(row *metav1.TableRow, obj runtime.Object) bool {
	switch o := obj.(type) {
	case *apiextensions.CustomResourceDefinition:
		row.Cells = definitionCells(o)
	case *apiregistration.APIService:
		service := "Local"
		if s := o.Spec.Service; s != nil {
			service = s.Namespace + "/" + s.Name
		}
		available := "Unknown"
		for _, x := range o.Status.Conditions {
			if x.Type != apiregistration.Available {
				continue
			}
			if available = string(x.Status); x.Status != apiregistration.ConditionTrue && x.Reason != "" {
				available += " (" + x.Reason + ")"
			}
		}
		row.Cells = []any{o.Name, service, available, c.since(o.CreationTimestamp)}
	case *metrics.NodeMetrics:
		row.Cells = metricsCells(o.Name, o.Window, o.Usage)
	case *metrics.PodMetrics:
		sum := corev1.ResourceList{}
		for _, ctr := range o.Containers {
			for name, q := range ctr.Usage {
				total := sum[name]
				total.Add(q)
				sum[name] = total
			}
		}
		row.Cells = metricsCells(o.Name, o.Window, sum)
	case *api.Custom:
		row.Cells = c.custom(o)
	default:
		return false
	}
	return true
}

// metricsCells are metrics-server's own (its pkg/api/table.go).
func metricsCells(name string, window metav1.Duration, usage corev1.ResourceList) []any {
	return []any{name, usage.Cpu().String(), usage.Memory().String(), window.Duration.String()}
}

func definitionCells(o *apiextensions.CustomResourceDefinition) []any {
	var versions []string
	for _, v := range o.Spec.Versions {
		if v.Served && v.Storage {
			versions = append(versions, v.Name+"(storage)")
		} else if v.Served {
			versions = append(versions, v.Name)
		}
	}
	slices.Sort(versions)
	return []any{o.Name, string(o.Spec.Scope), strings.Join(versions, ","), o.CreationTimestamp.Time.UTC().Format(time.RFC3339),
		o.Spec.Group, o.Spec.Names.Kind, strings.Join(o.Spec.Names.ShortNames, ","), o.Is(apiextensions.Established)}
}

// custom are the cells that a definition's columns ask for (registry/customresource/tableconvertor).
func (c clock) custom(o *api.Custom) []any {
	cells := []any{o.Name}
	if o.Resource == nil || o.Resource.Custom == nil {
		return append(cells, c.since(o.CreationTimestamp))
	}
	full := o.Full()
	for i := range o.Resource.Custom.Columns {
		col := &o.Resource.Custom.Columns[i]
		path, err := jsonpath.Parse("{" + col.JSONPath + "}")
		if err != nil {
			cells = append(cells, nil)
			continue
		}
		values, err := path.Values(full, true)
		if err != nil || len(values) == 0 {
			cells = append(cells, nil)
			continue
		}
		cells = append(cells, c.cell(col.Type, values[0]))
	}
	return cells
}

func (c clock) cell(typ string, v any) any {
	if typ == "string" {
		return jsonpath.Plain(v)
	}
	switch x := v.(type) {
	case int64:
		if typ == "number" {
			return float64(x)
		}
		if typ == "integer" {
			return x
		}
	case float64:
		if typ == "integer" {
			return int64(x)
		}
		if typ == "number" {
			return x
		}
	case bool:
		if typ == "boolean" {
			return x
		}
	case string:
		if typ != "date" {
			return nil
		}
		t, err := time.Parse(time.RFC3339, x)
		if err != nil {
			return "<invalid>"
		}
		return c.since(metav1.Time{Time: t})
	}
	return nil
}
