package kubectl

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// source writes what a volume is, and its fields in pairs of name and value. A name that ends in a tab has no colon,
// which upstream forgot once.
func (p *page) source(what string, fields ...any) {
	p.line(2, "Type:\t%s", what)
	for i := 0; i < len(fields); i += 2 {
		if name := fields[i].(string); strings.HasSuffix(name, "\t") {
			p.line(2, "%s%v", name, fields[i+1])
		} else {
			p.line(2, "%s:\t%v", name, fields[i+1])
		}
	}
}

// secretText shows a reference as Go prints the type.
func secretText(ref *corev1.SecretReference) string {
	if ref == nil {
		return "nil"
	}
	return "&SecretReference{Name:" + ref.Name + ",Namespace:" + ref.Namespace + ",}"
}

func valueOr[T ~string](v *T, otherwise string) string {
	if v == nil {
		return otherwise
	}
	return string(*v)
}

// persistentSource writes where the data of a PersistentVolume are.
func (p *page) persistentSource(src *corev1.PersistentVolumeSource) {
	switch {
	case src.HostPath != nil:
		p.source("HostPath (bare host directory volume)", "Path", src.HostPath.Path, "HostPathType", valueOr(src.HostPath.Type, "<none>"))
	case src.GCEPersistentDisk != nil:
		v := src.GCEPersistentDisk
		p.source("GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)", "PDName", v.PDName, "FSType", v.FSType, "Partition", v.Partition, "ReadOnly", v.ReadOnly)
	case src.AWSElasticBlockStore != nil:
		v := src.AWSElasticBlockStore
		p.source("AWSElasticBlockStore (a Persistent Disk resource in AWS)", "VolumeID", v.VolumeID, "FSType", v.FSType, "Partition", v.Partition, "ReadOnly", v.ReadOnly)
	case src.NFS != nil:
		p.source("NFS (an NFS mount that lasts the lifetime of a pod)", "Server", src.NFS.Server, "Path", src.NFS.Path, "ReadOnly", src.NFS.ReadOnly)
	case src.ISCSI != nil:
		v := src.ISCSI
		p.source("ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)",
			"TargetPortal", v.TargetPortal, "IQN", v.IQN, "Lun", v.Lun, "ISCSIInterface\t", v.ISCSIInterface, "FSType", v.FSType, "ReadOnly", v.ReadOnly,
			"Portals", v.Portals, "DiscoveryCHAPAuth", v.DiscoveryCHAPAuth, "SessionCHAPAuth", v.SessionCHAPAuth, "SecretRef", secretText(v.SecretRef),
			"InitiatorName", valueOr(v.InitiatorName, "<none>"))
	case src.Glusterfs != nil:
		v := src.Glusterfs
		p.source("Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)", "EndpointsName", v.EndpointsName,
			"EndpointsNamespace", valueOr(v.EndpointsNamespace, "<unset>"), "Path", v.Path, "ReadOnly", v.ReadOnly)
	case src.RBD != nil:
		v := src.RBD
		p.source("RBD (a Rados Block Device mount on the host that shares a pod's lifetime)", "CephMonitors", v.CephMonitors, "RBDImage", v.RBDImage, "FSType", v.FSType,
			"RBDPool", v.RBDPool, "RadosUser", v.RadosUser, "Keyring", v.Keyring, "SecretRef", secretText(v.SecretRef), "ReadOnly", v.ReadOnly)
	case src.Quobyte != nil:
		p.source("Quobyte (a Quobyte mount on the host that shares a pod's lifetime)", "Registry", src.Quobyte.Registry, "Volume", src.Quobyte.Volume, "ReadOnly", src.Quobyte.ReadOnly)
	case src.VsphereVolume != nil:
		v := src.VsphereVolume
		p.source("vSphereVolume (a Persistent Disk resource in vSphere)", "VolumePath", v.VolumePath, "FSType", v.FSType, "StoragePolicyName", v.StoragePolicyName)
	case src.Cinder != nil:
		v := src.Cinder
		p.source("Cinder (a Persistent Disk resource in OpenStack)", "VolumeID", v.VolumeID, "FSType", v.FSType, "ReadOnly", v.ReadOnly, "SecretRef", secretText(v.SecretRef))
	case src.AzureDisk != nil:
		v := src.AzureDisk
		p.source("AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)", "DiskName", v.DiskName, "DiskURI", v.DataDiskURI,
			"Kind: \t", valueOr(v.Kind, ""), "FSType", valueOr(v.FSType, ""), "CachingMode", valueOr(v.CachingMode, ""), "ReadOnly", isTrue(v.ReadOnly))
	case src.PhotonPersistentDisk != nil:
		p.source("PhotonPersistentDisk (a Persistent Disk resource in photon platform)", "PdID", src.PhotonPersistentDisk.PdID, "FSType", src.PhotonPersistentDisk.FSType)
	case src.PortworxVolume != nil:
		p.source("PortworxVolume (a Portworx Volume resource)", "VolumeID", src.PortworxVolume.VolumeID)
	default:
		p.moreSources(src)
	}
}

