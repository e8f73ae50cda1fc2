package client

import (
	"k8s.io/apimachinery/pkg/labels"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

func typed[T api.Object](done func(T, error)) func(*api.Response) {
	if done == nil {
		return nil
	}
	return func(r *api.Response) {
		var zero T
		if r.Err != nil {
			done(zero, r.Err)
			return
		}
		obj, _ := r.Object.(T)
		done(obj, nil)
	}
}

// Create creates obj, which the caller must not touch afterwards. done may be nil.
func Create[T api.Object](c *Client, r *api.Resource, obj T, done func(T, error)) {
	c.Do(&api.Request{Verb: api.Create, Resource: r, Namespace: obj.GetNamespace(), Name: obj.GetName(), Object: obj}, typed(done))
}

// Update replaces an object; a resourceVersion in it makes it fail with Conflict when somebody else wrote first.
// sub is a subresource or "".
func Update[T api.Object](c *Client, r *api.Resource, sub string, obj T, done func(T, error)) {
	c.Do(&api.Request{Verb: api.Update, Resource: r, Subresource: sub, Namespace: obj.GetNamespace(), Name: obj.GetName(), Object: obj}, typed(done))
}

// Mutate patches an object with a function: fn gets a shallow copy of the current object, replaces what it wants to
// change (slices and maps whole, never their elements) and returns false to leave it as it is. It runs on the API
// server's side, so it must only look at what it captured. Like a patch document it has no precondition.
func Mutate[T api.Object](c *Client, r *api.Resource, sub, namespace, name string, fn func(T) bool, done func(T, error)) {
	c.Do(&api.Request{Verb: api.Patch, Resource: r, Subresource: sub, Namespace: namespace, Name: name,
		PatchType: api.TypedPatch, Mutate: func(o api.Object) bool { return fn(o.(T)) }}, typed(done))
}

// Get reads the current object.
func Get[T api.Object](c *Client, r *api.Resource, namespace, name string, done func(T, error)) {
	c.Do(&api.Request{Verb: api.Get, Resource: r, Namespace: namespace, Name: name}, typed(done))
}

// List reads the objects of a namespace ("": all) that a selector (nil: every) matches.
func List[T api.Object](c *Client, r *api.Resource, namespace string, sel labels.Selector, done func([]T, error)) {
	c.Do(&api.Request{Verb: api.List, Resource: r, Namespace: namespace, LabelSelector: sel}, func(resp *api.Response) {
		if resp.Err != nil {
			done(nil, resp.Err)
			return
		}
		out := make([]T, len(resp.Items))
		for i, o := range resp.Items {
			out[i] = o.(T)
		}
		done(out, nil)
	})
}

// DeleteOptions are the options of Delete.
type DeleteOptions struct {
	GracePeriodSeconds *int64
	Propagation        *metav1.DeletionPropagation
	Preconditions      *metav1.Preconditions
}

// Delete deletes an object. done may be nil.
func (c *Client) Delete(r *api.Resource, namespace, name string, o DeleteOptions, done func(error)) {
	var answered func(*api.Response)
	if done != nil {
		answered = func(resp *api.Response) { done(resp.Err) }
	}
	c.Do(&api.Request{Verb: api.Delete, Resource: r, Namespace: namespace, Name: name,
		GracePeriodSeconds: o.GracePeriodSeconds, Propagation: o.Propagation, Preconditions: o.Preconditions}, answered)
}
