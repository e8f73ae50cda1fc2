package validation

import (
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The volumes of this file belong to storage systems that no cluster here has. A pod may still ask for them (it then
// waits), so that at least their required fields are checked; the finer rules of a few vendors are left out.

// oneVolume is volumeSource's way of looking at one kind.
type oneVolume func(name string, set bool, check func(*field.Path))

// requiredFields reports each field of a source that is empty.
func (e *errs) requiredFields(fields ...string) func(*field.Path) {
	return func(p *field.Path) {
		for i := 0; i < len(fields); i += 2 {
			e.nonEmpty(p.Child(fields[i]), fields[i+1])
		}
	}
}

func (e *errs) diskVolumes(src *corev1.VolumeSource, one oneVolume) {
	partition := func(p *field.Path, n int32) {
		if n < 0 || n > 255 {
			e.invalid(p.Child("partition"), n, validation.InclusiveRangeError(1, 255))
		}
	}
	one("gitRepo", src.GitRepo != nil, func(p *field.Path) {
		e.nonEmpty(p.Child("repository"), src.GitRepo.Repository)
		e.descendingPath(p.Child("directory"), src.GitRepo.Directory)
	})
	one("gcePersistentDisk", src.GCEPersistentDisk != nil, func(p *field.Path) {
		e.nonEmpty(p.Child("pdName"), src.GCEPersistentDisk.PDName)
		partition(p, src.GCEPersistentDisk.Partition)
	})
	one("awsElasticBlockStore", src.AWSElasticBlockStore != nil, func(p *field.Path) {
		e.nonEmpty(p.Child("volumeID"), src.AWSElasticBlockStore.VolumeID)
		partition(p, src.AWSElasticBlockStore.Partition)
	})
}

func (e *errs) networkVolumes(src *corev1.VolumeSource, one oneVolume) {
	one("nfs", src.NFS != nil, func(p *field.Path) {
		e.nonEmpty(p.Child("server"), src.NFS.Server)
		e.nonEmpty(p.Child("path"), src.NFS.Path)
		if !path.IsAbs(src.NFS.Path) {
			e.invalid(p.Child("path"), src.NFS.Path, "must be an absolute path")
		}
	})
	one("iscsi", src.ISCSI != nil, func(p *field.Path) {
		e.requiredFields("targetPortal", src.ISCSI.TargetPortal, "iqn", src.ISCSI.IQN)(p)
		if src.ISCSI.Lun < 0 || src.ISCSI.Lun > 255 {
			e.invalid(p.Child("lun"), src.ISCSI.Lun, validation.InclusiveRangeError(0, 255))
		}
	})
	one("glusterfs", src.Glusterfs != nil, func(p *field.Path) {
		e.requiredFields("endpoints", src.Glusterfs.EndpointsName, "path", src.Glusterfs.Path)(p)
	})
	one("flocker", src.Flocker != nil, func(p *field.Path) {
		if src.Flocker.DatasetName == "" && src.Flocker.DatasetUUID == "" {
			e.required(p, "one of datasetName and datasetUUID is required")
		}
	})
}

func (e *errs) moreNetworkVolumes(src *corev1.VolumeSource, one oneVolume) {
	one("rbd", src.RBD != nil, func(p *field.Path) {
		if len(src.RBD.CephMonitors) == 0 {
			e.required(p.Child("monitors"), "")
		}
		e.nonEmpty(p.Child("image"), src.RBD.RBDImage)
	})
	one("cinder", src.Cinder != nil, func(p *field.Path) { e.nonEmpty(p.Child("volumeID"), src.Cinder.VolumeID) })
	one("cephfs", src.CephFS != nil, func(p *field.Path) {
		if len(src.CephFS.Monitors) == 0 {
			e.required(p.Child("monitors"), "")
		}
	})
	one("quobyte", src.Quobyte != nil, func(p *field.Path) {
		if src.Quobyte.Registry == "" {
			e.required(p.Child("registry"), "must be a host:port pair or multiple pairs separated by commas")
		}
		e.nonEmpty(p.Child("volume"), src.Quobyte.Volume)
	})
}

func (e *errs) driverVolumes(src *corev1.VolumeSource, one oneVolume) {
	one("fc", src.FC != nil, func(p *field.Path) {
		if len(src.FC.TargetWWNs) < 1 && len(src.FC.WWIDs) < 1 {
			e.required(p.Child("targetWWNs"), "must specify either targetWWNs or wwids, but not both")
		}
		if len(src.FC.TargetWWNs) != 0 && len(src.FC.WWIDs) != 0 {
			e.invalid(p.Child("targetWWNs"), src.FC.TargetWWNs, "targetWWNs and wwids can not be specified simultaneously")
		}
	})
	one("flexVolume", src.FlexVolume != nil, func(p *field.Path) { e.nonEmpty(p.Child("driver"), src.FlexVolume.Driver) })
}

func (e *errs) cloudVolumes(src *corev1.VolumeSource, one oneVolume) {
	one("azureFile", src.AzureFile != nil, func(p *field.Path) {
		e.requiredFields("secretName", src.AzureFile.SecretName, "shareName", src.AzureFile.ShareName)(p)
	})
	one("vsphereVolume", src.VsphereVolume != nil, func(p *field.Path) {
		e.nonEmpty(p.Child("volumePath"), src.VsphereVolume.VolumePath)
	})
	one("photonPersistentDisk", src.PhotonPersistentDisk != nil, func(p *field.Path) {
		e.nonEmpty(p.Child("pdID"), src.PhotonPersistentDisk.PdID)
	})
	one("portworxVolume", src.PortworxVolume != nil, func(p *field.Path) {
		e.nonEmpty(p.Child("volumeID"), src.PortworxVolume.VolumeID)
	})
	one("azureDisk", src.AzureDisk != nil, func(p *field.Path) {
		e.requiredFields("diskName", src.AzureDisk.DiskName, "diskURI", src.AzureDisk.DataDiskURI)(p)
	})
	one("storageos", src.StorageOS != nil, func(p *field.Path) {
		if e.nonEmpty(p.Child("volumeName"), src.StorageOS.VolumeName) {
			e.label(p.Child("volumeName"), src.StorageOS.VolumeName)
		}
	})
}

const maxDriverName = 63

func (e *errs) lastVolumes(src *corev1.VolumeSource, one oneVolume) {
	one("scaleIO", src.ScaleIO != nil, func(p *field.Path) {
		e.requiredFields("gateway", src.ScaleIO.Gateway, "system", src.ScaleIO.System, "volumeName", src.ScaleIO.VolumeName)(p)
	})
	one("csi", src.CSI != nil, func(p *field.Path) {
		if driver := p.Child("driver"); e.nonEmpty(driver, src.CSI.Driver) {
			if len(src.CSI.Driver) > maxDriverName {
				e.tooLong(driver, maxDriverName)
			}
			e.each(driver, src.CSI.Driver, validation.IsDNS1123Subdomain(strings.ToLower(src.CSI.Driver)))
		}
		if ref := src.CSI.NodePublishSecretRef; ref != nil && e.nonEmpty(p.Child("nodePublishSecretRef", "name"), ref.Name) {
			e.subdomain(p.Child("name"), ref.Name)
		}
	})
}
