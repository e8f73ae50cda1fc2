package swaggerdoc

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOf(t *testing.T) {
	require.Equal(t, map[string]string{"": "a thing", "name": "its name"}, Of("a.T"))
	require.Empty(t, Of("a.U"))
	require.Nil(t, Of("a.V"))
}
