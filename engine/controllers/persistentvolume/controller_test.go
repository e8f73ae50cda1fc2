package persistentvolume

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api/binding"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func size(gi int) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceStorage: *resource.NewQuantity(int64(gi)<<30, resource.BinarySI)}
}

func volume(name string, gi int, edit ...func(*corev1.PersistentVolume)) *corev1.PersistentVolume {
	v := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PersistentVolumeSpec{
		Capacity: size(gi), AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
		PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
		PersistentVolumeSource:        corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/mnt/" + name}}}}
	for _, fn := range edit {
		fn(v)
	}
	return v
}

func claim(name string, gi int, edit ...func(*corev1.PersistentVolumeClaim)) *corev1.PersistentVolumeClaim {
	c := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", UID: types.UID("uid-" + name)}, Spec: corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, Resources: corev1.VolumeResourceRequirements{Requests: size(gi)}, StorageClassName: ptr.To("")}}
	for _, fn := range edit {
		fn(c)
	}
	return c
}

func modes(m ...corev1.PersistentVolumeAccessMode) func(*corev1.PersistentVolume) {
	return func(v *corev1.PersistentVolume) { v.Spec.AccessModes = m }
}

func setAside(name, uid string) func(*corev1.PersistentVolume) {
	return func(v *corev1.PersistentVolume) {
		v.Spec.ClaimRef = &corev1.ObjectReference{Kind: "PersistentVolumeClaim", Namespace: "default", Name: name, UID: types.UID(uid)}
	}
}

func start(t *testing.T) *apitest.Server {
	t.Helper()
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	s.Run(time.Second)
	return s
}

// TestMatches says which of some volumes a claim gets, "" for none.
func TestMatches(t *testing.T) {
	labelled := func(v *corev1.PersistentVolume) { v.Labels = map[string]string{"disk": "fast"} }
	ofClass := func(v *corev1.PersistentVolume) { v.Spec.StorageClassName = "gold" }
	block := func(v *corev1.PersistentVolume) { v.Spec.VolumeMode = ptr.To(corev1.PersistentVolumeBlock) }
	leaving := func(v *corev1.PersistentVolume) { v.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)} }
	cases := []struct {
		name    string
		volumes []*corev1.PersistentVolume
		claim   *corev1.PersistentVolumeClaim
		want    string
	}{
		{"the smallest that is large enough", []*corev1.PersistentVolume{volume("a", 100), volume("b", 8), volume("c", 10), volume("d", 3)}, claim("x", 5), "b"},
		{"none is large enough", []*corev1.PersistentVolume{volume("a", 1)}, claim("x", 5), ""},
		{"of the same size, the first", []*corev1.PersistentVolume{volume("b", 5), volume("a", 5)}, claim("x", 5), "a"},
		{"the one set aside for it, however large", []*corev1.PersistentVolume{volume("a", 5), volume("b", 50, setAside("x", ""))}, claim("x", 5), "b"},
		{"not one set aside for another", []*corev1.PersistentVolume{volume("a", 5, setAside("y", ""))}, claim("x", 5), ""},
		{"not one bound to a claim of its name that went", []*corev1.PersistentVolume{volume("a", 5, setAside("x", "older"))}, claim("x", 5), ""},
		{"fewest access modes first", []*corev1.PersistentVolume{volume("a", 5, modes(corev1.ReadWriteOnce, corev1.ReadWriteMany)), volume("b", 50)}, claim("x", 5), "b"},
		{"all access modes it asks for", []*corev1.PersistentVolume{volume("a", 5), volume("b", 9, modes(corev1.ReadWriteOnce, corev1.ReadWriteMany))},
			claim("x", 5, func(c *corev1.PersistentVolumeClaim) {
				c.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany}
			}), "b"},
		{"its class", []*corev1.PersistentVolume{volume("a", 5), volume("b", 50, ofClass)}, claim("x", 5, func(c *corev1.PersistentVolumeClaim) { c.Spec.StorageClassName = ptr.To("gold") }), "b"},
		{"no class", []*corev1.PersistentVolume{volume("a", 5, ofClass)}, claim("x", 5), ""},
		{"its selector", []*corev1.PersistentVolume{volume("a", 5), volume("b", 50, labelled)},
			claim("x", 5, func(c *corev1.PersistentVolumeClaim) {
				c.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"disk": "fast"}}
			}), "b"},
		{"its mode", []*corev1.PersistentVolume{volume("a", 5, block), volume("b", 50)}, claim("x", 5), "b"},
		{"not one that is going", []*corev1.PersistentVolume{volume("a", 5, leaving, func(v *corev1.PersistentVolume) { v.Finalizers = []string{"kubernetes.io/pv-protection"} })}, claim("x", 5), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := start(t)
			for _, v := range c.volumes {
				apitest.Put(s, v)
			}
			s.Run(time.Second)
			apitest.Put(s, c.claim)
			s.Run(time.Second)
			got := apitest.Get[*corev1.PersistentVolumeClaim](s, "default", "x")
			require.Equal(t, c.want, got.Spec.VolumeName)
			if c.want == "" {
				require.Equal(t, corev1.ClaimPending, got.Status.Phase)
				return
			}
			v := apitest.Get[*corev1.PersistentVolume](s, "", c.want)
			require.Equal(t, corev1.ClaimBound, got.Status.Phase)
			require.Equal(t, corev1.VolumeBound, v.Status.Phase)
			require.Equal(t, got.UID, v.Spec.ClaimRef.UID)
			require.Equal(t, v.Spec.Capacity, got.Status.Capacity)
			require.Equal(t, v.Spec.AccessModes, got.Status.AccessModes)
			require.Equal(t, map[string]string{binding.AnnBindCompleted: "yes", binding.AnnBoundByController: "yes"}, got.Annotations)
		})
	}
}

