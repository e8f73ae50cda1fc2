package realclient

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/scenarios/golden"
)

var update = flag.Bool("update", false, "write the outputs of the scripts anew")

// TestScripts plays scripts/*.txt with the real kubectl, each in a namespace of its own, named as the script. A script
// has comments, files, commands with what they print, and waits:
//
//	# why
//	== name.yaml
//	...
//	== end
//	$ kubectl apply -f name.yaml
//	deployment.apps/web created
//	> 5 seconds pass
//
// An exit code other than 0 stands below the output as "[exit 1]". Ages, identifiers and the like are masked.
func TestScripts(t *testing.T) {
	names, err := filepath.Glob("scripts/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			t.Parallel()
			playScript(t, name)
		})
	}
}

// own are the lines that are not output.
var own = regexp.MustCompile(`^([$#>]|==) `)

func playScript(t *testing.T, name string) {
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	k := newKubectl(t, strings.TrimSuffix(filepath.Base(name), ".txt"))
	k.ok("config", "current-context")
	lines := strings.SplitAfter(string(b), "\n")
	var out strings.Builder
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		out.WriteString(line)
		switch {
		case strings.HasPrefix(line, "== "):
			var text strings.Builder
			for i++; lines[i] != "== end\n"; i++ {
				text.WriteString(lines[i])
			}
			writeFile(t, filepath.Join(k.dir, strings.TrimSpace(line[3:])), text.String())
			out.WriteString(text.String() + "== end\n")
		case strings.HasPrefix(line, "> "):
			d, err := time.ParseDuration(strings.Fields(line)[1] + "s")
			require.NoError(t, err)
			time.Sleep(d / speed)
		case strings.HasPrefix(line, "$ "):
			var want strings.Builder
			for i+1 < len(lines) && lines[i+1] != "" && !own.MatchString(lines[i+1]) {
				i++
				want.WriteString(lines[i])
			}
			start := time.Now()
			got := tidy(k.shell(t, strings.TrimSpace(line[2:])))
			if d := time.Since(start); d > 5*time.Second {
				t.Logf("%s took %s", line[:len(line)-1], d)
			}
			if !*update {
				require.Equal(t, want.String(), got, "line %d: %s", i, line)
			}
			out.WriteString(got)
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(name, []byte(out.String()), 0o644))
	}
}

// shell runs "[NAME=value] kubectl ... [| tail -N]".
func (k *kubectl) shell(t *testing.T, line string) string {
	set, command, ok := strings.Cut(line, "kubectl ")
	require.True(t, ok, line)
	if name, value, ok := strings.Cut(strings.TrimSpace(set), "="); ok {
		k.env = []string{name + "=" + strings.Trim(value, "'")}
		defer func() { k.env = nil }()
	}
	command, last, tail := strings.Cut(command, " | tail -")
	text, code := k.line(command, nil)
	if tail {
		n, err := strconv.Atoi(last)
		require.NoError(t, err)
		lines := slices.Collect(strings.Lines(text))
		text = strings.Join(lines[max(0, len(lines)-n):], "")
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	if code != 0 {
		text += "[exit " + string(rune('0'+code)) + "]\n"
	}
	return text
}

var (
	tempDir  = regexp.MustCompile(`/tmp/\S*?/(\d{3}/)?|LIVE-\d+|MERGED-\d+`)
	rfcTime  = regexp.MustCompile(`"?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| [+-]\d{4})"?`)
	anyUID   = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	revision = regexp.MustCompile(`(resourceVersion"?:|Resource Version:|current:) *"?\d+"?`)
	port     = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	suffix   = regexp.MustCompile(`\b([a-z][a-z0-9-]*)-[bcdfghjklmnpqrstvwxz2456789]{5}\b`)
)

// tidy masks an output, keeping its lines.
func tidy(text string) string {
	text = strings.ReplaceAll(text, "<invalid>", "0s") // the server's clock runs ahead of kubectl's
	text = tempDir.ReplaceAllString(text, "")
	text = rfcTime.ReplaceAllString(text, "TIME")
	text = anyUID.ReplaceAllString(text, "UID")
	text = revision.ReplaceAllString(text, "$1 REVISION")
	text = port.ReplaceAllString(text, "127.0.0.1:PORT")
	text = suffix.ReplaceAllString(text, "$1-XXXXX")
	lines := golden.Mask(text)
	// YAML keeps its indentation.
	plain := strings.Split(text, "\n")
	for i, l := range lines {
		indent := len(plain[i]) - len(strings.TrimLeft(plain[i], " \t"))
		lines[i] = strings.TrimRight(strings.Repeat(" ", indent)+l, " ")
	}
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}
