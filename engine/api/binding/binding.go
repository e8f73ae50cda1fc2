package binding

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
)

// The annotations by which controller, scheduler and provisioners tell one another how far a binding is.
const (
	AnnBindCompleted          = "pv.kubernetes.io/bind-completed"
	AnnBoundByController      = "pv.kubernetes.io/bound-by-controller"
	AnnDynamicallyProvisioned = "pv.kubernetes.io/provisioned-by"
	AnnMigratedTo             = "pv.kubernetes.io/migrated-to"
	AnnSelectedNode           = "volume.kubernetes.io/selected-node"
	AnnStorageProvisioner     = "volume.kubernetes.io/storage-provisioner"
	AnnBetaStorageProvisioner = "volume.beta.kubernetes.io/storage-provisioner"

	// NoProvisioner is the provisioner of classes whose volumes are made by hand.
	NoProvisioner = "kubernetes.io/no-provisioner"
)

// Has reports that an object carries an annotation, whatever its value.
func Has(o metav1.Object, annotation string) bool {
	_, ok := o.GetAnnotations()[annotation]
	return ok
}

// Annotated is the annotations of an object with one more; the object's own map is left alone.
func Annotated(o metav1.Object, key, value string) map[string]string {
	out := map[string]string{key: value}
	for k, v := range o.GetAnnotations() {
		if k != key {
			out[k] = v
		}
	}
	return out
}

// ClaimName is the claim that a volume of a pod uses, "" if it uses none; an ephemeral volume's is named after both.
func ClaimName(p *corev1.Pod, v *corev1.Volume) string {
	switch {
	case v.PersistentVolumeClaim != nil:
		return v.PersistentVolumeClaim.ClaimName
	case v.Ephemeral != nil:
		return p.Name + "-" + v.Name
	}
	return ""
}

// Claims are the keys of the claims that a pod's volumes use.
func Claims(p *corev1.Pod) []string {
	var out []string
	for i := range p.Spec.Volumes {
		if name := ClaimName(p, &p.Spec.Volumes[i]); name != "" {
			out = append(out, api.Key(p.Namespace, name))
		}
	}
	return out
}

// ClaimClass is the name of the class a claim asks for, "" for none.
func ClaimClass(c *corev1.PersistentVolumeClaim) string {
	if v, ok := c.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		return v
	}
	if c.Spec.StorageClassName != nil {
		return *c.Spec.StorageClassName
	}
	return ""
}

// HasClass reports that a claim says something about its class, be it that it wants none.
func HasClass(c *corev1.PersistentVolumeClaim) bool {
	return Has(c, corev1.BetaStorageClassAnnotation) || c.Spec.StorageClassName != nil
}

// VolumeClass is the name of a volume's class.
func VolumeClass(v *corev1.PersistentVolume) string {
	if s, ok := v.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		return s
	}
	return v.Spec.StorageClassName
}

// Delayed reports that claims of a class wait for their first consumer; nil is a class that is not there.
func Delayed(class *storagev1.StorageClass) bool {
	return class != nil && class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
}

// DefaultClass reports that a class is marked as the default.
func DefaultClass(class *storagev1.StorageClass) bool {
	return class.Annotations["storageclass.kubernetes.io/is-default-class"] == "true" || class.Annotations["storageclass.beta.kubernetes.io/is-default-class"] == "true"
}

// Bound reports that a volume is bound, or set aside, for a claim: by name, and by UID once there is one.
func Bound(v *corev1.PersistentVolume, c *corev1.PersistentVolumeClaim) bool {
	ref := v.Spec.ClaimRef
	return ref != nil && ref.Name == c.Name && ref.Namespace == c.Namespace && (ref.UID == "" || ref.UID == c.UID)
}

// Complete reports that a claim's binding is done.
func Complete(c *corev1.PersistentVolumeClaim) bool {
	return c.Spec.VolumeName != "" && Has(c, AnnBindCompleted)
}

