package warnings

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (w *list) volumes(spec *field.Path, volumes []corev1.Volume) {
	for i := range volumes {
		v, p := &volumes[i], spec.Child("volumes").Index(i)
		for _, x := range []struct {
			used       bool
			name, what string
		}{
			{v.PhotonPersistentDisk != nil, "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"},
			{v.GitRepo != nil, "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"},
			{v.ScaleIO != nil, "scaleIO", "deprecated in v1.16, non-functional in v1.22+"},
			{v.Flocker != nil, "flocker", "deprecated in v1.22, non-functional in v1.25+"},
			{v.StorageOS != nil, "storageOS", "deprecated in v1.22, non-functional in v1.25+"},
			{v.Quobyte != nil, "quobyte", "deprecated in v1.22, non-functional in v1.25+"},
			{v.Glusterfs != nil, "glusterfs", "deprecated in v1.25, non-functional in v1.26+"},
		} {
			if x.used {
				w.at(p.Child(x.name), x.what)
			}
		}
		if v.Ephemeral != nil && v.Ephemeral.VolumeClaimTemplate != nil {
			w.claimSpec(p.Child("ephemeral", "volumeClaimTemplate", "spec"), &v.Ephemeral.VolumeClaimTemplate.Spec)
		}
		if v.CephFS != nil {
			w.at(p.Child("cephfs"), "deprecated in v1.28, non-functional in v1.31+")
		}
		if v.RBD != nil {
			w.at(p.Child("rbd"), "deprecated in v1.28, non-functional in v1.31+")
		}
	}
	for i := range volumes {
		w.overlaps(&volumes[i])
	}
}

// place is a file of a volume, and what it comes from if the volume has several sources.
type place struct{ path, source string }

func (p place) String() string {
	if p.source == "" {
		return strconv.Quote(p.path)
	}
	return strconv.Quote(p.path) + " (" + p.source + ")"
}

// overlaps warns of files of a volume that are one another's folder, or the same.
func (w *list) overlaps(v *corev1.Volume) {
	warn := func(desc string, a, b place) {
		w.add("volume " + strconv.Quote(v.Name) + " (" + desc + "): overlapping paths: " + a.String() + " with " + b.String())
	}
	alone := func(desc string, places []place) {
		for i := range places {
			for j := range i {
				if overlap(places[i], places[j]) {
					warn(desc, places[i], places[j])
				}
			}
		}
	}
	switch {
	case v.ConfigMap != nil && v.ConfigMap.Items != nil:
		alone("ConfigMap "+strconv.Quote(v.ConfigMap.Name), places(v.ConfigMap.Items, ""))
	case v.Secret != nil && v.Secret.Items != nil:
		alone("Secret "+strconv.Quote(v.Secret.SecretName), places(v.Secret.Items, ""))
	case v.DownwardAPI != nil && v.DownwardAPI.Items != nil:
		alone("DownwardAPI", downward(v.DownwardAPI.Items, ""))
	case v.Projected != nil:
		var all []place
		for i := range v.Projected.Sources {
			src := &v.Projected.Sources[i]
			if *src == (corev1.VolumeProjection{}) {
				w.add("volume " + strconv.Quote(v.Name) + " (Projected) has no sources provided")
				continue
			}
			for _, p := range projected(src) {
				for _, o := range all {
					if overlap(p, o) {
						warn("Projected", p, o)
					}
				}
				all = append(all, p)
			}
		}
	}
}

func overlap(a, b place) bool {
	return a.path != "" && b.path != "" && (strings.HasPrefix(a.path+"/", b.path+"/") || strings.HasPrefix(b.path+"/", a.path+"/"))
}

func at(path, source string) place { return place{strings.TrimRight(path, "/"), source} }

func places(items []corev1.KeyToPath, source string) []place {
	var out []place
	for i := range items {
		out = append(out, at(items[i].Path, source))
	}
	return out
}

func downward(items []corev1.DownwardAPIVolumeFile, source string) []place {
	var out []place
	for i := range items {
		out = append(out, at(items[i].Path, source))
	}
	return out
}

func projected(s *corev1.VolumeProjection) []place {
	switch {
	case s.ConfigMap != nil && s.ConfigMap.Items != nil:
		return places(s.ConfigMap.Items, "ConfigMap "+strconv.Quote(s.ConfigMap.Name))
	case s.Secret != nil && s.Secret.Items != nil:
		return places(s.Secret.Items, "Secret "+strconv.Quote(s.Secret.Name))
	case s.DownwardAPI != nil && s.DownwardAPI.Items != nil:
		return downward(s.DownwardAPI.Items, "DownwardAPI")
	case s.ServiceAccountToken != nil:
		return []place{at(s.ServiceAccountToken.Path, "ServiceAccountToken")}
	case s.ClusterTrustBundle != nil:
		name := ""
		if s.ClusterTrustBundle.Name != nil {
			name = *s.ClusterTrustBundle.Name
		} else if s.ClusterTrustBundle.SignerName != nil {
			name = *s.ClusterTrustBundle.SignerName
		}
		return []place{at(s.ClusterTrustBundle.Path, "ClusterTrustBundle "+strconv.Quote(name))}
	case s.PodCertificate != nil:
		var out []place
		for _, x := range [][2]string{
			{s.PodCertificate.CertificateChainPath, "PodCertificate chain"}, {s.PodCertificate.KeyPath, "PodCertificate key"},
			{s.PodCertificate.CredentialBundlePath, "PodCertificate credential bundle"},
		} {
			if x[0] != "" {
				out = append(out, at(x[0], x[1]))
			}
		}
		return out
	}
	return nil
}
