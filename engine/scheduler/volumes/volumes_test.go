package volumes

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
	"tabernetes/engine/scheduler/framework"
)

// world is an API server with some storage, and what the scheduler sees of it.
type world struct {
	*apitest.Server
	storage *Storage
	heard   []*framework.Happening
}

func newWorld(t *testing.T, objects ...api.Object) *world {
	t.Helper()
	w := &world{Server: apitest.New()}
	for _, o := range objects {
		apitest.Put(w.Server, o)
	}
	w.Start("kube-scheduler", func(f *client.Informers) {
		pods := client.Shared[*corev1.Pod](f, api.Pods)
		w.storage = New(f.Client(), f, pods, func(h *framework.Happening) { w.heard = append(w.heard, h) })
		w.storage.Assigned = func(p *corev1.Pod) bool { return p.Spec.NodeName != "" }
	})
	w.Run(time.Second)
	return w
}

func class(name, by string, delayed bool, edit ...func(*storagev1.StorageClass)) *storagev1.StorageClass {
	mode := storagev1.VolumeBindingImmediate
	if delayed {
		mode = storagev1.VolumeBindingWaitForFirstConsumer
	}
	c := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: by, VolumeBindingMode: &mode}
	for _, fn := range edit {
		fn(c)
	}
	return c
}

func size(gi int64) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceStorage: *resource.NewQuantity(gi<<30, resource.BinarySI)}
}

func claim(name, class string, gi int64, edit ...func(*corev1.PersistentVolumeClaim)) *corev1.PersistentVolumeClaim {
	c := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "d", UID: types.UID(name)}, Spec: corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, StorageClassName: &class, Resources: corev1.VolumeResourceRequirements{Requests: size(gi)}}}
	for _, fn := range edit {
		fn(c)
	}
	return c
}

func bound(to string) func(*corev1.PersistentVolumeClaim) {
	return func(c *corev1.PersistentVolumeClaim) {
		c.Spec.VolumeName, c.Status.Phase = to, corev1.ClaimBound
		c.Annotations = map[string]string{binding.AnnBindCompleted: "yes"}
	}
}

func once(c *corev1.PersistentVolumeClaim) {
	c.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOncePod}
}

func volume(name, class string, gi int64, node string, edit ...func(*corev1.PersistentVolume)) *corev1.PersistentVolume {
	v := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PersistentVolumeSpec{Capacity: size(gi), StorageClassName: class,
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}}, Status: corev1.PersistentVolumeStatus{Phase: corev1.VolumeAvailable}}
	if node != "" {
		v.Spec.NodeAffinity = &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{
			{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{node}}}}}}}
	}
	for _, fn := range edit {
		fn(v)
	}
	return v
}

func csi(driver, handle string) func(*corev1.PersistentVolume) {
	return func(v *corev1.PersistentVolume) {
		v.Spec.CSI = &corev1.CSIPersistentVolumeSource{Driver: driver, VolumeHandle: handle}
	}
}

func label(key, value string) func(*corev1.PersistentVolume) {
	return func(v *corev1.PersistentVolume) { metav1.SetMetaDataLabel(&v.ObjectMeta, key, value) }
}

func pod(name string, claims ...string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "d", UID: types.UID(name)}}
	for _, c := range claims {
		p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: c, VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: c}}})
	}
	return p
}

func on(node string, p *corev1.Pod) *corev1.Pod { p.Spec.NodeName = node; return p }

func disk(name string, v corev1.VolumeSource) *corev1.Pod {
	p := pod(name)
	p.Spec.Volumes = []corev1.Volume{{Name: "disk", VolumeSource: v}}
	return p
}

func node(name string, labels map[string]string, pods ...*corev1.Pod) *framework.NodeInfo {
	all := map[string]string{corev1.LabelHostname: name}
	for k, v := range labels {
		all[k] = v
	}
	n := &framework.NodeInfo{}
	n.SetNode(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: all}})
	for _, p := range pods {
		n.AddPod(&framework.PodInfo{Pod: p, Shape: framework.NewShape(p, &framework.LabelSet{}, framework.Default)})
	}
	return n
}

