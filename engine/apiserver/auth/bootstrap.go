package auth

import (
	_ "embed" // policy.txt
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

//go:embed policy.txt
var policyText string

// Objects are roles and bindings to be made.
type Objects struct {
	ClusterRoles        []*rbacv1.ClusterRole
	ClusterRoleBindings []*rbacv1.ClusterRoleBinding
	Roles               []*rbacv1.Role
	RoleBindings        []*rbacv1.RoleBinding
	ServiceAccounts     []*corev1.ServiceAccount
}

// Bootstrap are the objects that each API server reconciles when it starts.
func Bootstrap() Objects { return parsePolicy(false) }

// Kubeadm are the objects that kubeadm adds when it makes a cluster.
func Kubeadm() Objects { return parsePolicy(true) }

const controllerRole = "system:controller:"

// parsePolicy reads the part of policy.txt before or after the line "kubeadm". The text is the program's own: a fault
// in it is found by the tests.
func parsePolicy(kubeadm bool) (out Objects) {
	var rules *[]rbacv1.PolicyRule
	in := false
	for line := range strings.Lines(policyText) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "kubeadm":
			in = true
		case line[0] == '#' || in != kubeadm:
		case line[0] == '\t':
			*rules = append(*rules, parseRule(line[1:]))
		default:
			rules = out.add(strings.Fields(line), !kubeadm)
		}
	}
	if !kubeadm {
		for _, r := range out.ClusterRoles {
			if account, ok := strings.CutPrefix(r.Name, controllerRole); ok {
				out.ClusterRoleBindings = append(out.ClusterRoleBindings, &rbacv1.ClusterRoleBinding{
					ObjectMeta: metaOf("", r.Name, true), RoleRef: refTo("ClusterRole", r.Name),
					Subjects: []rbacv1.Subject{subject("s:" + metav1.NamespaceSystem + "/" + account)},
				})
			}
		}
	}
	return out
}

// parseRule reads GROUPS|RESOURCES|VERBS[|NAMES].
func parseRule(s string) rbacv1.PolicyRule {
	f := strings.Split(s, "|")
	r := rbacv1.PolicyRule{Verbs: strings.Fields(f[2])}
	if f[0] == "urls" {
		r.NonResourceURLs = strings.Fields(f[1])
		return r
	}
	r.APIGroups, r.Resources = strings.Fields(f[0]), strings.Fields(f[1])
	for i, g := range r.APIGroups {
		if g == "core" {
			r.APIGroups[i] = ""
		}
	}
	if len(f) > 3 {
		r.ResourceNames = strings.Fields(f[3])
	}
	return r
}

// add makes the object of a heading; of a role it returns where its rules go.
func (out *Objects) add(f []string, defaults bool) (rules *[]rbacv1.PolicyRule) {
	kind, name, more := f[0], f[1], f[2:]
	namespace := ""
	if kind != "ClusterRole" && kind != "ClusterRoleBinding" {
		namespace, name, _ = strings.Cut(name, "/")
	}
	meta := metaOf(namespace, name, defaults)
	role := name
	var aggregation *rbacv1.AggregationRule
	var subjects []rbacv1.Subject
	for _, x := range more {
		switch {
		case strings.HasPrefix(x, "->"):
			role = x[2:]
		case x[0] == '+':
			meta.Labels[rbacv1.GroupName+"/"+x[1:]] = "true"
		case x[0] == '=':
			aggregation = &rbacv1.AggregationRule{ClusterRoleSelectors: []metav1.LabelSelector{{MatchLabels: map[string]string{rbacv1.GroupName + "/" + x[1:]: "true"}}}}
		default:
			subjects = append(subjects, subject(x))
		}
	}
	switch kind {
	case "ClusterRole":
		r := &rbacv1.ClusterRole{ObjectMeta: meta, AggregationRule: aggregation}
		out.ClusterRoles = append(out.ClusterRoles, r)
		return &r.Rules
	case "Role":
		r := &rbacv1.Role{ObjectMeta: meta}
		out.Roles = append(out.Roles, r)
		return &r.Rules
	case "ClusterRoleBinding":
		out.ClusterRoleBindings = append(out.ClusterRoleBindings, &rbacv1.ClusterRoleBinding{ObjectMeta: meta, RoleRef: refTo("ClusterRole", role), Subjects: subjects})
	case "RoleBinding":
		out.RoleBindings = append(out.RoleBindings, &rbacv1.RoleBinding{ObjectMeta: meta, RoleRef: refTo("Role", role), Subjects: subjects})
	case "ServiceAccount":
		out.ServiceAccounts = append(out.ServiceAccounts, &corev1.ServiceAccount{ObjectMeta: meta})
	}
	return nil
}

func metaOf(namespace, name string, defaults bool) metav1.ObjectMeta {
	m := metav1.ObjectMeta{Namespace: namespace, Name: name}
	if defaults {
		m.Labels = map[string]string{"kubernetes.io/bootstrapping": "rbac-defaults"}
		m.Annotations = map[string]string{rbacv1.AutoUpdateAnnotationKey: "true"}
	}
	return m
}

func refTo(kind, name string) rbacv1.RoleRef {
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: name}
}

// subject reads u:USER, g:GROUP or s:NAMESPACE/SERVICEACCOUNT.
func subject(s string) rbacv1.Subject {
	name := s[2:]
	switch s[0] {
	case 'u':
		return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}
	case 'g':
		return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: name}
	}
	ns, account, _ := strings.Cut(name, "/")
	return rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: ns, Name: account}
}
