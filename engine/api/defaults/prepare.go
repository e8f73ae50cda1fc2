package defaults

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// PrepareForCreate makes an object that a client sent ready to be validated and stored: it drops the status that only
// a status update may write, starts the generation, and derives what the server owns. Name, namespace, uid and
// creation time are the caller's.
func PrepareForCreate(obj runtime.Object) {
	switch o := obj.(type) {
	case *corev1.Pod:
		o.Generation = 1
		o.Status = corev1.PodStatus{Phase: corev1.PodPending}
		preparePod(o)
		o.Status.QOSClass = QOSClass(&o.Spec)
	case *appsv1.Deployment:
		o.Generation = 1
		o.Status = appsv1.DeploymentStatus{}
	case *appsv1.ReplicaSet:
		o.Generation = 1
		o.Status = appsv1.ReplicaSetStatus{}
	case *discoveryv1.EndpointSlice:
		o.Generation = 1
		dropTopology(o)
	case *corev1.Service:
		o.Status = corev1.ServiceStatus{}
		linkClusterIPs(o, nil)
	case *corev1.Namespace:
		prepareNamespace(o)
	case *corev1.ServiceAccount:
		keepSecretNames(o)
	default:
		_ = createWorkloads(obj) || createStorage(obj) || createPolicies(obj) || createExtensions(obj)
	}
}

func prepareNamespace(ns *corev1.Namespace) {
	ns.Status = corev1.NamespaceStatus{Phase: corev1.NamespaceActive}
	labelWithName(ns)
	for _, f := range ns.Spec.Finalizers {
		if f == corev1.FinalizerKubernetes {
			return
		}
	}
	// Clipped, so that append cannot write into an array that somebody else holds.
	all := ns.Spec.Finalizers[:len(ns.Spec.Finalizers):len(ns.Spec.Finalizers)]
	ns.Spec.Finalizers = append(all, corev1.FinalizerKubernetes)
}

// keepSecretNames: a ServiceAccount names its Secrets and says nothing else about them.
func keepSecretNames(sa *corev1.ServiceAccount) {
	for i := range sa.Secrets {
		sa.Secrets[i] = corev1.ObjectReference{Name: sa.Secrets[i].Name}
	}
}

// dropTopology: deprecatedTopology cannot be written through the v1 API.
func dropTopology(s *discoveryv1.EndpointSlice) {
	for i := range s.Endpoints {
		s.Endpoints[i].DeprecatedTopology = nil
	}
}

func preparePod(p *corev1.Pod) {
	if len(p.Spec.SchedulingGates) > 0 {
		// The transition time is the caller's to fill: this package has no clock.
		p.Status.Conditions = []corev1.PodCondition{{
			Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonSchedulingGated,
			Message: "Scheduling is blocked due to non-empty scheduling gates",
		}}
	}
	if usesLabelKeys(p.Spec.Affinity) {
		a := p.Spec.Affinity.DeepCopy()
		eachTerm(a, func(t *corev1.PodAffinityTerm) {
			appendLabelKeys(t.LabelSelector, t.MatchLabelKeys, metav1.LabelSelectorOpIn, p.Labels)
			appendLabelKeys(t.LabelSelector, t.MismatchLabelKeys, metav1.LabelSelectorOpNotIn, p.Labels)
		})
		p.Spec.Affinity = a
	}
	constraints := p.Spec.TopologySpreadConstraints
	for i := range constraints {
		if len(constraints[i].MatchLabelKeys) == 0 {
			continue
		}
		p.Spec.TopologySpreadConstraints = slices.Clone(p.Spec.TopologySpreadConstraints)
		c := &p.Spec.TopologySpreadConstraints[i]
		c.LabelSelector = c.LabelSelector.DeepCopy()
		appendLabelKeys(c.LabelSelector, c.MatchLabelKeys, metav1.LabelSelectorOpIn, p.Labels)
	}
	podResources(&p.Spec)
}

func usesLabelKeys(a *corev1.Affinity) bool {
	used := false
	eachTerm(a, func(t *corev1.PodAffinityTerm) {
		used = used || len(t.MatchLabelKeys)+len(t.MismatchLabelKeys) > 0
	})
	return used
}

