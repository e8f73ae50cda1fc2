package kubelet

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// The volumes whose files the kubelet writes: configMap, secret, downwardAPI and projected. All files of one are written
// anew and put in the place of the old ones at once (pkg/volume/util/atomic_writer.go).

// fill writes the files of a volume; it does nothing for those that are somewhere else.
func (p *pod) fill(v *corev1.Volume) {
	files := map[string]string{}
	switch {
	case v.ConfigMap != nil:
		pick(files, p.data(source{false, v.ConfigMap.Name, flag(v.ConfigMap.Optional)}), v.ConfigMap.Items)
	case v.Secret != nil:
		pick(files, p.data(source{true, v.Secret.SecretName, flag(v.Secret.Optional)}), v.Secret.Items)
	case v.DownwardAPI != nil:
		p.fields(files, v.DownwardAPI.Items)
	case v.Projected != nil && (!strings.HasPrefix(v.Name, tokenVolume) || p.vol != nil && p.vol.access != nil):
		for i := range v.Projected.Sources {
			s := &v.Projected.Sources[i]
			switch {
			case s.ConfigMap != nil && strings.HasPrefix(v.Name, tokenVolume):
				pick(files, p.vol.access, s.ConfigMap.Items)
			case s.ConfigMap != nil:
				pick(files, p.data(source{false, s.ConfigMap.Name, flag(s.ConfigMap.Optional)}), s.ConfigMap.Items)
			case s.Secret != nil:
				pick(files, p.data(source{true, s.Secret.Name, flag(s.Secret.Optional)}), s.Secret.Items)
			case s.DownwardAPI != nil:
				p.fields(files, s.DownwardAPI.Items)
			case s.ServiceAccountToken != nil:
				if p.vol != nil {
					files[s.ServiceAccountToken.Path] = p.vol.tokens[tokenKey{v.Name, s.ServiceAccountToken.Path}]
				}
			}
		}
	default:
		return
	}
	p.sb.Volume(v.Name).Replace(files)
	p.sb.ReadOnly(v.Name)
}

func (p *pod) data(s source) map[string]string {
	if p.vol == nil {
		return nil
	}
	return p.vol.data[s]
}

func pick(files, data map[string]string, items []corev1.KeyToPath) {
	if len(items) == 0 {
		for k, v := range data {
			files[k] = v
		}
		return
	}
	for _, it := range items {
		if s, ok := data[it.Key]; ok {
			files[it.Path] = s
		}
	}
}

func (p *pod) fields(files map[string]string, items []corev1.DownwardAPIVolumeFile) {
	for i := range items {
		it := &items[i]
		switch {
		case it.FieldRef != nil:
			if s, ok := p.field(it.FieldRef.FieldPath); ok {
				files[it.Path] = s
			}
		case it.ResourceFieldRef != nil && len(p.ctrs) > 0:
			files[it.Path] = p.resourceField(&p.ctrs[0], it.ResourceFieldRef)
		}
	}
}

// missingKey is the failure of a volume that picks a key which its object does not have, "" if there is none: the
// volume's name, a zero byte and the text (pkg/volume/configmap, secret and projected: MakePayload).
func missingKey(p *pod, data map[source]map[string]string) string {
	volume := ""
	check := func(s source, items []corev1.KeyToPath) string {
		for _, it := range items {
			if _, ok := data[s][it.Key]; ok || s.optional {
				continue
			}
			if s.secret {
				return volume + "\x00references non-existent secret key: " + it.Key
			}
			return volume + "\x00configmap references non-existent config key: " + it.Key
		}
		return ""
	}
	for i := range p.obj.Spec.Volumes {
		v := &p.obj.Spec.Volumes[i]
		volume = v.Name
		failed := ""
		switch {
		case v.ConfigMap != nil:
			failed = check(source{false, v.ConfigMap.Name, flag(v.ConfigMap.Optional)}, v.ConfigMap.Items)
		case v.Secret != nil:
			failed = check(source{true, v.Secret.SecretName, flag(v.Secret.Optional)}, v.Secret.Items)
		case v.Projected != nil && !strings.HasPrefix(v.Name, tokenVolume):
			for j := range v.Projected.Sources {
				s := &v.Projected.Sources[j]
				if s.ConfigMap != nil && failed == "" {
					failed = check(source{false, s.ConfigMap.Name, flag(s.ConfigMap.Optional)}, s.ConfigMap.Items)
				}
				if s.Secret != nil && failed == "" {
					failed = check(source{true, s.Secret.Name, flag(s.Secret.Optional)}, s.Secret.Items)
				}
			}
		}
		if failed != "" {
			return failed
		}
	}
	return ""
}
