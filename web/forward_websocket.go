package main

import (
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/streaming/pkg/httpstream/wsstream"
)

// maxForwardPorts bounds the ports of one connection: channels are numbered by a byte.
const maxForwardPorts = 100

// forwardWebSocket serves a port-forward to clients that speak WebSockets only: two channels for each port that the query
// names, one for data and one for its error, each of which begins with the number of the port
// (cri-streaming/pkg/streaming/portforward/websocket.go).
func (s *stream) forwardWebSocket(w http.ResponseWriter, r *http.Request) {
	ports, err := portsOf(r.URL.Query())
	if err != "" {
		http.Error(w, err, http.StatusBadRequest)
		return
	}
	channels := make([]wsstream.ChannelType, 0, 2*len(ports))
	for range ports {
		channels = append(channels, wsstream.ReadWriteChannel, wsstream.WriteChannel)
	}
	conn := wsstream.NewConn(map[string]wsstream.ChannelProtocolConfig{
		"":                                 {Binary: true, Channels: channels},
		remotecommand.StreamProtocolV4Name: {Binary: true, Channels: channels},
		base64V4:                           {Channels: channels},
	})
	conn.SetIdleTimeout(streamIdleTimeout)
	_, ch, failed := conn.Open(w, r)
	if failed != nil {
		return
	}
	defer conn.Close()
	f := newForwarder(s)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go f.answers(ctx, cancel)
	var wg sync.WaitGroup
	for i, port := range ports {
		data, errs := ch[2*i], ch[2*i+1]
		number := binary.LittleEndian.AppendUint16(nil, uint16(port))
		if _, err := data.Write(number); err != nil {
			return
		}
		if _, err := errs.Write(number); err != nil {
			return
		}
		wg.Go(func() {
			if err := f.carry(ctx, port, pipeEnd{data}); err != nil {
				_, _ = io.WriteString(errs, err.Error())
			}
		})
	}
	wg.Wait()
}

// portsOf reads the ports of a query: repeated, or with commas.
func portsOf(q url.Values) (ports []int32, bad string) {
	for _, v := range q["ports"] {
		for _, text := range strings.Split(v, ",") {
			n, err := strconv.ParseUint(text, 10, 16)
			if err != nil || n == 0 {
				return nil, "unable to parse " + strconv.Quote(text) + " as a port"
			}
			ports = append(ports, int32(n))
		}
	}
	switch {
	case len(ports) == 0:
		return nil, "query parameter \"ports\" is required"
	case len(ports) > maxForwardPorts:
		return nil, "too many ports"
	}
	return ports, ""
}

// pipeEnd is a channel of a WebSocket; it cannot be reset, only closed.
type pipeEnd struct{ io.ReadWriteCloser }

func (p pipeEnd) Reset() error { return p.Close() }
