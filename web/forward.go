package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/websocket"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/portforward"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"

	"tabernetes/engine/api"
)

const (
	// firstByteWithin is how long a forwarded connection may be silent, of real time: a client of a protocol in which the
	// server speaks first would else wait for ever.
	firstByteWithin = 30 * time.Second
	// maxForwarded bounds the body of a forwarded request, which is read and not looked at.
	maxForwarded = 64 << 20
)

// forwardSPDY serves a port-forward over SPDY/3.1: for each connection a stream for data and one for its error
// (cri-streaming/pkg/streaming/portforward/httpstream.go).
func (s *stream) forwardSPDY(w http.ResponseWriter, r *http.Request) {
	if _, err := httpstream.Handshake(r, w, []string{portforward.PortForwardV1Name}); err != nil {
		return
	}
	f := newForwarder(s)
	conn := spdy.NewResponseUpgrader().UpgradeResponse(w, r, f.accept)
	if conn != nil {
		f.serve(r.Context(), conn)
	}
}

// forwardTunnel serves the same with SPDY's bytes inside the messages of a WebSocket
// (apiserver/pkg/util/proxy/streamtunnel.go).
func (s *stream) forwardTunnel(w http.ResponseWriter, r *http.Request) {
	websocket.Server{
		Handshake: func(config *websocket.Config, _ *http.Request) error {
			for _, p := range config.Protocol {
				if p == portforward.WebsocketsSPDYTunnelingPortForwardV1 {
					config.Protocol = []string{p}
					return nil
				}
			}
			return fmt.Errorf("requested protocol(s) are not supported: %v", config.Protocol)
		},
		Handler: func(ws *websocket.Conn) {
			ws.PayloadType = websocket.BinaryFrame
			f := newForwarder(s)
			conn, err := spdy.NewServerConnection(ws, f.accept)
			if err == nil {
				f.serve(r.Context(), conn)
			}
		},
	}.ServeHTTP(w, r)
}

// forwarder joins the streams of a client's connections and carries what is on them.
type forwarder struct {
	s    *stream
	came chan httpstream.Stream

	mu    sync.Mutex
	next  int
	calls map[int]chan api.Frame // answers, by connection
}

func newForwarder(s *stream) *forwarder {
	return &forwarder{s: s, came: make(chan httpstream.Stream, 16), calls: map[int]chan api.Frame{}}
}

// accept checks the headers of a new stream.
func (f *forwarder) accept(st httpstream.Stream, _ <-chan struct{}) error {
	port := st.Headers().Get(corev1.PortHeader)
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("unable to parse %q as a port", port)
	}
	if t := st.Headers().Get(corev1.StreamType); t != corev1.StreamTypeError && t != corev1.StreamTypeData {
		return fmt.Errorf("invalid stream type %q", t)
	}
	f.came <- st
	return nil
}

func (f *forwarder) serve(ctx context.Context, conn httpstream.Connection) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer conn.Close()
	conn.SetIdleTimeout(streamIdleTimeout)
	go f.answers(ctx, cancel)
	type pair struct{ data, err httpstream.Stream }
	pairs := map[string]*pair{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-conn.CloseChan():
			return
		case st := <-f.came:
			id := st.Headers().Get(corev1.PortForwardRequestIDHeader)
			isData := st.Headers().Get(corev1.StreamType) == corev1.StreamTypeData
			if id == "" {
				// Old clients: the streams of a connection are consecutive, the error's first.
				n := int(st.Identifier())
				if isData {
					n -= 2
				}
				id = strconv.Itoa(n)
			}
			p := pairs[id]
			if p == nil {
				if len(pairs) > 1000 {
					return // nobody opens so many halves
				}
				p = &pair{}
				pairs[id] = p
			}
			if isData {
				p.data = st
			} else {
				p.err = st
			}
			if p.data != nil && p.err != nil {
				delete(pairs, id)
				go func() {
					defer conn.RemoveStreams(p.data, p.err)
					f.connection(ctx, p.data, p.err)
				}()
			}
		}
	}
}