func (p *page) moreSources(src *corev1.PersistentVolumeSource) {
	switch {
	case src.ScaleIO != nil:
		v := src.ScaleIO
		var secret corev1.SecretReference
		if v.SecretRef != nil {
			secret = *v.SecretRef
		}
		p.source("ScaleIO (a persistent volume backed by a block device in ScaleIO)", "Gateway", v.Gateway, "System", v.System,
			"Protection Domain", v.ProtectionDomain, "Storage Pool", v.StoragePool, "Storage Mode", v.StorageMode, "VolumeName", v.VolumeName,
			"SecretName", secret.Name, "SecretNamespace", secret.Namespace, "FSType", v.FSType, "ReadOnly", v.ReadOnly)
	case src.Local != nil:
		p.source("LocalVolume (a persistent volume backed by local storage on a node)", "Path", src.Local.Path)
	case src.CephFS != nil:
		v := src.CephFS
		p.source("CephFS (a CephFS mount on the host that shares a pod's lifetime)", "Monitors", v.Monitors, "Path", v.Path, "User", v.User,
			"SecretFile", v.SecretFile, "SecretRef", secretText(v.SecretRef), "ReadOnly", v.ReadOnly)
	case src.StorageOS != nil:
		v := src.StorageOS
		p.source("StorageOS (a StorageOS Persistent Disk resource)", "VolumeName", v.VolumeName, "VolumeNamespace", v.VolumeNamespace, "FSType", v.FSType, "ReadOnly", v.ReadOnly)
	case src.FC != nil:
		lun := "<none>"
		if src.FC.Lun != nil {
			lun = strconv.Itoa(int(*src.FC.Lun))
		}
		p.source("FC (a Fibre Channel disk)", "TargetWWNs", strings.Join(src.FC.TargetWWNs, ", "), "LUN", lun, "FSType", src.FC.FSType, "ReadOnly", src.FC.ReadOnly)
	case src.AzureFile != nil:
		v := src.AzureFile
		p.source("AzureFile (an Azure File Service mount on the host and bind mount to the pod)", "SecretName", v.SecretName,
			"SecretNamespace", valueOr(v.SecretNamespace, ""), "ShareName", v.ShareName, "ReadOnly", v.ReadOnly)
	case src.FlexVolume != nil:
		v := src.FlexVolume
		p.source("FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)", "Driver", v.Driver, "FSType", v.FSType,
			"SecretRef", secretText(v.SecretRef), "ReadOnly", v.ReadOnly, "Options", v.Options)
	case src.Flocker != nil:
		p.source("Flocker (a Flocker volume mounted by the Flocker agent)", "DatasetName", src.Flocker.DatasetName, "DatasetUUID", src.Flocker.DatasetUUID)
	case src.CSI != nil:
		v := src.CSI
		p.source("CSI (a Container Storage Interface (CSI) volume source)", "Driver", v.Driver, "FSType", v.FSType, "VolumeHandle", v.VolumeHandle, "ReadOnly", v.ReadOnly)
		p.volumeAttributes(v.VolumeAttributes)
	default:
		p.line(1, "<unknown>")
	}
}

// volumeAttributes: upstream indents every part of a line anew, so the attributes stand apart from their title.
func (p *page) volumeAttributes(attributes map[string]string) {
	const indent = "    "
	if len(attributes) == 0 {
		p.line(2, "VolumeAttributes:\t<none>")
		return
	}
	for i, key := range sortedKeys(attributes) {
		title := indent + indent + "\t"
		if i == 0 {
			title = indent + "VolumeAttributes:\t"
		}
		p.line(0, "%s%s%s", title, indent, shorten(key+"="+attributes[key], maxAnnotationLen))
	}
}
