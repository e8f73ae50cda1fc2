package validation

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// volumes checks the volumes of a pod and returns those without fault by name: only they can be mounted. meta is the
// Pod's, whose name its generic ephemeral claims carry; nil for a template.
func (e *errs) volumes(p *field.Path, volumes []corev1.Volume, meta *metav1.ObjectMeta) map[string]*corev1.VolumeSource {
	if len(volumes) == 0 {
		return nil
	}
	valid := make(map[string]*corev1.VolumeSource, len(volumes))
	for i := range volumes {
		v, at := &volumes[i], p.Index(i)
		before := len(e.list)
		e.volumeSource(at, v, meta)
		if e.nonEmpty(at.Child("name"), v.Name) {
			e.label(at.Child("name"), v.Name)
		}
		if valid[v.Name] != nil {
			e.duplicate(at.Child("name"), v.Name)
		}
		if len(e.list) == before {
			valid[v.Name] = &v.VolumeSource
		}
		if claim := v.PersistentVolumeClaim; claim != nil && meta != nil && meta.Name != "" {
			for j := range volumes {
				if volumes[j].Ephemeral != nil && claim.ClaimName == meta.Name+"-"+volumes[j].Name {
					e.invalid(at.Child("persistentVolumeClaim", "claimName"), claim.ClaimName,
						"must not reference a PVC that gets created for an ephemeral volume")
					break
				}
			}
		}
	}
	return valid
}

// volumeSource reports a volume with no source or with several; only the first is looked into. The order of the kinds
// is upstream's, and so is a misspelt path.
func (e *errs) volumeSource(p *field.Path, v *corev1.Volume, meta *metav1.ObjectMeta) {
	src := &v.VolumeSource
	found := false
	one := func(name string, set bool, check func(*field.Path)) {
		if !set {
			return
		}
		if found {
			e.forbidden(p.Child(name), "may not specify more than 1 volume type")
			return
		}
		found = true
		check(p.Child(name))
	}
	one("emptyDir", src.EmptyDir != nil, func(p *field.Path) {
		if limit := src.EmptyDir.SizeLimit; limit != nil && limit.Cmp(resource.Quantity{}) < 0 {
			e.forbidden(p.Child("sizeLimit"), "SizeLimit field must be a valid resource quantity")
		}
	})
	one("hostPath", src.HostPath != nil, func(p *field.Path) {
		if !e.nonEmpty(p.Child("path"), src.HostPath.Path) {
			return
		}
		e.noBacksteps(p.Child("path"), src.HostPath.Path)
		optionalOneOf(e, p.Child("type"), src.HostPath.Type, corev1.HostPathUnset, corev1.HostPathBlockDev,
			corev1.HostPathCharDev, corev1.HostPathDirectory, corev1.HostPathDirectoryOrCreate, corev1.HostPathFile,
			corev1.HostPathFileOrCreate, corev1.HostPathSocket)
	})
	e.diskVolumes(src, one)
	one("secret", src.Secret != nil, func(p *field.Path) {
		e.nonEmpty(p.Child("secretName"), src.Secret.SecretName)
		e.fileMode(p.Child("defaultMode"), src.Secret.DefaultMode)
		e.keysToPaths(p.Child("items"), src.Secret.Items)
	})
	e.networkVolumes(src, one)
	one("persistentVolumeClaim", src.PersistentVolumeClaim != nil, func(p *field.Path) {
		e.nonEmpty(p.Child("claimName"), src.PersistentVolumeClaim.ClaimName)
	})
	e.moreNetworkVolumes(src, one)
	if found && src.DownwardAPI != nil {
		e.forbidden(p.Child("downwarAPI"), "may not specify more than 1 volume type")
	} else {
		one("downwardAPI", src.DownwardAPI != nil, func(p *field.Path) {
			e.fileMode(p.Child("defaultMode"), src.DownwardAPI.DefaultMode)
			for i := range src.DownwardAPI.Items {
				e.downwardAPIFile(p, &src.DownwardAPI.Items[i])
			}
		})
	}
	e.driverVolumes(src, one)
	one("configMap", src.ConfigMap != nil, func(p *field.Path) {
		e.nonEmpty(p.Child("name"), src.ConfigMap.Name)
		e.fileMode(p.Child("defaultMode"), src.ConfigMap.DefaultMode)
		e.keysToPaths(p.Child("items"), src.ConfigMap.Items)
	})
	e.cloudVolumes(src, one)
	one("projected", src.Projected != nil, func(p *field.Path) {
		e.fileMode(p.Child("defaultMode"), src.Projected.DefaultMode)
		e.projections(p, src.Projected.Sources)
	})
	e.lastVolumes(src, one)
	one("ephemeral", src.Ephemeral != nil, func(at *field.Path) {
		e.ephemeralVolume(at, src.Ephemeral)
		if meta != nil && meta.Name != "" && v.Name != "" {
			claim := meta.Name + "-" + v.Name
			for _, wrong := range subdomainName(claim, false) {
				e.invalid(p.Child("name"), v.Name, fmt.Sprintf("PVC name %q: %v", claim, wrong))
			}
		}
	})
	one("image", src.Image != nil, func(p *field.Path) {
		e.nonEmpty(p.Child("reference"), src.Image.Reference)
		e.pullPolicy(p.Child("pullPolicy"), src.Image.PullPolicy)
	})
	if !found {
		e.required(p, "must specify a volume type")
	}
}