func reason(st *framework.Status) string {
	if st == nil {
		return ""
	}
	return st.Plugin.String() + ": " + st.Reasons[0]
}

// verdict is what the plugins say about a pod and a node.
func (w *world) verdict(p *corev1.Pod, n *framework.NodeInfo) string {
	st, refused := w.storage.PreFilter(p, framework.Default)
	if refused != nil {
		return "all nodes: " + reason(refused)
	}
	return reason(st.Filter(n, framework.Default))
}

func TestVolumeBinding(t *testing.T) {
	zone := func(values ...string) func(*storagev1.StorageClass) {
		return func(c *storagev1.StorageClass) {
			c.AllowedTopologies = []corev1.TopologySelectorTerm{{MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: corev1.LabelTopologyZone, Values: values}}}}
		}
	}
	selected := func(node string) func(*corev1.PersistentVolumeClaim) {
		return func(c *corev1.PersistentVolumeClaim) {
			c.Annotations = map[string]string{binding.AnnSelectedNode: node}
		}
	}
	lost := func(c *corev1.PersistentVolumeClaim) { bound("gone")(c); c.Status.Phase = corev1.ClaimLost }
	leaving := func(c *corev1.PersistentVolumeClaim) {
		c.DeletionTimestamp, c.Finalizers = &metav1.Time{Time: time.Unix(1, 0)}, []string{"x"}
	}
	tells := &storagev1.CSIDriver{ObjectMeta: metav1.ObjectMeta{Name: "disk.io"}, Spec: storagev1.CSIDriverSpec{StorageCapacity: ptr.To(true)}}
	capacity := func(gi int64) *storagev1.CSIStorageCapacity {
		q := *resource.NewQuantity(gi<<30, resource.BinarySI)
		return &storagev1.CSIStorageCapacity{ObjectMeta: metav1.ObjectMeta{Name: "c", Namespace: "d"}, StorageClassName: "disk", Capacity: &q, NodeTopology: &metav1.LabelSelector{}}
	}
	type objects []api.Object
	for name, c := range map[string]struct {
		objects objects
		want    string
	}{
		"no claim":                       {objects{}, `all nodes: VolumeRestrictions: persistentvolumeclaim "x" not found`},
		"lost":                           {objects{claim("x", "", 1, lost)}, `all nodes: VolumeBinding: persistentvolumeclaim "x" bound to non-existent persistentvolume "gone"`},
		"being deleted":                  {objects{claim("x", "", 1, leaving)}, `all nodes: VolumeBinding: persistentvolumeclaim "x" is being deleted`},
		"binds at once, is not bound":    {objects{claim("x", "", 1)}, "all nodes: VolumeBinding: pod has unbound immediate PersistentVolumeClaims"},
		"names a volume, is not bound":   {objects{class("disk", "disk.io", true), claim("x", "disk", 1, func(c *corev1.PersistentVolumeClaim) { c.Spec.VolumeName = "v" })}, "all nodes: VolumeBinding: pod has unbound immediate PersistentVolumeClaims"},
		"bound, usable here":             {objects{claim("x", "", 1, bound("v")), volume("v", "", 1, "node-1")}, ""},
		"bound, usable elsewhere":        {objects{claim("x", "", 1, bound("v")), volume("v", "", 1, "node-2")}, "VolumeBinding: node(s) didn't match PersistentVolume's node affinity"},
		"bound, without its volume":      {objects{claim("x", "", 1, bound("v"))}, `all nodes: VolumeZone: persistentvolume "v" not found`},
		"a volume here":                  {objects{class("local", binding.NoProvisioner, true), claim("x", "local", 1), volume("v", "local", 1, "node-1")}, ""},
		"a volume elsewhere":             {objects{class("local", binding.NoProvisioner, true), claim("x", "local", 1), volume("v", "local", 1, "node-2")}, "VolumeBinding: node(s) didn't find available persistent volumes to bind"},
		"a volume that is too small":     {objects{class("local", binding.NoProvisioner, true), claim("x", "local", 2), volume("v", "local", 1, "node-1")}, "VolumeBinding: node(s) didn't find available persistent volumes to bind"},
		"to be provisioned":              {objects{class("disk", "disk.io", true), claim("x", "disk", 1)}, ""},
		"provisioned in this zone":       {objects{class("disk", "disk.io", true, zone("a", "b")), claim("x", "disk", 1)}, ""},
		"provisioned in another zone":    {objects{class("disk", "disk.io", true, zone("c")), claim("x", "disk", 1)}, "VolumeBinding: node(s) didn't find available persistent volumes to bind"},
		"being provisioned here":         {objects{class("disk", "disk.io", true), claim("x", "disk", 1, selected("node-1"))}, ""},
		"being provisioned elsewhere":    {objects{class("disk", "disk.io", true), claim("x", "disk", 1, selected("node-2"))}, "VolumeBinding: node(s) didn't find available persistent volumes to bind"},
		"the driver has room":            {objects{class("disk", "disk.io", true), claim("x", "disk", 5), tells, capacity(5)}, ""},
		"the driver has too little room": {objects{class("disk", "disk.io", true), claim("x", "disk", 5), tells, capacity(4)}, "VolumeBinding: node(s) did not have enough free storage"},
	} {
		w := newWorld(t, c.objects...)
		require.Equal(t, c.want, w.verdict(pod("p", "x"), node("node-1", map[string]string{corev1.LabelTopologyZone: "a"})), name)
	}
}

