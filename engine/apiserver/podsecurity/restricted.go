package podsecurity

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// The checks that the restricted level adds (policy/check_*.go), by their names upstream.
var restricted = [...]check{
	{run: allowPrivilegeEscalation, since: 8},
	{run: capabilitiesRestricted, since: 22},
	{run: procMount, since: 35},
	{run: restrictedVolumes},
	{run: runAsNonRoot},
	{run: runAsUser, since: 23},
	{run: seccompRestricted, since: 19},
}

func allowPrivilegeEscalation(s *subject) (string, string) {
	if s.version >= 25 && s.windows() {
		return "", ""
	}
	bad := s.bad(func(c named) bool {
		return c.sc == nil || c.sc.AllowPrivilegeEscalation == nil || *c.sc.AllowPrivilegeEscalation
	})
	if len(bad) == 0 {
		return "", ""
	}
	return "allowPrivilegeEscalation != false", theContainers(bad) + " must set securityContext.allowPrivilegeEscalation=false"
}

func capabilitiesRestricted(s *subject) (string, string) {
	if s.version >= 25 && s.windows() {
		return "", ""
	}
	keeps := s.bad(func(c named) bool {
		return c.sc == nil || c.sc.Capabilities == nil || !slices.Contains(c.sc.Capabilities.Drop, "ALL")
	})
	var more set
	adds := s.bad(func(c named) bool {
		if c.sc == nil || c.sc.Capabilities == nil {
			return false
		}
		wrong := false
		for _, x := range c.sc.Capabilities.Add {
			if x != "NET_BIND_SERVICE" {
				more.add(string(x))
				wrong = true
			}
		}
		return wrong
	})
	var out []string
	if len(keeps) > 0 {
		out = append(out, theContainers(keeps)+` must set securityContext.capabilities.drop=["ALL"]`)
	}
	if len(adds) > 0 {
		out = append(out, theContainers(adds)+" must not include "+quoted(more)+" in securityContext.capabilities.add")
	}
	if len(out) == 0 {
		return "", ""
	}
	return "unrestricted capabilities", strings.Join(out, "; ")
}

func restrictedVolumes(s *subject) (string, string) {
	var bad []string
	var types set
	for i := range s.spec.Volumes {
		v := &s.spec.Volumes[i]
		if v.ConfigMap != nil || v.CSI != nil || v.DownwardAPI != nil || v.EmptyDir != nil || v.Ephemeral != nil || v.Image != nil ||
			v.PersistentVolumeClaim != nil || v.Projected != nil || v.Secret != nil {
			continue
		}
		bad = append(bad, v.Name)
		types.add(volumeType(&v.VolumeSource))
	}
	if len(bad) == 0 {
		return "", ""
	}
	return "restricted volume types", plural("volume", "volumes", len(bad)) + " " + quoted(bad) + " " + plural("uses", "use", len(bad)) + " " +
		plural("restricted volume type", "restricted volume types", len(types)) + " " + quoted(types)
}

// volumeType names the kinds of volumes that the restricted level forbids.
func volumeType(v *corev1.VolumeSource) string {
	switch {
	case v.HostPath != nil:
		return "hostPath"
	case v.GCEPersistentDisk != nil:
		return "gcePersistentDisk"
	case v.AWSElasticBlockStore != nil:
		return "awsElasticBlockStore"
	case v.GitRepo != nil:
		return "gitRepo"
	case v.NFS != nil:
		return "nfs"
	case v.ISCSI != nil:
		return "iscsi"
	case v.Glusterfs != nil:
		return "glusterfs"
	case v.RBD != nil:
		return "rbd"
	case v.FlexVolume != nil:
		return "flexVolume"
	case v.Cinder != nil:
		return "cinder"
	case v.CephFS != nil:
		return "cephfs"
	case v.Flocker != nil:
		return "flocker"
	case v.FC != nil:
		return "fc"
	case v.AzureFile != nil:
		return "azureFile"
	case v.VsphereVolume != nil:
		return "vsphereVolume"
	case v.Quobyte != nil:
		return "quobyte"
	case v.AzureDisk != nil:
		return "azureDisk"
	case v.PhotonPersistentDisk != nil:
		return "photonPersistentDisk"
	case v.PortworxVolume != nil:
		return "portworxVolume"
	case v.ScaleIO != nil:
		return "scaleIO"
	case v.StorageOS != nil:
		return "storageos"
	}
	return "unknown"
}

func runAsNonRoot(s *subject) (string, string) {
	if s.version >= 35 && s.ownUsers() {
		return "", ""
	}
	podSays, podBad := false, false
	if sc := s.spec.SecurityContext; sc != nil && sc.RunAsNonRoot != nil {
		podSays, podBad = *sc.RunAsNonRoot, !*sc.RunAsNonRoot
	}
	explicit := s.bad(func(c named) bool { return c.sc != nil && c.sc.RunAsNonRoot != nil && !*c.sc.RunAsNonRoot })
	if who := setters(podBad, explicit); who != "" {
		return "runAsNonRoot != true", who + " must not set securityContext.runAsNonRoot=false"
	}
	silent := s.bad(func(c named) bool { return !podSays && (c.sc == nil || c.sc.RunAsNonRoot == nil) })
	if len(silent) > 0 {
		return "runAsNonRoot != true", "pod or " + theContainers(silent) + " must set securityContext.runAsNonRoot=true"
	}
	return "", ""
}

func runAsUser(s *subject) (string, string) {
	if s.version >= 35 && s.ownUsers() {
		return "", ""
	}
	root := func(u *int64) bool { return u != nil && *u == 0 }
	pod := s.spec.SecurityContext != nil && root(s.spec.SecurityContext.RunAsUser)
	bad := s.bad(func(c named) bool { return c.sc != nil && root(c.sc.RunAsUser) })
	if who := setters(pod, bad); who != "" {
		return "runAsUser=0", who + " must not set runAsUser=0"
	}
	return "", ""
}

func seccompRestricted(s *subject) (string, string) {
	if s.version >= 25 && s.windows() {
		return "", ""
	}
	if reason, detail := explicitSeccomp(s); reason != "" {
		return reason, detail
	}
	podSays := s.spec.SecurityContext != nil && s.spec.SecurityContext.SeccompProfile != nil && goodSeccomp(s.spec.SecurityContext.SeccompProfile.Type)
	silent := s.bad(func(c named) bool { return !podSays && (c.sc == nil || c.sc.SeccompProfile == nil) })
	if len(silent) > 0 {
		return "seccompProfile", "pod or " + theContainers(silent) + ` must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`
	}
	return "", ""
}
