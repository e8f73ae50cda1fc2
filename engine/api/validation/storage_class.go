package validation

import (
	"math"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	maxParameters          = 512
	maxParameterBytes      = 256 << 10
	maxAttachmentBytes     = 256 << 10
	maxVolumeErrorBytes    = 1024
	maxTokenRequestSeconds = 1 << 32
)

var provisionerPath = field.NewPath("provisioner")

// fixed reports a field that changed and must not, without its value: what rules generated from tags say.
func (e *errs) fixed(p *field.Path, now, was any) bool {
	if apiequality.Semantic.DeepEqual(was, now) {
		return false
	}
	e.invalid(p, nil, msgImmutable)
	return true
}

// storageClass checks all of a StorageClass but that it has a provisioner.
func (e *errs) storageClass(c *storagev1.StorageClass) {
	e.objectMeta(&c.ObjectMeta, false, subdomainName)
	if c.Provisioner != "" {
		e.qualified(provisionerPath, strings.ToLower(c.Provisioner))
	}
	e.parameters(c.Parameters, true)
	if policy := deref(c.ReclaimPolicy, ""); policy != "" {
		oneOf(e, field.NewPath("reclaimPolicy"), policy, corev1.PersistentVolumeReclaimDelete, corev1.PersistentVolumeReclaimRetain)
	}
	if mode := field.NewPath("volumeBindingMode"); c.VolumeBindingMode == nil {
		e.required(mode, "")
	} else {
		oneOf(e, mode, *c.VolumeBindingMode, storagev1.VolumeBindingImmediate, storagev1.VolumeBindingWaitForFirstConsumer)
	}
	e.allowedTopologies(field.NewPath("allowedTopologies"), c.AllowedTopologies)
}

func (e *errs) storageClassUpdate(c, old *storagev1.StorageClass) {
	e.storageClass(c)
	e.objectMetaUpdate(&c.ObjectMeta, &old.ObjectMeta)
	if c.Provisioner != old.Provisioner {
		e.nonEmpty(provisionerPath, c.Provisioner)
		e.fixed(provisionerPath, c.Provisioner, old.Provisioner)
	}
	e.fixed(field.NewPath("parameters"), c.Parameters, old.Parameters)
	e.fixed(field.NewPath("reclaimPolicy"), c.ReclaimPolicy, old.ReclaimPolicy)
	e.fixed(field.NewPath("volumeBindingMode"), c.VolumeBindingMode, old.VolumeBindingMode)
}

func (e *errs) parameters(parameters map[string]string, mayBeEmpty bool) {
	p := field.NewPath("parameters")
	if len(parameters) > maxParameters {
		e.tooLong(p, maxParameters)
		return
	}
	size := 0
	for _, key := range sortedKeys(parameters) {
		if key == "" {
			e.invalid(p, key, "field can not be empty.")
		}
		size += len(key) + len(parameters[key])
	}
	if size > maxParameterBytes {
		e.tooLong(p, maxParameterBytes)
	}
	if !mayBeEmpty && len(parameters) == 0 {
		e.required(p, "must contain at least one key/value pair")
	}
}

func (e *errs) allowedTopologies(p *field.Path, terms []corev1.TopologySelectorTerm) {
	var seen []map[string][]string
	for i := range terms {
		at := p.Index(i).Child("matchLabelExpressions")
		term := map[string][]string{}
		for j, r := range terms[i].MatchLabelExpressions {
			values := at.Index(j).Child("values")
			if len(r.Values) == 0 {
				e.required(values, "")
			}
			for k, v := range r.Values {
				if slices.Contains(r.Values[:k], v) {
					e.duplicate(values.Index(k), v)
				}
			}
			e.qualified(at.Index(j).Child("key"), r.Key)
			if _, twice := term[r.Key]; twice {
				e.duplicate(at.Index(j).Child("key"), r.Key)
			}
			sorted := slices.Clone(r.Values)
			slices.Sort(sorted)
			term[r.Key] = slices.Compact(sorted)
		}
		if len(term) == 0 { // upstream finds it equal to every place it has not filled yet
			for range terms {
				e.duplicate(at, "")
			}
		}
		for _, other := range seen {
			if reflect.DeepEqual(term, other) {
				e.duplicate(at, "")
			}
		}
		seen = append(seen, term)
	}
}

