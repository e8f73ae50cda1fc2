package defaults

import (
	corev1 "k8s.io/api/core/v1"
)

const tokenLifetimeSeconds = int64(3600)

func setVolume(v *corev1.Volume) {
	src := &v.VolumeSource
	if *src == (corev1.VolumeSource{}) {
		src.EmptyDir = &corev1.EmptyDirVolumeSource{}
	}
	if src.Image != nil {
		orValue(&src.Image.PullPolicy, pullPolicyFor(src.Image.Reference, src.Image.PullPolicy))
	}
	if src.HostPath != nil {
		orElse(&src.HostPath.Type, corev1.HostPathUnset)
	}
	if src.Secret != nil {
		orElse(&src.Secret.DefaultMode, corev1.SecretVolumeSourceDefaultMode)
	}
	if src.ConfigMap != nil {
		orElse(&src.ConfigMap.DefaultMode, corev1.ConfigMapVolumeSourceDefaultMode)
	}
	if src.DownwardAPI != nil {
		orElse(&src.DownwardAPI.DefaultMode, corev1.DownwardAPIVolumeSourceDefaultMode)
		setDownwardAPIFiles(src.DownwardAPI.Items)
	}
	if src.Projected != nil {
		orElse(&src.Projected.DefaultMode, corev1.ProjectedVolumeSourceDefaultMode)
		for i := range src.Projected.Sources {
			if d := src.Projected.Sources[i].DownwardAPI; d != nil {
				setDownwardAPIFiles(d.Items)
			}
			if t := src.Projected.Sources[i].ServiceAccountToken; t != nil {
				orElse(&t.ExpirationSeconds, tokenLifetimeSeconds)
			}
		}
	}
	if src.Ephemeral != nil && src.Ephemeral.VolumeClaimTemplate != nil {
		claim := &src.Ephemeral.VolumeClaimTemplate.Spec
		orElse(&claim.VolumeMode, corev1.PersistentVolumeFilesystem)
		roundToMilli(claim.Resources.Limits)
		roundToMilli(claim.Resources.Requests)
	}
	setVendorVolume(src)
}

func setDownwardAPIFiles(files []corev1.DownwardAPIVolumeFile) {
	for i := range files {
		setFieldRef(files[i].FieldRef)
	}
}

// setVendorVolume covers the network file systems that once lived in the kubelet.
func setVendorVolume(src *corev1.VolumeSource) {
	if src.ISCSI != nil {
		orValue(&src.ISCSI.ISCSIInterface, "default")
	}
	if src.RBD != nil {
		orValue(&src.RBD.RBDPool, "rbd")
		orValue(&src.RBD.RadosUser, "admin")
		orValue(&src.RBD.Keyring, "/etc/ceph/keyring")
	}
	setAzureDisk(src.AzureDisk)
	if src.ScaleIO != nil {
		orValue(&src.ScaleIO.StorageMode, "ThinProvisioned")
		orValue(&src.ScaleIO.FSType, "xfs")
	}
}

// setAzureDisk covers the one source that pods and PersistentVolumes share; nil: there is none.
func setAzureDisk(disk *corev1.AzureDiskVolumeSource) {
	if disk == nil {
		return
	}
	orElse(&disk.CachingMode, corev1.AzureDataDiskCachingReadWrite)
	orElse(&disk.FSType, "ext4")
	orElse(&disk.ReadOnly, false)
	orElse(&disk.Kind, corev1.AzureSharedBlobDisk)
}
