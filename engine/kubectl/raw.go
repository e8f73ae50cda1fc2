package kubectl

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
	"tabernetes/engine/api/manifest"
	"tabernetes/engine/api/paths"
)

// rawRequest is one request of --raw: a method, a path and, with POST, PUT and DELETE, a body. No HTTP is spoken here:
// the path is read by the same grammar as the HTTP surface's, and the answer is written as that writes it.
type rawRequest struct {
	c      *cmd
	method string
	url    *url.URL
	parts  []string // of the path
	body   []byte
}

// raw carries out a request of --raw. files are the names of -f.
func (c *cmd) raw(method string, files []string) {
	u, err := url.ParseRequestURI(c.f.str("raw"))
	if err != nil {
		c.failf("--raw must be a valid URL path: %v", err)
		return
	}
	r := &rawRequest{c: c, method: method, url: u, parts: strings.Split(strings.Trim(u.Path, "/"), "/")}
	if len(files) == 1 {
		text, ok := c.files[files[0]]
		if files[0] == "-" {
			text, ok = c.stdin, true
		}
		if !ok {
			c.failf("open %s: no such file or directory", files[0])
			return
		}
		r.body = []byte(text)
	}
	r.send()
}

// rawConflicts is what --raw does not go with when a body comes from a file.
func (c *cmd) rawConflicts(files []string) error {
	switch {
	case len(files) > 1:
		return errors.New("--raw can only use a single local file or stdin")
	case len(files) == 1 && (strings.HasPrefix(files[0], "http://") || strings.HasPrefix(files[0], "https://")):
		return errors.New("--raw cannot read from a url")
	case c.f.bool("recursive"):
		return errors.New("--raw and --recursive are mutually exclusive")
	case c.f.str("output") != "":
		return errors.New("--raw and --output are mutually exclusive")
	}
	return nil
}

// notServed is what client-go makes of an answer 404 without a Status.
func notServed(method string) error {
	return apierrors.NewGenericServerResponse(404, method, schema.GroupResource{}, "", "", 0, true)
}

func (r *rawRequest) send() {
	switch r.parts[0] {
	case "api", "apis":
		r.discovered(r.below)
	case "":
		r.allowed(func(string) {
			r.discovered(func(t *api.Table) { r.indented(metav1.RootPaths{Paths: paths.NewDiscovery(t).Paths}) })
		})
	case "version":
		r.allowed(func(string) { r.indented(serverVersion()) })
	case "healthz", "livez", "readyz", "metrics":
		r.allowed(func(text string) {
			r.c.out(text)
			r.c.end()
		})
	case "openapi":
		r.c.failf("%s is not part of this kubectl: use kubectl explain", r.url.Path)
	default:
		r.c.fail(notServed(r.method))
	}
}

// allowed asks the server about a path that is no resource's.
func (r *rawRequest) allowed(then func(text string)) {
	if r.method != "GET" {
		r.c.fail(apierrors.NewGenericServerResponse(405, r.method, schema.GroupResource{}, "", "", 0, true))
		return
	}
	r.c.do(&api.Request{Verb: api.Get, Resource: api.NonResource, Path: r.url.RequestURI()}, func(resp *api.Response) {
		switch {
		case resp.Err != nil:
			r.c.fail(resp.Err)
		case resp.Code == 404:
			r.c.fail(notServed("get"))
		case resp.Code >= 400:
			r.c.fail(apierrors.NewGenericServerResponse(resp.Code, "get", schema.GroupResource{}, "", strings.TrimSpace(resp.Text), 0, true))
		default:
			then(resp.Text)
		}
	})
}

func (r *rawRequest) discovered(then func(*api.Table)) {
	r.c.do(&api.Request{Verb: api.Discover, Resource: api.Discovery}, func(resp *api.Response) {
		if resp.Err != nil {
			r.c.fail(resp.Err)
			return
		}
		then(resp.Table)
	})
}

// indented prints a document in the form of upstream's WriteRawJSON.
func (r *rawRequest) indented(v any) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		r.c.fail(err)
		return
	}
	r.c.out(string(text))
	r.c.end()
}

// print prints an object in the form of the server's serializer.
func (r *rawRequest) print(v any) {
	text, err := r.encoded(v)
	if err != nil {
		r.c.fail(err)
		return
	}
	r.c.out(text)
	r.c.end()
}

