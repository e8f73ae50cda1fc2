package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/rbac"
)

type nothing struct{}

func (nothing) Related(string, string, string, string) bool { return false }

func bootstrapped() *Policy {
	p := NewPolicy()
	for _, o := range []Objects{Bootstrap(), Kubeadm()} {
		for _, x := range o.ClusterRoles {
			p.Change(nil, x)
		}
		for _, x := range o.ClusterRoleBindings {
			p.Change(nil, x)
		}
		for _, x := range o.Roles {
			p.Change(nil, x)
		}
		for _, x := range o.RoleBindings {
			p.Change(nil, x)
		}
	}
	return p
}

func who(name string) *Identity { return NewIdentity(Certified(name)) }

func ask(verb, group, resource, sub, namespace, name string) *Request {
	return &Request{Access: rbac.Access{Verb: verb, Group: group, Resource: resource, Subresource: sub, Namespace: namespace, Name: name}}
}

// The objects are those of bootstrappolicy/testdata of v1.37.2, held against them once; the digest keeps them so.
func TestBootstrapPolicyIsUpstreams(t *testing.T) {
	b := Bootstrap()
	require.Len(t, b.ClusterRoles, 73)
	require.Len(t, b.ClusterRoleBindings, 54)
	require.Len(t, b.Roles, 7)
	require.Len(t, b.RoleBindings, 7)
	text, err := json.Marshal(b)
	require.NoError(t, err)
	sum := sha256.Sum256(text)
	require.Equal(t, "9215d9dd7588", hex.EncodeToString(sum[:6]))
	names := map[string]bool{}
	for _, r := range b.ClusterRoles {
		require.False(t, names[r.Name], r.Name)
		names[r.Name] = true
	}
	k := Kubeadm()
	for _, x := range append(b.ClusterRoleBindings, k.ClusterRoleBindings...) {
		found := names[x.RoleRef.Name]
		for _, r := range k.ClusterRoles {
			found = found || r.Name == x.RoleRef.Name
		}
		require.True(t, found, "binding %s is of role %s, which nobody makes", x.Name, x.RoleRef.Name)
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	p := bootstrapped()
	z := New(p, nothing{})
	admin := "RBAC: allowed by ClusterRoleBinding \"kubeadm:cluster-admins\" of ClusterRole \"cluster-admin\" to Group \"kubeadm:cluster-admins\""
	for _, c := range []struct {
		user   string
		a      *Request
		ok     bool
		reason string
	}{
		{"kubernetes-super-admin", ask("delete", "", "nodes", "", "", "n"), true, ""},
		{"system:apiserver", ask("create", "", "pods", "", "ns", ""), true, ""},
		{"kubernetes-admin", ask("delete", "", "nodes", "", "", "n"), true, admin},
		{"kubernetes-admin", &Request{Access: rbac.Access{Verb: "get", Path: "/metrics"}}, true, admin},
		{"jane", ask("list", "", "pods", "", "default", ""), false, ""},
		{"jane", ask("create", "authorization.k8s.io", "selfsubjectaccessreviews", "", "", ""), true,
			"RBAC: allowed by ClusterRoleBinding \"system:basic-user\" of ClusterRole \"system:basic-user\" to Group \"system:authenticated\""},
		{"jane", &Request{Access: rbac.Access{Verb: "get", Path: "/version"}}, true,
			"RBAC: allowed by ClusterRoleBinding \"system:discovery\" of ClusterRole \"system:discovery\" to Group \"system:authenticated\""},
		{"jane", &Request{Access: rbac.Access{Verb: "get", Path: "/apis/apps/v1"}}, true,
			"RBAC: allowed by ClusterRoleBinding \"system:discovery\" of ClusterRole \"system:discovery\" to Group \"system:authenticated\""},
		{"jane", &Request{Access: rbac.Access{Verb: "get", Path: "/metrics"}}, false, ""},
		{"system:anonymous", &Request{Access: rbac.Access{Verb: "get", Path: "/version"}}, true,
			"RBAC: allowed by ClusterRoleBinding \"system:public-info-viewer\" of ClusterRole \"system:public-info-viewer\" to Group \"system:unauthenticated\""},
		{"system:anonymous", &Request{Access: rbac.Access{Verb: "get", Path: "/apis"}}, false, ""},
		{"system:kube-scheduler", ask("create", "", "pods", "binding", "ns", "p"), true,
			"RBAC: allowed by ClusterRoleBinding \"system:kube-scheduler\" of ClusterRole \"system:kube-scheduler\" to User \"system:kube-scheduler\""},
		{"system:kube-scheduler", ask("update", "coordination.k8s.io", "leases", "", "kube-system", "kube-scheduler"), true,
			"RBAC: allowed by ClusterRoleBinding \"system:kube-scheduler\" of ClusterRole \"system:kube-scheduler\" to User \"system:kube-scheduler\""},
		{"system:kube-scheduler", ask("update", "coordination.k8s.io", "leases", "", "default", "other"), false, ""},
		{"system:serviceaccount:kube-system:deployment-controller", ask("create", "apps", "replicasets", "", "ns", ""), true,
			"RBAC: allowed by ClusterRoleBinding \"system:controller:deployment-controller\" of ClusterRole \"system:controller:deployment-controller\" to ServiceAccount \"deployment-controller/kube-system\""},
		{"system:serviceaccount:kube-system:deployment-controller", ask("create", "", "pods", "", "ns", ""), false, ""},
		{"system:serviceaccount:other:deployment-controller", ask("create", "apps", "replicasets", "", "ns", ""), false, ""},
		{"system:kube-controller-manager", ask("create", "coordination.k8s.io", "leases", "", "kube-system", ""), true,
			"RBAC: allowed by ClusterRoleBinding \"system:kube-controller-manager\" of ClusterRole \"system:kube-controller-manager\" to User \"system:kube-controller-manager\""},
		{"system:serviceaccount:kube-system:disruption-controller", ask("get", "example.com", "widgets", "scale", "ns", "w"), true,
			"RBAC: allowed by ClusterRoleBinding \"system:controller:disruption-controller\" of ClusterRole \"system:controller:disruption-controller\" to ServiceAccount \"disruption-controller/kube-system\""},
	} {
		id := who(c.user)
		ok, reason := z.Authorize(id, c.a)
		require.Equal(t, c.ok, ok, "%s %+v", c.user, c.a.Access)
		require.Equal(t, c.reason, reason, "%s %+v", c.user, c.a.Access)
		for range 2 {
			require.Equal(t, c.ok, z.Allowed(id, c.a), "%s %+v", c.user, c.a.Access)
		}
	}
}

// The examples of https://kubernetes.io/docs/reference/access-authn-authz/rbac/.
func TestDocumentedExamples(t *testing.T) {
	p := NewPolicy()
	z := New(p, nothing{})
	jane := who("jane")
	require.False(t, z.Allowed(jane, ask("get", "", "pods", "", "default", "web")))

	p.Change(nil, &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "pod-reader"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get", "watch", "list"}},
	}})
	require.False(t, z.Allowed(jane, ask("get", "", "pods", "", "default", "web")))
	binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "read-pods"},
		Subjects: []rbacv1.Subject{{Kind: "User", Name: "jane", APIGroup: rbacv1.GroupName}}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "pod-reader"}}
	p.Change(nil, binding)
	ok, reason := z.Authorize(jane, ask("get", "", "pods", "", "default", "web"))
	require.True(t, ok)
	require.Equal(t, `RBAC: allowed by RoleBinding "read-pods/default" of Role "pod-reader" to User "jane"`, reason)
	require.True(t, z.Allowed(jane, ask("get", "", "pods", "", "default", "web")))
	require.False(t, z.Allowed(jane, ask("get", "", "pods", "log", "default", "web")), "a subresource is asked for by its name")
	require.False(t, z.Allowed(jane, ask("get", "", "pods", "", "kube-system", "web")))
	require.False(t, z.Allowed(jane, ask("list", "", "pods", "", "", "")), "a role of a namespace says nothing of all namespaces")

	p.Change(nil, &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "secret-reader"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get", "watch", "list"}},
	}})
	p.Change(nil, &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "read-secrets-global"},
		Subjects: []rbacv1.Subject{{Kind: "Group", Name: "manager", APIGroup: rbacv1.GroupName}}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "secret-reader"}})
	boss := NewIdentity(api.UserInfo{Name: "boss", Groups: []string{"manager"}})
	require.True(t, z.Allowed(boss, ask("list", "", "secrets", "", "", "")))
	require.True(t, z.Allowed(boss, ask("get", "", "secrets", "", "any", "x")))

	p.Change(nil, &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "configmap-updater"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"configmaps"}, ResourceNames: []string{"my-configmap"}, Verbs: []string{"update", "get"}},
	}})
	p.Change(nil, &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "update"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "robot"}}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "configmap-updater"}})
	robot := who("system:serviceaccount:default:robot")
	for range 2 {
		require.True(t, z.Allowed(robot, ask("get", "", "configmaps", "", "default", "my-configmap")))
		require.False(t, z.Allowed(robot, ask("get", "", "configmaps", "", "default", "other")))
		require.False(t, z.Allowed(robot, ask("list", "", "configmaps", "", "default", "")))
	}

	p.Change(binding, nil)
	require.False(t, z.Allowed(jane, ask("get", "", "pods", "", "default", "web")), "what was remembered ends with the binding")

	binding.RoleRef.Name = "gone"
	p.Change(nil, binding)
	ok, reason = z.Authorize(jane, ask("get", "", "pods", "", "default", "web"))
	require.False(t, ok)
	require.Equal(t, `rbac: RBAC: role.rbac.authorization.k8s.io "gone" not found`, reason)
	require.EqualError(t, Forbidden("jane", &ask("list", "", "pods", "", "default", "").Access, ""),
		`pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"`)
	require.EqualError(t, Forbidden("jane", &ask("get", "apps", "deployments", "scale", "", "web").Access, reason),
		`deployments.apps "web" is forbidden: User "jane" cannot get resource "deployments/scale" in API group "apps" at the cluster scope: `+reason)
	require.EqualError(t, Forbidden("<b>", &rbac.Access{Verb: "get", Path: "/metrics"}, ""), `forbidden: User "&lt;b&gt;" cannot get path "/metrics"`)
}

