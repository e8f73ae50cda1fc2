package apiserver

import (
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

// The ServiceAccount plugin (plugin/pkg/admission/serviceaccount).

// enforceMountable, as an annotation of a ServiceAccount, lets its pods refer to no Secrets but those it lists.
const enforceMountable = "kubernetes.io/enforce-mountable-secrets"

func mirror(p *corev1.Pod) bool {
	_, ok := p.Annotations[corev1.MirrorPodAnnotationKey]
	return ok
}

// accountOf finds a pod's account.
func (s *Server) accountOf(a *attributes, p *corev1.Pod) (*corev1.ServiceAccount, error) {
	name := p.Spec.ServiceAccountName
	sa, _ := s.kinds[api.ServiceAccounts].objects[api.Key(p.Namespace, name)].(*corev1.ServiceAccount)
	if sa == nil {
		a.early, a.behind = name == "default", api.ServiceAccounts
		return nil, a.forbidden("error looking up service account " + p.Namespace + "/" + name + ": serviceaccount " + strconv.Quote(name) + " not found")
	}
	return sa, nil
}

// admitServiceAccount mounts the token of a new pod's account.
func (s *Server) admitServiceAccount(sa *corev1.ServiceAccount, p *corev1.Pod) {
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
}

// checkMirror: what mirrors a static pod refers to nothing that the API keeps secret.
func checkMirror(a *attributes, p *corev1.Pod) error {
	if p.Spec.ServiceAccountName != "" {
		return a.forbidden("a mirror pod may not reference service accounts")
	}
	if refersToSecrets(p) {
		return a.forbidden("a mirror pod may not reference secrets")
	}
	for i := range p.Spec.Volumes {
		if proj := p.Spec.Volumes[i].Projected; proj != nil {
			for j := range proj.Sources {
				if proj.Sources[j].ServiceAccountToken != nil {
					return a.forbidden("a mirror pod may not use ServiceAccountToken volume projections")
				}
			}
		}
	}
	return nil
}

// containersOf are a pod's containers of all kinds, and what messages call each kind.
func containersOf(spec *corev1.PodSpec, fn func(kind string, c *corev1.Container) bool) bool {
	for i := range spec.InitContainers {
		if !fn("init container", &spec.InitContainers[i]) {
			return false
		}
	}
	for i := range spec.Containers {
		if !fn("container", &spec.Containers[i]) {
			return false
		}
	}
	for i := range spec.EphemeralContainers {
		if !fn("ephemeral container", (*corev1.Container)(&spec.EphemeralContainers[i].EphemeralContainerCommon)) {
			return false
		}
	}
	return true
}

// refersToSecrets reports that a pod names a Secret anywhere.
func refersToSecrets(p *corev1.Pod) bool {
	if len(p.Spec.ImagePullSecrets) > 0 {
		return true
	}
	if !containersOf(&p.Spec, func(_ string, c *corev1.Container) bool { return len(secretsOf(c)) == 0 }) {
		return true
	}
	for i := range p.Spec.Volumes {
		v := &p.Spec.Volumes[i].VolumeSource
		if v.Secret != nil || v.AzureFile != nil && v.AzureFile.SecretName != "" || v.CephFS != nil && v.CephFS.SecretRef != nil ||
			v.Cinder != nil && v.Cinder.SecretRef != nil || v.FlexVolume != nil && v.FlexVolume.SecretRef != nil || v.RBD != nil && v.RBD.SecretRef != nil ||
			v.ScaleIO != nil && v.ScaleIO.SecretRef != nil || v.ISCSI != nil && v.ISCSI.SecretRef != nil || v.StorageOS != nil && v.StorageOS.SecretRef != nil ||
			v.CSI != nil && v.CSI.NodePublishSecretRef != nil {
			return true
		}
		if v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(x corev1.VolumeProjection) bool { return x.Secret != nil }) {
			return true
		}
	}
	return false
}

// reference is a container's use of a Secret or, for NodeRestriction, a ConfigMap.
type reference struct{ variable, name string }

func secretsOf(c *corev1.Container) []reference {
	var out []reference
	for i := range c.Env {
		if f := c.Env[i].ValueFrom; f != nil && f.SecretKeyRef != nil {
			out = append(out, reference{c.Env[i].Name, f.SecretKeyRef.Name})
		}
	}
	for i := range c.EnvFrom {
		if r := c.EnvFrom[i].SecretRef; r != nil {
			out = append(out, reference{"", r.Name})
		}
	}
	return out
}

// checkMountable lets the pods of an account that is annotated so use its own Secrets only.
func checkMountable(a *attributes, sa *corev1.ServiceAccount, p *corev1.Pod) error {
	if on, err := strconv.ParseBool(sa.Annotations[enforceMountable]); err != nil || !on {
		return nil
	}
	own := func(name string) bool {
		return slices.ContainsFunc(sa.Secrets, func(r corev1.ObjectReference) bool { return r.Name == name })
	}
	end := " is not allowed because service account " + sa.Name + " does not reference that secret"
	for i := range p.Spec.Volumes {
		if src := p.Spec.Volumes[i].Secret; src != nil && !own(src.SecretName) {
			return a.forbidden(`volume with secret.secretName="` + src.SecretName + `"` + end)
		}
	}
	why := ""
	containersOf(&p.Spec, func(kind string, c *corev1.Container) bool {
		for _, r := range secretsOf(c) {
			if own(r.name) {
				continue
			}
			how := "envFrom"
			if r.variable != "" {
				how = "envVar " + r.variable
			}
			why = kind + " " + c.Name + " with " + how + ` referencing secret.secretName="` + r.name + `"` + end
			return false
		}
		return true
	})
	if why != "" {
		return a.forbidden(why)
	}
	for i, r := range p.Spec.ImagePullSecrets {
		if !slices.Contains(sa.ImagePullSecrets, r) {
			return a.forbidden("imagePullSecrets[" + strconv.Itoa(i) + `].name="` + r.Name + `" is not allowed because service account ` + sa.Name + " does not reference that imagePullSecret")
		}
	}
	return nil
}

// Where the token is mounted, and how long it lives.
const (
	tokenMountPath  = "/var/run/secrets/kubernetes.io/serviceaccount"
	tokenVolume     = "kube-api-access-"
	tokenExpiration = int64(3607)
)

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
