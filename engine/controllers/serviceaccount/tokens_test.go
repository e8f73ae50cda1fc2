package serviceaccount

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

// secret asks for a token of the account "robot"; pairs are data that it has.
func secret(uid string, pairs ...string) *corev1.Secret {
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "t", Namespace: "a", Annotations: map[string]string{corev1.ServiceAccountNameKey: "robot"}}, Type: corev1.SecretTypeServiceAccountToken}
	if uid != "" {
		s.Annotations[corev1.ServiceAccountUIDKey] = uid
	}
	for i := 0; i < len(pairs); i += 2 {
		if s.Data == nil {
			s.Data = map[string][]byte{}
		}
		s.Data[pairs[i]] = []byte(pairs[i+1])
	}
	return s
}

// TestTokens are upstream's TestTokenCreation, as far as it still has token Secrets.
func TestTokens(t *testing.T) {
	robot := account("a", "robot")
	robot.UID = "1"
	full := []string{"token", "mine", "ca.crt", "ca", "namespace", "x"}
	for name, c := range map[string]struct {
		account *corev1.ServiceAccount
		secret  *corev1.Secret
		after   func(s *apitest.Server)
		fails   int
		gone    bool
		token   string
		writes  int
	}{
		"an empty one":                 {account: robot, secret: secret(""), token: "signed robot t", writes: 1},
		"one with the account's UID":   {account: robot, secret: secret("1"), token: "signed robot t", writes: 1},
		"one of another account's UID": {account: robot, secret: secret("2"), gone: true, writes: 1},
		"no such account":              {secret: secret(""), gone: true, writes: 1},
		"all is there":                 {account: robot, secret: secret("1", full...), token: "mine"},
		"without the certificate":      {account: robot, secret: secret("1", "token", "mine", "namespace", "x"), token: "mine", writes: 1},
		"with another certificate":     {account: robot, secret: secret("1", "token", "mine", "namespace", "x", "ca.crt", "old"), token: "mine", writes: 1},
		"without the namespace":        {account: robot, secret: secret("1", "token", "mine", "ca.crt", "ca"), token: "mine", writes: 1},
		"another type":                 {account: robot, secret: &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "t", Namespace: "a", Annotations: map[string]string{corev1.ServiceAccountNameKey: "robot"}}, Type: corev1.SecretTypeOpaque}},
		"the account goes":             {account: robot, secret: secret("1", full...), after: func(s *apitest.Server) { apitest.Remove[*corev1.ServiceAccount](s, "a", "robot") }, gone: true, writes: 1},
		"the account is made anew": {account: robot, secret: secret("1", full...), after: func(s *apitest.Server) {
			apitest.Remove[*corev1.ServiceAccount](s, "a", "robot")
			again := account("a", "robot")
			again.UID = "2"
			apitest.Put(s, again)
		}, gone: true, writes: 1},
		"somebody takes the token":    {account: robot, secret: secret("1", full...), after: func(s *apitest.Server) { apitest.Edit(s, "a", "t", func(o *corev1.Secret) { o.Data = nil }) }, token: "signed robot t", writes: 1},
		"a write that fails":          {account: robot, secret: secret(""), fails: 2, token: "signed robot t", writes: 3},
		"a deletion that fails":       {secret: secret(""), fails: 2, gone: true, writes: 3},
		"somebody else takes it away": {account: robot, secret: secret("1", full...), after: func(s *apitest.Server) { apitest.Remove[*corev1.Secret](s, "a", "t") }, gone: true},
	} {
		s := apitest.New()
		writes := 0
		s.Before = func(r *api.Request) error {
			if r.Resource != api.Secrets || r.Verb == api.Get || r.Verb == api.List {
				return nil
			}
			if writes++; writes <= c.fails {
				return errors.New("no")
			}
			return nil
		}
		if c.account != nil {
			apitest.Put(s, c.account.DeepCopy())
		}
		apitest.Put(s, c.secret)
		s.Start("tokens", func(f *client.Informers) {
			Tokens(f, "ca", func(sa *corev1.ServiceAccount, secret string) (string, error) {
				return "signed " + sa.Name + " " + secret, nil
			})
		})
		s.Run(time.Second)
		if c.after != nil {
			c.after(s)
		}
		s.Run(time.Minute)
		o := apitest.Get[*corev1.Secret](s, "a", "t")
		assert.Equal(t, c.gone, o == nil, name)
		assert.Equal(t, c.writes, writes, name)
		if o == nil || o.Type != corev1.SecretTypeServiceAccountToken {
			continue
		}
		assert.Equal(t, c.token, string(o.Data["token"]), name)
		assert.Equal(t, "ca", string(o.Data["ca.crt"]), name)
		assert.NotEmpty(t, o.Data["namespace"], name)
		assert.Equal(t, "1", o.Annotations[corev1.ServiceAccountUIDKey], name)
	}
}

// TestTheListOfAnAccount: a Secret that goes is taken from it, and no other.
func TestTheListOfAnAccount(t *testing.T) {
	s := apitest.New()
	robot := account("a", "robot")
	robot.UID = types.UID("1")
	robot.Secrets = []corev1.ObjectReference{{Name: "other"}, {Name: "t"}}
	apitest.Put(s, robot)
	apitest.Put(s, secret("1", "token", "x", "ca.crt", "ca", "namespace", "a"))
	s.Start("tokens", func(f *client.Informers) { Tokens(f, "ca", nil) })
	s.Run(time.Second)
	apitest.Remove[*corev1.Secret](s, "a", "t")
	s.Run(time.Second)
	assert.Equal(t, []corev1.ObjectReference{{Name: "other"}}, apitest.Get[*corev1.ServiceAccount](s, "a", "robot").Secrets)
}
