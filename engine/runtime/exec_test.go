package runtime_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSessions(t *testing.T) {
	b := newBox(t)
	c := b.start(t, "busybox:1.36", []string{"sleep", "3600"}, nil)
	out, code := "", -1
	put := func(s string) { out += s }
	exit := func(n int) { code = n }

	_, err := c.Attend([]string{"cat"}, "in\n", false, put, exit)
	require.NoError(t, err)
	require.Equal(t, "in\n", out)
	require.Zero(t, code)

	_, err = c.Attend([]string{"no-such-program"}, "", false, put, exit)
	require.ErrorContains(t, err, `exec: "no-such-program": executable file not found in $PATH`)

	out, code = "", -1
	s, err := c.Attend([]string{"sh"}, "", true, put, exit)
	require.NoError(t, err)
	s.Type("sleep 5; echo late", false)
	s.Type("echo typed ahead", false)
	s.Type("", true)
	b.run(time.Second)
	require.Equal(t, "/ # sleep 5; echo late\n", out)
	require.Equal(t, -1, code)
	b.run(10 * time.Second)
	require.Equal(t, "/ # sleep 5; echo late\nlate\n/ # echo typed ahead\ntyped ahead\n/ # \n", out)
	require.Zero(t, code)

	// It ends with its container.
	code = -1
	s, err = c.Attend([]string{"sh"}, "", true, put, exit)
	require.NoError(t, err)
	killed := false
	again, err := c.Attend([]string{"sleep", "60"}, "", false, put, func(int) { killed = true })
	require.NoError(t, err)
	again.Kill()
	c.Stop(0, func() {})
	b.run(time.Minute)
	require.Equal(t, 137, code)
	require.False(t, killed)
	s.Type("echo nobody hears", false)
	_, err = c.Attend([]string{"true"}, "", false, put, exit)
	require.ErrorContains(t, err, "container not running")
}
