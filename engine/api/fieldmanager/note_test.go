package fieldmanager_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/fieldmanager"
)

const pod = `
apiVersion: v1
kind: Pod
metadata:
  name: web-1
  namespace: default
  labels: {app: web}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web, uid: u1, controller: true}]
spec:
  containers: [{name: c, image: nginx}]
`

// admitted is a pod as a controller made it and the API server keeps it.
func admitted(t testing.TB, m *fieldmanager.Manager, w fieldmanager.Writer) *corev1.Pod {
	_, obj := object(t, pod)
	p := obj.(*corev1.Pod)
	p.SetManagedFields(m.Note(api.Pods, nil, p, w))
	defaults.Set(p)
	seconds, zero := int64(300), int32(0)
	p.UID = "uid"
	p.Spec.ServiceAccountName, p.Spec.DeprecatedServiceAccount, p.Spec.Priority = "default", "default", &zero
	for _, key := range []string{corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable} {
		p.Spec.Tolerations = append(p.Spec.Tolerations, corev1.Toleration{Key: key, Operator: "Exists", Effect: "NoExecute", TolerationSeconds: &seconds})
	}
	p.Spec.Volumes = []corev1.Volume{{Name: "kube-api-access-abcde"}}
	p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "kube-api-access-abcde", MountPath: "/var/run/secrets/kubernetes.io/serviceaccount"}}
	p.Status.Phase, p.Status.QOSClass = corev1.PodPending, corev1.PodQOSBestEffort
	return p
}

func running(o api.Object) {
	p := o.(*corev1.Pod)
	p.Status.Phase = corev1.PodRunning
	p.Status.PodIP, p.Status.PodIPs = "10.0.0.1", []corev1.PodIP{{IP: "10.0.0.1"}}
	p.Status.Conditions = append(slices.Clone(p.Status.Conditions), corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionTrue})
}

func (b *book) status(manager string) fieldmanager.Writer {
	w := b.writer(manager)
	w.Subresource = "status"
	return w
}

const (
	creatorOwns = `kube-controller-manager Update {"f:metadata":{"f:labels":{".":{},"f:app":{}},"f:ownerReferences":{".":{},"k:{\"uid\":\"u1\"}":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:resources":{},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},"f:enableServiceLinks":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}}`
	kubeletOwns = `kubelet Update status {"f:status":{"f:conditions":{"k:{\"type\":\"Ready\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},"f:status":{},"f:type":{}}},"f:phase":{},"f:podIP":{},"f:podIPs":{".":{},"k:{\"ip\":\"10.0.0.1\"}":{".":{},"f:ip":{}}}}}`
)

// TestNotesOfAPod is a pod's ordinary life: nobody compares anything until somebody looks.
func TestNotesOfAPod(t *testing.T) {
	b := fresh(t, api.Pods)
	b.obj = admitted(t, b.m, b.writer("kube-controller-manager"))
	p := api.Copy(b.obj.(*corev1.Pod)) // binding is nobody's
	p.Spec.NodeName = "n"
	p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}}
	b.obj = p
	b.note(b.status("kubelet"), running)
	require.Len(t, b.obj.GetManagedFields(), 2)
	require.Equal(t, creatorOwns+"\n"+kubeletOwns, b.owners())

	b.update(b.writer("kubectl-label"), func(o api.Object) { o.GetLabels()["tier"] = "x" })
	require.Equal(t, creatorOwns+"\n"+kubeletOwns+"\n"+`kubectl-label Update {"f:metadata":{"f:labels":{"f:tier":{}}}}`, b.owners())
	b.note(b.status("kubelet"), func(o api.Object) { o.(*corev1.Pod).Status.Message = "hm" })
	require.Contains(t, b.owners(), `"f:message":{}`)
	require.Contains(t, b.owners(), "kubectl-label")
	require.Equal(t, "Status", b.obj.GetManagedFields()[2].FieldsType, "still only noted, and its time is the newest")

	// The creator takes the label back.
	b.note(b.writer("kube-controller-manager"), func(o api.Object) { o.SetLabels(map[string]string{"app": "web", "tier": "y"}) })
	require.NotContains(t, b.owners(), "kubectl-label")
	require.Contains(t, b.owners(), `"f:tier":{}`)
}

func TestTwoStatusWriters(t *testing.T) {
	b := fresh(t, api.Pods)
	b.obj = admitted(t, b.m, b.writer("kube-controller-manager"))
	b.note(b.status("kube-scheduler"), func(o api.Object) {
		o.(*corev1.Pod).Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable"}}
	})
	const scheduler = `kube-scheduler Update status {"f:status":{"f:conditions":{".":{},"k:{\"type\":\"PodScheduled\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},"f:reason":{},"f:status":{},"f:type":{}}}}}`
	require.Equal(t, creatorOwns+"\n"+scheduler, b.owners())
	b.note(b.status("kubelet"), running)
	require.Equal(t, creatorOwns+"\n"+scheduler+"\n"+kubeletOwns, b.owners())
	b.note(b.status("kubelet"), func(o api.Object) { o.(*corev1.Pod).Status.Message = "hm" })
	require.Contains(t, b.owners(), scheduler)
}

