package apiserver_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
)

func ptr[T any](v T) *T { return &v }

// make creates an object and waits until the watch caches have it.
func (w *world) make(obj api.Object) *api.Response {
	w.t.Helper()
	r := api.ResourceOf(obj)
	ns := obj.GetNamespace()
	if r.Namespaced && ns == "" {
		ns = "default"
	}
	resp := w.do(&api.Request{Verb: api.Create, Resource: r, Namespace: ns, Object: obj})
	w.run(100 * time.Millisecond)
	return resp
}

func (w *world) must(obj api.Object) api.Object {
	w.t.Helper()
	resp := w.make(obj)
	require.NoError(w.t, resp.Err)
	return resp.Object
}

func amounts(pairs ...string) corev1.ResourceList {
	out := corev1.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		out[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return out
}

func needing(name string, requests, limits corev1.ResourceList) *corev1.Pod {
	p := pod(name)
	p.Spec.Containers[0].Resources = corev1.ResourceRequirements{Requests: requests, Limits: limits}
	return p
}

func TestLimitRanger(t *testing.T) {
	w := newWorld(t)
	w.must(&corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Name: "bounds"}, Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{
		{Type: corev1.LimitTypeContainer, Max: amounts("cpu", "800m", "memory", "1Gi"), Min: amounts("cpu", "100m"), Default: amounts("cpu", "500m", "memory", "512Mi"), DefaultRequest: amounts("cpu", "200m")},
		{Type: corev1.LimitTypePod, MaxLimitRequestRatio: amounts("memory", "2")},
		{Type: corev1.LimitTypePersistentVolumeClaim, Min: amounts("storage", "1Gi"), Max: amounts("storage", "2Gi")},
	}}})
	p := w.must(pod("plain")).(*corev1.Pod)
	assert.Equal(t, "LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c", p.Annotations["kubernetes.io/limit-ranger"])
	assert.Equal(t, "500m", p.Spec.Containers[0].Resources.Limits.Cpu().String())
	assert.Equal(t, "200m", p.Spec.Containers[0].Resources.Requests.Cpu().String())

	r := w.make(needing("big", amounts("cpu", "50m", "memory", "100Mi"), amounts("cpu", "2", "memory", "1Gi")))
	assert.EqualError(t, r.Err, `pods "big" is forbidden: [minimum cpu usage per Container is 100m, but request is 50m, maximum cpu usage per Container is 800m, but limit is 2, memory max limit to request ratio per Pod is 2, but provided ratio is 10.240000]`)
	r = w.make(needing("wide", amounts("memory", "1Gi"), amounts("memory", "3Gi")))
	assert.EqualError(t, r.Err, `pods "wide" is forbidden: [maximum memory usage per Container is 1Gi, but limit is 3Gi, memory max limit to request ratio per Pod is 2, but provided ratio is 3.000000]`)

	claim := func(size string) *corev1.PersistentVolumeClaim {
		return &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "c-" + size}, Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, Resources: corev1.VolumeResourceRequirements{Requests: amounts("storage", size)}}}
	}
	r = w.make(claim("500m"))
	require.Error(t, r.Err)
	r = w.make(&corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "small"}, Spec: claim("1Mi").Spec})
	assert.EqualError(t, r.Err, `persistentvolumeclaims "small" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi`)
	r = w.make(&corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "large"}, Spec: claim("3Gi").Spec})
	assert.EqualError(t, r.Err, `persistentvolumeclaims "large" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi`)
	require.NoError(t, w.make(&corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "right"}, Spec: claim("2Gi").Spec}).Err)
}