func TestVolumeRestrictions(t *testing.T) {
	gce := func(name string, ro bool) corev1.VolumeSource {
		return corev1.VolumeSource{GCEPersistentDisk: &corev1.GCEPersistentDiskVolumeSource{PDName: name, ReadOnly: ro}}
	}
	ebs := func(id string) corev1.VolumeSource {
		return corev1.VolumeSource{AWSElasticBlockStore: &corev1.AWSElasticBlockStoreVolumeSource{VolumeID: id, ReadOnly: true}}
	}
	iscsi := func(iqn string, ro bool) corev1.VolumeSource {
		return corev1.VolumeSource{ISCSI: &corev1.ISCSIVolumeSource{IQN: iqn, ReadOnly: ro}}
	}
	rbd := func(image string, mons ...string) corev1.VolumeSource {
		return corev1.VolumeSource{RBD: &corev1.RBDVolumeSource{RBDImage: image, RBDPool: "p", CephMonitors: mons}}
	}
	const conflict = "VolumeRestrictions: node(s) had no available disk"
	const taken = "VolumeRestrictions: node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
	for _, c := range []struct {
		a, b corev1.VolumeSource
		want string
	}{
		{gce("a", false), gce("a", true), conflict}, {gce("a", true), gce("a", true), ""}, {gce("a", false), gce("b", false), ""},
		{ebs("a"), ebs("a"), conflict}, {ebs("a"), ebs("b"), ""},
		{iscsi("a", true), iscsi("a", false), conflict}, {iscsi("a", true), iscsi("a", true), ""},
		{rbd("i", "m1", "m2"), rbd("i", "m2"), conflict}, {rbd("i", "m1"), rbd("i", "m2"), ""}, {rbd("i", "m1"), rbd("j", "m1"), ""},
		{gce("a", false), ebs("a"), ""},
	} {
		w := newWorld(t)
		require.Equal(t, c.want, w.verdict(disk("p", c.a), node("node-1", nil, disk("q", c.b))), "%v %v", c.a, c.b)
	}
	// A claim for one pod at a time: wherever its pod is, no other may use it; finished pods and pods without a node do not.
	for want, users := range map[string][]*corev1.Pod{
		taken: {on("node-2", pod("q", "x"))},
		"":    {pod("q", "x"), func() *corev1.Pod { p := on("node-2", pod("r", "x")); p.Status.Phase = corev1.PodSucceeded; return p }(), on("node-2", pod("s", "y"))},
	} {
		objects := []api.Object{claim("x", "", 1, bound("v"), once), claim("y", "", 1, bound("v")), volume("v", "", 1, "")}
		for _, p := range users {
			objects = append(objects, p)
		}
		w := newWorld(t, objects...)
		p := pod("p", "x")
		n := node("node-1", nil)
		require.Equal(t, want, w.verdict(p, n))
		if want == taken {
			// Trying out whether it helps if the other went, as preemption does.
			st, _ := w.storage.PreFilter(p, framework.Default)
			tried := st.Clone()
			tried.Update(users[0], -1)
			require.Empty(t, reason(tried.Filter(n, framework.Default)))
			require.Equal(t, taken, reason(st.Filter(n, framework.Default)), "the copy changed nothing")
		}
	}
}

