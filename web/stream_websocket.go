package main

import (
	"encoding/json"
	"io"
	"net/http"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/streaming/pkg/httpstream/wsstream"

	"tabernetes/engine/api"
)

// Limits of the kubelet's streaming server.
const (
	streamIdleTimeout  = 4 * time.Hour
	streamCreation     = 30 * time.Second
	statusWriteTimeout = 10 * time.Second
)

// The subprotocol v4 in base64; its raw form is remotecommand's (cri-streaming/pkg/streaming/remotecommand/websocket.go).
const base64V4 = "v4.base64.channel.k8s.io"

// remoteWebSocket carries a remote command over a WebSocket whose messages begin with the number of a channel.
func (s *stream) remoteWebSocket(w http.ResponseWriter, r *http.Request, o *api.StreamOptions) {
	channels := make([]wsstream.ChannelType, 5)
	channels[remotecommand.StreamErr], channels[remotecommand.StreamResize] = wsstream.WriteChannel, wsstream.ReadChannel
	if o.Stdin {
		channels[remotecommand.StreamStdIn] = wsstream.ReadChannel
	}
	if o.Stdout {
		channels[remotecommand.StreamStdOut] = wsstream.WriteChannel
	}
	if o.Stderr && !o.TTY {
		channels[remotecommand.StreamStdErr] = wsstream.WriteChannel
	}
	conn := wsstream.NewConn(map[string]wsstream.ChannelProtocolConfig{
		"":                                      {Binary: true, Channels: channels},
		wsstream.ChannelWebSocketProtocol:       {Binary: true, Channels: channels},
		wsstream.Base64ChannelWebSocketProtocol: {Channels: channels},
		remotecommand.StreamProtocolV4Name:      {Binary: true, Channels: channels},
		base64V4:                                {Channels: channels},
		remotecommand.StreamProtocolV5Name:      {Binary: true, Channels: channels},
	})
	conn.SetIdleTimeout(streamIdleTimeout)
	protocol, ch, err := conn.Open(w, r)
	if err != nil {
		return
	}
	defer conn.Close()
	// An empty message on the lowest channel tells the client that the connection stands.
	first := ch[remotecommand.StreamErr]
	switch {
	case o.Stdout:
		first = ch[remotecommand.StreamStdOut]
	case o.Stderr:
		first = ch[remotecommand.StreamStdErr]
	}
	if _, err := first.Write([]byte{}); err != nil {
		return
	}
	// Clients end the input by a message of its own; the channel of sizes ends when the connection does.
	gone := make(chan struct{})
	sizes, pipe := io.Pipe()
	go func() {
		_, _ = io.Copy(pipe, ch[remotecommand.StreamResize])
		_ = pipe.Close()
		close(gone)
	}()
	to := &remote{stdout: ch[remotecommand.StreamStdOut], stderr: ch[remotecommand.StreamStdErr], resize: sizes, gone: gone}
	if o.Stdin {
		to.stdin = ch[remotecommand.StreamStdIn]
	}
	to.translated = protocol == remotecommand.StreamProtocolV5Name
	to.status = func(st metav1.Status) error {
		b, err := json.Marshal(st)
		switch protocol {
		case remotecommand.StreamProtocolV4Name, remotecommand.StreamProtocolV5Name, base64V4:
		default:
			if b = []byte(st.Message); st.Status == metav1.StatusSuccess {
				b = nil
			}
		}
		if err != nil || b == nil {
			return err
		}
		conn.SetWriteDeadline(statusWriteTimeout)
		_, err = ch[remotecommand.StreamErr].Write(b)
		return err
	}
	s.run(r.Context(), to)
}
