package endpoint

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

func (k *Controller) sync(key string, done func(error)) {
	st := k.state(key)
	finish := func(err error) {
		if err != nil && st.failures < maxRetries {
			st.failures++
			done(err)
			return
		}
		st.failures = 0
		done(nil)
	}
	svc, ok := k.services.GetKey(key)
	if !ok {
		namespace, name, _ := strings.Cut(key, "/")
		k.c.Delete(api.Endpoints, namespace, name, client.DeleteOptions{}, func(err error) {
			if apierrors.IsNotFound(err) {
				err = nil
			}
			if _, again := k.services.GetKey(key); err == nil && !again {
				delete(k.states, key)
			}
			finish(err)
		})
		return
	}
	if svc.Spec.Type == corev1.ServiceTypeExternalName || len(svc.Spec.Selector) == 0 {
		finish(nil)
		return
	}
	trigger := k.collect(svc, st)
	current, ok := k.endpoints.GetKey(key)
	if ok && st.stale == current.ResourceVersion {
		finish(fmt.Errorf("endpoints informer cache is out of date, resource version %s already processed for endpoints %s", st.stale, key))
		return
	}
	want, same, over := subsets(svc, st.members, current)
	if ok && same && !over && sameLabels(current.Labels, svc.Labels) {
		if _, noted := current.Annotations[corev1.EndpointsOverCapacity]; !noted {
			finish(nil)
			return
		}
	}
	// What is over capacity is written each time: the server finds out whether it is the same.
	k.write(svc, st, current, desired(svc, current, want, over, trigger), finish)
}

func (k *Controller) write(svc *corev1.Service, st *state, current, obj *corev1.Endpoints, done func(error)) {
	if current != nil {
		client.Update(k.c, api.Endpoints, "", obj, func(ep *corev1.Endpoints, err error) {
			if err != nil {
				k.rec.Event(current, corev1.EventTypeWarning, "FailedToUpdateEndpoint",
					fmt.Sprintf("Failed to update endpoint %s/%s: %v", svc.Namespace, svc.Name, err))
			} else if ep.ResourceVersion != current.ResourceVersion {
				st.stale = current.ResourceVersion
			}
			done(err)
		})
		return
	}
	client.Create(k.c, api.Endpoints, obj, func(_ *corev1.Endpoints, err error) {
		if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
			err = nil
		}
		if err != nil {
			// What upstream sends has no namespace yet, so the event goes to "default".
			k.rec.Event(&corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Name: svc.Name}}, corev1.EventTypeWarning, "FailedToCreateEndpoint",
				fmt.Sprintf("Failed to create endpoint for service %s/%s: %v", svc.Namespace, svc.Name, err))
		}
		done(err)
	})
}

// desired is the object to write, with the Service's labels; current is nil if there is none.
func desired(svc *corev1.Service, current *corev1.Endpoints, subsets []corev1.EndpointSubset, over bool, trigger time.Time) *corev1.Endpoints {
	obj := &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Name: svc.Name, Namespace: svc.Namespace}}
	if current != nil {
		obj = api.Copy(current)
	}
	obj.Subsets = subsets
	obj.Annotations = maps.Clone(obj.Annotations)
	if obj.Annotations == nil {
		obj.Annotations = map[string]string{}
	}
	note := func(key string, set bool, value string) {
		if set {
			obj.Annotations[key] = value
		} else {
			delete(obj.Annotations, key)
		}
	}
	note(corev1.EndpointsLastChangeTriggerTime, !trigger.IsZero(), trigger.UTC().Format(time.RFC3339Nano))
	note(corev1.EndpointsOverCapacity, over, truncated)
	obj.Labels = maps.Clone(svc.Labels)
	if obj.Labels == nil {
		obj.Labels = map[string]string{}
	}
	if svc.Spec.ClusterIP == corev1.ClusterIPNone || svc.Spec.ClusterIP == "" {
		obj.Labels[corev1.IsHeadlessService] = ""
	} else {
		delete(obj.Labels, corev1.IsHeadlessService)
	}
	obj.Labels[LabelManagedBy] = Name
	return obj
}

// sameLabels reports that labels are those a Service's Endpoints have; upstream looks past the label for headless ones.
func sameLabels(have, service map[string]string) bool {
	if have[LabelManagedBy] != Name {
		return false
	}
	own := 0
	for k, v := range have {
		if k == corev1.IsHeadlessService || k == LabelManagedBy {
			own++
		} else if s, ok := service[k]; !ok || s != v {
			return false
		}
	}
	return len(service) == len(have)-own
}

func count(subsets []corev1.EndpointSubset) (ready, unready int) {
	for i := range subsets {
		ready += len(subsets[i].Addresses)
		unready += len(subsets[i].NotReadyAddresses)
	}
	return ready, unready
}

// truncate cuts subsets down to MaxAddresses, each in proportion, and reports that it had to. Ready addresses stay before
// those that are not.
func truncate(subsets []corev1.EndpointSubset) bool {
	ready, unready := count(subsets)
	if ready+unready <= MaxAddresses {
		return false
	}
	cutReady := ready > MaxAddresses
	room, total := MaxAddresses-ready, unready
	if cutReady {
		room, total = MaxAddresses, ready
	}
	left := room
	for i := range subsets {
		s := &subsets[i]
		list := &s.NotReadyAddresses
		if cutReady {
			list, s.NotReadyAddresses = &s.Addresses, []corev1.EndpointAddress{}
		}
		n := min(int(math.Ceil(float64(len(*list))/float64(total)*float64(room))), left, len(*list))
		*list = slices.Clone((*list)[:n]) // what is cut off is not kept
		left -= n
	}
	return true
}
