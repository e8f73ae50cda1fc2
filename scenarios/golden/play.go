package golden

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Kubectl carries out kubectl lines.
type Kubectl interface {
	// Run runs a line ("get pods") and gives what it printed, stdout and stderr, and its exit code. Files can be named by
	// -f.
	Run(line string, files map[string]string) (output string, exit int)
	// Wait lets about so many seconds of the cluster's time pass.
	Wait(seconds int)
}

// judge compares a step's output with the recording in another way than line by line; why says what differs for good
// reasons.
type judge struct {
	why  string
	same func(t testing.TB, want, got []string)
}

var judges = map[string]judge{
	"kubectl/01.txt": {"the control plane is a node here", nodes},
	"kubectl/02.txt": {"kwok's nodes tell little about themselves", firstLine},
	"kubectl/03.txt": {"kwok's nodes tell little about themselves", keys},
	"kubectl/05.txt": {"how often status is seen to change is a matter of timing", waiting},
	"kubectl/10.txt": {"kwok's nodes are in no zone, of which pods get labels here", noZones},
	"kubectl/12.txt": {"a kubelet tells more: container and image IDs, one more condition, its events", keys},
	"kubectl/13.txt": {"kubelets write events too", contains},
	"kubectl/16.txt": {"how often status is seen to change is a matter of timing", waiting},
	"kubectl/22.txt": {"how often status is seen to change is a matter of timing", waiting},
	"kubectl/26.txt": {"how often status is seen to change is a matter of timing", waiting},
	"kubectl/47.txt": {"how many pods are on the node is chance", set},
	"kubectl/48.txt": {"the control plane is a node here", nodes},
	"kubectl/52.txt": {"the control plane is a node here, so the numbers differ", digits},
}

// PlaySession plays the recorded session in a cluster of three workers in which nothing was done yet.
func PlaySession(t testing.TB, k Kubectl) {
	for _, s := range Session() {
		switch s.Name {
		case "kubectl/44.txt":
			// What happened in steps 31 to 43 was not kept; the template was another afterwards.
			out, code := k.Run("set env deployment/nginx STEP=43", nil)
			require.Zero(t, code, out)
			out, code = k.Run("rollout status deployment/nginx", nil)
			require.Zero(t, code, out)
			k.Wait(2)
		case "kubectl/51.txt":
			k.Wait(1)
		}
		play(t, k, s, nil)
	}
}

var hash = regexp.MustCompile(`nginx-[0-9a-f]{8,10}`)

func (s Step) masked(text string) []string {
	if s.Name >= "kubectl/44.txt" {
		text = hash.ReplaceAllString(text, "nginx-0123456789")
	}
	return Mask(text)
}

func play(t testing.TB, k Kubectl, s Step, files map[string]string) {
	t.Helper()
	// Recorded on nodes named node-00000 and so on; here they are node-1 to node-3.
	line := regexp.MustCompile(`node-0000(\d)`).ReplaceAllStringFunc(s.Command, func(n string) string { return "node-" + string(n[len(n)-1]+1) })
	got, code := k.Run(line, files)
	require.Equal(t, s.Exit, code, "%s: kubectl %s\n%s", s.Name, line, got)
	want, have := s.masked(s.Output), s.masked(got)
	if j, ok := judges[s.Name]; ok {
		j.same(t, want, have)
		return
	}
	require.Equal(t, strings.Join(want, "\n"), strings.Join(have, "\n"), "%s: kubectl %s", s.Name, line)
}

// PlayInvalid tries each recorded manifest that is wrong; prepare has made what they need (the Widget kind).
func PlayInvalid(t *testing.T, k Kubectl) {
	for _, inv := range Invalids() {
		t.Run(strings.TrimSuffix(inv.File, ".yaml"), func(t *testing.T) {
			for _, s := range inv.Steps {
				got, code := k.Run(s.Command, map[string]string{inv.File: inv.Manifest})
				require.Equal(t, s.Exit, code, got)
				want, have := Mask(s.Output), Mask(got)
				if strings.HasPrefix(inv.File, "25-") {
					// Upstream walks a map of properties: either order of the two lines was recorded.
					slices.Sort(want)
					slices.Sort(have)
				}
				require.Equal(t, want, have, s.Command)
				if s.Exit == 0 {
					k.Run("delete -f "+inv.File, map[string]string{inv.File: inv.Manifest})
				}
			}
		})
	}
}

func nodes(t testing.TB, want, got []string) {
	t.Helper()
	got = slices.DeleteFunc(slices.Clone(got), func(l string) bool { return strings.Contains(l, " control-plane ") })
	for i := range want {
		want[i] = strings.Replace(want[i], " agent ", " <none> ", 1)
	}
	require.Equal(t, want, got)
}

func firstLine(t testing.TB, want, got []string) {
	t.Helper()
	require.Equal(t, want[0], got[0])
}

func noZones(t testing.TB, want, got []string) {
	t.Helper()
	zone := regexp.MustCompile(`,topology\.kubernetes\.io/(region|zone)=[a-z0-9-]+`)
	require.Equal(t, want, strings.Split(zone.ReplaceAllString(strings.Join(got, "\n"), ""), "\n"))
}

func set(t testing.TB, want, got []string) {
	t.Helper()
	sorted := func(l []string) []string { return slices.Compact(slices.Sorted(slices.Values(l))) }
	require.Equal(t, sorted(want), sorted(got))
}

// contains wants every line of the recording, in any order and number.
func contains(t testing.TB, want, got []string) {
	t.Helper()
	for _, l := range want {
		require.Contains(t, got, l)
	}
}

// waiting wants the same end, and on the way nothing but what was seen there or is said of rollouts.
func waiting(t testing.TB, want, got []string) {
	t.Helper()
	require.Equal(t, want[len(want)-1], got[len(got)-1])
	known := regexp.MustCompile(`^Waiting for deployment "nginx" rollout to finish: \d (out of \d new replicas have been updated|old replicas are pending termination|of \d updated replicas are available)\.\.\.$|^Waiting for deployment spec update to be observed\.\.\.$`)
	for _, l := range got[:len(got)-1] {
		require.Regexp(t, known, l)
	}
}

// keys wants the same fields of the first object described, in the same order; more may come between them.
func keys(t testing.TB, want, got []string) {
	t.Helper()
	field := regexp.MustCompile(`^[A-Z][A-Za-z -]*:`)
	names := func(lines []string) []string {
		var out []string
		for i, l := range lines {
			if i > 0 && strings.HasPrefix(l, "Name:") {
				break
			}
			if n := field.FindString(l); n != "" {
				out = append(out, n)
			}
		}
		return out
	}
	have := names(got)
	for _, n := range names(want) {
		i := slices.Index(have, n)
		require.GreaterOrEqual(t, i, 0, "%s is missing in\n%s", n, strings.Join(got, "\n"))
		have = have[i+1:]
	}
}

func digits(t testing.TB, want, got []string) {
	t.Helper()
	number := regexp.MustCompile(`\d+`)
	hide := func(l []string) string {
		l = slices.Clone(l)
		for i := range l {
			// The scheduler's reasons are sorted with their numbers.
			parts := strings.FieldsFunc(number.ReplaceAllString(l[i], "N"), func(r rune) bool { return strings.ContainsRune(":.,", r) })
			if strings.Contains(l[i], " nodes are available: ") {
				slices.Sort(parts)
			}
			l[i] = strings.Join(parts, ",")
		}
		return strings.Join(l, "\n")
	}
	require.Equal(t, hide(want), hide(got))
}
