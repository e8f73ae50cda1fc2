package realclient

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDebug(t *testing.T) {
	t.Parallel()
	k := newKubectl(t, "debug")
	k.ok("run", "web", "--image=nginx:1.27")
	k.ok("wait", "--for=condition=Ready", "pod/web", "--timeout=60s")

	term := k.terminal("debug", "-it", "web", "--image=busybox:1.36", "-c", "look", "--target=web", "--", "sh")
	term.expect("/ # ")
	term.types("wget -qO- localhost | grep title\r")
	term.expect("<title>Welcome to nginx!</title>\r\n/ # ")
	term.types("exit 3\r")
	require.Zero(t, term.wait(), term.seen)
	require.Contains(t, term.seen, "the ephemeral container will not be restarted")
	k.ok("wait", "--for=jsonpath={.status.ephemeralContainerStatuses[0].state.terminated.exitCode}=3", "pod/web", "--timeout=60s")
	require.Equal(t, "Running web 0", k.ok("get", "pod", "web", "-o", "jsonpath={.status.phase} {.status.containerStatuses[0].name} {.status.containerStatuses[0].restartCount}"))
	require.Regexp(t, `(?s)Ephemeral Containers:\n  look:\n.*Exit Code: +3\n`, k.ok("describe", "pod", "web"))
	require.Contains(t, k.fails("debug", "web", "--image=nginx:1.27", "-c", "look"), `spec.ephemeralContainers: Forbidden: existing ephemeral containers "look" may not be changed`)

	k.ok("debug", "web", "--image=busybox:1.36", "--copy-to=copy", "--set-image=web=nginx:1.26", "-c", "shell", "--", "sleep", "36000")
	k.ok("wait", "--for=condition=Ready", "pod/copy", "--timeout=60s")
	require.Equal(t, "nginx:1.26 busybox:1.36 true", k.ok("get", "pod", "copy", "-o", "jsonpath={.spec.containers[*].image} {.spec.shareProcessNamespace}"))
	require.Equal(t, "copy\n", k.ok("exec", "copy", "-c", "shell", "--", "hostname"))

	term = k.terminal("debug", "node/node-1", "-it", "--image=busybox:1.36")
	term.expect("/ # ")
	term.types("hostname\r")
	term.expect("hostname\r\nnode-1\r\n/ # ")
	term.types("\x04")
	require.Zero(t, term.wait(), term.seen)
}