// TestPreparedSpecsFollowAdmission: pods of one owner share what admission made of their spec, until it would make
// something else.
func TestPreparedSpecsFollowAdmission(t *testing.T) {
	w := newWorld(t)
	template := pod("x")
	owned := func(name string) *corev1.Pod {
		p := *template
		p.Name = name
		p.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "web", UID: "u1", Controller: ptr(true)}}
		return &p
	}
	a := w.must(owned("a")).(*corev1.Pod)
	require.Equal(t, int32(0), *a.Spec.Priority)
	w.must(&schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: "normal"}, Value: 7, GlobalDefault: true})
	b := w.must(owned("b")).(*corev1.Pod)
	assert.Equal(t, []any{int32(7), "normal"}, []any{*b.Spec.Priority, b.Spec.PriorityClassName})
	w.must(&corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Name: "l"}, Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{Type: corev1.LimitTypeContainer, Default: amounts("cpu", "1")}}}})
	for _, name := range []string{"c", "d"} {
		c := w.must(owned(name)).(*corev1.Pod)
		assert.Equal(t, "1", c.Spec.Containers[0].Resources.Limits.Cpu().String())
		assert.Contains(t, c.Annotations["kubernetes.io/limit-ranger"], "cpu limit for container c")
	}
	require.NoError(t, w.do(&api.Request{Verb: api.Delete, Resource: api.LimitRanges, Namespace: "default", Name: "l"}).Err)
	w.run(time.Second)
	e := w.must(owned("e")).(*corev1.Pod)
	assert.Empty(t, e.Annotations)
	assert.Empty(t, e.Spec.Containers[0].Resources.Limits)
}

func TestPriority(t *testing.T) {
	w := newWorld(t)
	classed := func(name, class string) *corev1.Pod {
		p := pod(name)
		p.Spec.PriorityClassName = class
		return p
	}
	critical := w.must(classed("a", "system-node-critical")).(*corev1.Pod)
	assert.Equal(t, int32(2000001000), *critical.Spec.Priority)
	assert.EqualError(t, w.make(classed("b", "high")).Err, `pods "b" is forbidden: no PriorityClass with name high was found`)
	w.must(&schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: "high"}, Value: 1000, PreemptionPolicy: ptr(corev1.PreemptNever)})
	b := w.must(classed("b", "high")).(*corev1.Pod)
	assert.Equal(t, []any{int32(1000), corev1.PreemptNever}, []any{*b.Spec.Priority, *b.Spec.PreemptionPolicy})
	c := classed("c", "high")
	c.Spec.Priority = ptr(int32(5))
	assert.EqualError(t, w.make(c).Err, `pods "c" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 1000 from the given PriorityClass name`)
	c = classed("c", "high")
	c.Spec.PreemptionPolicy = ptr(corev1.PreemptLowerPriority)
	assert.EqualError(t, w.make(c).Err, `pods "c" is forbidden: the string value of PreemptionPolicy (PreemptLowerPriority) must not be provided in pod spec; priority admission controller computed Never from the given PriorityClass name`)
	w.must(&schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: "one"}, Value: 1, GlobalDefault: true})
	assert.EqualError(t, w.make(&schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: "two"}, Value: 2, GlobalDefault: true}).Err,
		`priorityclasses.scheduling.k8s.io "two" is forbidden: PriorityClass one is already marked as default. Only one default can exist`)
}

func TestServiceAccountAdmission(t *testing.T) {
	w := newWorld(t)
	p := pod("a")
	p.Spec.ServiceAccountName = "robot"
	assert.EqualError(t, w.make(p).Err, `pods "a" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found`)
	g := pod("")
	g.GenerateName, g.Spec.ServiceAccountName = "web-", "robot"
	assert.EqualError(t, w.make(g).Err, `pods "web-" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found`)
	made := w.make(&corev1.ServiceAccount{
		ObjectMeta: metav1.ObjectMeta{Name: "robot", Annotations: map[string]string{"kubernetes.io/enforce-mountable-secrets": "true"}},
		Secrets:    []corev1.ObjectReference{{Name: "own"}}, ImagePullSecrets: []corev1.LocalObjectReference{{Name: "registry"}},
	})
	require.NoError(t, made.Err)
	assert.Equal(t, []string{"metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"}, made.Warnings)
	uses := func(edit func(*corev1.PodSpec)) error {
		p := pod("a")
		p.Spec.ServiceAccountName = "robot"
		edit(&p.Spec)
		return w.make(p).Err
	}
	end := ` is not allowed because service account robot does not reference that secret`
	assert.EqualError(t, uses(func(s *corev1.PodSpec) {
		s.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "other"}}}}
	}), `pods "a" is forbidden: volume with secret.secretName="other"`+end)
	assert.EqualError(t, uses(func(s *corev1.PodSpec) {
		s.Containers[0].Env = []corev1.EnvVar{{Name: "X", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "other"}, Key: "k"}}}}
	}), `pods "a" is forbidden: container c with envVar X referencing secret.secretName="other"`+end)
	assert.EqualError(t, uses(func(s *corev1.PodSpec) { s.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "else"}} }),
		`pods "a" is forbidden: imagePullSecrets[0].name="else" is not allowed because service account robot does not reference that imagePullSecret`)
	require.NoError(t, uses(func(s *corev1.PodSpec) {
		s.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "own"}}}}
	}))
	a := w.do(&api.Request{Verb: api.Get, Resource: api.Pods, Namespace: "default", Name: "a"}).Object.(*corev1.Pod)
	assert.Equal(t, []corev1.LocalObjectReference{{Name: "registry"}}, a.Spec.ImagePullSecrets)
	m := pod("m")
	m.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: "x"}
	m.Spec.NodeName = "n"
	m.Spec.ServiceAccountName = "robot"
	assert.EqualError(t, w.make(m).Err, `pods "m" is forbidden: a mirror pod may not reference service accounts`)
}

