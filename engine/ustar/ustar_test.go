package ustar_test

import (
	"archive/tar"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/ustar"
)

var entries = []ustar.Entry{
	{Name: "dir", Dir: true, ModTime: 1_700_000_000},
	{Name: "dir/empty", ModTime: 1},
	{Name: "dir/" + strings.Repeat("long", 60) + "/é", Data: strings.Repeat("x", 1000)},
	{Name: "link", Link: "dir/empty"},
	{Name: "exact", Data: strings.Repeat("y", 512)},
}

// What is written is read by the standard library, and the other way round.
func TestFormat(t *testing.T) {
	r := tar.NewReader(strings.NewReader(ustar.Write(entries)))
	var w bytes.Buffer
	tw := tar.NewWriter(&w)
	for _, e := range entries {
		h, err := r.Next()
		require.NoError(t, err)
		require.Equal(t, e.Name, strings.TrimSuffix(h.Name, "/"))
		require.Equal(t, e.Dir, h.FileInfo().IsDir())
		require.Equal(t, e.Link, h.Linkname)
		require.Equal(t, e.ModTime, h.ModTime.Unix())
		b, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, e.Data, string(b))
		require.NoError(t, tw.WriteHeader(h))
		_, err = tw.Write(b)
		require.NoError(t, err)
	}
	_, err := r.Next()
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, tw.Close())
	got, err := ustar.Read(w.String())
	require.NoError(t, err)
	require.Equal(t, entries, got)
	got, err = ustar.Read(ustar.Write(entries))
	require.NoError(t, err)
	require.Equal(t, entries, got)
	// One that is cut off is an error, wherever that is.
	all := ustar.Write(entries)
	for n := 1; n < len(all)-1024; n += 97 {
		if n%512 != 0 {
			_, err := ustar.Read(all[:n])
			require.Error(t, err, n)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(ustar.Write(entries))
	f.Fuzz(func(t *testing.T, archive string) {
		if got, err := ustar.Read(archive); err == nil {
			again, err := ustar.Read(ustar.Write(got))
			require.NoError(t, err)
			require.Len(t, again, len(got))
		}
	})
}