func (r *rawRequest) encoded(v any) (string, error) {
	var text []byte
	var err error
	if p := r.url.Query().Get("pretty"); p == "true" || p == "1" {
		text, err = json.MarshalIndent(v, "", "  ")
	} else {
		text, err = json.Marshal(v)
	}
	return string(text) + "\n", err
}

// below serves what is below /api and /apis: discovery where the path is short, else resources.
func (r *rawRequest) below(t *api.Table) {
	docs := paths.NewDiscovery(t)
	gv, rest := schema.GroupVersion{}, r.parts[1:]
	show := func(v any) { r.allowed(func(string) { r.print(v) }) }
	if r.parts[0] == "apis" {
		if len(rest) == 0 {
			show(metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}, Groups: docs.Groups})
			return
		}
		gv.Group, rest = rest[0], rest[1:]
		if len(rest) == 0 {
			for _, g := range docs.Groups {
				if g.Name == gv.Group {
					g.TypeMeta = metav1.TypeMeta{Kind: "APIGroup", APIVersion: "v1"}
					show(g)
					return
				}
			}
			r.c.fail(notServed(r.method))
			return
		}
	} else if len(rest) == 0 {
		host := strings.TrimPrefix(r.c.sh.o.Server, "https://")
		show(metav1.APIVersions{TypeMeta: metav1.TypeMeta{Kind: "APIVersions"}, Versions: []string{"v1"},
			ServerAddressByClientCIDRs: []metav1.ServerAddressByClientCIDR{{ClientCIDR: "0.0.0.0/0", ServerAddress: host}}})
		return
	}
	gv.Version, rest = rest[0], rest[1:]
	list := docs.Resources[gv]
	switch {
	case list == nil || r.parts[0] == "apis" && gv.Group == "":
		r.c.fail(notServed(r.method))
	case len(rest) == 0:
		show(list)
	default:
		call, ok := paths.Parse(t, gv, rest)
		if !ok {
			r.c.fail(notServed(r.method))
			return
		}
		r.call(&call)
	}
}

// call makes the request for objects and prints the answer.
func (r *rawRequest) call(call *paths.Call) {
	verb, ok := call.Verb(r.method)
	if !ok {
		r.c.fail(apierrors.NewGenericServerResponse(405, r.method, schema.GroupResource{}, "", "", 0, true))
		return
	}
	q := r.url.Query()
	req := &api.Request{Verb: verb, Resource: call.Resource, Subresource: call.Subresource, Namespace: call.Namespace, Name: call.Name,
		FieldManager: q.Get("fieldManager"), FieldValidation: q.Get("fieldValidation"), DryRun: q.Get("dryRun") == "All", ResourceVersion: q.Get("resourceVersion")}
	var err error
	switch verb {
	case api.Create, api.Update:
		err = r.object(call, req)
	case api.Delete:
		err = r.deletion(req)
	case api.List, api.DeleteCollection:
		if req.LabelSelector, err = parseLabels(q.Get("labelSelector")); err == nil {
			req.FieldSelector, err = parseFields(q.Get("fieldSelector"))
		}
		if n := q.Get("limit"); n != "" && err == nil {
			_, err = fmt.Sscan(n, &req.Limit)
		}
		req.Continue = q.Get("continue")
	}
	if err != nil {
		r.c.fail(err)
		return
	}
	if watch := q.Get("watch"); verb == api.List && (call.Watch || watch == "true" || watch == "1") {
		r.watch(call, req)
		return
	}
	if call.Subresource == "log" {
		req.Log = &api.LogOptions{Container: q.Get("container"), Previous: q.Get("previous") == "true", Timestamps: q.Get("timestamps") == "true"}
	}
	r.c.do(req, func(resp *api.Response) {
		switch {
		case resp.Err != nil:
			r.c.fail(resp.Err)
		case call.Subresource == "log":
			r.c.out(resp.Text)
			r.c.end()
		case verb == api.List || verb == api.DeleteCollection:
			r.list(call, resp)
		case resp.Object == nil || call.Subresource == "binding" || call.Subresource == "eviction":
			code := int32(200)
			if verb == api.Create {
				code = 201
			}
			r.print(paths.Success(code, nil))
		case verb == api.Delete && call.Deleted(resp.Object) != nil:
			r.print(call.Deleted(resp.Object))
		default:
			r.print(r.named(call, resp.Object))
		}
	})
}

