package main

import (
	"encoding/json"
	"io"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"

	"tabernetes/engine/api"
)

// remoteSPDY carries a remote command over SPDY/3.1, one stream each (cri-streaming/pkg/streaming/remotecommand).
func (s *stream) remoteSPDY(w http.ResponseWriter, r *http.Request, o *api.StreamOptions) {
	protocol, err := httpstream.Handshake(r, w, remotecommand.SupportedStreamingProtocols)
	if err != nil {
		return // the handshake has told the client
	}
	type opened struct {
		httpstream.Stream
		replied <-chan struct{}
	}
	came := make(chan opened)
	over := make(chan struct{})
	defer close(over)
	conn := spdy.NewResponseUpgrader().UpgradeResponse(w, r, func(st httpstream.Stream, replied <-chan struct{}) error {
		select {
		case came <- opened{st, replied}:
		case <-over:
		}
		return nil
	})
	if conn == nil {
		return
	}
	defer conn.Close()
	conn.SetIdleTimeout(streamIdleTimeout)
	resizes := o.TTY && (protocol == remotecommand.StreamProtocolV4Name || protocol == remotecommand.StreamProtocolV3Name)
	missing := 1
	for _, wanted := range [...]bool{o.Stdin, o.Stdout, o.Stderr && !o.TTY, resizes} {
		if wanted {
			missing++
		}
	}
	gone := make(chan struct{})
	go func() {
		<-conn.CloseChan()
		close(gone)
	}()
	to := &remote{gone: gone}
	expired := time.NewTimer(streamCreation)
	defer expired.Stop()
	for missing > 0 {
		select {
		case st := <-came:
			select {
			case <-st.replied:
			case <-gone:
				return
			}
			switch st.Headers().Get(corev1.StreamType) {
			case corev1.StreamTypeError:
				to.status = statusWriter(st, protocol)
			case corev1.StreamTypeStdin:
				to.stdin = st
			case corev1.StreamTypeStdout:
				to.stdout = st
			case corev1.StreamTypeStderr:
				to.stderr = st
			case corev1.StreamTypeResize:
				to.resize = st
			default:
				continue
			}
			missing--
		case <-expired.C:
			return
		case <-gone:
			return
		case <-r.Context().Done():
			return
		}
	}
	if to.status == nil {
		return
	}
	s.run(r.Context(), to)
}

// statusWriter tells the result on the error stream: as JSON since v4, before that as text, and no exit code.
func statusWriter(st io.Writer, protocol string) func(metav1.Status) error {
	return func(result metav1.Status) error {
		if protocol == remotecommand.StreamProtocolV4Name {
			return json.NewEncoder(st).Encode(result)
		}
		if result.Status == metav1.StatusSuccess {
			return nil
		}
		_, err := io.WriteString(st, result.Message)
		return err
	}
}