// TestPodBeforeItsAccount: a pod made right after its namespace waits for the namespace's account.
func TestPodBeforeItsAccount(t *testing.T) {
	w := newWorld(t)
	w.must(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "fresh"}})
	p := pod("a")
	p.Namespace = "fresh"
	var got *api.Response
	w.s.Do(func() {
		w.c.Do(&api.Request{Verb: api.Create, Resource: api.Pods, Namespace: "fresh", Object: p}, func(r *api.Response) { got = r })
	})
	w.run(300 * time.Millisecond)
	require.Nil(t, got)
	w.must(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: "fresh"}})
	w.run(300 * time.Millisecond)
	require.NotNil(t, got)
	require.NoError(t, got.Err)
	w.must(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "never"}})
	p = pod("a")
	p.Namespace = "never"
	assert.EqualError(t, w.make(p).Err, `pods "a" is forbidden: error looking up service account never/default: serviceaccount "default" not found`)
}

func TestDefaultClassesAndProtection(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"old", "new"} {
		w.must(&storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{"storageclass.kubernetes.io/is-default-class": "true"}}, Provisioner: "example.com/disk", AllowVolumeExpansion: ptr(name == "new")})
		w.must(&networkingv1.IngressClass{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{networkingv1.AnnotationIsDefaultIngressClass: "true"}}, Spec: networkingv1.IngressClassSpec{Controller: "example.com/c"}})
		w.run(2 * time.Second)
	}
	claim := func(name string, class *string) *corev1.PersistentVolumeClaim {
		return &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PersistentVolumeClaimSpec{
			StorageClassName: class, AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, Resources: corev1.VolumeResourceRequirements{Requests: amounts("storage", "1Gi")}}}
	}
	c := w.must(claim("c", nil)).(*corev1.PersistentVolumeClaim)
	assert.Equal(t, "new", *c.Spec.StorageClassName, "the newest default wins")
	assert.Equal(t, []string{"kubernetes.io/pvc-protection"}, c.Finalizers)
	none := w.must(claim("none", ptr(""))).(*corev1.PersistentVolumeClaim)
	assert.Equal(t, "", *none.Spec.StorageClassName)
	v := w.must(&corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "v"}, Spec: corev1.PersistentVolumeSpec{
		Capacity: amounts("storage", "1Gi"), AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
		PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/data"}}}})
	assert.Equal(t, []string{"kubernetes.io/pv-protection"}, v.GetFinalizers())
	i := w.must(&networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Name: "i"}, Spec: networkingv1.IngressSpec{DefaultBackend: &networkingv1.IngressBackend{
		Service: &networkingv1.IngressServiceBackend{Name: "s", Port: networkingv1.ServiceBackendPort{Number: 80}}}}}).(*networkingv1.Ingress)
	assert.Equal(t, "new", *i.Spec.IngressClassName)

	grow := func(o api.Object) error {
		c := o.DeepCopyObject().(*corev1.PersistentVolumeClaim)
		c.ResourceVersion = ""
		c.Spec.Resources.Requests = amounts("storage", "2Gi")
		return w.do(&api.Request{Verb: api.Update, Resource: api.PersistentVolumeClaims, Namespace: "default", Name: c.Name, Object: c}).Err
	}
	assert.Error(t, grow(c))
	bind := func(name string) {
		require.NoError(t, w.do(&api.Request{Verb: api.Patch, Resource: api.PersistentVolumeClaims, Subresource: "status", Namespace: "default", Name: name, PatchType: api.TypedPatch, Mutate: func(o api.Object) bool {
			o.(*corev1.PersistentVolumeClaim).Status.Phase = corev1.ClaimBound
			return true
		}}).Err)
		w.run(100 * time.Millisecond)
	}
	bind("c")
	bind("none")
	get := func(name string) api.Object {
		return w.do(&api.Request{Verb: api.Get, Resource: api.PersistentVolumeClaims, Namespace: "default", Name: name}).Object
	}
	require.NoError(t, grow(get("c")))
	assert.EqualError(t, grow(get("none")), `persistentvolumeclaims "none" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize`)
}