func TestTheOrderOfABinding(t *testing.T) {
	s := start(t)
	apitest.Put(s, volume("a", 5))
	s.Run(time.Second)
	s.Requests = nil
	apitest.Put(s, claim("x", 5))
	s.Run(time.Minute)
	require.Equal(t, []string{"update persistentvolumes a", "update persistentvolumes/status a", "update persistentvolumeclaims default/x", "update persistentvolumeclaims/status default/x"}, s.Requests)
}

func TestAClaimThatNamesItsVolume(t *testing.T) {
	named := func(c *corev1.PersistentVolumeClaim) { c.Spec.VolumeName = "a" }
	for want, v := range map[string]*corev1.PersistentVolume{
		`Cannot bind to requested volume "a": requested PV is too small`:       volume("a", 1),
		`Cannot bind to requested volume "a": storageClassName does not match`: volume("a", 9, func(v *corev1.PersistentVolume) { v.Spec.StorageClassName = "gold" }),
		`Cannot bind to requested volume "a": incompatible accessMode`:         volume("a", 9, modes(corev1.ReadOnlyMany)),
		`Cannot bind to requested volume "a": incompatible volumeMode`:         volume("a", 9, func(v *corev1.PersistentVolume) { v.Spec.VolumeMode = ptr.To(corev1.PersistentVolumeBlock) }),
		`volume "a" already bound to a different claim.`:                       volume("a", 9, setAside("other", "u")),
	} {
		s := start(t)
		apitest.Put(s, v)
		apitest.Put(s, claim("other", 100, func(c *corev1.PersistentVolumeClaim) { c.UID = "u"; c.Spec.VolumeName = "b" }))
		s.Run(time.Second)
		apitest.Put(s, claim("x", 5, named))
		s.Run(time.Second)
		require.Contains(t, strings.Join(s.Events(), "\n"), want)
		require.Equal(t, corev1.ClaimPending, apitest.Get[*corev1.PersistentVolumeClaim](s, "default", "x").Status.Phase)
	}
	s := start(t)
	apitest.Put(s, claim("x", 5, named))
	s.Run(time.Second)
	apitest.Put(s, volume("a", 9))
	s.Run(Period + time.Second)
	require.Equal(t, corev1.ClaimBound, apitest.Get[*corev1.PersistentVolumeClaim](s, "default", "x").Status.Phase, "the volume came later")
}

func TestClaimsThatLoseTheirVolume(t *testing.T) {
	s := start(t)
	apitest.Put(s, volume("a", 5))
	apitest.Put(s, volume("b", 5))
	s.Run(time.Second)
	apitest.Put(s, claim("x", 5))
	apitest.Put(s, claim("y", 5))
	s.Run(time.Second)
	apitest.Remove[*corev1.PersistentVolume](s, "", "a")
	apitest.Edit(s, "", "b", func(v *corev1.PersistentVolume) { setAside("z", "z")(v) })
	s.Run(Period + time.Second)
	require.Equal(t, corev1.ClaimLost, apitest.Get[*corev1.PersistentVolumeClaim](s, "default", "x").Status.Phase)
	require.Equal(t, corev1.ClaimLost, apitest.Get[*corev1.PersistentVolumeClaim](s, "default", "y").Status.Phase)
	events := strings.Join(s.Events(), "\n")
	require.Contains(t, events, "ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!")
	require.Contains(t, events, "ClaimMisbound: Two claims are bound to the same volume, this one is bound incorrectly")
}

