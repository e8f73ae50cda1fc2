package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// raft in the wasm build must see the sizes, bytes and copies of protobuf: they decide its batches, and so the course
// of the simulation.
func TestMessagesAreThoseOfProtobuf(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	dir := t.TempDir()
	require.NoError(t, run(dir))
	out := func(args ...string) string {
		cmd := exec.Command("go", append(append([]string{"run"}, args...), "./wasm/slim/wirecheck")...)
		b, err := cmd.CombinedOutput()
		require.NoError(t, err, string(b))
		return string(b)
	}
	want, got := out(), out("-modfile="+filepath.Join(dir, "go.mod"))
	require.Greater(t, len(want), 1_000_000)
	require.True(t, want == got, "the outputs differ: diff them by running wirecheck by hand")
}

// What was cut once must not come back by another way.
func TestImportsOfTheEngine(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	dir := t.TempDir()
	require.NoError(t, run(dir))
	cmd := exec.Command("go", "list", "-modfile="+filepath.Join(dir, "go.mod"), "-deps", "./wasm")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := cmd.Output()
	require.NoError(t, err)
	deps := strings.Fields(string(out))
	require.Contains(t, deps, "go.etcd.io/raft/v3/raftpb")
	for _, p := range []string{
		"net/http", "crypto/tls", "crypto/rand", "compress/gzip", "log/slog", "flag", "os/user", "go/ast", "golang.org/x/net/http2",
		"google.golang.org/protobuf/reflect/protoreflect", "github.com/fxamacker/cbor/v2", "github.com/json-iterator/go",
		"k8s.io/apimachinery/pkg/util/net", "k8s.io/klog/v2/textlogger",
	} {
		require.NotContains(t, deps, p)
	}
}

func TestEditsFailWhenWhatTheyEditMoves(t *testing.T) {
	text := "package p\n\nimport (\n\t\"os\"\n\tv2 \"example.org/q/v2\"\n)\n\nvar a, b = 1, 2\n\nfunc F() { os.Exit(1) }\n\nfunc (t *T) M() { v2.Do() }\n"
	left, cut, err := cutDecls(text, []string{"T.M", "a", "Gone"})
	require.NoError(t, err)
	require.Equal(t, map[string]bool{"T.M": true, "a": true}, cut)
	left, err = cutImports(left)
	require.NoError(t, err)
	require.Equal(t, "package p\n\nimport (\n\t\"os\"\n\t\n)\n\n\n\nfunc F() { os.Exit(1) }\n\n\n", left)

	m := module{swap: map[string][][2]string{"f.go": {{"gone", ""}}}}
	_, err = m.edit("f.go", []byte(text))
	require.ErrorContains(t, err, `no longer has "gone"`)

	m = module{done: map[string]bool{}, cut: map[string][]string{"*.go": {"F", "Gone"}}}
	_, err = m.edit("f.go", []byte(text))
	require.NoError(t, err)
	require.ErrorContains(t, m.allDone(), "*.go no longer declares Gone")
	m = module{drop: []string{"gone.go"}}
	require.ErrorContains(t, m.allDone(), "no gone.go to drop")
}
