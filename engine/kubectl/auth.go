package kubectl

import (
	"sort"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
)

func authCommand() *command {
	return &command{name: "auth", short: "Inspect authorization", subs: []*command{
		{name: "can-i", use: "VERB [TYPE | TYPE/NAME | NONRESOURCEURL]", short: "Check whether an action is allowed",
			flags: "all-namespaces/A:b quiet/q:b subresource:s list:b no-headers:b", run: canI},
		{name: "reconcile", use: "-f FILENAME", short: "Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects",
			flags: printFlags + fileFlags + "remove-extra-permissions:b remove-extra-subjects:b dry-run:s=none?unchanged", run: reconcile},
		{name: "whoami", short: "Experimental: Check self subject attributes", flags: printFlags, run: whoAmI},
	}}
}

// superAdminConfig is the kubeconfig that kubeadm leaves on the control plane, of the user system:masters who may do
// everything whatever the roles say.
const superAdminConfig = "super-admin.conf"

// sign puts on a request who makes it, as the flags say. A token given by --token does not count beside the client
// certificate of the kubeconfig, which is looked at first, as in every cluster of kubeadm: whoever wants to be the
// bearer leaves the kubeconfig away (--kubeconfig=/dev/null --server=... --token=...).
func (c *cmd) sign(req *api.Request) {
	if c.f == nil || c.f.defs == nil {
		return
	}
	switch file := c.f.str("kubeconfig"); {
	case file == "/dev/null":
		req.Token = c.f.str("token")
		if req.Token == "" {
			req.User = "system:anonymous"
		}
	case file == superAdminConfig || strings.HasSuffix(file, "/"+superAdminConfig):
		req.User = "kubernetes-super-admin"
	}
	name := c.f.str("as")
	if name == "" {
		return // groups alone are not sent (client-go, clientcmd)
	}
	req.As = &api.UserInfo{Name: name, UID: c.f.str("as-uid"), Groups: c.f.list("as-group")}
	for _, x := range c.f.list("as-user-extra") {
		k, v, _ := strings.Cut(x, "=")
		if req.As.Extra == nil {
			req.As.Extra = map[string][]string{}
		}
		req.As.Extra[strings.ToLower(k)] = append(req.As.Extra[strings.ToLower(k)], v)
	}
}

// whoAmI is auth whoami.
func whoAmI(c *cmd) {
	f, err := c.format(objectFormats)
	if err != nil {
		c.fail(err)
		return
	}
	c.do(&api.Request{Verb: api.Create, Resource: api.SelfSubjectReviews, Object: &authenticationv1.SelfSubjectReview{}}, func(r *api.Response) {
		switch {
		case apierrors.IsForbidden(r.Err):
			c.failf("the selfsubjectreviews API is not enabled in the cluster or you do not have permission to call it")
			return
		case apierrors.IsNotFound(r.Err):
			c.failf("the selfsubjectreviews API is not enabled in the cluster")
			return
		case r.Err != nil:
			c.fail(r.Err)
			return
		}
		if f.name != "" {
			c.did(f, &info{res: api.SelfSubjectReviews, obj: r.Object}, "", "")
			c.end()
			return
		}
		u := r.Object.(*authenticationv1.SelfSubjectReview).Status.UserInfo
		rows := [][]string{{"ATTRIBUTE", "VALUE"}}
		if u.Username != "" {
			rows = append(rows, []string{"Username", u.Username})
		}
		if u.UID != "" {
			rows = append(rows, []string{"UID", u.UID})
		}
		if len(u.Groups) > 0 {
			rows = append(rows, []string{"Groups", bracketed(u.Groups)})
		}
		var keys []string
		for k := range u.Extra {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			rows = append(rows, []string{"Extra: " + k, bracketed(u.Extra[k])})
		}
		c.out(alignRows(rows, nil))
		c.end()
	})
}

// bracketed is a list as %v prints it.
func bracketed(list []string) string { return "[" + strings.Join(list, " ") + "]" }
