package validation

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (e *errs) podCreate(pod *corev1.Pod) {
	e.pod(pod)
	if len(pod.Spec.EphemeralContainers) > 0 {
		e.forbidden(specPath.Child("ephemeralContainers"), "cannot be set on create")
	}
	if pod.Spec.NodeName != "" && len(pod.Spec.SchedulingGates) > 0 {
		e.forbidden(specPath.Child("nodeName"), "cannot be set until all schedulingGates have been cleared")
	}
	e.profilesMatch(&pod.ObjectMeta, &pod.Spec, specPath)
}

// pod checks metadata and spec, on create and on every update.
func (e *errs) pod(pod *corev1.Pod) {
	e.objectMeta(&pod.ObjectMeta, true, subdomainName)
	e.podAnnotations(metaPath.Child("annotations"), pod.Annotations, &pod.Spec)
	e.podSpec(&pod.Spec, &pod.ObjectMeta, specPath, true)
	if pod.Spec.ServiceAccountName == "" {
		for i := range pod.Spec.Volumes {
			projected := pod.Spec.Volumes[i].Projected
			for j := range deref(projected, corev1.ProjectedVolumeSource{}).Sources {
				if projected.Sources[j].ServiceAccountToken != nil {
					e.forbidden(specPath.Child("volumes").Index(i).Child("projected", "sources").Index(j).Child("serviceAccountToken"),
						"must not be specified when serviceAccountName is not set")
				}
			}
		}
	}
	if grace := pod.Spec.TerminationGracePeriodSeconds; grace != nil {
		e.nonNegative(specPath.Child("terminationGracePeriodSeconds"), *grace)
	}
	for i := range pod.Spec.Containers {
		e.imageNotPadded(specPath.Child("containers").Index(i).Child("image"), pod.Spec.Containers[i].Image)
	}
	for i := range pod.Spec.InitContainers {
		e.imageNotPadded(specPath.Child("initContainers").Index(i).Child("image"), pod.Spec.InitContainers[i].Image)
	}
}

// imageNotPadded holds for Pods only: templates with padded images were accepted long ago.
func (e *errs) imageNotPadded(p *field.Path, image string) {
	if strings.TrimSpace(image) != image {
		e.invalid(p, image, "must not have leading or trailing whitespace")
	}
}

// podAnnotations checks the annotations that mean something to Kubernetes.
func (e *errs) podAnnotations(p *field.Path, annotations map[string]string, spec *corev1.PodSpec) {
	if len(annotations) == 0 {
		return
	}
	if mirror, ok := annotations[corev1.MirrorPodAnnotationKey]; ok && spec.NodeName == "" {
		e.invalid(p.Key(corev1.MirrorPodAnnotationKey), mirror, "must set spec.nodeName if mirror pod annotation is set")
	}
	if text := annotations[corev1.TolerationsAnnotationKey]; text != "" {
		var tolerations []corev1.Toleration
		if err := json.Unmarshal([]byte(text), &tolerations); err != nil {
			e.invalid(p, corev1.TolerationsAnnotationKey, err.Error())
		} else {
			e.tolerations(p.Child(corev1.TolerationsAnnotationKey), tolerations)
		}
	}
	if cost, ok := annotations[corev1.PodDeletionCost]; ok && !isDeletionCost(cost) {
		e.invalid(p.Key(corev1.PodDeletionCost), cost, "must be a 32bit integer")
	}
	seccomp := func(key, profile string) {
		name, local := strings.CutPrefix(profile, corev1.SeccompLocalhostProfileNamePrefix)
		switch {
		case profile == corev1.SeccompProfileRuntimeDefault, profile == corev1.DeprecatedSeccompProfileDockerDefault,
			profile == corev1.SeccompProfileNameUnconfined:
		case local:
			e.descendingPath(p.Child(key), name)
		default:
			e.invalid(p.Child(key), profile, "must be a valid seccomp profile")
		}
	}
	if profile, ok := annotations[corev1.SeccompPodAnnotationKey]; ok {
		seccomp(corev1.SeccompPodAnnotationKey, profile)
	}
	keys := sortedKeys(annotations)
	for _, key := range keys {
		if strings.HasPrefix(key, corev1.SeccompContainerAnnotationKeyPrefix) {
			seccomp(key, annotations[key])
		}
	}
	for _, key := range keys {
		name, ok := strings.CutPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix)
		if !ok {
			continue
		}
		found := false
		eachContainer(spec, nil, func(c *corev1.Container, _ *field.Path) { found = found || c.Name == name })
		if !found {
			e.invalid(p.Key(key), name, "container not found")
		}
		if v := annotations[key]; v != "" && v != corev1.DeprecatedAppArmorBetaProfileRuntimeDefault &&
			v != corev1.DeprecatedAppArmorBetaProfileNameUnconfined && !strings.HasPrefix(v, corev1.DeprecatedAppArmorBetaProfileNamePrefix) {
			e.invalid(p.Key(key), v, fmt.Sprintf("invalid AppArmor profile name: %q", v))
		}
	}
}

