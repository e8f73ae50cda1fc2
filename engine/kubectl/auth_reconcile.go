package kubectl

import (
	"errors"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/rbac"
)

// maxReconciles is how often an object that changes meanwhile is looked at again.
const maxReconciles = 4

// reconcile is auth reconcile.
func reconcile(c *cmd) {
	files := c.f.list("filename")
	switch {
	case len(files) == 0:
		c.failf("must specify one of -f and -k")
		return
	case len(c.args) > 0:
		c.failf("no arguments are allowed")
		return
	}
	dry, err := c.dryRun()
	if err == nil && dry == "server" {
		err = errors.New("--dry-run=server for command reconcile is not supported yet")
	}
	f, ferr := c.format(objectFormats)
	if err == nil {
		err = ferr
	}
	if err != nil {
		c.fail(err)
		return
	}
	infos, errs := c.manifests(files)
	each(len(infos), func(i int, next func()) {
		r := reconciliation{c: c, f: f, in: infos[i], dry: dry == "client", next: func(err error) {
			if err != nil {
				errs = append(errs, err)
			}
			next()
		}}
		r.run()
	}, func() { c.end(errs...) })
}

// reconciliation brings one object to what a manifest expects.
type reconciliation struct {
	c        *cmd
	f        *format
	in       *info
	dry      bool
	next     func(error)
	attempts int
}

func (r *reconciliation) run() {
	switch r.in.res {
	case api.Roles, api.ClusterRoles, api.RoleBindings, api.ClusterRoleBindings:
	default:
		r.next(nil) // what is no role and no binding is passed over
		return
	}
	obj, err := r.c.object(r.in, "Ignore")
	if err != nil {
		r.next(err)
		return
	}
	completeReferences(obj)
	r.attempt(obj)
}

// completeReferences sets what the API's defaults would set: comparisons need it.
func completeReferences(o api.Object) {
	complete := func(ref *rbacv1.RoleRef, subjects []rbacv1.Subject) {
		if ref.APIGroup == "" {
			ref.APIGroup = rbacv1.GroupName
		}
		for i := range subjects {
			if s := &subjects[i]; s.APIGroup == "" && (s.Kind == rbacv1.UserKind || s.Kind == rbacv1.GroupKind) {
				s.APIGroup = rbacv1.GroupName
			}
		}
	}
	switch x := o.(type) {
	case *rbacv1.RoleBinding:
		complete(&x.RoleRef, x.Subjects)
	case *rbacv1.ClusterRoleBinding:
		complete(&x.RoleRef, x.Subjects)
	}
}

func (r *reconciliation) attempt(expected api.Object) {
	if r.attempts++; r.attempts > maxReconciles {
		r.next(errors.New("exceeded maximum attempts"))
		return
	}
	res := r.in.res
	r.c.do(&api.Request{Verb: api.Get, Resource: res, Namespace: r.in.ns, Name: expected.GetName()}, func(resp *api.Response) {
		switch {
		case apierrors.IsNotFound(resp.Err):
			r.create(expected, rbac.Create)
		case resp.Err != nil:
			r.next(resp.Err)
		default:
			r.compare(resp.Object, expected)
		}
	})
}

// outcome is what is printed.
type outcome struct {
	op             rbac.Operation
	protected      bool
	missing, extra []rbacv1.Subject
	missingRules   []rbacv1.PolicyRule
	extraRules     []rbacv1.PolicyRule
}

func (r *reconciliation) compare(have, expected api.Object) {
	var out outcome
	o := api.Copy(have)
	rules := func(h, e rbac.Rules) rbac.Rules {
		x := rbac.ReconcileRules(h, e, r.c.f.bool("remove-extra-permissions"))
		out = outcome{op: x.Operation, protected: x.Protected, missingRules: x.Missing, extraRules: x.Extra}
		return x.Rules
	}
	binding := func(h, e rbac.Binding) rbac.Binding {
		x := rbac.ReconcileBinding(h, e, r.c.f.bool("remove-extra-subjects"))
		out = outcome{op: x.Operation, protected: x.Protected, missing: x.Missing, extra: x.Extra}
		return x.Binding
	}
	switch x := o.(type) {
	case *rbacv1.Role:
		e := expected.(*rbacv1.Role)
		n := rules(rbac.Rules{Meta: x.ObjectMeta, Rules: x.Rules}, rbac.Rules{Meta: e.ObjectMeta, Rules: e.Rules})
		x.ObjectMeta, x.Rules = n.Meta, n.Rules
	case *rbacv1.ClusterRole:
		e := expected.(*rbacv1.ClusterRole)
		n := rules(rbac.Rules{Meta: x.ObjectMeta, Rules: x.Rules, Aggregation: x.AggregationRule}, rbac.Rules{Meta: e.ObjectMeta, Rules: e.Rules, Aggregation: e.AggregationRule})
		x.ObjectMeta, x.Rules, x.AggregationRule = n.Meta, n.Rules, n.Aggregation
	case *rbacv1.RoleBinding:
		e := expected.(*rbacv1.RoleBinding)
		n := binding(rbac.Binding{Meta: x.ObjectMeta, RoleRef: x.RoleRef, Subjects: x.Subjects}, rbac.Binding{Meta: e.ObjectMeta, RoleRef: e.RoleRef, Subjects: e.Subjects})
		x.ObjectMeta, x.RoleRef, x.Subjects = n.Meta, n.RoleRef, n.Subjects
	case *rbacv1.ClusterRoleBinding:
		e := expected.(*rbacv1.ClusterRoleBinding)
		n := binding(rbac.Binding{Meta: x.ObjectMeta, RoleRef: x.RoleRef, Subjects: x.Subjects}, rbac.Binding{Meta: e.ObjectMeta, RoleRef: e.RoleRef, Subjects: e.Subjects})
		x.ObjectMeta, x.RoleRef, x.Subjects = n.Meta, n.RoleRef, n.Subjects
	}
	if out.protected || r.dry || out.op == rbac.None {
		r.print(o, out)
		return
	}
	if out.op == rbac.Recreate {
		uid := have.GetUID()
		del := &api.Request{Verb: api.Delete, Resource: r.in.res, Namespace: r.in.ns, Name: have.GetName(), Preconditions: &metav1.Preconditions{UID: &uid}}
		r.c.do(del, func(resp *api.Response) {
			switch {
			case resp.Err == nil || apierrors.IsNotFound(resp.Err):
				r.create(expected, rbac.Recreate)
			case apierrors.IsConflict(resp.Err):
				r.attempt(expected)
			default:
				r.next(resp.Err)
			}
		})
		return
	}
	r.c.do(&api.Request{Verb: api.Update, Resource: r.in.res, Namespace: r.in.ns, Name: o.GetName(), Object: o}, func(resp *api.Response) {
		switch {
		case apierrors.IsNotFound(resp.Err) || apierrors.IsConflict(resp.Err):
			r.attempt(expected)
		case resp.Err != nil:
			r.next(resp.Err)
		default:
			r.print(resp.Object, out)
		}
	})
}

