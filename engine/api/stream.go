package api

import (
	"errors"
	"strconv"
)

// StreamOptions are the options of pods/exec, pods/attach and pods/portforward (corev1.PodExecOptions,
// PodAttachOptions, PodPortForwardOptions).
type StreamOptions struct {
	Container             string   // "" if the pod has only one
	Command               []string // exec
	Stdin, Stdout, Stderr bool
	TTY                   bool // one stream for both outputs, and a terminal's line discipline before the input
}

// FrameKind says what a Frame carries. The first three are the numbers that remote commands have for them on the wire
// (apimachinery/pkg/util/remotecommand).
type FrameKind uint8

// The kinds of frames: to the container, from it, or both.
const (
	Stdin    FrameKind = iota // to: bytes; End says that no more will come
	Stdout                    // from
	Stderr                    // from
	Opened                    // from, always first: the kubelet has taken the stream
	Resize                    // to: the terminal's size
	Result                    // from, always last: how it ended; Err is nil, an ExitError, or what went wrong
	Dial                      // to: a new connection to Port of the pod, numbered by ID; from: Err if nobody accepted it
	Exchange                  // to: a request on the connection ID; from: its Answer, or Err if there will be none
	HangUp                    // both: the connection ID is over
)

// Frame is one message of a stream. Frames of one direction arrive in their order.
type Frame struct {
	Kind FrameKind
	Data string
	End  bool
	Err  error

	Width, Height uint16 // characters

	ID      int
	Port    int32
	Request *HTTPRequest
	Answer  *HTTPAnswer
}

// HTTPRequest is a request on a forwarded port. The simulated network carries requests, not bytes: programs in
// containers answer by method and path.
type HTTPRequest struct {
	Method string
	Path   string // with its query
	Agent  string
}

// HTTPAnswer is what a program answered.
type HTTPAnswer struct {
	Status int
	Body   string
}

// Connector is an Endpoint that serves streams; API servers are.
type Connector interface {
	// Connect opens the stream that a request names: Subresource exec, attach or portforward of a pod, Verb Get
	// (WebSockets) or Create. send is called with frames in order, on the server's side: Opened before all others unless
	// the stream is refused, Result last. It returns how to send frames to the container, and how to leave.
	Connect(req *Request, send func(Frame)) (receive func(Frame), stop func())
}

// ExitError is how a command in a container ended that did not end with 0.
type ExitError struct{ Code int }

func (e *ExitError) Error() string {
	return "command terminated with exit code " + strconv.Itoa(e.Code)
}

// UpgradeError is what a kubelet's server answers instead of a stream: plain text with a code of HTTP. Its Error is what
// clients make of it (streaming/pkg/httpstream/spdy, NewConnection).
type UpgradeError struct {
	Code int
	Text string
}

func (e *UpgradeError) Error() string { return "unable to upgrade connection: " + e.Text }

// ErrStreamLost is how a stream ends whose connection broke, in the words of a client that reads WebSockets.
var ErrStreamLost = errors.New("error reading from error stream: next reader: websocket: close 1006 (abnormal closure): unexpected EOF")