func TestNodeAuthorizer(t *testing.T) {
	pods := map[string]*corev1.Pod{}

	g := NewNodeGraph(Lookup{
		Pod: func(ns, name string) *corev1.Pod { return pods[ns+"/"+name] },
		PersistentVolume: func(name string) *corev1.PersistentVolume {
			if name != "pv" {
				return nil
			}
			return &corev1.PersistentVolume{Spec: corev1.PersistentVolumeSpec{ClaimRef: &corev1.ObjectReference{Namespace: "ns", Name: "claim"},
				PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{NodeStageSecretRef: &corev1.SecretReference{Namespace: "ns", Name: "stage"}}}}}
		},
		ClaimVolume: func(ns, claim string) string { return map[string]string{"ns/claim": "pv"}[ns+"/"+claim] },
		AttachedTo:  func(name string) string { return map[string]string{"att": "n1"}[name] },
	})
	z := New(bootstrapped(), g)
	put := func(node string) {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "p"}, Spec: corev1.PodSpec{NodeName: node, ServiceAccountName: "robot",
			Containers: []corev1.Container{{EnvFrom: []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "env"}}}}}},
			Volumes: []corev1.Volume{
				{VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "cm"}}}}}}},
				{VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "claim"}}},
			}}}
		old := pods["ns/p"]
		pods["ns/p"] = p
		g.Change(old, p)
	}
	n1, n2 := who("system:node:n1"), who("system:node:n2")
	mine := []*Request{
		ask("get", "", "secrets", "", "ns", "env"), ask("watch", "", "secrets", "", "ns", "env"), ask("get", "", "secrets", "", "ns", "stage"),
		ask("list", "", "configmaps", "", "ns", "cm"), ask("get", "", "persistentvolumeclaims", "", "ns", "claim"),
		ask("patch", "", "persistentvolumeclaims", "status", "ns", "claim"), ask("get", "", "persistentvolumes", "", "", "pv"),
		ask("create", "", "serviceaccounts", "token", "ns", "robot"), ask("get", "", "serviceaccounts", "", "ns", "robot"), ask("get", "", "pods", "", "ns", "p"),
	}
	put("")
	for _, a := range mine {
		require.False(t, z.Allowed(n1, a), "%+v", a.Access)
	}
	put("n1")
	put("n1") // a change of status: nothing to note
	for _, a := range mine {
		require.True(t, z.Allowed(n1, a), "%+v", a.Access)
		require.False(t, z.Allowed(n2, a), "%+v", a.Access)
	}
	_, reason := z.Authorize(n2, mine[0])
	require.Equal(t, "node: no relationship found between node 'n2' and this object", reason)
	for _, c := range []struct {
		a      *Request
		reason string // "": allowed
	}{
		{ask("create", "", "events", "", "ns", ""), ""},
		{ask("patch", "", "nodes", "status", "", "n1"), ""},
		{ask("get", "", "nodes", "", "", "n1"), ""},
		{ask("get", "", "nodes", "", "", "n2"), "node 'n1' cannot read 'n2', only its own Node object"},
		{ask("list", "", "nodes", "", "", ""), "node 'n1' cannot read all nodes, only its own Node object"},
		{ask("update", "coordination.k8s.io", "leases", "", "kube-node-lease", "n1"), ""},
		{ask("update", "coordination.k8s.io", "leases", "", "kube-node-lease", "n2"), "can only access node lease with the same name as the requesting node"},
		{ask("get", "coordination.k8s.io", "leases", "", "default", "n1"), `can only access leases in the "kube-node-lease" system namespace`},
		{ask("list", "", "secrets", "", "", ""), "can only read namespaced object of this type"},
		{ask("create", "", "secrets", "", "ns", ""), "can only read resources of this type"},
		{ask("list", "", "pods", "", "", ""), "can only list/watch pods with spec.nodeName field selector"},
		{&Request{Access: rbac.Access{Verb: "list", Resource: "pods"}, OfNode: "n1"}, ""},
		{ask("create", "", "pods", "eviction", "ns", "p"), ""},
		{ask("get", "storage.k8s.io", "volumeattachments", "", "", "att"), ""},
		{ask("get", "storage.k8s.io", "csidrivers", "", "", "x"), ""},
		{ask("list", "", "services", "", "", ""), ""},
	} {
		ok, reason := z.Authorize(n1, c.a)
		require.Equal(t, c.reason == "", ok, "%+v", c.a.Access)
		if c.reason != "" {
			require.Equal(t, "node: "+c.reason, reason)
		}
	}
	g.Change(pods["ns/p"], nil)
	require.False(t, z.Allowed(n1, mine[0]))
	require.Empty(t, g.pods)
}

func TestAHitAllocatesNothing(t *testing.T) {
	z := New(bootstrapped(), nothing{})
	scheduler, node := who("system:kube-scheduler"), who("system:node:n1")
	bind, event, lease := ask("create", "", "pods", "binding", "default", "p"), ask("create", "", "events", "", "default", ""), ask("update", "coordination.k8s.io", "leases", "", "kube-node-lease", "n1")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if !z.Allowed(scheduler, bind) || !z.Allowed(node, event) || !z.Allowed(node, lease) {
			t.Fail()
		}
	}))
}
