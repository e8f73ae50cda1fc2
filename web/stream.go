package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/streaming/pkg/httpstream/wsstream"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// maxUnsent is how many bytes of output may wait for a client that does not read; one further behind is cut off.
const maxUnsent = 64 << 20

// stream is an open exec, attach or port-forward of the cluster, as goroutines outside of its loop use it.
type stream struct {
	k    *cluster
	st   *client.Stream // used in the loop only
	more chan struct{}  // holds a token when there is something to take

	mu     sync.Mutex
	frames []api.Frame
	bytes  int
}

// open asks the cluster for a stream and waits until it is taken or refused.
func (c *cluster) open(ctx context.Context, req *api.Request) (*stream, error) {
	s := &stream{k: c, more: make(chan struct{}, 1)}
	if !c.loop.do(ctx, func() { s.st = c.client.Connect(req, s.add) }) {
		return nil, apierrors.NewServiceUnavailable("the server is shutting down")
	}
	f, err := s.next(ctx)
	if err == nil && f.Kind == api.Result {
		err = f.Err
		if errors.Is(err, io.EOF) || err == nil {
			err = apierrors.NewServiceUnavailable("the stream ended before it began")
		}
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// add is called in the loop.
func (s *stream) add(f api.Frame) {
	s.k.look()
	s.mu.Lock()
	s.bytes += len(f.Data)
	if s.bytes > maxUnsent {
		s.frames, f = nil, api.Frame{Kind: api.Result, Err: api.ErrStreamLost}
	}
	s.frames = append(s.frames, f)
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// next waits for a frame.
func (s *stream) next(ctx context.Context) (api.Frame, error) {
	for {
		s.mu.Lock()
		if len(s.frames) > 0 {
			f := s.frames[0]
			s.frames = s.frames[1:]
			s.bytes -= len(f.Data)
			s.mu.Unlock()
			return f, nil
		}
		s.mu.Unlock()
		select {
		case <-s.more:
		case <-ctx.Done():
			return api.Frame{}, ctx.Err()
		case <-s.k.loop.ended:
			return api.Frame{}, api.ErrStreamLost
		}
	}
}

// send sends a frame to the container.
func (s *stream) send(f api.Frame) { s.k.loop.do(context.Background(), func() { s.st.Send(f) }) }

func (s *stream) close() { s.k.loop.do(context.Background(), func() { s.st.Close() }) }

// connect is rest.Options.Connect: it upgrades a request to a stream as kube-apiserver, the kubelet and containerd do
// together.
func (c *cluster) connect(w http.ResponseWriter, r *http.Request, req *api.Request, fail func(error)) {
	if !sameOrigin(r) {
		fail(apierrors.NewForbidden(api.Pods.GR(), req.Name, errors.New("a page of another origin may not open streams")))
		return
	}
	s, err := c.open(r.Context(), req)
	if err != nil {
		var up *api.UpgradeError
		if errors.As(err, &up) {
			// The kubelet's words pass through as they are.
			http.Error(w, up.Text, up.Code)
			return
		}
		fail(unavailable(err))
		return
	}
	defer s.close()
	forward := req.Subresource == "portforward"
	switch {
	case forward && wsstream.IsWebSocketRequestWithTunnelingProtocol(r):
		s.forwardTunnel(w, r)
	case forward && wsstream.IsWebSocketRequest(r):
		s.forwardWebSocket(w, r)
	case forward:
		s.forwardSPDY(w, r)
	case wsstream.IsWebSocketRequest(r):
		s.remoteWebSocket(w, r, req.Stream)
	default:
		s.remoteSPDY(w, r, req.Stream)
	}
}

// sameOrigin keeps pages of other origins from opening WebSockets, which browsers let them.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// remote are the streams of a remote command as a protocol provides them; nil where the client asked for none.
type remote struct {
	stdin, resize  io.Reader
	stdout, stderr io.Writer
	status         func(metav1.Status) error
	// translated says that the streams pass a translator to WebSockets, which makes an internal error of every error
	// that it reads (apiserver/pkg/util/proxy/streamtranslator.go).
	translated bool
	gone       <-chan struct{} // closed when the client has left
}

// run carries frames until the command ends or the client leaves.
func (s *stream) run(ctx context.Context, to *remote) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-to.gone:
			cancel()
		case <-ctx.Done():
		}
	}()
	if to.stdin != nil {
		go s.copyInput(to.stdin)
	}
	if to.resize != nil {
		go s.copySizes(to.resize)
	}
	for {
		f, err := s.next(ctx)
		if err != nil {
			return
		}
		switch f.Kind {
		case api.Stdout:
			err = write(to.stdout, f.Data)
		case api.Stderr:
			err = write(to.stderr, f.Data)
		case api.Result:
			if !errors.Is(f.Err, api.ErrStreamLost) {
				_ = to.status(resultOf(f.Err, to.translated))
			}
			return
		}
		if err != nil {
			return
		}
	}
}

func write(w io.Writer, data string) error {
	if w == nil {
		return nil
	}
	// Clients read into buffers of 32 KiB.
	const piece = 32 << 10
	for len(data) > piece {
		if _, err := io.WriteString(w, data[:piece]); err != nil {
			return err
		}
		data = data[piece:]
	}
	_, err := io.WriteString(w, data)
	return err
}

func (s *stream) copyInput(from io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			s.send(api.Frame{Kind: api.Stdin, Data: string(buf[:n])})
		}
		if err != nil {
			s.send(api.Frame{Kind: api.Stdin, End: true})
			return
		}
	}
}

func (s *stream) copySizes(from io.Reader) {
	d := json.NewDecoder(from)
	for {
		var size struct{ Width, Height uint16 }
		if d.Decode(&size) != nil {
			return
		}
		s.send(api.Frame{Kind: api.Resize, Width: size.Width, Height: size.Height})
	}
}

// resultOf is how a command ended, as the error channel tells it since v4 of the protocol.
func resultOf(err error, translated bool) metav1.Status {
	var exit *api.ExitError
	switch {
	case err == nil:
		return metav1.Status{Status: metav1.StatusSuccess}
	case errors.As(err, &exit):
		return metav1.Status{
			Status: metav1.StatusFailure, Reason: remotecommand.NonZeroExitCodeReason,
			Message: "command terminated with non-zero exit code: " + exit.Error(),
			Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Type: remotecommand.ExitCodeCauseType, Message: strconv.Itoa(exit.Code)}}},
		}
	case translated:
		return apierrors.NewInternalError(errors.New(err.Error())).Status()
	}
	var st apierrors.APIStatus
	if errors.As(err, &st) {
		return st.Status()
	}
	return apierrors.NewInternalError(err).Status()
}