func TestRuntimeClass(t *testing.T) {
	w := newWorld(t)
	sandboxed := func(name string) *corev1.Pod {
		p := pod(name)
		p.Spec.RuntimeClassName = ptr("sandbox")
		return p
	}
	assert.EqualError(t, w.make(sandboxed("a")).Err, `pods "a" is forbidden: pod rejected: RuntimeClass "sandbox" not found`)
	w.must(&nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: "sandbox"}, Handler: "kata", Overhead: &nodev1.Overhead{PodFixed: amounts("cpu", "250m")},
		Scheduling: &nodev1.Scheduling{NodeSelector: map[string]string{"kata": "yes"}, Tolerations: []corev1.Toleration{{Key: "kata", Operator: corev1.TolerationOpExists}}}})
	a := w.must(sandboxed("a")).(*corev1.Pod)
	assert.Equal(t, "250m", a.Spec.Overhead.Cpu().String())
	assert.Equal(t, map[string]string{"kata": "yes"}, a.Spec.NodeSelector)
	assert.Len(t, a.Spec.Tolerations, 3)
	b := sandboxed("b")
	b.Spec.NodeSelector = map[string]string{"kata": "no"}
	assert.EqualError(t, w.make(b).Err, `pods "b" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[kata] = yes; pod.spec.nodeSelector[kata] = no`)
	c := sandboxed("c")
	c.Spec.Overhead = amounts("cpu", "1")
	assert.EqualError(t, w.make(c).Err, `pods "c" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead`)
	d := pod("d")
	d.Spec.Overhead = amounts("cpu", "1")
	assert.EqualError(t, w.make(d).Err, `pods "d" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead`)
}

func TestNodeRestriction(t *testing.T) {
	w := newWorld(t)
	as := func(req *api.Request) error {
		req.User = "system:node:node-1"
		err := w.do(req).Err
		w.run(100 * time.Millisecond)
		return err
	}
	node := func(name string, labels map[string]string) *corev1.Node {
		return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	}
	create := func(o api.Object, ns string) error {
		return as(&api.Request{Verb: api.Create, Resource: api.ResourceOf(o), Namespace: ns, Object: o})
	}
	assert.EqualError(t, create(node("node-2", nil), ""), `nodes "node-2" is forbidden: node "node-1" is not allowed to modify node "node-2"`)
	assert.EqualError(t, create(node("node-1", map[string]string{"node-restriction.kubernetes.io/x": "1", "foo.k8s.io/y": "", "kubernetes.io/hostname": "node-1", "free": ""}), ""),
		`nodes "node-1" is forbidden: node "node-1" is not allowed to set the following labels: foo.k8s.io/y, node-restriction.kubernetes.io/x`)
	require.NoError(t, create(node("node-1", map[string]string{"kubernetes.io/hostname": "node-1"}), ""))
	patch := func(doc string) error {
		return as(&api.Request{Verb: api.Patch, Resource: api.Nodes, Name: "node-1", PatchType: types.MergePatchType, Patch: []byte(doc)})
	}
	assert.EqualError(t, patch(`{"metadata":{"labels":{"kubernetes.io/secret":"1"}}}`), `nodes "node-1" is forbidden: is not allowed to modify labels: kubernetes.io/secret`)
	assert.EqualError(t, patch(`{"spec":{"taints":[]}}`), `nodes "node-1" is forbidden: node "node-1" is not allowed to modify taints`)
	assert.EqualError(t, create(pod("p"), "default"), `pods "p" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "node-1" can only create mirror pods`)
	m := pod("m")
	m.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: "x"}
	assert.EqualError(t, create(m.DeepCopy(), "default"), `pods "m" is forbidden: node "node-1" can only create pods with spec.nodeName set to itself`)
	m.Spec.NodeName = "node-1"
	assert.EqualError(t, create(m.DeepCopy(), "default"), `pods "m" is forbidden: node "node-1" can only create pods with an owner reference set to itself`)
	w.must(pod("other"))
	assert.EqualError(t, as(&api.Request{Verb: api.Delete, Resource: api.Pods, Namespace: "default", Name: "other"}), `pods "other" is forbidden: node "node-1" can only delete pods with spec.nodeName set to itself`)
}

