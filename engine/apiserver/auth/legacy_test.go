package auth

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestTokensOfSecrets have no end, and live with their Secret and their account.
func TestTokensOfSecrets(t *testing.T) {
	key, now := NewKey(1), time.Unix(1_800_000_000, 0)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "robot", UID: "u1"}}
	token, err := key.SignLegacy(account, "t")
	require.NoError(t, err)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "t"}, Data: map[string][]byte{"token": []byte(token)}}
	deleted := &metav1.Time{Time: now}
	for name, c := range map[string]struct {
		secret  func(*corev1.Secret)
		account func(*corev1.ServiceAccount)
		want    string
	}{
		"all is there":           {nil, nil, ""},
		"the Secret is gone":     {func(s *corev1.Secret) { s.Name = "" }, nil, "Token has been invalidated"},
		"the Secret goes":        {func(s *corev1.Secret) { s.DeletionTimestamp = deleted }, nil, "Token has been invalidated"},
		"it has another token":   {func(s *corev1.Secret) { s.Data = nil }, nil, "Token does not match server's copy"},
		"the account is gone":    {nil, func(a *corev1.ServiceAccount) { a.Name = "" }, "not found"},
		"the account goes":       {nil, func(a *corev1.ServiceAccount) { a.DeletionTimestamp = deleted }, "ServiceAccount ns/robot has been deleted"},
		"the account is another": {nil, func(a *corev1.ServiceAccount) { a.UID = "u2" }, "ServiceAccount UID (u2) does not match claim (u1)"},
	} {
		s, a := secret.DeepCopy(), account.DeepCopy()
		if c.secret != nil {
			c.secret(s)
		}
		if c.account != nil {
			c.account(a)
		}
		at := now.Add(10 * 365 * 24 * time.Hour)
		claims, shared, err := key.Verify(token, nil, at)
		require.NoError(t, err, name)
		assert.Equal(t, []string{Issuer}, shared, name)
		u, err := Account(claims, at, func(resource, namespace, name string) (metav1.Object, error) {
			switch {
			case resource == "secrets" && s.Name == name:
				return s, nil
			case resource == "serviceaccounts" && a.Name == name:
				return a, nil
			}
			return nil, errors.New("not found")
		})
		if c.want != "" {
			assert.EqualError(t, err, c.want, name)
			continue
		}
		require.NoError(t, err, name)
		assert.Equal(t, "system:serviceaccount:ns:robot", u.Name)
		assert.Equal(t, []string{"system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"}, u.Groups)
		assert.Empty(t, u.Extra)
	}
	_, _, err = key.Verify(token, []string{"vault"}, now)
	assert.ErrorContains(t, err, "is invalid for the target audiences")
	_, _, err = NewKey(2).Verify(token, nil, now)
	assert.EqualError(t, err, "invalid signature, no keys found")
	_, _, err = key.Verify(token[:len(token)-2]+"xx", nil, now)
	assert.EqualError(t, err, "go-jose/go-jose: error in cryptographic primitive")
}
