package ownership

import (
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// Claims is one pass of a controller object over the objects that are or could be its own.
type Claims[T client.Typed] struct {
	Client   *client.Client
	Owner    api.Object
	OwnerRes *api.Resource
	Selector labels.Selector
	Resource *api.Resource // of what is claimed
	// Filter, when set, says what besides the selector makes an object the owner's.
	Filter func(T) bool
	// Finalizers come with the adoption and go with the release.
	Finalizers []string

	canAdopt  error
	rechecked bool
}

// Refs are the owner references of an object that owner controls.
func Refs(owner api.Object, r *api.Resource) []metav1.OwnerReference {
	return []metav1.OwnerReference{*metav1.NewControllerRef(owner, r.GVK())}
}

// Claim adopts and releases, one object after the other, and gives done those that are the owner's afterwards, in
// their order. A nil error means that nothing had to be done or all of it succeeded.
func (c *Claims[T]) Claim(objs []T, done func(claimed []T, err error)) {
	var claimed []T
	var errs error
	var step func(i int)
	step = func(i int) {
		for ; i < len(objs); i++ {
			obj := objs[i]
			ref := metav1.GetControllerOfNoCopy(obj)
			matches := c.Selector.Matches(labels.Set(obj.GetLabels())) && (c.Filter == nil || c.Filter(obj))
			deleting := c.Owner.GetDeletionTimestamp() != nil
			switch {
			case ref != nil && ref.UID != c.Owner.GetUID():
				continue
			case ref != nil && matches:
				claimed = append(claimed, obj)
				continue
			case ref != nil:
				if deleting {
					continue
				}
				c.release(obj, func(err error) {
					if err != nil && !apierrors.IsNotFound(err) {
						errs = join(errs, err)
					}
					step(i + 1)
				})
				return
			case deleting || !matches || obj.GetDeletionTimestamp() != nil || obj.GetNamespace() != c.Owner.GetNamespace():
				continue
			}
			c.adopt(obj, func(adopted T, err error) {
				if err == nil {
					claimed = append(claimed, adopted)
				} else if !apierrors.IsNotFound(err) {
					errs = join(errs, err)
				}
				step(i + 1)
			})
			return
		}
		done(claimed, errs)
	}
	step(0)
}

func join(a, b error) error {
	if a == nil {
		return b
	}
	return fmt.Errorf("[%w, %w]", a, b)
}

// recheck reads the owner from the server once a pass.
func (c *Claims[T]) recheck(then func(error)) {
	if c.rechecked {
		then(c.canAdopt)
		return
	}
	c.rechecked = true
	o := c.Owner
	client.Get(c.Client, c.OwnerRes, o.GetNamespace(), o.GetName(), func(fresh api.Object, err error) {
		switch {
		case err != nil:
			c.canAdopt = fmt.Errorf("can't recheck DeletionTimestamp: %w", err)
		case fresh.GetUID() != o.GetUID():
			c.canAdopt = fmt.Errorf("can't recheck DeletionTimestamp: original %s %s is gone: got uid %s, wanted %s",
				c.OwnerRes.Kind, api.KeyOf(o), fresh.GetUID(), o.GetUID())
		case fresh.GetDeletionTimestamp() != nil:
			c.canAdopt = fmt.Errorf("%s has just been deleted at %v", api.KeyOf(o), fresh.GetDeletionTimestamp())
		}
		then(c.canAdopt)
	})
}

func (c *Claims[T]) adopt(obj T, done func(T, error)) {
	var none T
	c.recheck(func(err error) {
		if err != nil { // %v: that the owner is not found must not pass for the object not being found
			done(none, fmt.Errorf("can't adopt %s %s (%s): %v", c.Resource.Kind, api.KeyOf(obj), obj.GetUID(), err))
			return
		}
		ref := metav1.NewControllerRef(c.Owner, c.OwnerRes.GVK())
		uid := obj.GetUID()
		client.Mutate(c.Client, c.Resource, "", obj.GetNamespace(), obj.GetName(), func(o T) bool {
			refs := o.GetOwnerReferences()
			if o.GetUID() != uid || metav1.GetControllerOfNoCopy(o) != nil {
				return false
			}
			refs = slices.DeleteFunc(slices.Clone(refs), func(r metav1.OwnerReference) bool { return r.UID == ref.UID })
			o.SetOwnerReferences(append(refs, *ref))
			if missing := slices.DeleteFunc(slices.Clone(c.Finalizers), func(f string) bool { return slices.Contains(o.GetFinalizers(), f) }); len(missing) > 0 {
				o.SetFinalizers(append(slices.Clone(o.GetFinalizers()), missing...))
			}
			return true
		}, func(now T, err error) {
			if err == nil && (now.GetUID() != uid || !metav1.IsControlledBy(now, c.Owner)) {
				err = fmt.Errorf("can't adopt %s %s (%s): somebody else has", c.Resource.Kind, api.KeyOf(obj), uid)
			}
			done(now, err)
		})
	})
}

func (c *Claims[T]) release(obj T, done func(error)) {
	uid, owner := obj.GetUID(), c.Owner.GetUID()
	client.Mutate(c.Client, c.Resource, "", obj.GetNamespace(), obj.GetName(), func(o T) bool {
		if o.GetUID() != uid || !RemoveOwners(o, owner) {
			return false
		}
		if len(c.Finalizers) > 0 {
			o.SetFinalizers(slices.DeleteFunc(slices.Clone(o.GetFinalizers()), func(f string) bool { return slices.Contains(c.Finalizers, f) }))
		}
		return true
	}, func(_ T, err error) {
		// Upstream takes Invalid for "no longer ours": released, or deleted and made anew.
		if apierrors.IsInvalid(err) || apierrors.IsNotFound(err) {
			err = nil
		}
		done(err)
	})
}

// RemoveOwners takes the references to owners out of an object that may be changed, and reports whether there were any.
func RemoveOwners(o metav1.Object, owners ...types.UID) bool {
	refs := o.GetOwnerReferences()
	kept := slices.DeleteFunc(slices.Clone(refs), func(r metav1.OwnerReference) bool { return slices.Contains(owners, r.UID) })
	if len(kept) == len(refs) {
		return false
	}
	if len(kept) == 0 {
		kept = nil
	}
	o.SetOwnerReferences(kept)
	return true
}