func TestVolumeZone(t *testing.T) {
	const zone, beta = corev1.LabelTopologyZone, corev1.LabelFailureDomainBetaZone
	const refused = "VolumeZone: node(s) had no available volume zone"
	for i, c := range []struct {
		volume map[string]string
		node   map[string]string
		want   string
	}{
		{nil, map[string]string{zone: "a"}, ""},
		{map[string]string{zone: "a"}, nil, ""}, // a node that is in no zone at all
		{map[string]string{zone: "a"}, map[string]string{zone: "a"}, ""},
		{map[string]string{zone: "a"}, map[string]string{zone: "b"}, refused},
		{map[string]string{zone: "a__b"}, map[string]string{zone: "b"}, ""},
		{map[string]string{zone: "a__b"}, map[string]string{zone: "c"}, refused},
		{map[string]string{beta: "a"}, map[string]string{zone: "a"}, ""},
		{map[string]string{beta: "a"}, map[string]string{zone: "b"}, refused},
		{map[string]string{corev1.LabelTopologyRegion: "r"}, map[string]string{zone: "a"}, refused},
		{map[string]string{zone: "a", corev1.LabelTopologyRegion: "r"}, map[string]string{zone: "a", corev1.LabelTopologyRegion: "r"}, ""},
	} {
		v := volume("v", "", 1, "")
		v.Labels = c.volume
		w := newWorld(t, claim("x", "", 1, bound("v")), v)
		require.Equal(t, c.want, w.verdict(pod("p", "x"), node("node-1", c.node)), i)
	}
	for want, objects := range map[string][]api.Object{
		`all nodes: VolumeBinding: pod has unbound immediate PersistentVolumeClaims`: {claim("x", "gone", 1)},
		``: {class("disk", "disk.io", true), claim("x", "disk", 1)},
	} {
		require.Equal(t, want, newWorld(t, objects...).verdict(pod("p", "x"), node("node-1", nil)))
	}
}