// answers hands what the cluster answers to the connections that wait for it.
func (f *forwarder) answers(ctx context.Context, cancel func()) {
	defer cancel()
	for {
		fr, err := f.s.next(ctx)
		if err != nil || fr.Kind == api.Result {
			return
		}
		f.mu.Lock()
		call := f.calls[fr.ID]
		f.mu.Unlock()
		if call != nil {
			select {
			case call <- fr:
			default: // more answers than questions
			}
		}
	}
}

// connection carries one forwarded connection. Its error goes to the stream that is there for it.
func (f *forwarder) connection(ctx context.Context, data, errs httpstream.Stream) {
	defer data.Close()
	defer errs.Close()
	port, _ := strconv.Atoi(data.Headers().Get(corev1.PortHeader))
	if err := f.carry(ctx, int32(port), data); err != nil {
		_, _ = io.WriteString(errs, err.Error())
	}
}

// carried is a connection that a client forwards.
type carried interface {
	io.ReadWriter
	Reset() error
}

// carry dials the port, and translates what HTTP/1.1 comes into requests of the simulated network.
func (f *forwarder) carry(ctx context.Context, port int32, data carried) error {
	answer := make(chan api.Frame, 1)
	f.mu.Lock()
	f.next++
	id := f.next
	f.calls[id] = answer
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.calls, id)
		f.mu.Unlock()
		f.s.send(api.Frame{Kind: api.HangUp, ID: id})
	}()
	ask := func(fr api.Frame) (api.Frame, error) {
		fr.ID = id
		f.s.send(fr)
		select {
		case got := <-answer:
			return got, got.Err
		case <-ctx.Done():
			return api.Frame{}, ctx.Err()
		}
	}
	if _, err := ask(api.Frame{Kind: api.Dial, Port: port}); err != nil {
		return err
	}
	silent := time.AfterFunc(firstByteWithin, func() { _ = data.Reset() })
	defer silent.Stop()
	in := bufio.NewReader(data)
	for {
		if _, err := in.Peek(1); err != nil {
			return nil // the client has hung up, or never spoke
		}
		silent.Stop()
		req, err := http.ReadRequest(in)
		if err != nil {
			return fmt.Errorf("error forwarding port %d: a simulated program can be reached by HTTP/1.1 only, and this is something else: %w", port, err)
		}
		if strings.EqualFold(req.Header.Get("Expect"), "100-continue") {
			if _, err := io.WriteString(data, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
				return nil
			}
		}
		if n, err := io.Copy(io.Discard, io.LimitReader(req.Body, maxForwarded)); err != nil || n == maxForwarded {
			return fmt.Errorf("error forwarding port %d: the request's body: %w", port, cmpErr(err))
		}
		fr, err := ask(api.Frame{Kind: api.Exchange, Request: &api.HTTPRequest{Method: req.Method, Path: req.URL.RequestURI(), Agent: req.UserAgent()}})
		if err != nil {
			return nil // as a connection that was reset
		}
		resp := httpResponse(req, fr.Answer)
		if err := resp.Write(data); err != nil || req.Close {
			return nil
		}
	}
}

var errTooLarge = errors.New("is too large")

func cmpErr(err error) error {
	if err == nil {
		return errTooLarge
	}
	return err
}

// httpResponse writes out what a program answered.
func httpResponse(req *http.Request, a *api.HTTPAnswer) *http.Response {
	body := a.Body
	resp := &http.Response{
		StatusCode: a.Status, ProtoMajor: 1, ProtoMinor: 1, Request: req, Header: http.Header{}, Close: req.Close,
		ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)),
	}
	if body != "" {
		resp.Header.Set("Content-Type", http.DetectContentType([]byte(body)))
	}
	return resp
}