func TestReclaim(t *testing.T) {
	by := func(p corev1.PersistentVolumeReclaimPolicy, path string) func(*corev1.PersistentVolume) {
		return func(v *corev1.PersistentVolume) { v.Spec.PersistentVolumeReclaimPolicy, v.Spec.HostPath.Path = p, path }
	}
	provisioned := func(v *corev1.PersistentVolume) {
		v.Annotations = map[string]string{binding.AnnDynamicallyProvisioned: "example.com/disk"}
	}
	nfs := func(v *corev1.PersistentVolume) {
		v.Spec.PersistentVolumeSource = corev1.PersistentVolumeSource{NFS: &corev1.NFSVolumeSource{Server: "s", Path: "/"}}
	}
	local := func(v *corev1.PersistentVolume) {
		v.Spec.PersistentVolumeSource = corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: "/mnt/a"}}
	}
	cases := []struct {
		name   string
		volume *corev1.PersistentVolume
		phase  corev1.PersistentVolumePhase // "" is gone
		event  string
	}{
		{"retained", volume("a", 5), corev1.VolumeReleased, ""},
		{"deleted below /tmp", volume("a", 5, by(corev1.PersistentVolumeReclaimDelete, "/tmp/a")), "", ""},
		{"not deleted elsewhere", volume("a", 5, by(corev1.PersistentVolumeReclaimDelete, "/mnt/a")), corev1.VolumeFailed, "VolumeFailedDelete: host_path deleter only supports /tmp/.+ but received provided /mnt/a"},
		{"left to its provisioner", volume("a", 5, by(corev1.PersistentVolumeReclaimDelete, "/mnt/a"), provisioned), corev1.VolumeReleased, ""},
		{"no plugin deletes local volumes", volume("a", 5, by(corev1.PersistentVolumeReclaimDelete, ""), local), corev1.VolumeFailed, `VolumeFailedDelete: error getting deleter volume plugin for volume "a": no volume plugin matched`},
		{"no plugin deletes NFS", volume("a", 5, by(corev1.PersistentVolumeReclaimDelete, ""), nfs), corev1.VolumeFailed, `VolumeFailedDelete: error getting deleter volume plugin for volume "a": no deletable volume plugin matched`},
		{"nobody scrubs local volumes", volume("a", 5, by(corev1.PersistentVolumeReclaimRecycle, ""), local), corev1.VolumeFailed, "VolumeFailedRecycle: No recycler plugin found for the volume!"},
		{"an unknown policy", volume("a", 5, by("Burn", "/mnt/a")), corev1.VolumeFailed, "VolumeUnknownReclaimPolicy: Volume has unrecognized PersistentVolumeReclaimPolicy"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := start(t)
			apitest.Put(s, c.volume)
			s.Run(time.Second)
			apitest.Put(s, claim("x", 5))
			s.Run(time.Second)
			require.Equal(t, corev1.VolumeBound, apitest.Get[*corev1.PersistentVolume](s, "", "a").Status.Phase)
			apitest.Remove[*corev1.PersistentVolumeClaim](s, "default", "x")
			s.Run(time.Second)
			v := apitest.Get[*corev1.PersistentVolume](s, "", "a")
			if c.phase == "" {
				require.Nil(t, v)
			} else {
				require.Equal(t, c.phase, v.Status.Phase)
				require.NotNil(t, v.Spec.ClaimRef, "it remembers whose it was")
			}
			if c.event != "" {
				require.Contains(t, s.Events(), c.event)
			}
		})
	}
}

func TestScrubbing(t *testing.T) {
	s := start(t)
	apitest.Put(s, volume("a", 5, func(v *corev1.PersistentVolume) {
		v.Spec.PersistentVolumeReclaimPolicy = corev1.PersistentVolumeReclaimRecycle
	}))
	s.Run(time.Second)
	apitest.Put(s, claim("x", 5))
	s.Run(time.Second)
	apitest.Remove[*corev1.PersistentVolumeClaim](s, "default", "x")
	s.Run(time.Second)
	pod := apitest.Get[*corev1.Pod](s, "default", "recycler-for-a")
	require.NotNil(t, pod)
	require.Equal(t, "/mnt/a", pod.Spec.Volumes[0].HostPath.Path)
	require.EqualValues(t, 150, *pod.Spec.ActiveDeadlineSeconds)
	require.Equal(t, corev1.VolumeReleased, apitest.Get[*corev1.PersistentVolume](s, "", "a").Status.Phase)
	apitest.Edit(s, "default", "recycler-for-a", func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded })
	s.Run(time.Second)
	v := apitest.Get[*corev1.PersistentVolume](s, "", "a")
	require.Equal(t, corev1.VolumeAvailable, v.Status.Phase)
	require.Nil(t, v.Spec.ClaimRef)
	require.Empty(t, v.Annotations)
	require.Nil(t, apitest.Get[*corev1.Pod](s, "default", "recycler-for-a"))
	require.Contains(t, s.Events(), "VolumeRecycled: Volume recycled")
}