func eachTerm(a *corev1.Affinity, visit func(*corev1.PodAffinityTerm)) {
	terms := func(preferred []corev1.WeightedPodAffinityTerm, required []corev1.PodAffinityTerm) {
		for i := range preferred {
			visit(&preferred[i].PodAffinityTerm)
		}
		for i := range required {
			visit(&required[i])
		}
	}
	if a != nil && a.PodAffinity != nil {
		terms(a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution, a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
	}
	if a != nil && a.PodAntiAffinity != nil {
		terms(a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution, a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
	}
}

// appendLabelKeys turns matchLabelKeys and mismatchLabelKeys into requirements on this pod's own values, so that the
// scheduler need not know of them (KEP-3633). A nil selector matches nothing, and so it must stay.
func appendLabelKeys(s *metav1.LabelSelector, keys []string, op metav1.LabelSelectorOperator, labels map[string]string) {
	if s == nil {
		return
	}
	for _, key := range keys {
		if value, ok := labels[key]; ok {
			s.MatchExpressions = append(s.MatchExpressions,
				metav1.LabelSelectorRequirement{Key: key, Operator: op, Values: []string{value}})
		}
	}
}

// PrepareForUpdate makes a new version of an object ready to be validated and stored in place of old: its status and
// what else an ordinary update may not touch stay as they were, and the generation grows when the spec changed. For a
// Service it also fills in the allocated addresses and ports that the client left out.
func PrepareForUpdate(obj, old runtime.Object) {
	keepGeneration(obj, old)
	switch o := obj.(type) {
	case *corev1.Pod:
		was := old.(*corev1.Pod)
		o.Status = was.Status
		if o.Spec.Resources == nil && was.Spec.Resources != nil {
			o.Spec.Resources = was.Spec.Resources // a client that does not know the field dropped it
		}
		if !apiequality.Semantic.DeepEqual(&o.Spec, &was.Spec) {
			o.Generation++
		}
	case *appsv1.Deployment:
		was := old.(*appsv1.Deployment)
		o.Status = was.Status
		// Annotations count too: the controller copies them to its ReplicaSets.
		if !apiequality.Semantic.DeepEqual(o.Annotations, was.Annotations) ||
			!apiequality.Semantic.DeepEqual(&o.Spec, &was.Spec) {
			o.Generation++
		}
	case *appsv1.ReplicaSet:
		was := old.(*appsv1.ReplicaSet)
		o.Status = was.Status
		if !apiequality.Semantic.DeepEqual(&o.Spec, &was.Spec) {
			o.Generation++
		}
	case *discoveryv1.EndpointSlice:
		was := old.(*discoveryv1.EndpointSlice)
		sameEndpoints := apiequality.Semantic.DeepEqual(o.Endpoints, was.Endpoints)
		if !sameEndpoints || o.AddressType != was.AddressType ||
			!apiequality.Semantic.DeepEqual(o.Ports, was.Ports) ||
			!apiequality.Semantic.DeepEqual(o.Labels, was.Labels) {
			o.Generation++
		}
		if !sameEndpoints {
			dropTopology(o)
		}
	case *corev1.Service:
		was := old.(*corev1.Service)
		keepAllocated(o, was)
		linkClusterIPs(o, was)
		o.Status = was.Status
		dropForType(o, was)
	case *corev1.Namespace:
		was := old.(*corev1.Namespace)
		o.Status, o.Spec.Finalizers = was.Status, was.Spec.Finalizers
		labelWithName(o)
	case *corev1.Node:
		o.Status = old.(*corev1.Node).Status
	case *corev1.Secret:
		orValue(&o.Type, old.(*corev1.Secret).Type)
	case *corev1.ServiceAccount:
		keepSecretNames(o)
	default:
		_ = updateWorkloads(obj, old) || updateStorage(obj, old) || updatePolicies(obj, old) || updateExtensions(obj, old)
	}
	keepSystemMeta(obj, old)
}

// PrepareForEphemeralContainers makes a pod ready to be stored through the subresource ephemeralcontainers, which takes
// these and nothing else (registry/core/pod/strategy.go, dropNonEphemeralContainerUpdates).
func PrepareForEphemeralContainers(o, was *corev1.Pod) {
	list := o.Spec.EphemeralContainers
	o.Spec, o.Status = was.Spec, was.Status
	o.Spec.EphemeralContainers = list
	o.DeletionTimestamp, o.Generation = was.DeletionTimestamp, was.Generation
	o.Labels, o.Annotations, o.Finalizers, o.OwnerReferences = was.Labels, was.Annotations, was.Finalizers, was.OwnerReferences
	if !apiequality.Semantic.DeepEqual(list, was.Spec.EphemeralContainers) {
		o.Generation++
	}
	keepSystemMeta(o, was)
}

// PrepareForStatusUpdate makes obj ready to be stored through the status subresource: it takes the status, and of the
// metadata what the kind allows there; the rest stays as in old. Kinds without a status subresource are left alone.
func PrepareForStatusUpdate(obj, old runtime.Object) {
	keepGeneration(obj, old)
	switch o := obj.(type) {
	case *corev1.Pod:
		was := old.(*corev1.Pod)
		o.Spec = was.Spec
		o.DeletionTimestamp = nil // restored below; a kubelet's stale copy must not be compared
		o.OwnerReferences = was.OwnerReferences
		orValue(&o.Status.QOSClass, was.Status.QOSClass)
		keepObservedGenerations(&o.Status, &was.Status)
	case *appsv1.Deployment:
		was := old.(*appsv1.Deployment)
		o.Spec, o.Labels = was.Spec, was.Labels
	case *appsv1.ReplicaSet:
		o.Spec = old.(*appsv1.ReplicaSet).Spec
	case *corev1.Service:
		o.Spec = old.(*corev1.Service).Spec
	case *corev1.Namespace:
		o.Spec = old.(*corev1.Namespace).Spec
	case *corev1.Node:
		o.Spec = old.(*corev1.Node).Spec
	default:
		_ = statusWorkloads(obj, old) || statusStorage(obj, old) || statusPolicies(obj, old) || statusExtensions(obj, old)
	}
	keepSystemMeta(obj, old)
}

// PrepareForFinalize makes a Namespace ready to be stored through its finalize subresource, which alone may change
// spec.finalizers.
func PrepareForFinalize(ns, old *corev1.Namespace) {
	ns.Generation = old.Generation
	ns.Status = old.Status
	keepSystemMeta(ns, old)
}

// keepObservedGenerations: a kubelet that does not report what it observed must not erase what is known.
func keepObservedGenerations(s, was *corev1.PodStatus) {
	orValue(&s.ObservedGeneration, was.ObservedGeneration)
	for i := range s.Conditions {
		if s.Conditions[i].ObservedGeneration != 0 {
			continue
		}
		for j := range was.Conditions {
			if was.Conditions[j].Type == s.Conditions[i].Type && was.Conditions[j].ObservedGeneration != 0 {
				conditions := slices.Clone(s.Conditions)
				conditions[i].ObservedGeneration = was.Conditions[j].ObservedGeneration
				s.Conditions = conditions
				break
			}
		}
	}
}

func keepGeneration(obj, old runtime.Object) {
	to, errTo := meta.Accessor(obj)
	from, errFrom := meta.Accessor(old)
	if errTo == nil && errFrom == nil {
		to.SetGeneration(from.GetGeneration())
	}
}

// keepSystemMeta: clients may leave out the fields the server owns, and can never take back a deletion.
func keepSystemMeta(obj, old runtime.Object) {
	to, errTo := meta.Accessor(obj)
	from, errFrom := meta.Accessor(old)
	if errTo != nil || errFrom != nil {
		return
	}
	if to.GetUID() == "" {
		to.SetUID(from.GetUID())
	}
	if created := from.GetCreationTimestamp(); !created.IsZero() {
		to.SetCreationTimestamp(created)
	}
	if deleted := from.GetDeletionTimestamp(); !deleted.IsZero() {
		to.SetDeletionTimestamp(deleted)
	}
	if grace := from.GetDeletionGracePeriodSeconds(); grace != nil && to.GetDeletionGracePeriodSeconds() == nil {
		to.SetDeletionGracePeriodSeconds(grace)
	}
}
