package kubectl

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// volumes writes the volumes of a pod or template. The kinds of storage that this cluster has no driver for appear
// by name only.
func (p *page) volumes(list []corev1.Volume, space string) {
	if len(list) == 0 {
		p.line(0, "%sVolumes:\t<none>", space)
		return
	}
	p.line(0, "%sVolumes:", space)
	indent := ""
	if space != "" {
		indent = " "
	}
	for i := range list {
		p.line(1, "%s%s:", indent, list[i].Name)
		p.volume(&list[i].VolumeSource)
	}
}

func (p *page) volume(v *corev1.VolumeSource) {
	field := func(name string, value any) { p.line(2, "%s:\t%v", name, value) }
	switch {
	case v.HostPath != nil:
		kind := "<none>"
		if v.HostPath.Type != nil {
			kind = string(*v.HostPath.Type)
		}
		field("Type", "HostPath (bare host directory volume)")
		field("Path", v.HostPath.Path)
		field("HostPathType", kind)
	case v.EmptyDir != nil:
		limit := "<unset>"
		if l := v.EmptyDir.SizeLimit; l != nil && l.Cmp(resource.Quantity{}) > 0 {
			limit = l.String()
		}
		field("Type", "EmptyDir (a temporary directory that shares a pod's lifetime)")
		field("Medium", v.EmptyDir.Medium)
		field("SizeLimit", limit)
	case v.Secret != nil:
		field("Type", "Secret (a volume populated by a Secret)")
		field("SecretName", v.Secret.SecretName)
		field("Optional", isTrue(v.Secret.Optional))
	case v.ConfigMap != nil:
		field("Type", "ConfigMap (a volume populated by a ConfigMap)")
		field("Name", v.ConfigMap.Name)
		field("Optional", isTrue(v.ConfigMap.Optional))
	case v.PersistentVolumeClaim != nil:
		field("Type", "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)")
		field("ClaimName", v.PersistentVolumeClaim.ClaimName)
		field("ReadOnly", v.PersistentVolumeClaim.ReadOnly)
	case v.DownwardAPI != nil:
		field("Type", "DownwardAPI (a volume populated by information about the pod)")
		p.line(2, "Items:")
		for _, item := range v.DownwardAPI.Items {
			if item.FieldRef != nil {
				p.line(3, "%s -> %s", item.FieldRef.FieldPath, item.Path)
			}
			if item.ResourceFieldRef != nil {
				p.line(3, "%s -> %s", item.ResourceFieldRef.Resource, item.Path)
			}
		}
	case v.NFS != nil:
		field("Type", "NFS (an NFS mount that lasts the lifetime of a pod)")
		field("Server", v.NFS.Server)
		field("Path", v.NFS.Path)
		field("ReadOnly", v.NFS.ReadOnly)
	case v.Projected != nil:
		field("Type", "Projected (a volume that contains injected data from multiple sources)")
		for _, s := range v.Projected.Sources {
			switch {
			case s.Secret != nil:
				field("SecretName", s.Secret.Name)
				field("Optional", isTrue(s.Secret.Optional))
			case s.DownwardAPI != nil:
				field("DownwardAPI", "true")
			case s.ConfigMap != nil:
				field("ConfigMapName", s.ConfigMap.Name)
				field("Optional", isTrue(s.ConfigMap.Optional))
			case s.ServiceAccountToken != nil && s.ServiceAccountToken.ExpirationSeconds != nil:
				field("TokenExpirationSeconds", *s.ServiceAccountToken.ExpirationSeconds)
			}
		}
	default:
		p.otherVolume(v)
	}
}

// otherVolume writes the kinds that pods and PersistentVolumes have in common, and the rarer ones.
func (p *page) otherVolume(v *corev1.VolumeSource) {
	field := func(name string, value any) { p.line(2, "%s:\t%v", name, value) }
	switch {
	case v.Ephemeral != nil:
		field("Type", "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)")
		if t := v.Ephemeral.VolumeClaimTemplate; t != nil {
			p.base += 2
			p.claimSpec(&corev1.PersistentVolumeClaim{ObjectMeta: t.ObjectMeta, Spec: t.Spec}, false)
			p.base -= 2
		}
	case v.CSI != nil:
		field("Type", "CSI (a Container Storage Interface (CSI) volume source)")
		field("Driver", v.CSI.Driver)
		field("FSType", valueOr(v.CSI.FSType, ""))
		field("ReadOnly", isTrue(v.CSI.ReadOnly))
		p.volumeAttributes(v.CSI.VolumeAttributes)
	case v.Image != nil:
		field("Type", "Image (a container image or OCI artifact)")
		field("Reference", v.Image.Reference)
		field("PullPolicy", v.Image.PullPolicy)
	default:
		p.persistentSource(&corev1.PersistentVolumeSource{GCEPersistentDisk: v.GCEPersistentDisk, AWSElasticBlockStore: v.AWSElasticBlockStore, Quobyte: v.Quobyte,
			VsphereVolume: v.VsphereVolume, AzureDisk: v.AzureDisk, PhotonPersistentDisk: v.PhotonPersistentDisk, PortworxVolume: v.PortworxVolume, FC: v.FC, Flocker: v.Flocker})
	}
}
