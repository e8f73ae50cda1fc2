package apiserver

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"

	"tabernetes/engine/api"
)

// admit lets webhooks have a say about a stream (operation CONNECT); its options are the object they see.
func (x *stream) admit(opts *api.StreamOptions, then func(error)) {
	if !x.s.admission().hooked {
		then(nil)
		return
	}
	var o api.Object
	switch x.req.Subresource {
	case "exec":
		o = &execObject{PodExecOptions: corev1.PodExecOptions{Stdin: opts.Stdin, Stdout: opts.Stdout, Stderr: opts.Stderr, TTY: opts.TTY, Container: opts.Container, Command: opts.Command}}
	case "attach":
		o = &attachObject{PodAttachOptions: corev1.PodAttachOptions{Stdin: opts.Stdin, Stdout: opts.Stdout, Stderr: opts.Stderr, TTY: opts.TTY, Container: opts.Container}}
	default:
		o = &forwardObject{}
	}
	x.s.callBoth(&attributes{req: x.req, r: x.req.Resource, op: opConnect, sub: x.req.Subresource, obj: o}, then)
}

// The options of streams have no metadata; these let them go the way of objects.
type (
	execObject struct {
		metav1.ObjectMeta `json:"-"`
		corev1.PodExecOptions
	}
	attachObject struct {
		metav1.ObjectMeta `json:"-"`
		corev1.PodAttachOptions
	}
	forwardObject struct {
		metav1.ObjectMeta `json:"-"`
		corev1.PodPortForwardOptions
	}
)

// DeepCopyObject implements runtime.Object.
func (o *execObject) DeepCopyObject() kruntime.Object { c := *o; return &c }

// DeepCopyObject implements runtime.Object.
func (o *attachObject) DeepCopyObject() kruntime.Object { c := *o; return &c }

// DeepCopyObject implements runtime.Object.
func (o *forwardObject) DeepCopyObject() kruntime.Object { c := *o; return &c }
