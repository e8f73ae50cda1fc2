package config_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/scheduler/config"
	"tabernetes/engine/scheduler/framework"
)

// TestAsUpstream loads configurations, good and bad, and compares with what a real kube-scheduler made of them.
func TestAsUpstream(t *testing.T) {
	b, err := os.ReadFile("testdata/upstream.txt")
	require.NoError(t, err)
	cases := regexp.MustCompile(`(?m)^=== `).Split(string(b), -1)[1:]
	require.Greater(t, len(cases), 70)
	for _, c := range cases {
		name, rest, _ := strings.Cut(c, "\n")
		text, want, ok := strings.Cut(rest, "----\n")
		require.True(t, ok, name)
		t.Run(name, func(t *testing.T) {
			conf, err := config.Load(text)
			switch want = strings.TrimRight(want, "\n"); {
			case strings.HasPrefix(want, "error: "):
				require.Error(t, err)
				require.Equal(t, strings.TrimPrefix(want, "error: "), strings.TrimRight(err.Error(), "\n"))
			case want == "ok":
				require.NoError(t, err)
			default:
				require.NoError(t, err)
				require.Equal(t, want, strings.TrimRight(conf.Text(), "\n"))
				again, err := config.Load(conf.Text())
				require.NoError(t, err, "what is written can be read")
				require.Equal(t, conf.Text(), again.Text())
			}
		})
	}
}

// TestDefault: no configuration is the default one, in text and in effect.
func TestDefault(t *testing.T) {
	b, err := os.ReadFile("testdata/default.yaml")
	require.NoError(t, err)
	conf := config.Default()
	require.Equal(t, string(b), conf.Text())
	require.Equal(t, []*framework.Profile{framework.Default}, conf.Frameworks)
}

func TestExtendersAreRefused(t *testing.T) {
	_, err := config.Load("apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nextenders:\n- urlPrefix: http://x\n")
	require.EqualError(t, err, "extenders[0]: Forbidden: extenders are called over HTTP, and no server in this cluster would answer")
}

func FuzzLoad(f *testing.F) {
	b, err := os.ReadFile("testdata/upstream.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range strings.Split(string(b), "=== ") {
		_, text, _ := strings.Cut(c, "\n")
		text, _, _ = strings.Cut(text, "----\n")
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		conf, err := config.Load(text)
		if err != nil {
			return
		}
		if _, err := config.Load(conf.Text()); err != nil {
			t.Fatalf("%v, of what was written for %q", err, text)
		}
	})
}