func TestPodSecurity(t *testing.T) {
	w := newWorld(t)
	space := func(labels map[string]string) *corev1.Namespace {
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "safe", Labels: labels}}
	}
	bad := w.make(space(map[string]string{"pod-security.kubernetes.io/enforce": "strict"}))
	assert.EqualError(t, bad.Err, `Namespace "safe" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted`)
	w.must(space(nil))
	w.must(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: "safe"}})
	in := func(name string) *corev1.Pod {
		p := pod(name)
		p.Namespace, p.Spec.Containers[0].Name = "safe", "nginx"
		return p
	}
	w.must(in("before"))
	changed := w.do(&api.Request{Verb: api.Patch, Resource: api.Namespaces, Name: "safe", PatchType: types.MergePatchType, Patch: []byte(`{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}`)})
	require.NoError(t, changed.Err)
	assert.Equal(t, []string{
		`existing pods in namespace "safe" violate the new PodSecurity enforce level "restricted:latest"`,
		"before: allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile",
	}, changed.Warnings)
	w.run(100 * time.Millisecond)
	detail := `violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "nginx" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "nginx" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "nginx" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "nginx" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`
	assert.EqualError(t, w.make(in("after")).Err, `pods "after" is forbidden: violates`+detail[len("violate"):])
	d := w.make(&appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "safe"}, Spec: appsv1.DeploymentSpec{
		Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}}, Spec: in("x").Spec},
	}})
	require.NoError(t, d.Err)
	assert.Equal(t, []string{"would " + detail}, d.Warnings)
}

func TestResourceQuota(t *testing.T) {
	w := newWorld(t)
	q := w.must(&corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "compute"}, Spec: corev1.ResourceQuotaSpec{Hard: amounts("pods", "2", "requests.cpu", "1", "limits.memory", "2Gi", "count/configmaps", "1")}}).(*corev1.ResourceQuota)
	require.NoError(t, w.make(pod("free")).Err, "nothing is counted before the controller says from where")
	status := func(used corev1.ResourceList) {
		require.NoError(t, w.do(&api.Request{Verb: api.Patch, Resource: api.ResourceQuotas, Subresource: "status", Namespace: "default", Name: "compute", PatchType: api.TypedPatch, Mutate: func(o api.Object) bool {
			o.(*corev1.ResourceQuota).Status = corev1.ResourceQuotaStatus{Hard: q.Spec.Hard, Used: used}
			return true
		}}).Err)
		w.run(100 * time.Millisecond)
	}
	status(amounts("pods", "0"))
	assert.EqualError(t, w.make(needing("a", amounts("cpu", "1"), amounts("memory", "1Gi"))).Err, `pods "a" is forbidden: status unknown for quota: compute, resources: limits.memory,pods,requests.cpu`)
	status(amounts("pods", "0", "requests.cpu", "0", "limits.memory", "0", "count/configmaps", "0"))
	assert.EqualError(t, w.make(pod("a")).Err, `pods "a" is forbidden: failed quota: compute: must specify limits.memory for: c; requests.cpu for: c`)

	// Ten at once: two fit, each is charged exactly once.
	var errs []string
	ok := 0
	w.s.Do(func() {
		for i := range 10 {
			p := needing("w-"+string(rune('a'+i)), amounts("cpu", "400m"), amounts("cpu", "1", "memory", "512Mi"))
			w.c.Do(&api.Request{Verb: api.Create, Resource: api.Pods, Namespace: "default", Object: p}, func(r *api.Response) {
				if r.Err == nil {
					ok++
				} else {
					errs = append(errs, r.Err.Error())
				}
			})
		}
	})
	w.run(time.Second)
	require.Equal(t, 2, ok)
	assert.Len(t, errs, 8)
	assert.Equal(t, `pods "w-c" is forbidden: exceeded quota: compute, requested: pods=1,requests.cpu=400m, used: pods=2,requests.cpu=800m, limited: pods=2,requests.cpu=1`, errs[0])
	used := w.do(&api.Request{Verb: api.Get, Resource: api.ResourceQuotas, Namespace: "default", Name: "compute"}).Object.(*corev1.ResourceQuota).Status.Used
	assert.Equal(t, []string{"2", "800m", "1Gi"}, []string{str(used["pods"]), str(used["requests.cpu"]), str(used["limits.memory"])})

	require.NoError(t, w.make(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "one"}}).Err)
	dry := w.do(&api.Request{Verb: api.Create, Resource: api.ConfigMaps, Namespace: "default", DryRun: true, Object: &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "two"}}})
	assert.EqualError(t, dry.Err, `configmaps "two" is forbidden: exceeded quota: compute, requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1`)
}

