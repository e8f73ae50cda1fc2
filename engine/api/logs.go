package api

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// LogOptions are the options of pods/log (corev1.PodLogOptions without the parts that only HTTP needs). A Get of the
// subresource answers with Response.Text; with Follow it is a Watch whose events carry LogText objects, and which
// ends with an ERROR event of io.EOF when the container is over.
type LogOptions struct {
	Container    string // "" if the pod has only one
	Follow       bool
	Previous     bool // the container's run before this one
	Timestamps   bool // each line begins with its time in RFC 3339 with nanoseconds
	SinceSeconds *int64
	SinceTime    *metav1.Time
	TailLines    *int64
	LimitBytes   *int64
}

// LogText is a piece of a followed log: one or more whole lines.
type LogText struct {
	metav1.TypeMeta
	metav1.ObjectMeta
	Text string
}

// DeepCopyObject copies the text with its metadata.
func (l *LogText) DeepCopyObject() runtime.Object {
	out := *l
	l.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	return &out
}