func TestProvisioning(t *testing.T) {
	class := func(name, by string, mode storagev1.VolumeBindingMode) *storagev1.StorageClass {
		return &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: by, VolumeBindingMode: &mode}
	}
	of := func(name string) func(*corev1.PersistentVolumeClaim) {
		return func(c *corev1.PersistentVolumeClaim) { c.Spec.StorageClassName = ptr.To(name) }
	}
	s := start(t)
	apitest.Put(s, class("now", "example.com/disk", storagev1.VolumeBindingImmediate))
	apitest.Put(s, class("later", "example.com/disk", storagev1.VolumeBindingWaitForFirstConsumer))
	apitest.Put(s, class("manual", binding.NoProvisioner, storagev1.VolumeBindingImmediate))
	apitest.Put(s, class("ebs", "kubernetes.io/aws-ebs", storagev1.VolumeBindingImmediate))
	for _, name := range []string{"now", "later", "manual", "ebs", "nowhere"} {
		apitest.Put(s, claim(name, 5, of(name)))
	}
	apitest.Put(s, volume("v", 5, func(v *corev1.PersistentVolume) { v.Spec.StorageClassName = "later" }))
	s.Run(time.Second)
	get := func(name string) *corev1.PersistentVolumeClaim {
		return apitest.Get[*corev1.PersistentVolumeClaim](s, "default", name)
	}
	waiting := "ExternalProvisioning: Waiting for a volume to be created either by the external provisioner '%s' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."
	require.Equal(t, "example.com/disk", get("now").Annotations[binding.AnnStorageProvisioner])
	require.Equal(t, "ebs.csi.aws.com", get("ebs").Annotations[binding.AnnStorageProvisioner])
	require.Empty(t, get("later").Annotations, "nobody wants it yet, though a volume would suit")
	require.ElementsMatch(t, []string{
		fmt.Sprintf(waiting, "example.com/disk"), fmt.Sprintf(waiting, "ebs.csi.aws.com"),
		"WaitForFirstConsumer: waiting for first consumer to be created before binding",
		"ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner",
		`ProvisioningFailed: storageclass.storage.k8s.io "nowhere" not found`,
	}, unique(s.Events()))

	apitest.Put(s, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "default"}, Spec: corev1.PodSpec{Volumes: []corev1.Volume{{
		Name: "d", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "later"}}}}}})
	s.Run(Period)
	require.Contains(t, s.Events(), "WaitForPodScheduled: waiting for pod p to be scheduled")
	apitest.Edit(s, "default", "later", func(c *corev1.PersistentVolumeClaim) {
		c.Annotations = map[string]string{binding.AnnSelectedNode: "node-1"}
	})
	s.Run(time.Second)
	require.Equal(t, "example.com/disk", get("later").Annotations[binding.AnnStorageProvisioner], "the scheduler chose a node")

	// The provisioner makes the volume for the claim; the controller completes the binding.
	made := volume("made", 5, setAside("later", "uid-later"))
	made.Spec.StorageClassName = "later"
	apitest.Put(s, made)
	s.Run(time.Second)
	require.Equal(t, "made", get("later").Spec.VolumeName)
	require.Equal(t, corev1.ClaimBound, get("later").Status.Phase)
}

func unique(list []string) (out []string) {
	seen := map[string]bool{}
	for _, x := range list {
		if !seen[x] {
			seen[x] = true
			out = append(out, x)
		}
	}
	return out
}

func TestDefaultClassAfterwards(t *testing.T) {
	s := start(t)
	bare := func(c *corev1.PersistentVolumeClaim) { c.Spec.StorageClassName = nil }
	apitest.Put(s, claim("bare", 5, bare))
	apitest.Put(s, claim("none", 5))
	s.Run(time.Second)
	mode := storagev1.VolumeBindingWaitForFirstConsumer
	for i, name := range []string{"b", "a", "c"} {
		c := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: "example.com/disk", VolumeBindingMode: &mode}
		if i < 2 {
			c.Annotations = map[string]string{"storageclass.kubernetes.io/is-default-class": "true"}
		}
		apitest.Put(s, c)
	}
	s.Run(Period + time.Second)
	require.Equal(t, "a", *apitest.Get[*corev1.PersistentVolumeClaim](s, "default", "bare").Spec.StorageClassName)
	require.Equal(t, "", *apitest.Get[*corev1.PersistentVolumeClaim](s, "default", "none").Spec.StorageClassName, "it said that it wants none")
}
