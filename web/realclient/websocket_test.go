package realclient

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Programs that are no kubectl speak the older subprotocols: dashboards, consoles, scripts.
func TestWebSocketProtocols(t *testing.T) {
	t.Parallel()
	k := newKubectl(t, "websocket")
	startBox(k, "box")
	dial := func(query, protocol string) (*websocket.Conn, *http.Response, error) {
		d := websocket.Dialer{HandshakeTimeout: commandLimit}
		if protocol != "" {
			d.Subprotocols = []string{protocol}
		}
		return d.Dial("ws"+strings.TrimPrefix(url, "http")+"/api/v1/namespaces/websocket/pods/"+query, nil)
	}
	read := func(conn *websocket.Conn) map[byte]string {
		got := map[byte]string{}
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(commandLimit)))
		for {
			typ, b, err := conn.ReadMessage()
			if err != nil {
				require.True(t, websocket.IsCloseError(err, websocket.CloseNormalClosure), err)
				return got
			}
			if typ == websocket.TextMessage {
				text, err := base64.StdEncoding.DecodeString(string(b[1:]))
				require.NoError(t, err)
				b = append(b[:1], text...)
			}
			got[b[0]] += string(b[1:])
		}
	}
	const query = "box/exec?command=sh&command=-c&command=echo+out%3B+echo+err+%3E%262%3B+exit+4&stdout=true&stderr=true"
	for _, protocol := range []string{"v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io", ""} {
		conn, _, err := dial(query, protocol)
		require.NoError(t, err, protocol)
		got := read(conn)
		base := byte(0)
		if strings.Contains(protocol, "base64") {
			base = '0'
		}
		require.Equal(t, "out\n", got[base+1], protocol)
		require.Equal(t, "err\n", got[base+2], protocol)
		if strings.HasPrefix(protocol, "v") {
			var st metav1.Status
			require.NoError(t, json.Unmarshal([]byte(got[base+3]), &st), protocol)
			require.Equal(t, metav1.StatusReason("NonZeroExitCode"), st.Reason)
			require.Equal(t, []metav1.StatusCause{{Type: "ExitCode", Message: "4"}}, st.Details.Causes)
		} else {
			require.Contains(t, got[base+3], "exit code 4")
		}
	}

	// Ports, two channels each.
	k.ok("run", "web", "--image=nginx:1.27")
	k.ok("wait", "--for=condition=Ready", "pod/web", "--timeout=60s")
	require.Eventually(t, func() bool {
		conn, _, err := dial("web/portforward?ports=80&ports=81", "v4.channel.k8s.io")
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, conn.WriteMessage(websocket.BinaryMessage, []byte("\x00GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")))
		got := read(conn)
		require.Equal(t, "P\x00", got[0][:2])
		require.Equal(t, "Q\x00", got[2])
		require.Contains(t, got[3], "Q\x00error forwarding port 81 to pod ")
		return strings.Contains(got[0], "Welcome to nginx!")
	}, commandLimit, 100*time.Millisecond)

	// What is wrong is said before the connection is upgraded.
	k.ok("create", "-f", file(t, `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "two"}, "spec": {"containers": [
		{"name": "a", "image": "busybox:1.36", "command": ["sleep", "1000"]}, {"name": "b", "image": "busybox:1.36", "command": ["sleep", "1000"]}]}}`))
	k.ok("wait", "--for=condition=Ready", "pod/two", "--timeout=60s")
	for _, c := range []struct {
		query string
		code  int
		text  string
	}{
		{"two/exec?command=true&stdout=true", 400, "a container name must be specified for pod two, choose one of: [a b]"},
		{"two/exec?command=true&stdout=true&container=c", 400, "container c is not valid for pod two"},
		{"box/exec?command=true", 400, "you must specify at least 1 of stdin, stdout, stderr"},
		{"none/attach?stdout=true", 404, `pods \"none\" not found`},
		{"box/portforward?ports=x", 400, `unable to parse "x" as a port`},
	} {
		_, resp, err := dial(c.query, "v4.channel.k8s.io")
		require.ErrorIs(t, err, websocket.ErrBadHandshake, c.query)
		require.Equal(t, c.code, resp.StatusCode, c.query)
		b, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Contains(t, string(b), c.text)
	}
}
