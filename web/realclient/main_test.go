package realclient

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
)

// speed is how fast the cluster's clock runs.
const speed = 20

// url is the server's, started once for all tests; each test works in a namespace of its own.
var url string

// program is this test's own executable; binary is the server's.
var program, binary string

func TestMain(m *testing.M) {
	if os.Getenv(asKubectl) != "" {
		os.Exit(kubectlMain())
	}
	klog.SetLogger(logr.Discard()) // reflectors tell of what the tests do to them
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	dir, err := os.MkdirTemp("", "realclient")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if program, err = os.Executable(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	binary = filepath.Join(dir, "web")
	build := exec.Command("go", "build", "-o", binary, "./web")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s\n%v\n", out, err)
		return 1
	}
	s, err := startServer("-addons=false") // as the recorded cluster was
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	url = s.url
	code := m.Run()
	if err := s.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "the server did not end well:", err)
		return 1
	}
	return code
}

// host is a running native host.
type host struct {
	url string
	cmd *exec.Cmd
	in  io.WriteCloser // takes lines such as "kill control-plane-1"
	out *bufio.Reader  // answers them
}

func startServer(flags ...string) (*host, error) {
	s := &host{cmd: exec.Command(binary, append([]string{"-addr=", "-api=127.0.0.1:0", "-nodes=3", "-speed=" + strconv.Itoa(speed), "-seed=1"}, flags...)...)}
	s.cmd.Stderr = os.Stderr
	in, err := s.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	s.in, s.out = in, bufio.NewReader(out)
	line, _ := s.out.ReadString('\n')
	_, rest, _ := strings.Cut(line, "--server=")
	if s.url, _, _ = strings.Cut(rest, " "); s.url == "" {
		_ = s.cmd.Process.Kill()
		return nil, fmt.Errorf("the server did not tell its address: %q", line)
	}
	return s, nil
}

// do gives the server a line and waits for its answer.
func (s *host) do(line string) error {
	if _, err := io.WriteString(s.in, line+"\n"); err != nil {
		return err
	}
	answer, err := s.out.ReadString('\n')
	if err == nil && !strings.HasPrefix(answer, "ok") {
		err = errors.New(strings.TrimSpace(answer))
	}
	return err
}

func (s *host) stop() error {
	_ = s.cmd.Process.Signal(os.Interrupt)
	return s.cmd.Wait()
}

func clientConfig() *rest.Config { return &rest.Config{Host: url, QPS: 200, Burst: 200} }
