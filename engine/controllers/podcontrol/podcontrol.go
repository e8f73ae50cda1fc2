package podcontrol

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// Reasons of the events on the owning object.
const (
	FailedCreate     = "FailedCreate"
	SuccessfulCreate = "SuccessfulCreate"
	FailedDelete     = "FailedDelete"
	SuccessfulDelete = "SuccessfulDelete"
)

// maxName is the longest DNS-1123 subdomain.
const maxName = 253

// Control makes and deletes pods for one controller.
type Control struct {
	c   *client.Client
	rec *client.Recorder
}

// New makes a Control that writes its events through rec.
func New(c *client.Client, rec *client.Recorder) *Control { return &Control{c, rec} }

// Create creates a pod from a template in the namespace of owner; the server completes its name. refs are the owner
// references of the pod and may be shared between pods.
func (p *Control) Create(owner api.Object, template *corev1.PodTemplateSpec, refs []metav1.OwnerReference, done func(*corev1.Pod, error)) {
	p.CreateNamed(owner, template, refs, Prefix(owner.GetName()), done)
}

// CreateNamed is Create with a generateName.
func (p *Control) CreateNamed(owner api.Object, template *corev1.PodTemplateSpec, refs []metav1.OwnerReference, generateName string, done func(*corev1.Pod, error)) {
	if len(template.Labels) == 0 {
		done(nil, errors.New("unable to create pods, no labels"))
		return
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: generateName, Namespace: owner.GetNamespace(),
			Labels: template.Labels, Annotations: template.Annotations, Finalizers: template.Finalizers,
			OwnerReferences: refs,
		},
		Spec: template.Spec,
	}
	client.Create(p.c, api.Pods, pod, func(made *corev1.Pod, err error) {
		switch {
		case err == nil:
			p.rec.Event(owner, corev1.EventTypeNormal, SuccessfulCreate, "Created pod: "+made.Name)
		case !apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
			p.rec.Event(owner, corev1.EventTypeWarning, FailedCreate, "Error creating: "+err.Error())
		}
		done(made, err)
	})
}

// Delete deletes a pod on behalf of owner. A pod that is gone already gives a NotFound error and no event.
func (p *Control) Delete(owner api.Object, pod *corev1.Pod, done func(error)) {
	p.c.Delete(api.Pods, pod.Namespace, pod.Name, client.DeleteOptions{}, func(err error) {
		switch {
		case err == nil:
			p.rec.Event(owner, corev1.EventTypeNormal, SuccessfulDelete, "Deleted pod: "+pod.Name)
		case !apierrors.IsNotFound(err):
			p.rec.Event(owner, corev1.EventTypeWarning, FailedDelete, "Error deleting: "+err.Error())
			err = fmt.Errorf("unable to delete pods: %w", err)
		}
		done(err)
	})
}

// Prefix is the generateName of an owner's pods: with a dash unless the name is too long for one.
func Prefix(owner string) string {
	if len(owner)+1 > maxName {
		return owner
	}
	return owner + "-"
}

// Active reports a pod that has not ended and is not being deleted.
func Active(p *corev1.Pod) bool {
	return p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed && p.DeletionTimestamp == nil
}

// Terminating reports a pod that is being deleted and has not ended yet.
func Terminating(p *corev1.Pod) bool {
	return p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed && p.DeletionTimestamp != nil
}

// ReadyCondition is the pod's Ready condition, or nil.
func ReadyCondition(p *corev1.Pod) *corev1.PodCondition {
	for i := range p.Status.Conditions {
		if c := &p.Status.Conditions[i]; c.Type == corev1.PodReady {
			return c
		}
	}
	return nil
}
