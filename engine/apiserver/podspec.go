package apiserver

import (
	"fmt"
	"slices"
	"unsafe"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/validation"
)

// specCache remembers what defaults, admission and validation made of the pod spec a controller sends, so that pods of
// one template are prepared once and share the result: ten thousand replicas hold one set of slices and maps, but for
// the containers, whose mounts carry the pod's own token volume.
type specCache struct {
	entries map[string]*preparedSpec // by the controlling owner's UID
	order   []string
	hit     *preparedSpec // of the pod being created
}

type preparedSpec struct {
	in, out   corev1.PodSpec // out is without the token volume
	labels    map[string]string
	account   string
	validated bool
}

const specCacheSize = 512

func controllerUID(p *corev1.Pod) string {
	for i := range p.OwnerReferences {
		if c := p.OwnerReferences[i].Controller; c != nil && *c {
			return string(p.OwnerReferences[i].UID)
		}
	}
	return ""
}

// preparePod runs defaults and the pod admission plugins (ServiceAccount, Priority, DefaultTolerationSeconds).
func (s *Server) preparePod(p *corev1.Pod) error {
	s.specs.hit = nil
	owner := controllerUID(p)
	e := s.specs.entries[owner]
	if owner == "" || e == nil || !api.SameParts(&e.in, &p.Spec) {
		in := p.Spec
		p.Spec = *p.Spec.DeepCopy() // the sender may share its parts
		defaults.Set(p)
		if p.Spec.ServiceAccountName == "" && p.Annotations[corev1.MirrorPodAnnotationKey] == "" {
			p.Spec.ServiceAccountName = "default"
		}
		p.Spec.DeprecatedServiceAccount = p.Spec.ServiceAccountName
		if err := admitPriority(p); err != nil {
			return err
		}
		admitTolerations(p)
		if owner != "" {
			e = &preparedSpec{in: in, out: p.Spec, labels: p.Labels, account: p.Spec.ServiceAccountName}
			s.specs.put(owner, e)
		}
	} else {
		p.Spec = e.out
		s.specs.hit = e
	}
	return s.admitServiceAccount(p)
}

func (c *specCache) put(owner string, e *preparedSpec) {
	if c.entries == nil {
		c.entries = map[string]*preparedSpec{}
	}
	if _, ok := c.entries[owner]; !ok {
		c.order = append(c.order, owner)
		if len(c.order) > specCacheSize {
			delete(c.entries, c.order[0])
			c.order = slices.Delete(c.order, 0, 1)
		}
	}
	c.entries[owner] = e
	c.hit = e
}

// validateCreate validates a new object; a pod whose spec was validated with the same labels before is valid.
func (c *specCache) validateCreate(obj api.Object) field.ErrorList {
	p, ok := obj.(*corev1.Pod)
	if !ok {
		return validation.Create(obj)
	}
	e := c.hit
	c.hit = nil
	if e != nil && e.validated && sameMap(e.labels, p.Labels) && len(p.Annotations) == 0 {
		return nil
	}
	errs := validation.Create(obj)
	if e != nil && len(errs) == 0 {
		e.validated, e.labels = true, p.Labels
	}
	return errs
}

func sameMap(a, b map[string]string) bool {
	return *(*unsafe.Pointer)(unsafe.Pointer(&a)) == *(*unsafe.Pointer)(unsafe.Pointer(&b))
}

// Where the token is mounted, and how long it lives (plugin/pkg/admission/serviceaccount).
const (
	tokenMountPath  = "/var/run/secrets/kubernetes.io/serviceaccount"
	tokenVolume     = "kube-api-access-"
	tokenExpiration = int64(3607)
)

// admitServiceAccount is the ServiceAccount plugin: the account must exist, and its token is mounted.
func (s *Server) admitServiceAccount(p *corev1.Pod) error {
	if p.Annotations[corev1.MirrorPodAnnotationKey] != "" {
		return nil
	}
	name := p.Spec.ServiceAccountName
	sa, _ := s.kinds[api.ServiceAccounts].objects[api.Key(p.Namespace, name)].(*corev1.ServiceAccount)
	if sa == nil {
		return apierrors.NewForbidden(api.Pods.GR(), p.Name, fmt.Errorf("error looking up service account %s/%s: serviceaccount %q not found", p.Namespace, name, name))
	}
	mount := sa.AutomountServiceAccountToken == nil || *sa.AutomountServiceAccountToken
	if p.Spec.AutomountServiceAccountToken != nil {
		mount = *p.Spec.AutomountServiceAccountToken
	}
	if len(p.Spec.ImagePullSecrets) == 0 && len(sa.ImagePullSecrets) > 0 {
		p.Spec.ImagePullSecrets = slices.Clone(sa.ImagePullSecrets)
	}
	if mount {
		s.mountToken(&p.Spec)
	}
	return nil
}

func (s *Server) mountToken(spec *corev1.PodSpec) {
	volume := ""
	for i := range spec.Volumes {
		v := &spec.Volumes[i]
		if len(v.Name) > len(tokenVolume) && v.Name[:len(tokenVolume)] == tokenVolume {
			volume = v.Name // the pod brings its own
		}
	}
	used := false
	if volume == "" {
		volume = tokenVolume + s.randomSuffix()
	} else {
		used = true
	}
	mount := corev1.VolumeMount{Name: volume, ReadOnly: true, MountPath: tokenMountPath}
	mounted := false
	add := func(list []corev1.Container) []corev1.Container {
		if len(list) == 0 {
			return list
		}
		out := slices.Clone(list)
	next:
		for i := range out {
			for j := range out[i].VolumeMounts {
				if out[i].VolumeMounts[j].MountPath == tokenMountPath {
					continue next
				}
			}
			m := make([]corev1.VolumeMount, 0, len(out[i].VolumeMounts)+1)
			out[i].VolumeMounts = append(append(m, out[i].VolumeMounts...), mount)
			mounted = true
		}
		return out
	}
	spec.InitContainers = add(spec.InitContainers)
	spec.Containers = add(spec.Containers)
	if mounted && !used {
		v := make([]corev1.Volume, 0, len(spec.Volumes)+1)
		spec.Volumes = append(append(v, spec.Volumes...), corev1.Volume{Name: volume, VolumeSource: corev1.VolumeSource{Projected: tokenSource}})
	}
}

// tokenSource is what every token volume projects. It is shared by all pods and never written.
var tokenSource = func() *corev1.ProjectedVolumeSource {
	mode, seconds := corev1.ProjectedVolumeSourceDefaultMode, tokenExpiration
	return &corev1.ProjectedVolumeSource{DefaultMode: &mode, Sources: []corev1.VolumeProjection{
		{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{ExpirationSeconds: &seconds, Path: "token"}},
		{ConfigMap: &corev1.ConfigMapProjection{
			LocalObjectReference: corev1.LocalObjectReference{Name: "kube-root-ca.crt"},
			Items:                []corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}},
		}},
		{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{
			{Path: "namespace", FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.namespace"}},
		}}},
	}}
}()
