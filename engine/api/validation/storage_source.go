package validation

import (
	"net"
	"path"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// persistentSource reports a volume with no source or with several; only the first is looked into. The order of the
// kinds is upstream's, and so are two paths that no field has. affinity tells whether the volume says where it can be
// reached, as a local one must.
func (e *errs) persistentSource(p *field.Path, src *corev1.PersistentVolumeSource, name string, affinity bool) {
	found := false
	oneAt := func(child, checked string, set bool, check func(*field.Path)) {
		switch {
		case !set:
		case found:
			e.forbidden(p.Child(child), msgOneVolume)
		default:
			found = true
			check(p.Child(checked))
		}
	}
	one := func(child string, set bool, check func(*field.Path)) { oneAt(child, child, set, check) }
	partition := func(p *field.Path, n int32) {
		if n < 0 || n > 255 {
			e.invalid(p.Child("partition"), n, validation.InclusiveRangeError(1, 255))
		}
	}
	one("hostPath", src.HostPath != nil, func(p *field.Path) {
		if e.nonEmpty(p.Child("path"), src.HostPath.Path) {
			e.noBacksteps(p.Child("path"), src.HostPath.Path)
			optionalOneOf(e, p.Child("type"), src.HostPath.Type, corev1.HostPathUnset, corev1.HostPathBlockDev,
				corev1.HostPathCharDev, corev1.HostPathDirectory, corev1.HostPathDirectoryOrCreate, corev1.HostPathFile,
				corev1.HostPathFileOrCreate, corev1.HostPathSocket)
		}
	})
	oneAt("gcePersistentDisk", "persistentDisk", src.GCEPersistentDisk != nil, func(p *field.Path) {
		e.nonEmpty(p.Child("pdName"), src.GCEPersistentDisk.PDName)
		partition(p, src.GCEPersistentDisk.Partition)
	})
	one("awsElasticBlockStore", src.AWSElasticBlockStore != nil, func(p *field.Path) {
		e.nonEmpty(p.Child("volumeID"), src.AWSElasticBlockStore.VolumeID)
		partition(p, src.AWSElasticBlockStore.Partition)
	})
	one("glusterfs", src.Glusterfs != nil, func(p *field.Path) { e.glusterfs(p, src.Glusterfs) })
	one("flocker", src.Flocker != nil, func(p *field.Path) { e.flocker(p, src.Flocker) })
	one("nfs", src.NFS != nil, func(p *field.Path) {
		e.nonEmpty(p.Child("server"), src.NFS.Server)
		e.nonEmpty(p.Child("path"), src.NFS.Path)
		if !path.IsAbs(src.NFS.Path) {
			e.invalid(p.Child("path"), src.NFS.Path, "must be an absolute path")
		}
	})
	one("rbd", src.RBD != nil, func(p *field.Path) {
		if len(src.RBD.CephMonitors) == 0 {
			e.required(p.Child("monitors"), "")
		}
		e.nonEmpty(p.Child("image"), src.RBD.RBDImage)
	})
	one("quobyte", src.Quobyte != nil, func(p *field.Path) { e.quobyte(p, src.Quobyte) })
	oneAt("cephFS", "cephfs", src.CephFS != nil, func(p *field.Path) {
		if len(src.CephFS.Monitors) == 0 {
			e.required(p.Child("monitors"), "")
		}
	})
	one("iscsi", src.ISCSI != nil, func(p *field.Path) { e.iscsi(p, src.ISCSI, name) })
	one("cinder", src.Cinder != nil, func(p *field.Path) {
		e.nonEmpty(p.Child("volumeID"), src.Cinder.VolumeID)
		if ref := src.Cinder.SecretRef; ref != nil {
			e.requiredFields("name", ref.Name, "namespace", ref.Namespace)(p.Child("secretRef"))
		}
	})
	one("fc", src.FC != nil, func(p *field.Path) { e.fibreChannel(p, src.FC) })
	if src.FlexVolume != nil { // the one kind that does not mind another before it
		found = true
		e.flexVolume(p.Child("flexVolume"), src.FlexVolume)
	}
	one("azureFile", src.AzureFile != nil, func(p *field.Path) {
		e.requiredFields("secretName", src.AzureFile.SecretName, "shareName", src.AzureFile.ShareName)(p)
		if ns := src.AzureFile.SecretNamespace; ns != nil {
			e.nonEmpty(p.Child("secretNamespace"), *ns)
		}
	})
	one("vsphereVolume", src.VsphereVolume != nil, func(p *field.Path) { e.nonEmpty(p.Child("volumePath"), src.VsphereVolume.VolumePath) })
	one("photonPersistentDisk", src.PhotonPersistentDisk != nil, func(p *field.Path) { e.nonEmpty(p.Child("pdID"), src.PhotonPersistentDisk.PdID) })
	one("portworxVolume", src.PortworxVolume != nil, func(p *field.Path) { e.nonEmpty(p.Child("volumeID"), src.PortworxVolume.VolumeID) })
	one("azureDisk", src.AzureDisk != nil, func(p *field.Path) { e.azureDisk(p, src.AzureDisk) })
	one("scaleIO", src.ScaleIO != nil, func(p *field.Path) {
		e.requiredFields("gateway", src.ScaleIO.Gateway, "system", src.ScaleIO.System, "volumeName", src.ScaleIO.VolumeName)(p)
	})
	one("local", src.Local != nil, func(at *field.Path) {
		if e.nonEmpty(at.Child("path"), src.Local.Path) {
			e.noBacksteps(at.Child("path"), src.Local.Path)
		}
		if !affinity {
			e.required(p.Child("nodeAffinity"), "Local volume requires node affinity")
		}
	})
	one("storageos", src.StorageOS != nil, func(p *field.Path) { e.storageOS(p, src.StorageOS) })
	one("csi", src.CSI != nil, func(p *field.Path) { e.csiVolume(p, src.CSI) })
	if !found {
		e.required(p, "must specify a volume type")
	}
}

func (e *errs) csiVolume(p *field.Path, csi *corev1.CSIPersistentVolumeSource) {
	e.driverName(p.Child("driver"), csi.Driver)
	e.nonEmpty(p.Child("volumeHandle"), csi.VolumeHandle)
	for _, ref := range []struct {
		name   string
		secret *corev1.SecretReference
	}{
		{"controllerPublishSecretRef", csi.ControllerPublishSecretRef}, {"controllerExpandSecretRef", csi.ControllerExpandSecretRef},
		{"nodePublishSecretRef", csi.NodePublishSecretRef}, {"nodeExpandSecretRef", csi.NodeExpandSecretRef},
	} {
		if ref.secret == nil {
			continue
		}
		at := p.Child(ref.name)
		if e.nonEmpty(at.Child("name"), ref.secret.Name) {
			e.subdomain(at.Child("name"), ref.secret.Name)
		}
		if e.nonEmpty(at.Child("namespace"), ref.secret.Namespace) {
			e.label(at.Child("namespace"), ref.secret.Namespace)
		}
	}
}

// driverName checks the name of a CSI driver, in which upper case is allowed.
func (e *errs) driverName(p *field.Path, name string) {
	if !e.nonEmpty(p, name) {
		return
	}
	if len(name) > maxDriverName {
		e.tooLong(p, maxDriverName)
	}
	e.each(p, name, validation.IsDNS1123Subdomain(strings.ToLower(name)))
}

func (e *errs) glusterfs(p *field.Path, src *corev1.GlusterfsPersistentVolumeSource) {
	e.requiredFields("endpoints", src.EndpointsName, "path", src.Path)(p)
	if ns, at := src.EndpointsNamespace, p.Child("endpointsNamespace"); ns != nil && *ns == "" {
		e.invalid(at, *ns, "if the endpointnamespace is set, it must be a valid namespace name")
	} else if ns != nil {
		e.label(at, *ns)
	}
}

func (e *errs) flocker(p *field.Path, src *corev1.FlockerVolumeSource) {
	if src.DatasetName == "" && src.DatasetUUID == "" {
		e.required(p, "one of datasetName and datasetUUID is required")
	}
	if src.DatasetName != "" && src.DatasetUUID != "" {
		e.invalid(p, "resource", "datasetName and datasetUUID can not be specified simultaneously")
	}
	if strings.Contains(src.DatasetName, "/") {
		e.invalid(p.Child("datasetName"), src.DatasetName, "must not contain '/'")
	}
}

func (e *errs) quobyte(p *field.Path, src *corev1.QuobyteVolumeSource) {
	const why = "must be a host:port pair or multiple pairs separated by commas"
	switch {
	case src.Registry == "":
		e.required(p.Child("registry"), why)
	case len(src.Tenant) >= 65:
		e.required(p.Child("tenant"), "must be a UUID and may not exceed a length of 64 characters")
	default:
		for _, pair := range strings.Split(src.Registry, ",") {
			if _, _, err := net.SplitHostPort(pair); err != nil {
				e.invalid(p.Child("registry"), src.Registry, why)
			}
		}
	}
	e.nonEmpty(p.Child("volume"), src.Volume)
}

// isISCSIName tells whether a name has one of the three forms of RFC 3720. known is false when it begins like none.
func isISCSIName(name string) (valid, known bool) {
	for _, form := range []struct{ prefix, pattern string }{
		{"iqn", `iqn\.\d{4}-\d{2}\.([[:alnum:]-.]+)(:[^,;*&$|\s]+)$`}, {"eui", `^eui.[[:alnum:]]{16}$`}, {"naa", `^naa.[[:alnum:]]{32}$`},
	} {
		if strings.HasPrefix(name, form.prefix) {
			ok, err := regexp.MatchString(form.pattern, name)
			return ok && err == nil, true
		}
	}
	return false, false
}

func (e *errs) iscsi(p *field.Path, src *corev1.ISCSIPersistentVolumeSource, volume string) {
	const why = "must be valid format"
	e.nonEmpty(p.Child("targetPortal"), src.TargetPortal)
	if src.InitiatorName != nil && len(volume+":"+src.TargetPortal) > 64 {
		e.invalid(p.Child("targetportal"), src.TargetPortal,
			"Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.")
	}
	if e.nonEmpty(p.Child("iqn"), src.IQN) {
		if valid, _ := isISCSIName(src.IQN); !valid {
			e.invalid(p.Child("iqn"), src.IQN, why)
		}
	}
	if src.Lun < 0 || src.Lun > 255 {
		e.invalid(p.Child("lun"), src.Lun, validation.InclusiveRangeError(0, 255))
	}
	if src.SecretRef != nil {
		e.nonEmpty(p.Child("secretRef", "name"), src.SecretRef.Name)
	} else if src.DiscoveryCHAPAuth || src.SessionCHAPAuth {
		e.required(p.Child("secretRef"), "")
	}
	if src.InitiatorName != nil {
		if valid, _ := isISCSIName(*src.InitiatorName); !valid {
			e.invalid(p.Child("initiatorname"), *src.InitiatorName, why)
		}
	}
}

func (e *errs) fibreChannel(p *field.Path, src *corev1.FCVolumeSource) {
	wwns := p.Child("targetWWNs")
	if len(src.TargetWWNs) < 1 && len(src.WWIDs) < 1 {
		e.required(wwns, "must specify either targetWWNs or wwids, but not both")
	}
	if len(src.TargetWWNs) == 0 {
		return
	}
	if len(src.WWIDs) != 0 {
		e.invalid(wwns, src.TargetWWNs, "targetWWNs and wwids can not be specified simultaneously")
	}
	if src.Lun == nil {
		e.required(p.Child("lun"), "lun is required if targetWWNs is specified")
	} else if *src.Lun < 0 || *src.Lun > 255 {
		e.invalid(p.Child("lun"), src.Lun, validation.InclusiveRangeError(0, 255))
	}
}

func (e *errs) flexVolume(p *field.Path, src *corev1.FlexPersistentVolumeSource) {
	e.nonEmpty(p.Child("driver"), src.Driver)
	for _, key := range sortedKeys(src.Options) {
		domain, _, _ := strings.Cut(key, "/")
		domain = "." + strings.ToLower(domain)
		if strings.HasSuffix(domain, ".kubernetes.io") || strings.HasSuffix(domain, ".k8s.io") {
			e.invalid(p.Child("options").Key(key), key, "kubernetes.io and k8s.io namespaces are reserved")
		}
	}
}

func (e *errs) azureDisk(p *field.Path, src *corev1.AzureDiskVolumeSource) {
	e.requiredFields("diskName", src.DiskName, "diskURI", src.DataDiskURI)(p)
	optionalOneOf(e, p.Child("cachingMode"), src.CachingMode, corev1.AzureDataDiskCachingNone, corev1.AzureDataDiskCachingReadOnly, corev1.AzureDataDiskCachingReadWrite)
	optionalOneOf(e, p.Child("kind"), src.Kind, corev1.AzureDedicatedBlobDisk, corev1.AzureManagedDisk, corev1.AzureSharedBlobDisk)
	if src.Kind == nil {
		return
	}
	prefix, form := "https://", "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
	if *src.Kind == corev1.AzureManagedDisk {
		prefix, form = "/subscriptions/", "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
	}
	if !strings.HasPrefix(src.DataDiskURI, prefix) {
		e.add(field.NotSupported(p.Child("diskURI"), src.DataDiskURI, []string{form}))
	}
}

func (e *errs) storageOS(p *field.Path, src *corev1.StorageOSPersistentVolumeSource) {
	if e.nonEmpty(p.Child("volumeName"), src.VolumeName) {
		e.label(p.Child("volumeName"), src.VolumeName)
	}
	if src.VolumeNamespace != "" {
		e.label(p.Child("volumeNamespace"), src.VolumeNamespace)
	}
	if src.SecretRef != nil {
		e.requiredFields("name", src.SecretRef.Name, "namespace", src.SecretRef.Namespace)(p.Child("secretRef"))
	}
}