func TestNodeVolumeLimits(t *testing.T) {
	limit := func(driver string, n *int32) *storagev1.CSINode {
		d := storagev1.CSINodeDriver{Name: driver, NodeID: "n"}
		if n != nil {
			d.Allocatable = &storagev1.VolumeNodeResources{Count: n}
		}
		return &storagev1.CSINode{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}, Spec: storagev1.CSINodeSpec{Drivers: []storagev1.CSINodeDriver{d}}}
	}
	driver := func(prevent bool) *storagev1.CSIDriver {
		return &storagev1.CSIDriver{ObjectMeta: metav1.ObjectMeta{Name: "disk.io"}, Spec: storagev1.CSIDriverSpec{PreventPodSchedulingIfMissing: &prevent}}
	}
	attached := func(volume string) *storagev1.VolumeAttachment {
		return &storagev1.VolumeAttachment{ObjectMeta: metav1.ObjectMeta{Name: "a-" + volume}, Spec: storagev1.VolumeAttachmentSpec{Attacher: "disk.io", NodeName: "node-1",
			Source: storagev1.VolumeAttachmentSource{PersistentVolumeName: &volume}}}
	}
	base := []api.Object{class("disk", "disk.io", true), claim("new", "disk", 1)}
	for i := range 3 {
		n := fmt.Sprint(i)
		base = append(base, claim("c"+n, "", 1, bound("v"+n)), volume("v"+n, "", 1, "", csi("disk.io", "h"+n)))
	}
	base = append(base, claim("plain", "", 1, bound("plain")), volume("plain", "", 1, ""))
	const full = "NodeVolumeLimits: node(s) exceed max volume count"
	for name, c := range map[string]struct {
		objects []api.Object
		pod     *corev1.Pod
		on      []*corev1.Pod
		want    string
	}{
		"no CSINode":                           {nil, pod("p", "c0"), nil, ""},
		"no limit":                             {[]api.Object{limit("disk.io", nil)}, pod("p", "c0"), []*corev1.Pod{pod("q", "c1")}, ""},
		"room for one more":                    {[]api.Object{limit("disk.io", ptr.To(int32(2)))}, pod("p", "c0"), []*corev1.Pod{pod("q", "c1")}, ""},
		"full":                                 {[]api.Object{limit("disk.io", ptr.To(int32(1)))}, pod("p", "c0"), []*corev1.Pod{pod("q", "c1")}, full},
		"the volume is there already":          {[]api.Object{limit("disk.io", ptr.To(int32(1)))}, pod("p", "c0"), []*corev1.Pod{pod("q", "c0")}, ""},
		"two of its own":                       {[]api.Object{limit("disk.io", ptr.To(int32(1)))}, pod("p", "c0", "c1"), nil, full},
		"an attachment that nobody uses":       {[]api.Object{limit("disk.io", ptr.To(int32(1))), attached("v2")}, pod("p", "c0"), nil, full},
		"an attachment of a pod counts once":   {[]api.Object{limit("disk.io", ptr.To(int32(2))), attached("v1")}, pod("p", "c0"), []*corev1.Pod{pod("q", "c1")}, ""},
		"another driver's limit":               {[]api.Object{limit("tape.io", ptr.To(int32(0)))}, pod("p", "c0"), nil, ""},
		"no CSI volume":                        {[]api.Object{limit("disk.io", ptr.To(int32(0)))}, pod("p", "plain"), nil, ""},
		"a volume that is still to be made":    {[]api.Object{limit("disk.io", ptr.To(int32(0))), driver(false)}, pod("p", "new"), nil, full},
		"the driver is missing, which matters": {[]api.Object{driver(true)}, pod("p", "c0"), nil, "NodeVolumeLimits: disk.io CSI driver is not installed on the node"},
	} {
		w := newWorld(t, append(append([]api.Object{}, base...), c.objects...)...)
		require.Equal(t, c.want, w.verdict(c.pod, node("node-1", nil, c.on...)), name)
	}
}

