package engine

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/manifest"
	"tabernetes/engine/apiserver"
	"tabernetes/engine/client"
	"tabernetes/engine/etcd"
	"tabernetes/engine/explain"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// What follows looks at a cluster from outside: it sends no request, takes no time and leaves no trace in the session.

// Why tells why an object, a request or a record is as it is; see explain.Ref.
func (c *Cluster) Why(ref string) (*explain.Why, error) { return explain.Ref(c.Sim, ref) }

// ObjectInfo is one object, for an inspector.
type ObjectInfo struct {
	Ref       string            `json:"ref"`
	Kind      string            `json:"kind"`
	Namespace string            `json:"namespace"`
	Name      string            `json:"name"`
	YAML      string            `json:"yaml"`
	Logs      map[string]string `json:"logs,omitempty"` // by container
	Exists    bool              `json:"exists"`
}

// Object finds an object by reference ("pods/default/web-1").
func (c *Cluster) Object(ref string) (*ObjectInfo, error) {
	kind, key, _ := strings.Cut(ref, "/")
	r := c.Resource(kind)
	if r == nil || key == "" {
		return nil, fmt.Errorf("%q is not a reference: write KIND/NAMESPACE/NAME, as in pods/default/web-1, or KIND/NAME", ref)
	}
	if r.Namespaced && !strings.Contains(key, "/") {
		key = "default/" + key
	}
	info := &ObjectInfo{Ref: r.Name + "/" + key, Kind: r.Kind}
	info.Namespace, info.Name = api.SplitKey(key)
	obj := c.peek(r, key)
	if obj == nil {
		return info, nil
	}
	info.Exists = true
	cp := obj.DeepCopyObject().(api.Object)
	cp.GetObjectKind().SetGroupVersionKind(r.GVK())
	cp.SetManagedFields(nil)
	b, err := manifest.YAML(cp)
	if err != nil {
		return nil, err
	}
	info.YAML = string(b)
	if p, ok := obj.(*corev1.Pod); ok {
		info.Logs = c.logs(p)
	}
	return info, nil
}

// Resource finds a kind among those served now by a name that kubectl takes ("pods", "deploy"); nil if there is none.
func (c *Cluster) Resource(name string) *api.Resource {
	for _, s := range c.Servers() {
		if s != nil {
			if r := s.Table().ByName(name); r != nil {
				return r
			}
		}
	}
	return api.ByName(name)
}

func (c *Cluster) peek(r *api.Resource, key string) api.Object {
	kv := c.members.Get(apiserver.StoreKey(r, key))
	if kv == nil {
		return nil
	}
	_, obj, ok := apiserver.Stored(kv.Value)
	if ok && r.Hub != nil {
		return r.FromHub(obj)
	}
	return obj
}

// Peek looks at an object as it was committed last, whether or not anything runs; nil if there is none. The key is
// "default/web", or "node-1" without a namespace.
func (c *Cluster) Peek(r *api.Resource, key string) api.Object { return c.peek(r, key) }

// Each calls fn for every object of a resource as it was committed last, by key.
func (c *Cluster) Each(r *api.Resource, fn func(key string, o api.Object)) {
	c.members.Each(apiserver.StoreKey(r, ""), func(kv *etcd.KV) bool {
		if _, obj, ok := apiserver.Stored(kv.Value); ok {
			fn(api.KeyOf(obj), obj)
		}
		return true
	})
}

// OnCommitted calls fn with every write as etcd commits it, once and in order; old is nil for what is new, new for what
// is gone. When etcd is restored from a snapshot, fn is called with what is not as it was.
func (c *Cluster) OnCommitted(fn func(r *api.Resource, old, new api.Object)) {
	c.observers = append(c.observers, fn)
}

// written follows etcd: the first member that applies a write calls it.
func (c *Cluster) written(e *etcd.Event) {
	r, old, new, ok := apiserver.Observed(c.Sim, e)
	if !ok {
		return
	}
	c.Stage.Committed(r, old, new)
	if r == api.Events && new != nil {
		c.events.committed(e.KV.ModRevision, c.Sim.Now())
	}
	c.autoscaling.committed(float64(c.Sim.Now())/1e6, r, old, new)
	for _, fn := range c.observers {
		fn(r, old, new)
	}
}

// ClientConfig is how a program of somebody's own inside the world reaches the API: through the load balancer if there
// is one.
func (c *Cluster) ClientConfig(user, agent string) client.Config { return c.clientFor(user, agent) }

// Audit looks into the clients of all components. It must be called before the first event.
func (c *Cluster) Audit(a *client.Audit) { c.audit = a }

// Servers are the API servers by master, in order: the running one, or the last that ran; nil before the first event.
func (c *Cluster) Servers() []*apiserver.Server {
	out := make([]*apiserver.Server, len(c.masters))
	for i, h := range c.masters {
		out[i] = c.servers[h.Name]
	}
	return out
}

// Masters are the control-plane machines in order. The slice must not be changed.
func (c *Cluster) Masters() []*sim.Host { return c.masters }

// Runtime is the container runtime of a node, or nil.
func (c *Cluster) Runtime(node string) *runtime.Runtime { return c.runtimes[node] }