func TestStatusWriterOfSomebodysObject(t *testing.T) {
	b := fresh(t, api.Deployments)
	_, obj := object(t, web)
	defaults.Set(obj)
	obj.SetManagedFields(b.m.Update(b.r, nil, obj, b.writer("kubectl-create")))
	obj.SetUID("u")
	b.obj = obj
	b.note(b.status("kube-controller-manager"), func(o api.Object) {
		o.SetAnnotations(map[string]string{"deployment.kubernetes.io/revision": "1"})
		o.(*appsv1.Deployment).Status.Replicas = 3
	})
	const revision = `"f:metadata":{"f:annotations":{".":{},"f:deployment.kubernetes.io/revision":{}}}`
	require.Contains(t, b.owners(), `kube-controller-manager Update status {`+revision+`,"f:status":{"f:replicas":{}}}`)
	b.note(b.status("kube-controller-manager"), func(o api.Object) { o.(*appsv1.Deployment).Status.ReadyReplicas = 3 })
	require.Equal(t, "Status", b.obj.GetManagedFields()[1].FieldsType, "from the second write on it is only noted")
	require.Contains(t, b.owners(), `kube-controller-manager Update status {`+revision+`,"f:status":{"f:readyReplicas":{},"f:replicas":{}}}`)

	// An apply sees what a client sees.
	require.EqualError(t, b.apply("me", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: default, annotations: {deployment.kubernetes.io/revision: '7'}}", false),
		`Apply failed with 1 conflict: conflict with "kube-controller-manager" with subresource "status" using apps/v1: .metadata.annotations.deployment.kubernetes.io/revision`)
	require.NoError(t, b.apply("kubectl", web, false))
	require.NotContains(t, b.m.Shown(b.r, b.obj).GetManagedFields()[1].FieldsType, "Status")
}

// TestNotesAreShared: equal objects of one second hold one list.
func TestNotesAreShared(t *testing.T) {
	m := fieldmanager.New()
	w := fieldmanager.Writer{Manager: "kube-controller-manager", Now: at(1)}
	s := fieldmanager.Writer{Manager: "kubelet", Subresource: "status", Now: at(2)}
	var pods [2]corev1.Pod
	var lists [2][]metav1.ManagedFieldsEntry
	for i := range pods {
		pods[i].ManagedFields = m.Note(api.Pods, nil, &pods[i], w)
	}
	for i := range pods {
		lists[i] = m.Note(api.Pods, &pods[i], api.Copy(&pods[i]), s)
	}
	require.Same(t, &lists[0][0], &lists[1][0])
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{ManagedFields: lists[0]}}
	allocs := testing.AllocsPerRun(100, func() { m.Note(api.Pods, p, p, s) })
	require.Zero(t, allocs)
}

func TestUnknownCreatorStaysUntracked(t *testing.T) {
	m := fieldmanager.New()
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{UID: "u"}}
	require.Empty(t, m.Note(api.Pods, p, p, fieldmanager.Writer{Manager: "kubelet", Subresource: "status", Now: at(0)}))
}

func BenchmarkNote(b *testing.B) {
	m := fieldmanager.New()
	p := &corev1.Pod{}
	p.ManagedFields = m.Note(api.Pods, nil, p, fieldmanager.Writer{Manager: "kube-controller-manager", Now: at(1)})
	w := fieldmanager.Writer{Manager: "kubelet", Subresource: "status", Now: at(2)}
	for b.Loop() {
		m.Note(api.Pods, p, p, w)
	}
}

func BenchmarkShown(b *testing.B) {
	k := fresh(b, api.Pods)
	k.obj = admitted(b, k.m, k.writer("kube-controller-manager"))
	k.note(k.status("kubelet"), running)
	for b.Loop() {
		k.m.Shown(api.Pods, k.obj)
	}
}

// TestPodsOfOneTemplate are summed up once, and each of them rightly.
func TestPodsOfOneTemplate(t *testing.T) {
	m := fieldmanager.New()
	w := fieldmanager.Writer{Manager: "kube-controller-manager", Now: at(1)}
	first := admitted(t, m, w)
	shown := func(p *corev1.Pod) string { return m.Shown(api.Pods, p).GetManagedFields()[0].FieldsV1.GetRawString() }
	want := shown(first)
	second := api.Copy(first)
	second.Name, second.Spec.NodeName = "web-2", "node-1"
	second.Spec.Volumes = []corev1.Volume{{Name: "kube-api-access-other"}}
	second.Spec.Containers = slices.Clone(first.Spec.Containers)
	second.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "kube-api-access-other", MountPath: "/var/run/secrets/kubernetes.io/serviceaccount"}}
	require.Equal(t, want, shown(second))
	third := api.Copy(second)
	third.Labels = map[string]string{"app": "web", "more": "x"}
	require.Contains(t, shown(third), `"f:more":{}`)
	fourth := api.Copy(second)
	fourth.Spec.Containers = slices.Clone(second.Spec.Containers)
	fourth.Spec.Containers[0].Command = []string{"sh"}
	require.Contains(t, shown(fourth), `"f:command":{}`)
	require.Equal(t, want, shown(first))
}

// TestNotesOfAnotherVersion: a note is about the version its writer used, whichever version shows it.
func TestNotesOfAnotherVersion(t *testing.T) {
	m := fieldmanager.New()
	hub := api.HorizontalPodAutoscalers
	for _, r := range []*api.Resource{hub, api.HorizontalPodAutoscalersV1} {
		obj := r.New()
		obj.SetName("a")
		obj.SetLabels(map[string]string{"a": "b"})
		entries := m.Note(r, nil, obj, fieldmanager.Writer{Manager: "m", Now: at(1)})
		obj.SetManagedFields(entries)
		stored := obj
		if r.ToHub != nil {
			stored = r.ToHub(obj)
		}
		e := m.Shown(hub, stored).GetManagedFields()[0]
		require.Equal(t, r.APIVersion(), e.APIVersion)
		require.Contains(t, e.FieldsV1.GetRawString(), `"f:labels":{".":{},"f:a":{}}`)
	}
}