func TestHints(t *testing.T) {
	p := pod("p", "x")
	topo := class("disk", "disk.io", true, func(c *storagev1.StorageClass) { c.AllowedTopologies = []corev1.TopologySelectorTerm{{}} })
	other := claim("x", "", 1)
	other.Namespace = "elsewhere"
	csiNode := func(n int32) *storagev1.CSINode {
		return &storagev1.CSINode{Spec: storagev1.CSINodeSpec{Drivers: []storagev1.CSINodeDriver{{Name: "disk.io", Allocatable: &storagev1.VolumeNodeResources{Count: &n}}}}}
	}
	for i, c := range []struct {
		by   framework.Plugin
		h    framework.Happening
		want bool
	}{
		{framework.VolumeBinding, framework.Happening{Event: framework.ClaimAdded, New: claim("x", "", 1)}, true},
		{framework.VolumeBinding, framework.Happening{Event: framework.ClaimUpdated, New: claim("y", "", 1)}, false},
		{framework.VolumeBinding, framework.Happening{Event: framework.ClaimUpdated, New: other}, false},
		{framework.VolumeBinding, framework.Happening{Event: framework.VolumeAdded, New: volume("v", "", 1, "")}, true},
		{framework.VolumeBinding, framework.Happening{Event: framework.ClassAdded, New: topo}, true},
		{framework.VolumeBinding, framework.Happening{Event: framework.ClassUpdated, Old: topo, New: topo}, false},
		{framework.VolumeBinding, framework.Happening{Event: framework.ClassUpdated, Old: class("disk", "disk.io", true), New: topo}, true},
		{framework.VolumeBinding, framework.Happening{Event: framework.NodeAdded, NewNode: &corev1.Node{}}, true},
		{framework.VolumeZone, framework.Happening{Event: framework.ClassAdded, New: class("disk", "disk.io", false)}, false},
		{framework.VolumeZone, framework.Happening{Event: framework.VolumeUpdated, Old: volume("v", "", 1, ""), New: volume("v", "", 2, "")}, false},
		{framework.VolumeZone, framework.Happening{Event: framework.VolumeUpdated, Old: volume("v", "", 1, ""), New: volume("v", "", 1, "", label(corev1.LabelTopologyZone, "a"))}, true},
		{framework.NodeVolumeLimits, framework.Happening{Event: framework.CSINodeUpdated, Old: csiNode(1), New: csiNode(2)}, true},
		{framework.NodeVolumeLimits, framework.Happening{Event: framework.CSINodeUpdated, Old: csiNode(2), New: csiNode(1)}, false},
		{framework.NodeVolumeLimits, framework.Happening{Event: framework.AssignedPodDeleted, OldPod: pod("q")}, false},
		{framework.NodeVolumeLimits, framework.Happening{Event: framework.AssignedPodDeleted, OldPod: pod("q", "y")}, true},
		{framework.VolumeRestrictions, framework.Happening{Event: framework.AssignedPodDeleted, OldPod: pod("q", "x")}, true},
		{framework.VolumeRestrictions, framework.Happening{Event: framework.AssignedPodDeleted, OldPod: pod("q", "y")}, false},
		{framework.NodeVolumeLimits, framework.Happening{Event: framework.AttachmentDeleted, Old: &storagev1.VolumeAttachment{}}, true},
	} {
		require.Equal(t, c.want, Worth(p, c.by, &c.h), i)
	}
}

// TestBind goes the way of a pod whose claims are bound with it: assumed, written, awaited.
func TestBind(t *testing.T) {
	w := newWorld(t, class("local", binding.NoProvisioner, true), class("disk", "disk.io", true),
		claim("small", "local", 1), claim("large", "local", 5), claim("new", "disk", 3),
		volume("v1", "local", 1, "node-1"), volume("v5", "local", 5, "node-1"), volume("other", "local", 5, "node-2"))
	p := pod("p", "large", "small", "new")
	apitest.Put(w.Server, p)
	w.Run(time.Second)
	n := node("node-1", nil)
	st, refused := w.storage.PreFilter(p, framework.Default)
	require.Nil(t, refused)
	require.Nil(t, st.Filter(n, framework.Default))
	plan := st.Reserve("node-1")
	require.NotNil(t, plan)

	// What is assumed is not given to another pod.
	apitest.Put(w.Server, claim("rival", "local", 1))
	w.Run(time.Second)
	require.Equal(t, "VolumeBinding: node(s) didn't find available persistent volumes to bind", w.verdict(pod("q", "rival"), n))
	w.storage.Unreserve(plan)
	require.Empty(t, w.verdict(pod("q", "rival"), n), "what was assumed is taken back")

	st, _ = w.storage.PreFilter(p, framework.Default)
	require.Nil(t, st.Filter(n, framework.Default))
	plan = st.Reserve("node-1")
	var ended []error
	w.Sim.Do(func() { w.storage.PreBind(p, n.Node, plan, func(err error) { ended = append(ended, err) }) })
	w.Run(2 * time.Second)
	require.Equal(t, "small", apitest.Get[*corev1.PersistentVolume](w.Server, "", "v1").Spec.ClaimRef.Name)
	require.Equal(t, "large", apitest.Get[*corev1.PersistentVolume](w.Server, "", "v5").Spec.ClaimRef.Name)
	require.Equal(t, "node-1", apitest.Get[*corev1.PersistentVolumeClaim](w.Server, "d", "new").Annotations[binding.AnnSelectedNode])
	require.Empty(t, ended)
	for name, to := range map[string]string{"small": "v1", "large": "v5"} {
		apitest.Edit(w.Server, "d", name, bound(to))
	}
	w.Run(2 * time.Second)
	require.Empty(t, ended, "one is still to be made")
	apitest.Put(w.Server, volume("made", "disk", 3, "node-1"))
	apitest.Edit(w.Server, "d", "new", func(c *corev1.PersistentVolumeClaim) {
		c.Spec.VolumeName = "made"
		c.Annotations = binding.Annotated(c, binding.AnnBindCompleted, "yes")
	})
	w.Run(2 * time.Second)
	require.Equal(t, []error{nil}, ended)
	require.Empty(t, w.storage.assumedClaims)
	require.Empty(t, w.storage.assumedVolumes)
}

