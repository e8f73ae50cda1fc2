package realclient

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// forwarding is a kubectl port-forward that runs.
type forwarding struct {
	port string // at this end
	errs *strings.Builder
	stop func() (code int, err error) // interrupts it
	wait func() int                   // waits until it ends by itself
}

var forwardingFrom = regexp.MustCompile(`Forwarding from 127\.0\.0\.1:(\d+) -> (\d+)`)

// forward starts a port-forward to a local port of the system's choice.
func (k *kubectl) forward(args ...string) *forwarding {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), commandLimit)
	k.t.Cleanup(cancel)
	c := k.command(ctx, append([]string{"port-forward", "--address=127.0.0.1"}, args...)...)
	f := &forwarding{errs: &strings.Builder{}}
	c.Stderr = f.errs
	out, err := c.StdoutPipe()
	require.NoError(k.t, err)
	require.NoError(k.t, c.Start())
	r := bufio.NewReader(out)
	line, _ := r.ReadString('\n')
	m := forwardingFrom.FindStringSubmatch(line)
	if m == nil {
		_ = c.Wait()
		require.NotNil(k.t, m, "%q %s", line, f.errs)
	}
	f.port = m[1]
	rest := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, r)
		close(rest)
	}()
	f.wait = func() int {
		<-rest
		_ = c.Wait()
		return c.ProcessState.ExitCode()
	}
	f.stop = func() (int, error) {
		err := c.Process.Signal(os.Interrupt)
		return f.wait(), err
	}
	return f
}

func (f *forwarding) get(t *testing.T, path string) (int, string) {
	t.Helper()
	client := &http.Client{Timeout: commandLimit, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://127.0.0.1:" + f.port + path)
	require.NoError(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(b)
}

func TestPortForward(t *testing.T) {
	t.Parallel()
	k := newKubectl(t, "forward")
	k.ok("create", "deployment", "web", "--image=nginx:1.27", "--port=80")
	k.ok("expose", "deployment", "web", "--port=8080", "--target-port=80")
	k.ok("wait", "--for=condition=Available", "deployment/web", "--timeout=60s")
	for _, env := range [][]string{nil, {"KUBECTL_PORT_FORWARD_WEBSOCKETS=false"}} {
		k.env = env
		for _, target := range []string{"deploy/web", "svc/web"} {
			remote := map[string]string{"deploy/web": "80", "svc/web": "8080"}[target]
			f := k.forward(target, ":"+remote)
			code, body := f.get(t, "/")
			require.Equal(t, 200, code)
			require.Contains(t, body, "Welcome to nginx!")
			code, _ = f.get(t, "/none")
			require.Equal(t, 404, code)

			// Several requests on one connection, and several connections at once.
			conn, err := net.Dial("tcp", "127.0.0.1:"+f.port)
			require.NoError(t, err)
			r := bufio.NewReader(conn)
			for range 3 {
				_, err = fmt.Fprintf(conn, "POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
				require.NoError(t, err)
				resp, err := http.ReadResponse(r, nil)
				require.NoError(t, err)
				_, err = io.Copy(io.Discard, resp.Body)
				require.NoError(t, err)
			}
			code, _ = f.get(t, "/")
			require.Equal(t, 200, code)
			require.NoError(t, conn.Close())
			exit, err := f.stop()
			require.NoError(t, err)
			require.Zero(t, exit, f.errs)
		}
	}
	require.Contains(t, k.ok("logs", "deploy/web"), `"POST /form HTTP/1.1"`)

	// Nobody listens: the connection ends, and with it the forwarding.
	f := k.forward("deploy/web", ":81")
	_, err := http.Get("http://127.0.0.1:" + f.port)
	require.Error(t, err)
	require.Equal(t, 1, f.wait())
	require.Regexp(t, `error forwarding port 81 to pod [0-9a-f]{64}, uid : failed to execute portforward in network namespace \\"/var/run/netns/cni-[-0-9a-f]+\\": failed to connect to localhost:81 inside namespace \\"[0-9a-f]{64}\\", IPv4: dial tcp4 127.0.0.1:81: connect: connection refused IPv6 dial tcp6 \[::1\]:81: connect: connection refused`, f.errs.String())
	require.Contains(t, f.errs.String(), "error: lost connection to pod")

	// Something that is no HTTP gets an error, and does not hang.
	f = k.forward("deploy/web", ":80")
	conn, err := net.Dial("tcp", "127.0.0.1:"+f.port)
	require.NoError(t, err)
	_, err = io.WriteString(conn, "\x16\x03\x01\x02\x00\x01hello of TLS\r\n\r\n")
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(commandLimit)))
	_, err = io.ReadAll(conn)
	require.NoError(t, err)
	require.Equal(t, 1, f.wait())
	require.Contains(t, f.errs.String(), "a simulated program can be reached by HTTP/1.1 only")

	k.ok("run", "soon", "--image=no-such-image")
	require.Equal(t, "error: unable to forward port because pod is not running. Current status=Pending", k.fails("port-forward", "pod/soon", ":80"))
}
