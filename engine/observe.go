package engine

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"tabernetes/engine/api"
	"tabernetes/engine/apiserver"
	"tabernetes/engine/client"
	"tabernetes/engine/explain"
	"tabernetes/engine/runtime"
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
	r := api.ByName(kind)
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
	b, err := yaml.Marshal(cp)
	if err != nil {
		return nil, err
	}
	info.YAML = string(b)
	if p, ok := obj.(*corev1.Pod); ok {
		info.Logs = c.logs(p)
	}
	return info, nil
}

func (c *Cluster) peek(r *api.Resource, key string) api.Object {
	if c.server == nil {
		return nil
	}
	return c.server.Peek(r, key)
}

// EventInfo is one Event, for a list.
type EventInfo struct {
	At      float64 `json:"at"` // milliseconds of virtual time
	Type    string  `json:"type"`
	Reason  string  `json:"reason"`
	Object  string  `json:"object"`
	Ref     string  `json:"ref"`
	Message string  `json:"message"`
	Count   int32   `json:"count"`
}

// Events are the newest Events of all namespaces, newest first, at most limit of them.
func (c *Cluster) Events(limit int) []EventInfo {
	if c.server == nil {
		return []EventInfo{}
	}
	out := []EventInfo{}
	start := c.Sim.Wall(0)
	for _, o := range c.server.Newest(api.Events, min(max(limit, 0), 1000)) {
		e := o.(*corev1.Event)
		at, n := e.LastTimestamp.Time, e.Count
		if at.IsZero() {
			at = e.EventTime.Time
		}
		if e.Series != nil {
			at, n = e.Series.LastObservedTime.Time, e.Series.Count
		}
		info := EventInfo{At: float64(at.Sub(start).Microseconds()) / 1000, Type: e.Type, Reason: e.Reason, Message: e.Message, Count: max(n, 1)}
		info.Object = strings.ToLower(e.InvolvedObject.Kind) + "/" + e.InvolvedObject.Name
		if r := api.ByName(e.InvolvedObject.Kind); r != nil {
			info.Ref = api.Ref(r, e.InvolvedObject.Namespace, e.InvolvedObject.Name)
		}
		out = append(out, info)
	}
	slices.SortStableFunc(out, func(a, b EventInfo) int {
		switch {
		case a.At > b.At:
			return -1
		case a.At < b.At:
			return 1
		}
		return 0
	})
	return out
}

// OnCommitted calls fn with every committed write the API server's watch cache has seen, in order by resource; old is
// nil for what is new to it. An API server that starts tells of everything there is.
func (c *Cluster) OnCommitted(fn func(r *api.Resource, old, new api.Object)) {
	c.observers = append(c.observers, fn)
}

func (c *Cluster) committed(r *api.Resource, old, new api.Object) {
	c.Stage.Committed(r, old, new)
	for _, fn := range c.observers {
		fn(r, old, new)
	}
}

// Audit looks into the clients of all components. It must be called before the first event.
func (c *Cluster) Audit(a *client.Audit) { c.audit = a }

// Server is the running API server, or the last that ran; nil before the first event.
func (c *Cluster) Server() *apiserver.Server { return c.server }

// Runtime is the container runtime of a node, or nil.
func (c *Cluster) Runtime(node string) *runtime.Runtime { return c.runtimes[node] }
