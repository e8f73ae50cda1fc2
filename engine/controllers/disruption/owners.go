package disruption

import (
	"errors"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// owners finds the controllers of pods and their scale.
type owners struct {
	c           *client.Client
	controllers *client.Cache[*corev1.ReplicationController]
	sets        *client.Cache[*appsv1.ReplicaSet]
	deployments *client.Cache[*appsv1.Deployment]
	stateful    *client.Cache[*appsv1.StatefulSet]
}

// scale adds up the scales of controllers. Two ReplicaSets of one Deployment are one controller.
func (o *owners) scale(k *Controller, namespace string, refs []metav1.OwnerReference, then func(int32, error)) {
	scales := map[types.UID]int32{}
	var step func(i int)
	step = func(i int) {
		for ; i < len(refs); i++ {
			ref := &refs[i]
			if _, known := scales[ref.UID]; known {
				continue
			}
			if uid, n, ok := o.cached(namespace, ref); ok {
				scales[uid] = n
				continue
			}
			o.ask(namespace, ref, func(n int32, found bool, err error) {
				if err == nil && !found {
					err = errors.New("found no controllers for pod " + strconv.Quote(k.podOf(ref.UID)))
				}
				if err != nil {
					then(0, err)
					return
				}
				scales[ref.UID] = n
				step(i + 1)
			})
			return
		}
		sum := int32(0)
		for _, n := range scales {
			sum += n
		}
		then(sum, nil)
	}
	step(0)
}

// podOf names a pod of a controller.
func (k *Controller) podOf(owner types.UID) string {
	name := ""
	for _, p := range k.pods.ByIndex(client.IndexOwner, string(owner)) {
		if name == "" || p.Name < name {
			name = p.Name
		}
	}
	return name
}

// cached is the scale of a controller of the kinds that are in the caches.
func (o *owners) cached(namespace string, ref *metav1.OwnerReference) (types.UID, int32, bool) {
	switch {
	case is(ref, "ReplicationController", ""):
		if rc, ok := o.controllers.Get(namespace, ref.Name); ok && rc.UID == ref.UID {
			return rc.UID, *rc.Spec.Replicas, true
		}
	case is(ref, "StatefulSet", "apps"):
		if s, ok := o.stateful.Get(namespace, ref.Name); ok && s.UID == ref.UID {
			return s.UID, *s.Spec.Replicas, true
		}
	case is(ref, "ReplicaSet", "apps", "extensions"):
		rs, ok := o.sets.Get(namespace, ref.Name)
		if !ok || rs.UID != ref.UID {
			break
		}
		by := metav1.GetControllerOfNoCopy(rs)
		if by == nil || by.Kind != "Deployment" {
			return rs.UID, *rs.Spec.Replicas, true
		}
		if !is(by, "Deployment", "apps", "extensions") {
			break
		}
		if d, ok := o.deployments.Get(namespace, by.Name); ok && d.UID == by.UID {
			return d.UID, *d.Spec.Replicas, true
		}
	}
	return "", 0, false
}

func is(ref *metav1.OwnerReference, kind string, groups ...string) bool {
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	return err == nil && ref.Kind == kind && slices.Contains(groups, gv.Group)
}

// ask reads the scale of a controller of any kind from the server.
func (o *owners) ask(namespace string, ref *metav1.OwnerReference, then func(n int32, found bool, err error)) {
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err != nil {
		then(0, false, err)
		return
	}
	o.resource(gv.WithKind(ref.Kind), func(r *api.Resource, err error) {
		if err != nil {
			then(0, false, err)
			return
		}
		req := &api.Request{Verb: api.Get, Resource: r, Subresource: "scale", Namespace: namespace, Name: ref.Name}
		o.c.Do(req, func(resp *api.Response) {
			s, _ := resp.Object.(*autoscalingv1.Scale)
			switch {
			case resp.Err != nil && !apierrors.IsNotFound(resp.Err):
				then(0, false, resp.Err)
			case resp.Err != nil && !slices.Contains(r.Subresources, "scale"):
				then(0, false, errors.New(r.GR().String()+" does not implement the scale subresource"))
			case resp.Err != nil || s == nil || s.UID != ref.UID:
				then(0, false, nil)
			default:
				then(s.Spec.Replicas, true, nil)
			}
		})
	})
}

// resource finds the row of a kind, custom kinds too.
func (o *owners) resource(gvk schema.GroupVersionKind, then func(*api.Resource, error)) {
	if r := api.ByGVK(gvk); r != nil {
		then(r, nil)
		return
	}
	o.c.Do(&api.Request{Verb: api.Discover, Resource: api.Discovery}, func(resp *api.Response) {
		if resp.Err != nil {
			then(nil, resp.Err)
			return
		}
		if r := resp.Table.ByGVK(gvk); r != nil {
			then(r, nil)
			return
		}
		then(nil, errors.New("no matches for kind "+strconv.Quote(gvk.Kind)+" in version "+strconv.Quote(gvk.GroupVersion().String())))
	})
}
