package kubelet

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// TestHostPathTypes says what each type makes of a directory, a file, a socket and of nothing.
func TestHostPathTypes(t *testing.T) {
	const nothing = `, unable to determine its type: path "/srv/none" does not exist`
	for _, c := range []struct {
		typ  corev1.HostPathType
		path string
		want string
		is   string // what is at the path afterwards
	}{
		{corev1.HostPathUnset, "/srv/none", "", ""},
		{corev1.HostPathDirectory, "/srv/dir", "", "Directory"},
		{corev1.HostPathDirectory, "/srv/none", "hostPath type check failed, /srv/none is not a directory" + nothing, ""},
		{corev1.HostPathDirectory, "/srv/file", "hostPath type check failed: /srv/file is not a directory, it's a File", "File"},
		{corev1.HostPathDirectoryOrCreate, "/srv/none", "", "Directory"},
		{corev1.HostPathDirectoryOrCreate, "/srv/file", "hostPath type check failed: /srv/file is not a directory, it's a File", "File"},
		{corev1.HostPathFile, "/srv/file", "", "File"},
		{corev1.HostPathFile, "/srv/dir", "hostPath type check failed: /srv/dir is not a file, it's a Directory", "Directory"},
		{corev1.HostPathFile, "/srv/none", "hostPath type check failed, /srv/none is not a file" + nothing, ""},
		{corev1.HostPathFileOrCreate, "/srv/none", "", "File"},
		{corev1.HostPathFileOrCreate, "/srv/dir", "hostPath type check failed: /srv/dir is not a file, it's a Directory", "Directory"},
		{corev1.HostPathSocket, "/run/containerd/containerd.sock", "", "Socket"},
		{corev1.HostPathSocket, "/srv/file", "hostPath type check failed: /srv/file is not a socket file, it's a File", "File"},
		{corev1.HostPathBlockDev, "/srv/none", "hostPath type check failed, /srv/none is not a block device" + nothing, ""},
		{"Door", "/srv/dir", "Door is an invalid volume type", "Directory"},
		{corev1.HostPathDirectory, "/srv/../etc", "invalid HostPath `/srv/../etc`: must not contain '..'", "-"},
	} {
		s := sim.New(sim.Config{Seed: 1})
		root := runtime.NewEngine(s.AddHost("node-1"), runtime.NewRegistry()).Root()
		root.Set("srv/dir/x", "")
		root.Set("srv/file", "text")
		require.Equal(t, c.want, hostPath(root, &corev1.HostPathVolumeSource{Path: c.path, Type: &c.typ}), "%s %s", c.typ, c.path)
		if c.is != "-" {
			require.Equal(t, c.is, root.Type(c.path[1:]), "%s %s", c.typ, c.path)
		}
	}
}

func TestTheDiskOfAMachineOutlivesItsPower(t *testing.T) {
	s := sim.New(sim.Config{Seed: 1})
	h := s.AddHost("node-1")
	reg := runtime.NewRegistry()
	rt := runtime.NewEngine(h, reg)
	rt.Root().Set("var/lib/data/file", "kept")
	h.Stop()
	s.RunUntil(sim.Time(time.Second), 0)
	h.Start()
	s.RunUntil(sim.Time(2*time.Second), 0)
	require.Equal(t, "File", rt.Root().Type("var/lib/data/file"))
	require.Empty(t, runtime.NewEngine(s.AddHost("node-2"), reg).Root().Type("var/lib/data"), "each machine has its own")
	reg.Share("disk").Set("file", "everywhere")
	require.EqualValues(t, len("everywhere"), reg.Share("disk").Bytes())
	reg.Unshare("disk")
	require.Zero(t, reg.Share("disk").Bytes())
}