func (e *errs) fileMode(p *field.Path, mode *int32) {
	if mode != nil && (*mode > 0o777 || *mode < 0) {
		e.invalid(p, *mode, msgFileMode)
	}
}

func (e *errs) keysToPaths(p *field.Path, items []corev1.KeyToPath) {
	for i := range items {
		e.keyToPath(p.Index(i), &items[i])
	}
}

func (e *errs) keyToPath(p *field.Path, item *corev1.KeyToPath) {
	e.nonEmpty(p.Child("key"), item.Key)
	e.nonEmpty(p.Child("path"), item.Path)
	e.localPath(p.Child("path"), item.Path)
	e.fileMode(p.Child("mode"), item.Mode)
}

func (e *errs) downwardAPIFile(p *field.Path, file *corev1.DownwardAPIVolumeFile) {
	e.nonEmpty(p.Child("path"), file.Path)
	e.localPath(p.Child("path"), file.Path)
	switch {
	case file.FieldRef != nil:
		e.fieldRef(p.Child("fieldRef"), file.FieldRef, volumeFields)
		if file.ResourceFieldRef != nil {
			e.invalid(p, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")
		}
	case file.ResourceFieldRef != nil:
		e.resourceFieldRef(p.Child("resourceFieldRef"), file.ResourceFieldRef, true)
	default:
		e.required(p, "one of fieldRef and resourceFieldRef is required")
	}
	e.fileMode(p.Child("mode"), file.Mode)
}

const (
	minTokenSeconds = 10 * 60
	maxTokenSeconds = 1 << 32
)

// projections checks the sources of a projected volume at p, which may not write one path twice.
func (e *errs) projections(p *field.Path, sources []corev1.VolumeProjection) {
	paths := map[string]bool{}
	unique := func(path, owner string) {
		if path == "" {
			return
		}
		if paths[path] {
			e.invalid(p, owner, "conflicting duplicate paths")
		}
		paths[path] = true
	}
	for i := range sources {
		src, at := &sources[i], p.Child("sources").Index(i)
		n := 0
		items := func(kind, name string, items []corev1.KeyToPath) {
			n++
			e.nonEmpty(at.Child(kind, "name"), name)
			for j := range items {
				e.keyToPath(at.Child(kind, "items").Index(j), &items[j])
				unique(items[j].Path, name)
			}
		}
		if src.Secret != nil {
			items("secret", src.Secret.Name, src.Secret.Items)
		}
		if src.ConfigMap != nil {
			items("configMap", src.ConfigMap.Name, src.ConfigMap.Items)
		}
		if src.DownwardAPI != nil {
			n++
			for j := range src.DownwardAPI.Items {
				file := &src.DownwardAPI.Items[j]
				e.downwardAPIFile(at.Child("downwardAPI"), file)
				unique(file.Path, file.Path)
			}
		}
		if token := src.ServiceAccountToken; token != nil {
			n++
			e.tokenProjection(p, at.Child("serviceAccountToken"), token)
		}
		if n > 1 {
			e.forbidden(at, "may not specify more than 1 volume type per source")
		}
	}
}

// tokenProjection: the token's path is reported at the volume, not at its source, as upstream has it.
func (e *errs) tokenProjection(volume, p *field.Path, token *corev1.ServiceAccountTokenProjection) {
	seconds := p.Child("expirationSeconds")
	switch exp := token.ExpirationSeconds; {
	case exp == nil:
		e.required(seconds, "")
	case *exp < minTokenSeconds:
		e.invalid(seconds, *exp, "may not specify a duration less than 10 minutes")
	case *exp > maxTokenSeconds:
		e.invalid(seconds, *exp, "may not specify a duration larger than 2^32 seconds")
	}
	if e.nonEmpty(volume.Child("path"), token.Path) {
		e.localPath(volume.Child("path"), token.Path)
	}
}

func (e *errs) ephemeralVolume(p *field.Path, v *corev1.EphemeralVolumeSource) {
	if v.VolumeClaimTemplate == nil {
		e.required(p.Child("volumeClaimTemplate"), "")
		return
	}
	t := v.VolumeClaimTemplate
	p = p.Child("volumeClaimTemplate")
	e.annotations(p.Child("metadata", "annotations"), t.Annotations)
	e.labels(p.Child("metadata", "labels"), t.Labels)
	if t.Name != "" {
		e.forbidden(p.Child("metadata", "name"), "cannot be set")
	}
	if t.Namespace != "" {
		e.forbidden(p.Child("metadata", "namespace"), "cannot be set")
	}
	e.claimSpec(p.Child("spec"), &t.Spec)
}
