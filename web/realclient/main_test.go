package realclient

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"k8s.io/kubectl/pkg/cmd"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
)

// speed is how fast the cluster's clock runs.
const speed = 20

// url is the server's, started once for all tests; each test works in a namespace of its own.
var url string

func TestMain(m *testing.M) { os.Exit(runAll(m)) }

func runAll(m *testing.M) int {
	dir, err := os.MkdirTemp("", "realclient")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	os.Setenv("KUBECONFIG", os.DevNull)
	os.Setenv("HOME", dir)
	server := filepath.Join(dir, "web")
	build := exec.Command("go", "build", "-o", server, "./web")
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "HOME="+realHome)
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s\n%v\n", out, err)
		return 1
	}
	run := exec.Command(server, "-addr=", "-api=127.0.0.1:0", "-nodes=3", "-speed="+strconv.Itoa(speed), "-seed=1")
	run.Stderr = os.Stderr
	out, err := run.StdoutPipe()
	if err == nil {
		err = run.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	_, rest, _ := strings.Cut(line, "--server=")
	if url, _, _ = strings.Cut(rest, " "); url == "" {
		fmt.Fprintf(os.Stderr, "the server did not tell its address: %q\n", line)
		_ = run.Process.Kill()
		return 1
	}
	code := m.Run()
	_ = run.Process.Signal(os.Interrupt)
	if err := run.Wait(); err != nil {
		fmt.Fprintln(os.Stderr, "the server did not end well:", err)
		return 1
	}
	return code
}

// realHome keeps the build cache of the go command where it is.
var realHome = os.Getenv("HOME")

func clientConfig() *rest.Config { return &rest.Config{Host: url, QPS: 200, Burst: 200} }

// kubectl is a command line.
type kubectl struct {
	t             *testing.T
	ns            string
	config, cache string // files, made by the first command
}

// kubeconfig is what a person has; the namespace as a flag would also bind what manifests say.
const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: tabernetes, cluster: {server: "%s"}}]
contexts: [{name: tabernetes, context: {cluster: tabernetes, namespace: %s}}]
current-context: tabernetes
`

// fatal is how kubectl would have ended the process.
type fatal struct {
	text string
	code int
}

// run runs a command and gives its output and exit code.
func (k *kubectl) run(args ...string) (stdout, stderr string, code int) {
	k.t.Helper()
	if k.config == "" {
		dir := k.t.TempDir()
		k.config = filepath.Join(dir, "config")
		writeFile(k.t, k.config, fmt.Sprintf(kubeconfig, url, k.ns))
		k.cache = filepath.Join(dir, "cache")
	}
	args = append([]string{"kubectl", "--kubeconfig=" + k.config, "--cache-dir=" + k.cache}, args...)
	var out, errs bytes.Buffer
	cmdutil.BehaviorOnFatal(func(text string, code int) { panic(fatal{text, code}) })
	defer cmdutil.DefaultBehaviorOnFatal()
	defer func() {
		if f, ok := recover().(fatal); ok {
			stdout, stderr, code = out.String(), errs.String()+f.text, f.code
		}
	}()
	c := cmd.NewDefaultKubectlCommandWithArgs(cmd.KubectlOptions{
		Arguments:   args,
		ConfigFlags: genericclioptions.NewConfigFlags(true).WithDeprecatedPasswordFlag().WithDiscoveryBurst(300).WithDiscoveryQPS(50),
		IOStreams:   genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &errs},
	})
	c.SetArgs(args[1:])
	c.SetOut(&out)
	c.SetErr(&errs)
	if err := c.Execute(); err != nil {
		return out.String(), errs.String() + err.Error(), 1
	}
	return out.String(), errs.String(), 0
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
	k := &kubectl{t: t, ns: "default"}
	k.ok("create", "namespace", ns)
	return &kubectl{t: t, ns: ns}
}

// file writes a manifest.
func file(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "manifest.yaml")
	writeFile(t, path, text)
	return path
}

func writeFile(t *testing.T, path, text string) {
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}
