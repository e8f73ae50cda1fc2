package main

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// What shortenCalls wrote, written out again, is what the compiler wrote.
func TestShortenedCallsAreTheCompilers(t *testing.T) {
	b := read(t, build(t))
	before, err := parse(b)
	require.NoError(t, err)
	after, err := parse(b)
	require.NoError(t, err)
	tab, err := find(after.memory)
	require.NoError(t, err)
	require.NoError(t, after.shortenCalls(tab.ofPackages([]string{"runtime", "internal/..."})))
	old, short := bodies(t, before), bodies(t, after)
	require.Len(t, short, len(old))
	changed := 0
	for i, s := range short {
		if !bytes.Equal(s, old[i]) {
			changed++
			require.True(t, bytes.Equal(old[i], lengthen(t, s)), "function %d", i)
		}
	}
	require.Greater(t, changed, 500)
	require.Less(t, changed, len(old))
}

func TestPackagesOfFunctions(t *testing.T) {
	for name, pkg := range map[string]string{
		"main.main": "main", "k8s.io/api/core/v1.(*Pod).Size": "k8s.io/api/core/v1", "a/b.F[go.shape.struct { c/d.E }].func1": "a/b",
		"memset": "memset",
	} {
		require.Equal(t, pkg, packageOf(name))
	}
	require.True(t, matches("a/...", "a") && matches("a/...", "a/b") && matches("a/b...", "a/bc") && matches("a", "a"))
	require.False(t, matches("a", "a/b") || matches("a/...", "ab"))
}

func bodies(t *testing.T, m *module) (out [][]byte) {
	for _, s := range m.before {
		if s.id != sectionCode {
			continue
		}
		r := reader{s.body}
		n, err := r.unsigned()
		require.NoError(t, err)
		for range n {
			size, err := r.unsigned()
			require.NoError(t, err)
			b, err := r.take(size)
			require.NoError(t, err)
			out = append(out, b)
		}
	}
	return out
}

// lengthen undoes shortenFunction.
func lengthen(t *testing.T, body []byte) []byte {
	r := reader{body}
	groups, err := r.unsigned()
	require.NoError(t, err)
	out := binary.AppendUvarint(nil, groups-1)
	own, err := r.take(2)
	require.NoError(t, err)
	require.Equal(t, []byte{1, typeI64}, own)
	for range groups - 1 {
		n, err := r.unsigned()
		require.NoError(t, err)
		kind, err := r.take(1)
		require.NoError(t, err)
		out = append(binary.AppendUvarint(out, n), kind...)
	}
	var list [][]byte
	for len(r.b) > 0 {
		whole := r.b
		require.NoError(t, r.instruction())
		list = append(list, whole[:len(whole)-len(r.b)])
	}
	value := func(in []byte) int64 {
		require.EqualValues(t, opI64Const, in[0])
		v, err := (&reader{in[1:]}).signed()
		require.NoError(t, err)
		return v
	}
	base := value(list[0])
	require.Equal(t, []byte{opLocalSet, 1}, list[1])
	for i := 2; i < len(list); i++ {
		in := list[i]
		switch in[0] {
		case opI64Const:
			if bytes.Equal(list[i+1], []byte{opLocalGet, 1}) {
				require.Equal(t, []byte{opI64Or}, list[i+2])
				out = signed(append(out, opI64Const), base|value(in))
				i += 2
				continue
			}
		case opLocalGet, opLocalSet, opLocalTee:
			local, _ := binary.Uvarint(in[1:])
			require.NotEqualValues(t, 1, local, "the variable serves something else")
			if local > 0 {
				local--
			}
			in = binary.AppendUvarint([]byte{in[0]}, local)
		}
		out = append(out, in...)
	}
	return out
}

func TestShortenCallsRefusesWhatItDoesNotKnow(t *testing.T) {
	for name, body := range map[string][]byte{
		"an instruction": {0, 0xfd, 0, opEnd},
		"cut short":      {0, opI64Const, 0x80},
		"no variables":   {},
	} {
		_, err := shortenFunction(body, firstFunction)
		require.Error(t, err, name)
	}
}
