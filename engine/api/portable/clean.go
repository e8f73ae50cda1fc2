package portable

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/fieldmanager"
)

// Object cleans an object of this cluster. prune says whether fields that equal their defaults go.
func (c *Cleaner) Object(r *api.Resource, obj api.Object, prune bool) map[string]any {
	doc := valuesOf(obj)
	doc["apiVersion"], doc["kind"] = r.APIVersion(), r.Kind
	return c.Clean(r, doc, fieldmanager.Entries(obj), prune)
}

// Clean is an object that was read of a cluster, without what the cluster made of it. entries are its managedFields, if it
// has them. r is nil for a kind that nobody here knows. doc is not changed.
func (c *Cleaner) Clean(r *api.Resource, doc map[string]any, entries []metav1.ManagedFieldsEntry, prune bool) map[string]any {
	wrote := authorOf(doc, entries)
	typed := r != nil && r.Custom == nil
	var out map[string]any
	booked := false
	// What nobody can change is in nobody's books.
	if mine := c.authors(entries); len(mine) > 0 && stringAt(doc, "kind") != "CertificateSigningRequest" && oneVersion(mine, doc["apiVersion"]) {
		if part, err := fieldmanager.Owned(doc, mine); err == nil {
			out, booked = copied(part, !typed).(map[string]any), true
		}
	}
	if !booked {
		out = copied(doc, !typed).(map[string]any)
	}
	out["apiVersion"], out["kind"] = doc["apiVersion"], doc["kind"]
	out["metadata"] = metadata(mapAt(out, "metadata"), mapAt(doc, "metadata"), wrote.at("metadata"))
	delete(out, "status")
	kind := stringAt(doc, "kind")
	if rule := always[kind]; rule != nil {
		rule(out)
	}
	if rule := unbooked[kind]; rule != nil && !booked {
		rule(out, doc, wrote)
	}
	oldName(out, wrote)
	if r != nil && prune {
		out = (&pruner{r, wrote}).prune(out)
	}
	return out
}

// oldName takes away what pods' service accounts were called before.
func oldName(v any, wrote author) {
	m, _ := v.(map[string]any)
	for _, name := range []string{"spec", "jobTemplate", "template"} {
		below, said := mapAt(m, name), wrote.at(name)
		if below == nil {
			continue
		}
		if s := below["serviceAccount"]; s != nil && s == below["serviceAccountName"] && !said.wrote("serviceAccount") {
			delete(below, "serviceAccount")
		}
		oldName(below, said)
	}
}

// oneVersion reports that entries speak of a document's version.
func oneVersion(entries []metav1.ManagedFieldsEntry, version any) bool {
	for i := range entries {
		if entries[i].APIVersion != version {
			return false
		}
	}
	return true
}

// bookkeeping are annotations that components write; those that end with a slash are prefixes.
var bookkeeping = []string{
	corev1.LastAppliedConfigAnnotation, "deployment.kubernetes.io/", "deprecated.daemonset.template.generation",
	"pv.kubernetes.io/", "volume.kubernetes.io/selected-node", "volume.kubernetes.io/storage-provisioner", "volume.beta.kubernetes.io/storage-provisioner",
	"volume.kubernetes.io/storage-resizer", "endpoints.kubernetes.io/last-change-trigger-time", "control-plane.alpha.kubernetes.io/leader",
	"batch.kubernetes.io/job-tracking", "batch.kubernetes.io/cronjob-scheduled-timestamp", "kubernetes.io/limit-ranger", "kubernetes.io/service-account.uid",
	"autoscaling.alpha.kubernetes.io/", "rbac.authorization.kubernetes.io/autoupdate", "kubernetes.io/config.", "cni.projectcalico.org/", "node.alpha.kubernetes.io/ttl",
}

// bookLabels are labels that components give to what they make.
var bookLabels = map[string][]string{
	"Namespace": {corev1.LabelMetadataName},
	"Pod":       {"pod-template-hash", "controller-revision-hash", "pod-template-generation", "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"},
	"Job":       jobLabels,
}

// lastWills are finalizers that the cluster sets by itself; those that end with a slash are prefixes.
var lastWills = []string{
	metav1.FinalizerDeleteDependents, metav1.FinalizerOrphanDependents, "kubernetes.io/", "service.kubernetes.io/load-balancer-cleanup", "batch.kubernetes.io/job-tracking",
	"customresourcecleanup.apiextensions.k8s.io", "external-provisioner.volume.kubernetes.io/", "external-attacher/", "external-resizer.storage.k8s.io",
}

func among(list []string, s string) bool {
	for _, x := range list {
		if x == s || (strings.HasSuffix(x, "/") || strings.HasSuffix(x, ".")) && strings.HasPrefix(s, x) {
			return true
		}
	}
	return false
}

// metadata is what is kept of an object's: part is what its author owns of all. A field of the books that the author
// himself wrote stays.
func metadata(part, all map[string]any, wrote author) map[string]any {
	out := map[string]any{}
	for _, k := range []string{"name", "namespace"} {
		if v, ok := all[k]; ok && v != "" {
			out[k] = v
		}
	}
	keep := func(field string, gone func(key string) bool) {
		kept := map[string]any{}
		for k, v := range mapAt(part, field) {
			if !gone(k) || k != corev1.LastAppliedConfigAnnotation && wrote.wrote(field, k) {
				kept[k] = v
			}
		}
		if len(kept) > 0 {
			out[field] = kept
		}
	}
	keep("annotations", func(k string) bool { return among(bookkeeping, k) })
	keep("labels", func(string) bool { return false })
	if list, ok := part["finalizers"].([]any); ok {
		kept := []any{}
		for _, f := range list {
			if s, _ := f.(string); !among(lastWills, s) {
				kept = append(kept, f)
			}
		}
		if len(kept) > 0 {
			out["finalizers"] = kept
		}
	}
	return out
}
