package validation

import (
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (c *containerChecker) volumeMounts(p *field.Path, ctr *corev1.Container) {
	paths := map[string]bool{}
	for i := range ctr.VolumeMounts {
		m, at := &ctr.VolumeMounts[i], p.Index(i)
		c.nonEmpty(at.Child("name"), m.Name)
		volume := c.volumes[m.Name]
		if volume == nil {
			c.notFound(at.Child("name"), m.Name)
		}
		c.nonEmpty(at.Child("mountPath"), m.MountPath)
		if paths[m.MountPath] {
			c.invalid(at.Child("mountPath"), m.MountPath, "must be unique")
		}
		paths[m.MountPath] = true
		sameName, samePath := false, false
		for j := range ctr.VolumeDevices {
			sameName = sameName || ctr.VolumeDevices[j].Name == m.Name
			samePath = samePath || ctr.VolumeDevices[j].DevicePath == m.MountPath
		}
		if sameName {
			c.invalid(at.Child("name"), m.Name, "must not already exist in volumeDevices")
		}
		if samePath {
			c.invalid(at.Child("mountPath"), m.MountPath, "must not already exist as a path in volumeDevices")
		}
		// The fields below are reported without the index of their mount, as upstream does.
		if m.SubPath != "" {
			c.descendingPath(p.Child("subPath"), m.SubPath)
		}
		if m.SubPathExpr != "" {
			if m.SubPath != "" {
				c.invalid(at.Child("subPathExpr"), m.SubPathExpr, "subPathExpr and subPath are mutually exclusive")
			}
			c.descendingPath(p.Child("subPathExpr"), m.SubPathExpr)
		}
		c.mountPropagation(p.Child("mountPropagation"), m, ctr)
		c.recursiveReadOnly(p.Child("recursiveReadOnly"), m)
		c.bindMountOptions(at.Child("bindMountOptions"), m, volume)
	}
}

func (e *errs) bindMountOptions(p *field.Path, m *corev1.VolumeMount, volume *corev1.VolumeSource) {
	seen := map[string]bool{}
	for i, option := range m.BindMountOptions {
		oneOf(e, p.Index(i), option, "nodev", "noexec", "nosuid")
		if seen[option] {
			e.duplicate(p.Index(i), option)
		}
		seen[option] = true
	}
	if len(m.BindMountOptions) > 0 && volume != nil && volume.Image != nil {
		e.invalid(p, m.BindMountOptions, "bindMountOptions may not be used with image volumes")
	}
}

func (e *errs) mountPropagation(p *field.Path, m *corev1.VolumeMount, ctr *corev1.Container) {
	if m.MountPropagation == nil {
		return
	}
	oneOf(e, p, *m.MountPropagation, corev1.MountPropagationBidirectional, corev1.MountPropagationHostToContainer, corev1.MountPropagationNone)
	privileged := ctr.SecurityContext != nil && deref(ctr.SecurityContext.Privileged, false)
	if *m.MountPropagation == corev1.MountPropagationBidirectional && !privileged {
		e.forbidden(p, "Bidirectional mount propagation is available only to privileged containers")
	}
}

func (e *errs) recursiveReadOnly(p *field.Path, m *corev1.VolumeMount) {
	if m.RecursiveReadOnly == nil {
		return
	}
	switch *m.RecursiveReadOnly {
	case corev1.RecursiveReadOnlyDisabled:
	case corev1.RecursiveReadOnlyEnabled, corev1.RecursiveReadOnlyIfPossible:
		if !m.ReadOnly {
			e.forbidden(p, "may only be specified when readOnly is true")
		}
		if m.MountPropagation != nil && *m.MountPropagation != corev1.MountPropagationNone {
			e.forbidden(p, "may only be specified when mountPropagation is None or not specified")
		}
	default:
		oneOf(e, p, *m.RecursiveReadOnly, corev1.RecursiveReadOnlyDisabled, corev1.RecursiveReadOnlyEnabled, corev1.RecursiveReadOnlyIfPossible)
	}
}

func (c *containerChecker) volumeDevices(p *field.Path, ctr *corev1.Container) {
	names, paths := map[string]bool{}, map[string]bool{}
	for i, d := range ctr.VolumeDevices {
		at := p.Index(i)
		c.nonEmpty(at.Child("name"), d.Name)
		if names[d.Name] {
			c.invalid(at.Child("name"), d.Name, "must be unique")
		}
		if volume := c.volumes[d.Name]; volume == nil {
			c.notFound(at.Child("name"), d.Name)
		} else if volume.PersistentVolumeClaim == nil && volume.Ephemeral == nil {
			c.invalid(at.Child("name"), d.Name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")
		}
		c.nonEmpty(at.Child("devicePath"), d.DevicePath)
		if paths[d.DevicePath] {
			c.invalid(at.Child("devicePath"), d.DevicePath, "must be unique")
		}
		if hasBacksteps(d.DevicePath) {
			c.invalid(at.Child("devicePath"), d.DevicePath, "can not contain backsteps ('..')")
		} else {
			paths[d.DevicePath] = true
		}
		sameName, samePath := false, false
		for j := range ctr.VolumeMounts {
			sameName = sameName || ctr.VolumeMounts[j].Name == d.Name
			samePath = samePath || ctr.VolumeMounts[j].MountPath == d.DevicePath
		}
		if sameName {
			c.invalid(at.Child("name"), d.Name, "must not already exist in volumeMounts")
		}
		if samePath {
			c.invalid(at.Child("devicePath"), d.DevicePath, "must not already exist as a path in volumeMounts")
		}
		if d.Name != "" {
			names[d.Name] = true
		}
	}
}

// descendingPath: relative, and never up.
func (e *errs) descendingPath(p *field.Path, target string) {
	if path.IsAbs(target) {
		e.invalid(p, target, "must be a relative path")
	}
	e.noBacksteps(p, target)
}

func (e *errs) noBacksteps(p *field.Path, target string) {
	if hasBacksteps(target) {
		e.invalid(p, target, "must not contain '..'")
	}
}

func hasBacksteps(target string) bool {
	for part := range strings.SplitSeq(target, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

// localPath is a descending path that also leaves names beginning with ".." to the kubelet, which writes volumes
// through such links.
func (e *errs) localPath(p *field.Path, target string) {
	e.descendingPath(p, target)
	if strings.HasPrefix(target, "..") && !strings.HasPrefix(target, "../") {
		e.invalid(p, target, "must not start with '..'")
	}
}