// isDeletionCost: a 32-bit integer without plus sign or leading zero.
func isDeletionCost(s string) bool {
	if s == "" || s[0] == '+' || (s[0] == '0' && s != "0") {
		return false
	}
	_, err := strconv.ParseInt(s, 10, 32)
	return err == nil
}

func (e *errs) podAnnotationUpdates(pod, old *corev1.Pod) {
	p := metaPath.Child("annotations")
	for _, key := range sortedKeys(old.Annotations) {
		if now, ok := pod.Annotations[key]; ok && now == old.Annotations[key] {
			continue
		}
		if strings.HasPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix) {
			e.forbidden(p.Key(key), "may not remove or update AppArmor annotations")
		}
		if key == corev1.MirrorPodAnnotationKey {
			e.forbidden(p.Key(key), "may not remove or update mirror pod annotation")
		}
	}
	for _, key := range sortedKeys(pod.Annotations) {
		if _, had := old.Annotations[key]; had {
			continue
		}
		if strings.HasPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix) {
			e.forbidden(p.Key(key), "may not add AppArmor annotations")
		}
		if key == corev1.MirrorPodAnnotationKey {
			e.forbidden(p.Key(key), "may not add mirror pod annotation")
		}
	}
	e.podAnnotations(p, pod.Annotations, &pod.Spec)
}

// updatablePodFields is what the error says may change; scheduling gates may too.
const updatablePodFields = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`," +
	"`spec.tolerations` (only additions to existing tolerations)," +
	"`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"

func (e *errs) podUpdate(pod, old *corev1.Pod) {
	e.objectMetaUpdate(&pod.ObjectMeta, &old.ObjectMeta)
	e.pod(pod)
	e.podAnnotationUpdates(pod, old)
	if !e.containerUpdates(specPath.Child("containers"), pod.Spec.Containers, old.Spec.Containers) ||
		!e.containerUpdates(specPath.Child("initContainers"), pod.Spec.InitContainers, old.Spec.InitContainers) ||
		!e.deadlineUpdate(specPath.Child("activeDeadlineSeconds"), pod.Spec.ActiveDeadlineSeconds, old.Spec.ActiveDeadlineSeconds) {
		return
	}
	e.onlyAddedTolerations(specPath.Child("tolerations"), pod.Spec.Tolerations, old.Spec.Tolerations)
	e.onlyDeletedGates(specPath.Child("schedulingGates"), pod.Spec.SchedulingGates, old.Spec.SchedulingGates)
	if apiequality.Semantic.DeepEqual(&pod.Spec, &old.Spec) {
		return
	}
	// Give the new spec the old values of what may change: any difference that is left is forbidden.
	rest := pod.Spec.DeepCopy()
	for i := range rest.Containers {
		rest.Containers[i].Image = old.Spec.Containers[i].Image
	}
	for i := range rest.InitContainers {
		rest.InitContainers[i].Image = old.Spec.InitContainers[i].Image
	}
	rest.ActiveDeadlineSeconds = old.Spec.ActiveDeadlineSeconds
	rest.SchedulingGates = old.Spec.SchedulingGates
	rest.Tolerations = old.Spec.Tolerations
	if was := old.Spec.TerminationGracePeriodSeconds; was != nil && *was < 0 && deref(rest.TerminationGracePeriodSeconds, 0) == 1 {
		rest.TerminationGracePeriodSeconds = was
	}
	if len(old.Spec.SchedulingGates) > 0 {
		e.gatedPodUpdate(rest, &old.Spec)
	}
	if !apiequality.Semantic.DeepEqual(rest, &old.Spec) {
		e.forbidden(specPath, fmt.Sprintf("pod updates may not change fields other than %s\n%v", updatablePodFields, specDiff(&old.Spec, rest)))
	}
}

// EphemeralContainersUpdate returns what forbids storing a pod in place of old through the subresource
// ephemeralcontainers: they are added, and never changed or removed (ValidatePodEphemeralContainersUpdate).
func EphemeralContainersUpdate(pod, old *corev1.Pod) field.ErrorList {
	e := &errs{}
	if _, ok := old.Annotations[corev1.MirrorPodAnnotationKey]; ok {
		e.forbidden(field.NewPath(""), "static pods do not support ephemeral containers")
		return e.list
	}
	e.objectMetaUpdate(&pod.ObjectMeta, &old.ObjectMeta)
	e.pod(pod)
	e.podAnnotationUpdates(pod, old)
	path := specPath.Child("ephemeralContainers")
	now := map[string]*corev1.EphemeralContainer{}
	for i := range pod.Spec.EphemeralContainers {
		now[pod.Spec.EphemeralContainers[i].Name] = &pod.Spec.EphemeralContainers[i]
	}
	for i := range old.Spec.EphemeralContainers {
		was := &old.Spec.EphemeralContainers[i]
		if is := now[was.Name]; is == nil {
			e.forbidden(path, fmt.Sprintf("existing ephemeral containers %q may not be removed\n", was.Name))
		} else if !apiequality.Semantic.DeepEqual(was, is) {
			e.forbidden(path, fmt.Sprintf("existing ephemeral containers %q may not be changed\n%v", was.Name, specDiff(was, is)))
		}
	}
	return e.list
}

