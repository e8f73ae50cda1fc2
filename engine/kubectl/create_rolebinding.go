package kubectl

import (
	"errors"
	"fmt"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const subjectFlags = "clusterrole:s user:a group:a serviceaccount:a "

func createRoleBindingCommand() *command {
	return &command{name: "rolebinding", use: "NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
		short: "Create a role binding for a particular role or cluster role", flags: createFlags + subjectFlags + "role:s", run: createRoleBinding}
}

func createClusterRoleBindingCommand() *command {
	return &command{name: "clusterrolebinding", use: "NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
		short: "Create a cluster role binding for a particular cluster role", flags: createFlags + subjectFlags, run: createClusterRoleBinding}
}

// boundSubjects reads --user, --group and --serviceaccount.
func (c *cmd) boundSubjects() (list []rbacv1.Subject, err error) {
	for _, name := range c.f.list("user") {
		list = append(list, rbacv1.Subject{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: name})
	}
	for _, name := range c.f.list("group") {
		list = append(list, rbacv1.Subject{Kind: rbacv1.GroupKind, APIGroup: rbacv1.GroupName, Name: name})
	}
	for _, text := range c.f.list("serviceaccount") {
		namespace, name, _ := strings.Cut(text, ":")
		if namespace == "" || name == "" || strings.Contains(name, ":") {
			return nil, errors.New("serviceaccount must be <namespace>:<name>")
		}
		list = append(list, rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name})
	}
	return list, nil
}

func createRoleBinding(c *cmd) {
	name, ok := c.oneName()
	if !ok {
		return
	}
	role, clusterRole := c.f.str("role"), c.f.str("clusterrole")
	if (role == "") == (clusterRole == "") {
		c.failf("exactly one of clusterrole or role must be specified")
		return
	}
	b := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role}}
	if role == "" {
		b.RoleRef.Kind, b.RoleRef.Name = "ClusterRole", clusterRole
	}
	var err error
	if b.Subjects, err = c.boundSubjects(); err != nil {
		c.fail(err)
		return
	}
	c.createGenerated(b, func(err error) error { return fmt.Errorf("failed to create rolebinding: %v", err) })
}

func createClusterRoleBinding(c *cmd) {
	if !c.f.changed("clusterrole") {
		c.failf("required flag(s) \"clusterrole\" not set")
		return
	}
	name, ok := c.oneName()
	if !ok {
		return
	}
	b := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name},
		RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: c.f.str("clusterrole")}}
	var err error
	if b.Subjects, err = c.boundSubjects(); err != nil {
		c.fail(err)
		return
	}
	c.createGenerated(b, func(err error) error { return fmt.Errorf("failed to create clusterrolebinding: %v", err) })
}