// create makes the object, and the namespace it belongs to if that is missing.
func (r *reconciliation) create(expected api.Object, op rbac.Operation) {
	out := outcome{op: op}
	switch x := expected.(type) {
	case *rbacv1.Role:
		out.missingRules = x.Rules
	case *rbacv1.ClusterRole:
		out.missingRules = x.Rules
	case *rbacv1.RoleBinding:
		out.missing = x.Subjects
	case *rbacv1.ClusterRoleBinding:
		out.missing = x.Subjects
	}
	if op == rbac.Recreate {
		out.missing = nil // of an object made anew nothing is compared
	}
	if r.dry {
		r.print(expected, out)
		return
	}
	write := func() {
		o := api.Copy(expected)
		r.c.do(&api.Request{Verb: api.Create, Resource: r.in.res, Namespace: r.in.ns, Name: o.GetName(), Object: o}, func(resp *api.Response) {
			switch {
			case apierrors.IsAlreadyExists(resp.Err):
				r.attempt(expected)
			case resp.Err != nil:
				r.next(resp.Err)
			default:
				r.print(resp.Object, out)
			}
		})
	}
	if !r.in.res.Namespaced {
		write()
		return
	}
	r.c.do(&api.Request{Verb: api.Get, Resource: api.Namespaces, Name: r.in.ns}, func(resp *api.Response) {
		if !apierrors.IsNotFound(resp.Err) {
			write()
			return
		}
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: r.in.ns}}
		r.c.do(&api.Request{Verb: api.Create, Resource: api.Namespaces, Name: r.in.ns, Object: ns}, func(*api.Response) { write() })
	})
}

func (r *reconciliation) print(o api.Object, out outcome) {
	c := r.c
	r.in.obj, r.in.name = o, o.GetName()
	mode := "none"
	if r.dry {
		mode = "client"
	}
	c.did(r.f, r.in, "reconciled", mode)
	if out.op != rbac.None {
		caveat := ""
		if out.protected {
			caveat = ", but object opted out (rbac.authorization.kubernetes.io/autoupdate: false)"
		}
		c.errf("\treconciliation required %s%s\n", string(out.op), caveat)
		c.subjects("missing subjects added", out.missing)
		if c.f.bool("remove-extra-subjects") {
			c.subjects("extra subjects removed", out.extra)
		}
		c.rules("missing rules added", out.missingRules)
		if c.f.bool("remove-extra-permissions") {
			c.rules("extra rules removed", out.extraRules)
		}
	}
	r.next(nil)
}

// subjects prints subjects as %+v prints the struct.
func (c *cmd) subjects(title string, list []rbacv1.Subject) {
	if len(list) == 0 {
		return
	}
	c.errf("\t%s:\n", title)
	for _, s := range list {
		c.errf("\t\t{Kind:%s APIGroup:%s Name:%s Namespace:%s}\n", s.Kind, s.APIGroup, s.Name, s.Namespace)
	}
}

func (c *cmd) rules(title string, list []rbacv1.PolicyRule) {
	if len(list) == 0 {
		return
	}
	c.errf("\t%s:\n", title)
	for _, x := range list {
		c.errf("\t\t{Verbs:%s APIGroups:%s Resources:%s ResourceNames:%s NonResourceURLs:%s}\n",
			bracketed(x.Verbs), bracketed(x.APIGroups), bracketed(x.Resources), bracketed(x.ResourceNames), bracketed(x.NonResourceURLs))
	}
}
