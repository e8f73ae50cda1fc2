package api

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/sim"
)

// Verb is what a request asks for, in RBAC's words.
type Verb string

// The verbs.
const (
	Get              Verb = "get"
	List             Verb = "list"
	Watch            Verb = "watch"
	Create           Verb = "create"
	Update           Verb = "update"
	Patch            Verb = "patch"
	Delete           Verb = "delete"
	DeleteCollection Verb = "deletecollection"
	// Discover asks of the resource Discovery for the table of what is served (Response.Table).
	Discover Verb = "discover"
)

// TypedPatch is the patch type of Request.Mutate: a patch that is a function instead of a document.
const TypedPatch types.PatchType = "typed"

// Request is one call of the API, before any serialisation. The sender must not touch Object after sending it.
type Request struct {
	Verb        Verb
	Resource    *Resource
	Version     *Resource // the row the client asked for, where Resource is its Hub; nil: Resource
	Subresource string
	Namespace   string
	Name        string

	Object    Object // create, update; for subresources "binding" (*corev1.Binding), "scale" (*autoscalingv1.Scale), "eviction"
	PatchType types.PatchType
	Patch     []byte
	// Mutate is the body of a TypedPatch: it gets a shallow copy of the current object, changes it (replacing slices
	// and maps, never writing into them) and returns false to leave it alone. It may be called again after a conflict.
	Mutate func(Object) bool

	FieldManager    string
	FieldValidation string // Ignore, Warn, Strict
	Force           bool
	DryRun          bool

	GracePeriodSeconds *int64
	Propagation        *metav1.DeletionPropagation
	Preconditions      *metav1.Preconditions

	LabelSelector        labels.Selector // nil: everything
	FieldSelector        fields.Selector
	ResourceVersion      string
	ResourceVersionMatch metav1.ResourceVersionMatch
	Limit                int64
	Continue             string
	AllowBookmarks       bool
	ProgressNotify       bool // with AllowBookmarks: not only at the end of the initial events but every minute
	SendInitialEvents    bool

	Log    *LogOptions    // pods/log
	Stream *StreamOptions // pods/exec, pods/attach, pods/portforward

	User string // who asks, as its certificate says, e.g. "system:serviceaccount:kube-system:replicaset-controller"
	// Groups of the user; nil: those the cluster's certificates give a user of that name. When the request is carried
	// out, User, Groups, UID and Extra are those of the user in whose name it is.
	Groups []string
	UID    string
	Extra  map[string][]string
	Token  string    // bearer token of a service account; it says who asks, in place of User
	As     *UserInfo // whom to act as (--as); nil: oneself
	Path   string    // of a request for NonResource, with its query: "/readyz?verbose", "/metrics"

	UserAgent string
}

// Response answers a request other than watch. Err is nil or an error of k8s.io/apimachinery/pkg/api/errors.
type Response struct {
	Object          Object
	Items           []Object // list
	ResourceVersion string   // list
	Continue        string
	Remaining       int64
	Created         bool
	Warnings        []string
	Text            string // pods/log; what a Path answers
	Code            int    // of a Path's answer; 0 is 200
	Table           *Table // discover
	Err             error
}

// WatchEvent is one change.
type WatchEvent struct {
	Type   watch.EventType // ADDED, MODIFIED, DELETED, BOOKMARK, ERROR
	Object Object          // nil for ERROR
	Err    error           // ERROR: e.g. 410 Expired; the stream is over after it
	Ctx    sim.Context     // what caused this change; events of one batch may have different causes
}

// Endpoint is what an API server offers on a connection. Its methods are called on the server's side.
type Endpoint interface {
	// Serve answers a request by calling reply once, now or later.
	Serve(req *Request, reply func(*Response))
	// Watch starts a stream: send is called with events in order, in batches. It returns how to end the stream.
	Watch(req *Request, send func([]WatchEvent)) (stop func())
}

// Service is the name under which API servers listen on their host.
const Service = "kube-apiserver"

// UserInfo is somebody: a name, groups, and what else an authenticator told.
type UserInfo struct {
	Name   string
	UID    string
	Groups []string
	Extra  map[string][]string
}

// NonResource is the resource of requests for a Path that is no resource's, such as /version: the core
// answers for health and metrics; for the rest it decides whether the user may, and the HTTP surface answers.
var NonResource = &Resource{Name: "path", Verbs: []Verb{}}
