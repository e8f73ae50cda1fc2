package realclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/cmd"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
)

// asKubectl in the environment makes the test's program kubectl: its main function, in a process of its own because
// some commands end theirs.
const asKubectl = "REALCLIENT_KUBECTL"

// commandLimit is far above what any command takes here.
const commandLimit = 30 * time.Second

func kubectlMain() int {
	c := cmd.NewDefaultKubectlCommandWithArgs(cmd.KubectlOptions{
		PluginHandler: cmd.NewDefaultPluginHandler(nil),
		Arguments:     os.Args,
		ConfigFlags:   genericclioptions.NewConfigFlags(true).WithDeprecatedPasswordFlag().WithDiscoveryBurst(300).WithDiscoveryQPS(50),
		IOStreams:     genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr},
	})
	if err := c.Execute(); err != nil {
		cmdutil.CheckErr(err)
	}
	return 0
}

// kubectl is what a person at a terminal has: a kubeconfig, a cache, a directory, an environment.
type kubectl struct {
	t   *testing.T
	ns  string
	url string // of the server; "" for the one of all tests
	dir string
	env []string

	stdin io.Reader // of the next commands
}

// kubeconfig says the namespace: as a flag it would also bind what manifests say.
const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: tabernetes, cluster: {server: "%s"}}]
contexts: [{name: tabernetes, context: {cluster: tabernetes, namespace: %s}}]
current-context: tabernetes
`

// run runs a command and gives its output and exit code.
func (k *kubectl) run(args ...string) (stdout, stderr string, code int) {
	k.t.Helper()
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(k.t.Context(), commandLimit)
	defer cancel()
	c := k.command(ctx, args...)
	c.Stdin, c.Stdout, c.Stderr = k.stdin, &out, &errs
	err := c.Run()
	require.NoErrorf(k.t, ctx.Err(), "kubectl %s\n%s%s", strings.Join(args, " "), &out, &errs)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(k.t, err)
	}
	return out.String(), errs.String(), c.ProcessState.ExitCode()
}

// command is a command that is not started yet.
func (k *kubectl) command(ctx context.Context, args ...string) *exec.Cmd {
	k.t.Helper()
	if k.dir == "" {
		k.dir = k.t.TempDir()
		if k.url == "" {
			k.url = url
		}
		require.NoError(k.t, os.Mkdir(filepath.Join(k.dir, ".kube"), 0o700))
		writeFile(k.t, filepath.Join(k.dir, ".kube", "config"), fmt.Sprintf(kubeconfig, k.url, k.ns))
	}
	c := exec.CommandContext(ctx, program, args...)
	c.Args[0] = "kubectl"
	c.Dir = k.dir
	c.Env = append([]string{asKubectl + "=1", "HOME=" + k.dir, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + k.dir, "TZ=UTC"}, k.env...)
	return c
}

// line runs a whole line, as the recordings have them; the shell's quotes are single ones.
func (k *kubectl) line(line string, files map[string]string) (string, int) {
	k.t.Helper()
	var args []string
	for _, m := range regexp.MustCompile(`(?:'[^']*'|[^\s'])+`).FindAllString(line, -1) {
		args = append(args, strings.ReplaceAll(m, "'", ""))
	}
	if k.dir == "" {
		k.run("config", "current-context")
	}
	for name, text := range files {
		writeFile(k.t, filepath.Join(k.dir, name), text)
	}
	out, errs, code := k.run(args...)
	return out + errs, code
}

// ok runs a command that must succeed.
func (k *kubectl) ok(args ...string) string {
	k.t.Helper()
	out, errs, code := k.run(args...)
	require.Zerof(k.t, code, "kubectl %s\n%s%s", strings.Join(args, " "), out, errs)
	return out
}

// fails runs a command that must not, and gives what it says.
func (k *kubectl) fails(args ...string) string {
	k.t.Helper()
	out, errs, code := k.run(args...)
	require.NotZerof(k.t, code, "kubectl %s\n%s", strings.Join(args, " "), out)
	return strings.TrimSpace(errs)
}

// newKubectl makes a namespace for a test.
func newKubectl(t *testing.T, ns string) *kubectl {
	(&kubectl{t: t, ns: "default"}).ok("create", "namespace", ns)
	return &kubectl{t: t, ns: ns}
}

// file writes a manifest.
func file(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "manifest.yaml")
	writeFile(t, path, text)
	return path
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}