// Bind is the volume with what binding it to a claim writes; changed is false when nothing is left to write.
func Bind(v *corev1.PersistentVolume, c *corev1.PersistentVolumeClaim) (bound *corev1.PersistentVolume, changed bool) {
	bound = api.Copy(v)
	if ref := v.Spec.ClaimRef; ref == nil || ref.Name != c.Name || ref.Namespace != c.Namespace || ref.UID != c.UID {
		bound.Spec.ClaimRef = &corev1.ObjectReference{Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: c.Namespace, Name: c.Name, UID: c.UID, ResourceVersion: c.ResourceVersion}
		changed = true
	}
	if !Bound(v, c) && !Has(v, AnnBoundByController) {
		bound.Annotations = Annotated(v, AnnBoundByController, "yes")
		changed = true
	}
	return bound, changed
}

// ModeMismatch reports that one is a block device and the other a file system.
func ModeMismatch(c *corev1.PersistentVolumeClaimSpec, v *corev1.PersistentVolumeSpec) bool {
	mode := func(m *corev1.PersistentVolumeMode) corev1.PersistentVolumeMode {
		if m == nil {
			return corev1.PersistentVolumeFilesystem
		}
		return *m
	}
	return mode(c.VolumeMode) != mode(v.VolumeMode)
}

// Modes reports that a list of access modes has all that are wanted.
func Modes(have, want []corev1.PersistentVolumeAccessMode) bool {
	for _, m := range want {
		if !slices.Contains(have, m) {
			return false
		}
	}
	return true
}

// SameAttributes compares the VolumeAttributesClass of claim and volume.
func SameAttributes(c *corev1.PersistentVolumeClaim, v *corev1.PersistentVolume) bool {
	name := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	return name(c.Spec.VolumeAttributesClassName) == name(v.Spec.VolumeAttributesClassName)
}

// Search says where Find looks.
type Search struct {
	// Node, when not nil, is the node the volume must be usable on (the scheduler asks so).
	Node *corev1.Node
	// Taken are volumes that other claims of the same pod shall get.
	Taken map[string]bool
	// Delay leaves volumes alone that are not set aside for the claim: its class waits for a consumer.
	Delay bool
}

// Find is the best of some volumes for a claim: the one set aside for it, else the smallest that suits; nil if there is
// none (FindMatchingVolume).
func Find(c *corev1.PersistentVolumeClaim, volumes []*corev1.PersistentVolume, s Search) (*corev1.PersistentVolume, error) {
	want := c.Spec.Resources.Requests[corev1.ResourceStorage]
	class := ClaimClass(c)
	var selector labels.Selector
	if c.Spec.Selector != nil {
		sel, err := metav1.LabelSelectorAsSelector(c.Spec.Selector)
		if err != nil {
			return nil, fmt.Errorf("error creating internal label selector for claim: %v: %v", api.KeyOf(c), err)
		}
		selector = sel
	}
	var best *corev1.PersistentVolume
	for _, v := range volumes {
		bound := Bound(v, c)
		size := v.Spec.Capacity[corev1.ResourceStorage]
		if s.Taken[v.Name] || v.Spec.ClaimRef != nil && !bound || size.Cmp(want) < 0 || ModeMismatch(&c.Spec, &v.Spec) ||
			!SameAttributes(c, v) || v.DeletionTimestamp != nil {
			continue
		}
		usable := s.Node == nil || Usable(v, s.Node.Labels)
		if bound {
			if !usable {
				return nil, nil
			}
			return v, nil
		}
		if s.Node == nil && s.Delay || v.Status.Phase != corev1.VolumeAvailable || selector != nil && !selector.Matches(labels.Set(v.Labels)) ||
			VolumeClass(v) != class || !usable || s.Node != nil && !Modes(v.Spec.AccessModes, c.Spec.AccessModes) {
			continue
		}
		if best == nil {
			best = v
		} else if q := best.Spec.Capacity[corev1.ResourceStorage]; q.Cmp(size) > 0 {
			best = v
		}
	}
	return best, nil
}
