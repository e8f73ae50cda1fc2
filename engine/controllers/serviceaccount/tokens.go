package serviceaccount

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// indexAccount is the index of token Secrets by namespace/name of their account.
const indexAccount = "account"

// Sign makes a token for an account that lives with a Secret.
type Sign func(sa *corev1.ServiceAccount, secret string) (string, error)

// tokens is the token controller (tokens_controller.go).
type tokens struct {
	c        *client.Client
	ca       []byte
	sign     Sign
	accounts *client.Cache[*corev1.ServiceAccount]
	secrets  *client.Cache[*corev1.Secret]
}

// Tokens starts the controller that fills Secrets of type kubernetes.io/service-account-token, and deletes those whose
// account is gone; it works once its caches are synced. Upstream's runs with the credentials of the process.
func Tokens(f *client.Informers, ca string, sign Sign) {
	c := f.Client()
	k := &tokens{c: c, ca: []byte(ca), sign: sign, accounts: client.Shared[*corev1.ServiceAccount](f, api.ServiceAccounts), secrets: client.Shared[*corev1.Secret](f, api.Secrets)}
	k.secrets.AddIndex(indexAccount, func(s *corev1.Secret) []string {
		if s.Type != corev1.SecretTypeServiceAccountToken {
			return nil
		}
		return []string{api.Key(s.Namespace, s.Annotations[corev1.ServiceAccountNameKey])}
	})
	queue := client.NewQueue(c.Actor(), "serviceaccount_tokens_secret", 5, k.sync)
	k.secrets.Subscribe(func(old, s *corev1.Secret) {
		switch {
		case s != nil && s.Type == corev1.SecretTypeServiceAccountToken:
			queue.Add(api.KeyOf(s))
		case s == nil && old.Type == corev1.SecretTypeServiceAccountToken:
			k.unlink(old)
		}
	})
	k.accounts.Subscribe(func(old, sa *corev1.ServiceAccount) {
		if sa == nil {
			for _, s := range k.secrets.ByIndex(indexAccount, api.KeyOf(old)) {
				queue.Add(api.KeyOf(s))
			}
		}
	})
	client.WhenSynced(queue.Start, k.accounts, k.secrets)
}

// unlink takes a Secret that is gone from the list of its account.
func (k *tokens) unlink(s *corev1.Secret) {
	is := func(r corev1.ObjectReference) bool { return r.Name == s.Name }
	sa, ok := k.accounts.Get(s.Namespace, s.Annotations[corev1.ServiceAccountNameKey])
	if !ok || !matches(s, sa) || !slices.ContainsFunc(sa.Secrets, is) {
		return
	}
	client.Mutate(k.c, api.ServiceAccounts, "", sa.Namespace, sa.Name, func(o *corev1.ServiceAccount) bool {
		n := len(o.Secrets)
		o.Secrets = slices.DeleteFunc(slices.Clone(o.Secrets), is)
		return len(o.Secrets) < n
	}, nil)
}

// matches reports that a Secret does not speak of another account under the name.
func matches(s *corev1.Secret, sa *corev1.ServiceAccount) bool {
	uid := s.Annotations[corev1.ServiceAccountUIDKey]
	return uid == "" || uid == string(sa.UID)
}

func (k *tokens) sync(key string, done func(error)) {
	s, ok := k.secrets.GetKey(key)
	if !ok || s.Type != corev1.SecretTypeServiceAccountToken {
		done(nil)
		return
	}
	name := s.Annotations[corev1.ServiceAccountNameKey]
	if sa, ok := k.accounts.Get(s.Namespace, name); ok && matches(s, sa) {
		k.fill(s, sa, done)
		return
	}
	// The cache may be behind.
	client.Get(k.c, api.ServiceAccounts, s.Namespace, name, func(sa *corev1.ServiceAccount, err error) {
		switch {
		case err == nil && matches(s, sa):
			k.fill(s, sa, done)
		case err == nil || apierrors.IsNotFound(err):
			k.c.Actor().Record(sim.KindDecision, api.Ref(api.Secrets, s.Namespace, s.Name), "its service account "+name+" does not exist: delete the token")
			k.c.Delete(api.Secrets, s.Namespace, s.Name, client.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &s.UID}}, func(err error) { done(settled(err)) })
		default:
			done(err)
		}
	})
}

// settled is a write's error; there is none if somebody else was faster: the watch tells what became of it.
func settled(err error) error {
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}

// fill writes what a token Secret lacks.
func (k *tokens) fill(s *corev1.Secret, sa *corev1.ServiceAccount, done func(error)) {
	wrongCA := len(k.ca) > 0 && string(s.Data[corev1.ServiceAccountRootCAKey]) != string(k.ca)
	if !wrongCA && len(s.Data[corev1.ServiceAccountNamespaceKey]) > 0 && len(s.Data[corev1.ServiceAccountTokenKey]) > 0 {
		done(nil)
		return
	}
	next := api.Copy(s)
	next.Data, next.Annotations = maps.Clone(s.Data), maps.Clone(s.Annotations)
	if next.Data == nil {
		next.Data = map[string][]byte{}
	}
	if wrongCA {
		next.Data[corev1.ServiceAccountRootCAKey] = k.ca
	}
	if len(next.Data[corev1.ServiceAccountNamespaceKey]) == 0 {
		next.Data[corev1.ServiceAccountNamespaceKey] = []byte(s.Namespace)
	}
	if len(next.Data[corev1.ServiceAccountTokenKey]) == 0 {
		token, err := k.sign(sa, s.Name)
		if err != nil {
			done(err)
			return
		}
		next.Data[corev1.ServiceAccountTokenKey] = []byte(token)
	}
	next.Annotations[corev1.ServiceAccountNameKey], next.Annotations[corev1.ServiceAccountUIDKey] = sa.Name, string(sa.UID)
	client.Update(k.c, api.Secrets, "", next, func(_ *corev1.Secret, err error) { done(settled(err)) })
}
