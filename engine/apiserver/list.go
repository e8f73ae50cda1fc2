package apiserver

import (
	"slices"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/etcd"
)

func (k *cacher) get(req *api.Request, reply func(*api.Response)) {
	answer := func() {
		obj := k.objects[api.Key(req.Namespace, req.Name)]
		if obj == nil {
			reply(&api.Response{Err: notFound(k.r, req.Name)})
			return
		}
		reply(&api.Response{Object: obj})
	}
	rev, err := parseRevision(req.ResourceVersion)
	if err != nil {
		reply(&api.Response{Err: err})
		return
	}
	if req.ResourceVersion != "" {
		k.soon(rev, answer, func(err error) { reply(&api.Response{Err: err}) })
		return
	}
	k.fresh(answer, func(err error) { reply(&api.Response{Err: storageError(err)}) })
}

// matching are the objects a request selects, sorted by key as etcd would list them.
func (k *cacher) matching(req *api.Request) []api.Object {
	var out []api.Object
	if req.FieldSelector != nil {
		if name, ok := req.FieldSelector.RequiresExactMatch("metadata.name"); ok && (req.Namespace != "" || !k.r.Namespaced) {
			if o := k.objects[api.Key(req.Namespace, name)]; o != nil && matches(k.r, req, o) {
				out = append(out, o)
			}
			return out
		}
	}
	for _, o := range k.objects {
		if matches(k.r, req, o) {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, compareKeys)
	return out
}

// compareKeys orders objects by their keys in etcd: the slash between namespace and name counts, so what is in "a-b"
// comes before what is in "a".
func compareKeys(a, b api.Object) int {
	an, bn := a.GetNamespace(), b.GetNamespace()
	if an == bn {
		return strings.Compare(a.GetName(), b.GetName())
	}
	return strings.Compare(an+"/", bn+"/")
}

// list serves LIST by the rules of resourceVersion, resourceVersionMatch, limit and continue (storage.ValidateListOptions,
// cacher/delegator.go): at exactly a revision from etcd, which knows the past; else from the cache, once that is as new
// as it has to be.
func (k *cacher) list(req *api.Request, reply func(*api.Response)) {
	fail := func(err error) { reply(&api.Response{Err: err}) }
	rev, err := parseRevision(req.ResourceVersion)
	if err != nil {
		fail(apierrors.NewBadRequest("invalid resource version: " + strings.TrimPrefix(err.Error(), "Invalid value: ")))
		return
	}
	if req.Continue != "" {
		prefix := k.prefix(req.Namespace)
		from, at, err := decodeContinue(req.Continue, prefix)
		switch {
		case err != nil:
			fail(apierrors.NewBadRequest("invalid continue token: " + err.Error()))
		case rev > 0:
			fail(apierrors.NewBadRequest("specifying resource version is not allowed when using continue"))
		default:
			k.listAt(req, from, max(at, 0), reply)
		}
		return
	}
	exact := req.ResourceVersionMatch == metav1.ResourceVersionMatchExact || req.ResourceVersionMatch == "" && req.Limit > 0 && rev > 0
	answer := func() {
		items := k.matching(req)
		resp := &api.Response{Items: items, ResourceVersion: strconv.FormatInt(k.rev, 10)}
		// A list of anything there is ignores the limit (computeListLimit in cacher.go).
		if req.Limit > 0 && int64(len(items)) > req.Limit && req.ResourceVersion != "0" {
			resp.Items = items[:req.Limit]
			resp.Remaining = int64(len(items)) - req.Limit
			resp.Continue = encodeContinue(k.after(req, items[req.Limit-1]), k.rev)
		}
		reply(resp)
	}
	switch {
	case exact:
		k.listAt(req, "", rev, reply)
	case req.ResourceVersion == "":
		k.fresh(answer, func(err error) { fail(storageError(err)) })
	default:
		k.soon(rev, answer, fail)
	}
}

func (k *cacher) prefix(namespace string) string {
	p := k.s.key(k.r, "", "")
	if namespace != "" {
		p += namespace + "/"
	}
	return p
}

// after is the key right behind an object's, below the prefix that a list reads.
func (k *cacher) after(req *api.Request, o api.Object) string {
	if req.Namespace != "" || !k.r.Namespaced {
		return o.GetName() + "\x00"
	}
	return o.GetNamespace() + "/" + o.GetName() + "\x00"
}

// listAt reads from etcd what was there at a revision (0: now), from a key on.
func (k *cacher) listAt(req *api.Request, from string, rev int64, reply func(*api.Response)) {
	prefix := k.prefix(req.Namespace)
	var items []api.Object
	empty := (req.LabelSelector == nil || req.LabelSelector.Empty()) && (req.FieldSelector == nil || req.FieldSelector.Empty())
	var read func(from string)
	read = func(from string) {
		k.s.db.Range(prefix, from, int(req.Limit), rev, func(kvs []*etcd.KV, more bool, count int, now int64, err error) {
			if err != nil {
				k.listFailed(req, from, prefix, rev, err, reply)
				return
			}
			if rev == 0 {
				rev = now
			}
			for i, kv := range kvs {
				o := k.own(kv.Value.(*stored).obj)
				if !matches(k.r, req, o) {
					continue
				}
				if items = append(items, o); req.Limit > 0 && int64(len(items)) == req.Limit {
					more = more || i < len(kvs)-1
					break
				}
			}
			if more && (req.Limit == 0 || int64(len(items)) < req.Limit) {
				read(kvs[len(kvs)-1].Key + "\x00")
				return
			}
			resp := &api.Response{Items: items, ResourceVersion: strconv.FormatInt(rev, 10)}
			if more && len(items) > 0 {
				resp.Continue = encodeContinue(k.after(req, items[len(items)-1]), rev)
				if empty {
					resp.Remaining = int64(count - len(items))
				}
			}
			reply(resp)
		})
	}
	read(from)
}

// The texts of etcd3/errors.go.
const (
	listExpired     = "The resourceVersion for the provided list is too old."
	continueExpired = "The provided continue parameter is too old to display a consistent list result. You can start a new list without " +
		"the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the " +
		"provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk " +
		"was returned and now may show up in the list."
)

func (k *cacher) listFailed(req *api.Request, from, prefix string, rev int64, err error, reply func(*api.Response)) {
	switch err {
	case etcd.ErrCompacted:
		if req.Continue == "" {
			reply(&api.Response{Err: apierrors.NewResourceExpired(listExpired)})
			return
		}
		st := apierrors.NewResourceExpired(continueExpired)
		st.ErrStatus.ListMeta.Continue = encodeContinue(strings.TrimPrefix(from, prefix), -1)
		reply(&api.Response{Err: st})
	case etcd.ErrFutureRev:
		k.s.db.Revision(func(now int64, _ error) { reply(&api.Response{Err: tooLarge(rev, now, 0)}) })
	default:
		reply(&api.Response{Err: storageError(err)})
	}
}