func str(q resource.Quantity) string { return q.String() }

func TestTopologyLabels(t *testing.T) {
	w := newWorld(t)
	w.must(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n", Labels: map[string]string{corev1.LabelTopologyZone: "z1", corev1.LabelTopologyRegion: "r1"}}})
	w.must(pod("p"))
	require.NoError(t, w.do(&api.Request{Verb: api.Create, Resource: api.Pods, Subresource: "binding", Namespace: "default", Name: "p",
		Object: &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: "p"}, Target: corev1.ObjectReference{Kind: "Node", Name: "n"}}}).Err)
	p := w.do(&api.Request{Verb: api.Get, Resource: api.Pods, Namespace: "default", Name: "p"}).Object
	assert.Equal(t, map[string]string{"app": "web", corev1.LabelTopologyZone: "z1", corev1.LabelTopologyRegion: "r1"}, p.GetLabels())
}

func TestWarnings(t *testing.T) {
	w := newWorld(t)
	p := pod("warned")
	p.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "A", Value: "1"}, {Name: "A", Value: "2"}}
	p.Spec.NodeSelector = map[string]string{"beta.kubernetes.io/os": "linux"}
	r := w.make(p)
	require.NoError(t, r.Err)
	assert.Equal(t, []string{
		`spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead`,
		`spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply`,
	}, r.Warnings)
}

func TestOwnersTwice(t *testing.T) {
	w := newWorld(t)
	o := metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "x", UID: "u"}
	r := w.make(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a", OwnerReferences: []metav1.OwnerReference{o, o}}})
	require.NoError(t, r.Err)
	assert.Len(t, r.Object.GetOwnerReferences(), 1)
	assert.Equal(t, []string{".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: u"}, r.Warnings)
}

// TestQuotaRace: somebody else writes the quota while a charge is under way; nothing is charged twice or lost.
func TestQuotaRace(t *testing.T) {
	w := newWorld(t)
	q := w.must(&corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "q"}, Spec: corev1.ResourceQuotaSpec{Hard: amounts("configmaps", "3")}}).(*corev1.ResourceQuota)
	set := func(used string) func(api.Object) bool {
		return func(o api.Object) bool {
			o.(*corev1.ResourceQuota).Status = corev1.ResourceQuotaStatus{Hard: q.Spec.Hard, Used: amounts("configmaps", used)}
			return true
		}
	}
	write := func(used string, done func(*api.Response)) {
		w.c.Do(&api.Request{Verb: api.Patch, Resource: api.ResourceQuotas, Subresource: "status", Namespace: "default", Name: "q", PatchType: api.TypedPatch, Mutate: set(used)}, done)
	}
	w.s.Do(func() { write("0", func(r *api.Response) { require.NoError(t, r.Err) }) })
	w.run(time.Second)
	ok := 0
	w.s.Do(func() {
		write("1", func(r *api.Response) { require.NoError(t, r.Err) })
		for _, name := range []string{"a", "b", "c"} {
			w.c.Do(&api.Request{Verb: api.Create, Resource: api.ConfigMaps, Namespace: "default", Object: &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}}, func(r *api.Response) {
				if r.Err == nil {
					ok++
				}
			})
		}
	})
	w.run(time.Second)
	used := w.do(&api.Request{Verb: api.Get, Resource: api.ResourceQuotas, Namespace: "default", Name: "q"}).Object.(*corev1.ResourceQuota).Status.Used
	assert.Equal(t, []any{2, "3"}, []any{ok, str(used["configmaps"])})
}
