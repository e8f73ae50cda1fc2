package persistentvolume

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
)

const hostPathPlugin = "kubernetes.io/host-path"

// migrated are the CSI drivers that took over from plugins that were part of Kubernetes (k8s.io/csi-translation-lib).
var migrated = map[string]string{
	"kubernetes.io/aws-ebs":         "ebs.csi.aws.com",
	"kubernetes.io/gce-pd":          "pd.csi.storage.gke.io",
	"kubernetes.io/azure-disk":      "disk.csi.azure.com",
	"kubernetes.io/azure-file":      "file.csi.azure.com",
	"kubernetes.io/cinder":          "cinder.csi.openstack.org",
	"kubernetes.io/vsphere-volume":  "csi.vsphere.vmware.com",
	"kubernetes.io/portworx-volume": "pxd.portworx.com",
}

// provision sees to it that somebody makes a volume for a claim (provisionClaim).
func (k *Controller) provision(c *corev1.PersistentVolumeClaim) {
	name := binding.ClaimClass(c)
	class := k.class(name)
	if class == nil {
		k.event(c, warning, "ProvisioningFailed", `storageclass.storage.k8s.io "`+name+`" not found`)
		return
	}
	driver := migrated[class.Provisioner]
	if driver == "" && class.Provisioner != hostPathPlugin && strings.HasPrefix(class.Provisioner, "kubernetes.io/") {
		why := "no volume plugin matched name: " + class.Provisioner
		switch class.Provisioner {
		case "kubernetes.io/nfs", "kubernetes.io/fc", "kubernetes.io/iscsi", "kubernetes.io/csi":
			why = "no provisionable volume plugin matched"
		}
		k.event(c, warning, "ProvisioningFailed", why)
		return
	}
	k.operate("provision-"+api.KeyOf(c)+"["+string(c.UID)+"]", func(done func(error)) {
		if class.Provisioner == hostPathPlugin {
			k.event(c, warning, "ProvisioningFailed", `Failed to create provisioner: provisioning in volume plugin "`+hostPathPlugin+`" is disabled`)
			done(errDisabled)
			return
		}
		k.provisionOutside(c, class, driver, done)
	})
}

type failure string

func (f failure) Error() string { return string(f) }

const errDisabled = failure("provisioning is disabled")

// provisionOutside names the provisioner in the claim, for which it waits, and says so.
func (k *Controller) provisionOutside(c *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, driver string, done func(error)) {
	provisioner := class.Provisioner
	if driver != "" {
		provisioner = driver
	}
	tell := func(c *corev1.PersistentVolumeClaim) {
		k.event(c, normal, "ExternalProvisioning", "Waiting for a volume to be created either by the external provisioner '"+provisioner+
			"' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.")
		done(nil)
	}
	if c.Annotations[binding.AnnStorageProvisioner] == provisioner {
		tell(c)
		return
	}
	o := api.Copy(c)
	o.Annotations = binding.Annotated(o, binding.AnnBetaStorageProvisioner, provisioner)
	o.Annotations = binding.Annotated(o, binding.AnnStorageProvisioner, provisioner)
	k.updateClaim(o, func(o *corev1.PersistentVolumeClaim, err error) {
		if err != nil {
			k.event(c, warning, "ProvisioningFailed", "Error saving claim: "+err.Error())
			done(err)
			return
		}
		tell(o)
	})
}
