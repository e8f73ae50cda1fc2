package warnings

import (
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	nodev1 "k8s.io/api/node/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
)

var (
	specPath     = field.NewPath("spec")
	templatePath = field.NewPath("spec", "template")
	ingressPath  = field.NewPath("status", "loadBalancer", "ingress")
	jobPath      = field.NewPath("spec", "jobTemplate", "spec")
)

// Create are the warnings about a new object.
func Create(obj api.Object) []string {
	w := &list{}
	switch o := obj.(type) {
	case *corev1.Pod:
		if msgs := utilvalidation.IsDNS1123Label(o.Name); len(msgs) > 0 {
			w.add("metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [" + strings.Join(msgs, " ") + "]")
		}
		w.pod(nil, &o.Spec, o.Annotations)
	case *corev1.PodTemplate:
		w.template(field.NewPath("template"), &o.Template)
	case *corev1.ReplicationController:
		w.podsName(o.Name)
		w.template(templatePath, o.Spec.Template)
	case *appsv1.ReplicaSet:
		w.podsName(o.Name)
		w.template(templatePath, &o.Spec.Template)
	case *appsv1.Deployment:
		w.podsName(o.Name)
		w.template(templatePath, &o.Spec.Template)
	case *appsv1.DaemonSet:
		w.template(templatePath, &o.Spec.Template)
	case *appsv1.StatefulSet:
		w.template(templatePath, &o.Spec.Template)
		w.statefulSet(o, "")
	case *batchv1.Job:
		w.podsName(o.Name)
		w.job(specPath, &o.Spec)
	case *batchv1.CronJob:
		w.podsName(o.Name)
		w.job(jobPath, &o.Spec.JobTemplate.Spec)
	case *networkingv1.Ingress:
		if _, ok := o.Annotations[ingressClass]; ok && o.Spec.IngressClassName == nil {
			w.add("annotation " + strconv.Quote(ingressClass) + " is deprecated, please use 'spec.ingressClassName' instead")
		}
	case *corev1.ResourceQuota:
		w.quota(o)
	case *corev1.ServiceAccount:
		w.account(o)
	case *storagev1.CSIDriver:
		if len(o.Spec.TokenRequests) > 0 && o.Spec.ServiceAccountTokenInSecrets == nil {
			w.add(tokenInSecrets)
		}
	default:
		w.either(obj)
	}
	w.extensions(obj, nil)
	return w.lines
}

// Update are the warnings about an object that replaces old.
func Update(obj, old api.Object) []string {
	w := &list{}
	newer := obj.GetGeneration() != old.GetGeneration()
	switch o := obj.(type) {
	case *corev1.Pod:
		// People seldom touch pods, and components often do.
	case *corev1.PodTemplate:
		if newer {
			w.template(field.NewPath("template"), &o.Template)
		}
	case *corev1.ReplicationController:
		if newer { // upstream looks at the old template here
			w.template(templatePath, old.(*corev1.ReplicationController).Spec.Template)
		}
	case *appsv1.ReplicaSet:
		if newer {
			w.template(templatePath, &o.Spec.Template)
		}
	case *appsv1.Deployment:
		if newer {
			w.template(templatePath, &o.Spec.Template)
		}
	case *appsv1.DaemonSet:
		if generationOf(o) != generationOf(old.(*appsv1.DaemonSet)) {
			w.template(templatePath, &o.Spec.Template)
		}
	case *appsv1.StatefulSet:
		if newer {
			w.template(templatePath, &o.Spec.Template)
		}
		w.statefulSet(o, "Spec") // upstream's path has this capital
	case *batchv1.Job:
		if newer {
			w.job(specPath, &o.Spec)
		}
	case *batchv1.CronJob:
		if newer {
			w.job(jobPath, &o.Spec.JobTemplate.Spec)
		}
		if strings.Contains(o.Spec.Schedule, "TZ") {
			w.add("cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details")
		}
	case *networkingv1.Ingress, *corev1.ResourceQuota:
	case *corev1.ServiceAccount:
		if _, had := old.GetAnnotations()[enforceMountable]; !had {
			w.account(o)
		}
	case *storagev1.CSIDriver:
		if len(o.Spec.TokenRequests) > 0 && o.Spec.ServiceAccountTokenInSecrets == nil &&
			!equality.Semantic.DeepEqual(o.Spec.TokenRequests, old.(*storagev1.CSIDriver).Spec.TokenRequests) {
			w.add(tokenInSecrets)
		}
	default:
		w.either(obj)
	}
	w.extensions(obj, old)
	return w.lines
}

// StatusUpdate are the warnings about an object whose status is new.
func StatusUpdate(obj api.Object) []string {
	w := &list{}
	switch o := obj.(type) {
	case *corev1.Pod:
		for i := range o.Status.PodIPs {
			w.ip(field.NewPath("status", "podIPs").Index(i).Child("ip"), o.Status.PodIPs[i].IP)
		}
	case *corev1.Service:
		for i := range o.Status.LoadBalancer.Ingress {
			w.ip(ingressPath.Index(i), o.Status.LoadBalancer.Ingress[i].IP)
		}
	case *networkingv1.Ingress:
		for i := range o.Status.LoadBalancer.Ingress {
			w.ip(ingressPath.Index(i), o.Status.LoadBalancer.Ingress[i].IP)
		}
	}
	return w.lines
}

// either are the kinds of which creates and updates are warned of alike.
func (w *list) either(obj api.Object) {
	switch o := obj.(type) {
	case *corev1.Node:
		w.node(o)
	case *corev1.Service:
		w.service(o)
	case *corev1.Secret:
		w.secret(o)
	case *corev1.Endpoints:
		w.endpoints(o)
	case *corev1.PersistentVolume:
		w.volumeObject(o)
	case *corev1.PersistentVolumeClaim:
		w.claim(o)
	case *discoveryv1.EndpointSlice:
		w.endpointSlice(o)
	case *networkingv1.NetworkPolicy:
		w.networkPolicy(o)
	case *nodev1.RuntimeClass:
		if o.Scheduling != nil {
			for _, k := range keys(o.Scheduling.NodeSelector) {
				if msg := deprecatedLabel(k); msg != "" {
					w.at(field.NewPath("scheduling", "nodeSelector"), msg)
				}
			}
		}
	case *storagev1.StorageClass:
		for i := range o.AllowedTopologies {
			for j, e := range o.AllowedTopologies[i].MatchLabelExpressions {
				if msg := deprecatedLabel(e.Key); msg != "" {
					w.at(field.NewPath("allowedTopologies").Index(i).Child("matchLabelExpressions").Index(j).Child("key"), msg)
				}
			}
		}
	case *storagev1.CSIStorageCapacity:
		w.nodeTopology(o)
	}
}

// list gathers warnings.
type list struct{ lines []string }

func (w *list) add(text string) { w.lines = append(w.lines, text) }

func (w *list) at(p *field.Path, text string) { w.add(p.String() + ": " + text) }

func (w *list) ip(p *field.Path, value string) {
	if value != "" {
		w.lines = append(w.lines, utilvalidation.GetWarningsForIP(p, value)...)
	}
}

func (w *list) cidr(p *field.Path, value string) {
	w.lines = append(w.lines, utilvalidation.GetWarningsForCIDR(p, value)...)
}

func (w *list) podsName(name string) {
	if msgs := utilvalidation.IsDNS1123Label(name); len(msgs) > 0 {
		w.add("metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [" + strings.Join(msgs, " ") + "]")
	}
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