// named is an object as clients of the server see it: with its kind and its managed fields.
func (r *rawRequest) named(call *paths.Call, o api.Object) api.Object {
	kind := call.Kind()
	if own := api.ResourceOf(o); own == nil || own.Kind != kind.Kind {
		// A deletion answers with a Status, for instance.
		if own != nil {
			kind = own.GVK()
		}
	} else {
		o = (&format{}).shown(call.Resource, o)
	}
	o = api.Copy(o)
	o.GetObjectKind().SetGroupVersionKind(kind)
	return o
}

func (r *rawRequest) list(call *paths.Call, resp *api.Response) {
	f := &format{}
	items := make([]api.Object, len(resp.Items))
	for i, o := range resp.Items {
		items[i] = f.shown(call.Resource, o)
	}
	l := call.Resource.NewList(items)
	kind := call.Resource.GVK()
	kind.Kind += "List"
	l.GetObjectKind().SetGroupVersionKind(kind)
	m, err := meta.ListAccessor(l)
	if err != nil {
		r.c.fail(err)
		return
	}
	m.SetResourceVersion(resp.ResourceVersion)
	m.SetContinue(resp.Continue)
	if resp.Remaining > 0 {
		m.SetRemainingItemCount(&resp.Remaining)
	}
	r.print(l)
}

// watch prints events, one a line, until Ctrl-C.
func (r *rawRequest) watch(call *paths.Call, req *api.Request) {
	req.Verb = api.Watch
	r.c.watch(req, func(e api.WatchEvent) {
		if e.Object == nil {
			return
		}
		text, err := r.encoded(map[string]any{"type": e.Type, "object": r.named(call, e.Object)})
		if err == nil {
			r.c.out(text)
		}
	}, func(err error) { r.c.fail(err) })
}

// object decodes the body of POST and PUT.
func (r *rawRequest) object(call *paths.Call, req *api.Request) error {
	switch call.Subresource {
	case "scale":
		req.Object = &autoscalingv1.Scale{}
	case "binding":
		req.Object = &corev1.Binding{}
	case "eviction":
		req.Object = &policyv1.Eviction{}
	case "token":
		req.Object = &authenticationv1.TokenRequest{}
	default:
		req.Object = call.Resource.New()
	}
	kind := call.Kind()
	docs, err := manifest.Split(r.body)
	if err != nil || len(docs) != 1 || !json.Valid(r.body) {
		if err == nil {
			err = errors.New("the body must be one object as JSON")
		}
		return apierrors.NewBadRequest(fmt.Sprintf("the object provided is unrecognized (must be of type %s): %v", kind.Kind, err))
	}
	if docs[0].GVK != kind {
		return apierrors.NewBadRequest(fmt.Sprintf("%s in version %q cannot be handled as a %s: no kind %q is registered for version %q",
			docs[0].GVK.Kind, docs[0].GVK.Version, kind.Kind, docs[0].GVK.Kind, docs[0].GVK.GroupVersion().String()))
	}
	if _, err := manifest.Decode(docs[0], req.Object, req.FieldValidation == "Strict"); err != nil {
		return apierrors.NewBadRequest(fmt.Sprintf("%s in version %q cannot be handled as a %s: %v", kind.Kind, kind.Version, kind.Kind, err))
	}
	switch {
	case req.Name == "":
		req.Name = docs[0].Name
	case docs[0].Name == "":
		req.Object.SetName(req.Name)
	}
	if req.Namespace != "" && req.Object.GetNamespace() == "" {
		req.Object.SetNamespace(req.Namespace)
	}
	return nil
}

// deletion reads the DeleteOptions of a body.
func (r *rawRequest) deletion(req *api.Request) error {
	if len(strings.TrimSpace(string(r.body))) == 0 {
		return nil
	}
	var o metav1.DeleteOptions
	if err := json.Unmarshal(r.body, &o); err != nil {
		return apierrors.NewBadRequest(err.Error())
	}
	req.GracePeriodSeconds, req.Propagation, req.Preconditions = o.GracePeriodSeconds, o.PropagationPolicy, o.Preconditions
	req.DryRun = req.DryRun || len(o.DryRun) > 0
	return nil
}
