package apiserver

import (
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/etcd"
	"tabernetes/engine/sim"
)

// maxNameAttempts is how often a generated name is made anew when it is taken (registry/generic/registry/store.go).
const maxNameAttempts = 8

func (s *Server) create(k *cacher, req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	r := k.r
	if req.Version != nil && r.Custom != nil && r.Custom.Webhook != nil {
		r = req.Version // it becomes a k.r when it is stored
	}
	obj, err := s.bodyOf(r, req)
	if err != nil {
		reply(&api.Response{Err: err})
		return
	}
	if obj.GetResourceVersion() != "" {
		reply(&api.Response{Err: apierrors.NewBadRequest("resourceVersion should not be set on objects to be created")})
		return
	}
	generated := obj.GetName() == "" && obj.GetGenerateName() != ""
	obj.SetUID(s.newUID())
	obj.SetCreationTimestamp(s.now())
	obj.SetDeletionTimestamp(nil)
	obj.SetDeletionGracePeriodSeconds(nil)
	obj.SetSelfLink("")
	obj.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
	if generated {
		obj.SetName(s.generateName(obj.GetGenerateName()))
	}
	s.manageCreate(req, by, r, obj)
	c := &creation{s: s, k: k, by: by, reply: reply, generated: generated}
	c.a = attributes{req: req, r: k.r, op: opCreate, obj: obj, naming: generated}
	c.admit()
}

func (s *Server) insert(k *cacher, obj api.Object, by *sim.Actor, generated bool, attempt int, reply func(*api.Response)) {
	r := k.r
	key := s.key(r, obj.GetNamespace(), obj.GetName())
	st := &stored{obj: obj, resource: r, ctx: s.a.Sim().Context(), by: by, kind: sim.KindCreate}
	if r.Describe != nil {
		st.text = r.Describe(nil, obj)
	}
	op := etcd.Op{Type: etcd.Put, Key: key, Value: st}
	if r == api.Events {
		op.TTL = eventTTL
	}
	txn := etcd.Txn{Compare: []etcd.Compare{{Key: key}}, Then: []etcd.Op{op}}
	s.alloc.reserve(&txn, st, nil, false)
	s.db.Txn(txn, func(res etcd.TxnResult, err error) {
		again := false
		if err == nil && !res.Succeeded {
			again, err = s.alloc.lost(obj, nil, res)
		}
		switch {
		case err != nil:
			reply(&api.Response{Err: storageError(err)})
		case again:
			s.insert(k, obj, by, generated, attempt, reply)
		case res.Succeeded:
			s.answer(st, res.Revision, func() { reply(&api.Response{Object: obj, Created: true}) })
		case generated && attempt < maxNameAttempts:
			obj.SetName(s.generateName(obj.GetGenerateName()))
			s.insert(k, obj, by, true, attempt+1, reply)
		case generated:
			reply(&api.Response{Err: apierrors.NewGenerateNameConflict(r.GR(), obj.GetName(), 1)})
		default:
			reply(&api.Response{Err: apierrors.NewAlreadyExists(r.GR(), obj.GetName())})
		}
	})
}

// answer runs fn, which answers a committed write, as a follower of that write.
func (s *Server) answer(st *stored, rev int64, fn func()) {
	ctx := st.settle(s.a.Sim(), rev)
	s.a.Sim().In(ctx, fn)
}

// bodyOf checks the object of a create or update against its URL, as rest.BeforeCreate does.
func (s *Server) bodyOf(r *api.Resource, req *api.Request) (api.Object, error) {
	obj := req.Object
	if obj == nil {
		return nil, apierrors.NewBadRequest("unable to read the request body: it is empty")
	}
	if api.ResourceOf(obj) != r {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("%s in version %q cannot be handled as a %s", obj.GetObjectKind().GroupVersionKind().Kind, obj.GetObjectKind().GroupVersionKind().GroupVersion(), r.Kind))
	}
	if r.Namespaced {
		if obj.GetNamespace() == "" {
			obj.SetNamespace(req.Namespace)
		} else if req.Namespace != "" && obj.GetNamespace() != req.Namespace {
			return nil, apierrors.NewBadRequest("the namespace of the provided object does not match the namespace sent on the request")
		}
	} else if obj.GetNamespace() != "" {
		obj.SetNamespace("")
	}
	if req.Verb == api.Create {
		return obj, nil
	}
	if obj.GetName() == "" {
		obj.SetName(req.Name)
	} else if obj.GetName() != req.Name {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", obj.GetName(), req.Name))
	}
	return obj, nil
}

// nameAlphabet leaves out vowels and look-alikes (k8s.io/apimachinery/pkg/util/rand).
const nameAlphabet = "bcdfghjklmnpqrstvwxz2456789"

func (s *Server) randomSuffix() string {
	var b [5]byte
	for i := range b {
		b[i] = nameAlphabet[s.rng.IntN(len(nameAlphabet))]
	}
	return string(b[:])
}

// maxGeneratedName is 63 less the suffix (k8s.io/apiserver/pkg/storage/names).
const maxGeneratedName = 58

func (s *Server) generateName(base string) string {
	if len(base) > maxGeneratedName {
		base = base[:maxGeneratedName]
	}
	return base + s.randomSuffix()
}

func (s *Server) newUID() types.UID {
	const hex = "0123456789abcdef"
	hi, lo := s.rng.Uint64(), s.rng.Uint64()
	hi = hi&^0xf000 | 0x4000 // version 4
	lo = lo&^(3<<62) | 1<<63 // variant
	var b [36]byte
	n := 0
	for i := 0; i < 16; i++ {
		w := hi
		if i >= 8 {
			w = lo
		}
		v := byte(w >> (56 - 8*(i&7)))
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b[n] = '-'
			n++
		}
		b[n], b[n+1] = hex[v>>4], hex[v&15]
		n += 2
	}
	return types.UID(b[:])
}

var errNoChange = errors.New("no change")