// containerUpdates tells whether the lists can be compared one by one.
func (e *errs) containerUpdates(p *field.Path, now, was []corev1.Container) bool {
	if len(now) != len(was) {
		e.forbidden(p, "pod updates may not add or remove containers")
		return false
	}
	for i := range now {
		e.nonEmpty(p.Index(i).Child("image"), now[i].Image)
		e.imageNotPadded(p.Index(i).Child("image"), now[i].Image)
	}
	return true
}

// deadlineUpdate: a deadline can be set or shortened, never lengthened or taken back. False stops the comparison.
func (e *errs) deadlineUpdate(p *field.Path, now, was *int64) bool {
	switch {
	case now == nil && was == nil:
	case now == nil:
		e.invalid(p, now, "must not update from a positive integer to nil value")
	case *now < 0 || *now > math.MaxInt32:
		e.invalid(p, *now, validation.InclusiveRangeError(0, math.MaxInt32))
		return false
	case was != nil && *was < *now:
		e.invalid(p, *now, "must be less than or equal to previous value")
		return false
	}
	return true
}

// gatedPodUpdate: until its gates are gone, a pod's node selector and node affinity may become stricter (KEP-3838).
// What was checked is put back into rest.
func (e *errs) gatedPodUpdate(rest, old *corev1.PodSpec) {
	for _, key := range sortedKeys(old.NodeSelector) {
		if now, ok := rest.NodeSelector[key]; !ok || now != old.NodeSelector[key] {
			e.invalid(specPath.Child("nodeSelector"), rest.NodeSelector, "only additions to spec.nodeSelector are allowed (no mutations or deletions)")
			break
		}
	}
	rest.NodeSelector = old.NodeSelector
	var was, now *corev1.NodeAffinity
	if old.Affinity != nil {
		was = old.Affinity.NodeAffinity
	}
	if rest.Affinity != nil {
		now = rest.Affinity.NodeAffinity
	}
	if apiequality.Semantic.DeepEqual(was, now) {
		return
	}
	e.gatedNodeAffinity(specPath.Child("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"), now, was)
	switch {
	case rest.Affinity == nil:
		rest.Affinity = &corev1.Affinity{NodeAffinity: was}
	case old.Affinity == nil && rest.Affinity.PodAffinity == nil && rest.Affinity.PodAntiAffinity == nil:
		rest.Affinity = nil
	default:
		rest.Affinity.NodeAffinity = was
	}
}

func (e *errs) gatedNodeAffinity(p *field.Path, now, was *corev1.NodeAffinity) {
	terms := func(a *corev1.NodeAffinity) []corev1.NodeSelectorTerm {
		if a == nil || a.RequiredDuringSchedulingIgnoredDuringExecution == nil {
			return nil
		}
		return a.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	}
	old, new := terms(was), terms(now)
	if len(old) == 0 {
		return
	}
	if len(old) != len(new) {
		e.invalid(p, goNames{new}, "no additions/deletions to non-empty NodeSelectorTerms list are allowed")
		return
	}
	extends := func(now, was []corev1.NodeSelectorRequirement) bool {
		return len(now) >= len(was) && (len(was) == 0 || apiequality.Semantic.DeepEqual(now[:len(was)], was))
	}
	for i := range old {
		// A term without requirements matches nothing, so that adding one would match more.
		grown := len(old[i].MatchExpressions)+len(old[i].MatchFields) == 0 && len(new[i].MatchExpressions)+len(new[i].MatchFields) > 0
		if grown || !extends(new[i].MatchExpressions, old[i].MatchExpressions) || !extends(new[i].MatchFields, old[i].MatchFields) {
			e.invalid(p.Index(i), goNames{new[i]}, "only additions are allowed (no mutations or deletions)")
		}
	}
}

func (e *errs) binding(b *corev1.Binding) {
	target := field.NewPath("target")
	if b.Target.Kind != "" && b.Target.Kind != "Node" {
		e.add(field.NotSupported(target.Child("kind"), b.Target.Kind, []string{"Node", "<empty>"}))
	}
	if b.Target.Name == "" {
		e.required(target.Child("name"), "")
	} else if b.Target.Kind == "" || b.Target.Kind == "Node" {
		e.subdomain(target.Child("name"), b.Target.Name)
	}
}