func (e *errs) attributesClass(c *storagev1.VolumeAttributesClass) {
	e.objectMeta(&c.ObjectMeta, false, subdomainName)
	if e.nonEmpty(field.NewPath("driverName"), c.DriverName) {
		e.qualified(field.NewPath("driverName"), strings.ToLower(c.DriverName))
	}
	e.parameters(c.Parameters, false)
}

func (e *errs) attributesClassUpdate(c, old *storagev1.VolumeAttributesClass) {
	e.objectMetaUpdate(&c.ObjectMeta, &old.ObjectMeta)
	if c.DriverName != old.DriverName {
		e.forbidden(field.NewPath("driverName"), "updates to driverName are forbidden.")
	}
	if !reflect.DeepEqual(c.Parameters, old.Parameters) {
		e.forbidden(field.NewPath("parameters"), "updates to parameters are forbidden.")
	}
	e.attributesClass(c)
}

func (e *errs) storageCapacity(c *storagev1.CSIStorageCapacity) {
	e.objectMeta(&c.ObjectMeta, true, subdomainName)
	e.labelSelector(field.NewPath("nodeTopology"), c.NodeTopology)
	e.subdomain(field.NewPath("storageClassName"), c.StorageClassName)
	if c.Capacity != nil {
		e.nonNegativeQuantity(field.NewPath("capacity"), *c.Capacity)
	}
}

func (e *errs) storageCapacityUpdate(c, old *storagev1.CSIStorageCapacity) {
	e.storageCapacity(c)
	e.objectMetaUpdate(&c.ObjectMeta, &old.ObjectMeta)
	immutable(e, field.NewPath("nodeTopology"), c.NodeTopology, old.NodeTopology)
	immutable(e, field.NewPath("storageClassName"), c.StorageClassName, old.StorageClassName)
}

// attacher checks the name of the driver that attaches a volume.
func (e *errs) attacher(p *field.Path, name string) {
	if !e.nonEmpty(p, name) {
		return
	}
	e.each(p, name, content.IsDNS1123SubdomainCaseless(name))
	if len([]rune(name)) > maxDriverName {
		e.add(field.TooLongCharacters(p, name, maxDriverName))
	}
}

// volumeAttachment checks all of a VolumeAttachment, its attacher only when asked to.
func (e *errs) volumeAttachment(a *storagev1.VolumeAttachment, attacher bool) {
	e.objectMeta(&a.ObjectMeta, false, subdomainName)
	if attacher {
		e.driverName(specPath.Child("attacher"), a.Spec.Attacher)
	}
	src, at := &a.Spec.Source, specPath.Child("source")
	const one = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
	switch {
	case src.InlineVolumeSpec == nil && src.PersistentVolumeName == nil:
		e.required(at, one)
	case src.InlineVolumeSpec != nil && src.PersistentVolumeName != nil:
		e.forbidden(at, one)
	case src.PersistentVolumeName != nil:
		if *src.PersistentVolumeName == "" {
			e.required(at.Child("persistentVolumeName"), "must specify non empty persistentVolumeName")
		}
	default:
		e.volumeSpec(at.Child("inlineVolumeSpec"), src.InlineVolumeSpec, "", true)
	}
	e.subdomain(specPath.Child("nodeName"), a.Spec.NodeName)
	size := 0
	for k, v := range a.Status.AttachmentMetadata {
		size += len(k) + len(v)
	}
	if size > maxAttachmentBytes {
		e.tooLong(statusPath.Child("attachmentMetadata"), maxAttachmentBytes)
	}
	e.volumeError(statusPath.Child("attachError"), a.Status.AttachError)
	e.volumeError(statusPath.Child("detachError"), a.Status.DetachError)
	if name := src.PersistentVolumeName; name != nil {
		e.subdomain(field.NewPath("spec.source.persistentVolumeName"), *name)
	}
}

func (e *errs) volumeError(p *field.Path, err *storagev1.VolumeError) {
	if err == nil {
		return
	}
	if len(err.Message) > maxVolumeErrorBytes {
		e.tooLong(p.Child("message"), maxVolumeErrorBytes)
	}
	if err.ErrorCode != nil && *err.ErrorCode < 0 {
		e.invalid(p.Child("errorCode"), *err.ErrorCode, validation.InclusiveRangeError(0, math.MaxInt32))
	}
}

func (e *errs) volumeAttachmentUpdate(a, old *storagev1.VolumeAttachment) {
	e.volumeAttachment(a, true)
	e.fixed(specPath, a.Spec, old.Spec)
}