func TestBindingThatFails(t *testing.T) {
	for want, spoil := range map[string]func(*world){
		`binding volumes: provisioning failed for PVC "new"`: func(w *world) {
			apitest.Edit(w.Server, "d", "new", func(c *corev1.PersistentVolumeClaim) { c.Annotations = map[string]string{"x": "y"} })
		},
		`binding volumes: selectedNode annotation reset for PVC "new"`: func(w *world) {
			apitest.Edit(w.Server, "d", "new", func(c *corev1.PersistentVolumeClaim) { c.Annotations = nil })
		},
		`binding volumes: failed to check provisioning pvc: persistentvolumeclaim "new" not found`: func(w *world) {
			apitest.Remove[*corev1.PersistentVolumeClaim](w.Server, "d", "new")
		},
		`binding volumes: pod does not exist any more: pod "p" not found`: func(w *world) { apitest.Remove[*corev1.Pod](w.Server, "d", "p") },
		`binding volumes: pv "made" node affinity doesn't match node "node-1": no matching NodeSelectorTerms`: func(w *world) {
			apitest.Put(w.Server, volume("made", "disk", 3, "node-2"))
			apitest.Edit(w.Server, "d", "new", func(c *corev1.PersistentVolumeClaim) { c.Spec.VolumeName = "made" })
		},
		`binding volumes: context deadline exceeded`: func(w *world) { w.Run(bindTimeout) },
	} {
		w := newWorld(t, class("disk", "disk.io", true), claim("new", "disk", 3), pod("p", "new"))
		p := apitest.Get[*corev1.Pod](w.Server, "d", "p")
		n := node("node-1", nil)
		st, _ := w.storage.PreFilter(p, framework.Default)
		require.Nil(t, st.Filter(n, framework.Default))
		var got error
		w.Sim.Do(func() { w.storage.PreBind(p, n.Node, st.Reserve("node-1"), func(err error) { got = err }) })
		w.Run(2 * time.Second)
		require.NoError(t, got)
		spoil(w)
		w.Run(2 * time.Second)
		require.EqualError(t, got, want)
	}
}

func TestPodsWithoutClaimsAreNotAsked(t *testing.T) {
	require.False(t, Needs(pod("p")))
	require.False(t, Needs(disk("p", corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}})))
	require.True(t, Needs(pod("p", "x")))
	require.True(t, Needs(disk("p", corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}})))
	require.True(t, Needs(disk("p", corev1.VolumeSource{ISCSI: &corev1.ISCSIVolumeSource{}})))
}
