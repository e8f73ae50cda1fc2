package rest

import (
	"context"
	"net/http"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/api/paths"
)

// serveResource serves one request for objects.
func (s *server) serveResource(w http.ResponseWriter, r *http.Request, c call) {
	req := &api.Request{
		Resource: c.resource, Namespace: c.namespace, Name: c.name, Subresource: c.subresource,
		User: s.opts.User, UserAgent: r.UserAgent(),
	}
	if err := s.identify(r, req); err != nil {
		s.fail(w, r, err)
		return
	}
	verb, ok := verbOf(r.Method, &c)
	if !ok {
		s.fail(w, r, methodNotAllowed())
		return
	}
	req.Verb = verb
	if sub, ok := subresourceOf(c.subresource); ok && sub.connects {
		s.connect(w, r, req)
		return
	}
	out, err := negotiate(r, offer{transform: true, packed: packs(c.newObject())})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	switch verb {
	case api.Get:
		if c.subresource == "log" {
			s.log(w, r, req)
			return
		}
		err = getOptions(r, req)
		s.answer(w, r, &c, out, req, nil, err)
	case api.List:
		watch, timeout, err := listOptions(r, &c, req)
		switch {
		case err != nil:
			s.fail(w, r, err)
		case watch:
			req.Verb = api.Watch
			s.watch(w, r, &c, out, req, timeout)
		default:
			s.serveList(w, r, &c, out, req)
		}
	case api.Create:
		err = createOptions(r, req)
		s.withBody(w, r, &c, out, req, err)
	case api.Update:
		err = updateOptions(r, req)
		s.withBody(w, r, &c, out, req, err)
	case api.Patch:
		err = s.readPatch(w, r, req)
		s.answer(w, r, &c, out, req, nil, err)
	case api.Delete:
		err = deleteOptions(w, r, req)
		s.answer(w, r, &c, out, req, nil, err)
	case api.DeleteCollection:
		if _, _, err = listOptions(r, &c, req); err == nil {
			err = deleteOptions(w, r, req)
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
		s.serveList(w, r, &c, out, req)
	}
}

// verbOf is what a method means for a path.
func verbOf(method string, c *call) (api.Verb, bool) {
	return c.path().Verb(method)
}

func (s *server) withBody(w http.ResponseWriter, r *http.Request, c *call, out output, req *api.Request, err error) {
	var warnings []string
	if err == nil {
		req.Object, warnings, err = decodeObject(w, r, c, req.FieldValidation)
	}
	if err == nil {
		err = checkIdentity(c, req)
	}
	s.answer(w, r, c, out, req, warnings, err)
}

// checkIdentity compares the body of a subresource with its path; the core does it for the resources themselves.
func checkIdentity(c *call, req *api.Request) error {
	if c.subresource == "" || c.subresource == "status" || c.subresource == "finalize" {
		return nil
	}
	o := req.Object
	if ns := o.GetNamespace(); ns != "" && ns != req.Namespace {
		return apierrors.NewBadRequest("the namespace of the provided object does not match the namespace sent on the request")
	}
	if c.binding {
		if req.Name = o.GetName(); req.Name == "" {
			return apierrors.NewBadRequest("name is required")
		}
	} else if n := o.GetName(); n != "" && n != req.Name {
		return apierrors.NewBadRequest("the name of the object (" + n + ") does not match the name on the URL (" + req.Name + ")")
	}
	return nil
}

// patchTypes that are taken, in upstream's order.
var patchTypes = [...]types.PatchType{types.JSONPatchType, types.MergePatchType, types.StrategicMergePatchType, types.ApplyYAMLPatchType}

func (s *server) readPatch(w http.ResponseWriter, r *http.Request, req *api.Request) error {
	t, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	req.PatchType = types.PatchType(strings.TrimSpace(t))
	if !slices.Contains(patchTypes[:], req.PatchType) || req.Resource.Custom != nil && req.PatchType == types.StrategicMergePatchType {
		var names []string
		for _, p := range patchTypes {
			if req.Resource.Custom == nil || p != types.StrategicMergePatchType {
				names = append(names, string(p))
			}
		}
		return unsupportedMediaType(names...)
	}
	b, err := readBody(w, r)
	if err != nil {
		return err
	}
	req.Patch = b
	if err := patchOptions(r, req, req.PatchType); err != nil {
		return err
	}
	return patchFromYAML(w, req)
}

// do hands a request to the core, for as long as the server may take.
func (s *server) do(r *http.Request, req *api.Request) *api.Response {
	ctx, cancel := context.WithTimeout(r.Context(), s.opts.RequestTimeout)
	defer cancel()
	resp := s.core.Do(ctx, req)
	if resp == nil {
		resp = &api.Response{}
		if err := ctx.Err(); err != nil {
			resp.Err = apierrors.NewTimeoutError("request did not complete within requested timeout - "+err.Error(), 0)
		} else {
			resp.Err = apierrors.NewInternalError(context.Canceled)
		}
	}
	return resp
}

// answer carries out a request for one object, unless err says why not.
func (s *server) answer(w http.ResponseWriter, r *http.Request, c *call, out output, req *api.Request, warnings []string, err error) {
	if err != nil {
		warn(w, warnings)
		s.fail(w, r, err)
		return
	}
	resp := s.do(r, req)
	warn(w, warnings)
	warn(w, resp.Warnings)
	if resp.Err != nil {
		s.fail(w, r, resp.Err)
		return
	}
	code := http.StatusOK
	if req.Verb == api.Create || resp.Created {
		code = http.StatusCreated
	}
	if c.subresource == "binding" || c.subresource == "eviction" || resp.Object == nil {
		s.write(w, out, code, paths.Success(int32(code), nil))
		return
	}
	if req.Verb == api.Delete {
		if st := c.path().Deleted(resp.Object); st != nil {
			s.write(w, out, code, st)
			return
		}
	}
	v, err := s.transformed(r, c, out, s.books.shown(c, resp.Object))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.write(w, out, code, v)
}

func (s *server) serveList(w http.ResponseWriter, r *http.Request, c *call, out output, req *api.Request) {
	resp := s.do(r, req)
	warn(w, resp.Warnings)
	if resp.Err != nil {
		s.fail(w, r, resp.Err)
		return
	}
	lm := metav1.ListMeta{ResourceVersion: resp.ResourceVersion, Continue: resp.Continue}
	selects := req.LabelSelector != nil && !req.LabelSelector.Empty() || req.FieldSelector != nil && !req.FieldSelector.Empty()
	if resp.Continue != "" && resp.Remaining > 0 && !selects {
		lm.RemainingItemCount = &resp.Remaining
	}
	items := resp.Items
	if out.as.Kind != "Table" || r.URL.Query().Get("includeObject") != string(metav1.IncludeNone) {
		items = s.books.allShown(c, items)
	}
	v, err := s.list(r, c, out, items, lm)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.write(w, out, http.StatusOK, v)
}
