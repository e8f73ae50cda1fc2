package auth

import (
	"errors"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

// Extra keys of users that a token stands for (apiserver/pkg/authentication/serviceaccount).
const (
	podNameKey      = "authentication.kubernetes.io/pod-name"
	podUIDKey       = "authentication.kubernetes.io/pod-uid"
	nodeNameKey     = "authentication.kubernetes.io/node-name"
	nodeUIDKey      = "authentication.kubernetes.io/node-uid"
	credentialIDKey = "authentication.kubernetes.io/credential-id"
)

// Getter finds objects that a token names: "serviceaccounts", "pods", "secrets", "nodes". err is what the API answers
// for one that is not there.
type Getter func(resource, namespace, name string) (o metav1.Object, err error)

var errInvalidated = errors.New("service account token has been invalidated")

// Account checks that whom and what a verified token names is still there, and is the user it stands for
// (pkg/serviceaccount/claims.go, Validate).
func Account(c *Claims, now time.Time, get Getter) (api.UserInfo, error) {
	if c.legacy != nil {
		return c.legacy.check(get)
	}
	b := &c.Bound
	gone := func(o metav1.Object) bool {
		t := o.GetDeletionTimestamp()
		return t != nil && t.Time.Before(now.Add(-leeway))
	}
	sa, err := get("serviceaccounts", b.Namespace, b.ServiceAccount.Name)
	switch {
	case err != nil:
		return api.UserInfo{}, err
	case string(sa.GetUID()) != b.ServiceAccount.UID:
		return api.UserInfo{}, errors.New("service account UID (" + string(sa.GetUID()) + ") does not match claim (" + b.ServiceAccount.UID + ")")
	case gone(sa):
		return api.UserInfo{}, errors.New("service account " + b.Namespace + "/" + b.ServiceAccount.Name + " has been deleted")
	}
	alive := func(resource, namespace, what, claim string, r *Ref) error {
		o, err := get(resource, namespace, r.Name)
		switch {
		case err != nil, gone(o) && string(o.GetUID()) == r.UID:
			return errInvalidated
		case string(o.GetUID()) != r.UID:
			return errors.New(what + " UID (" + string(o.GetUID()) + ") does not match service account " + claim + " ref claim (" + r.UID + ")")
		}
		return nil
	}
	extra := map[string][]string{}
	if b.Secret != nil {
		if err := alive("secrets", b.Namespace, "secret", "secret", b.Secret); err != nil {
			return api.UserInfo{}, err
		}
	}
	if b.Pod != nil {
		if err := alive("pods", b.Namespace, "pod", "pod", b.Pod); err != nil {
			return api.UserInfo{}, err
		}
		extra[podNameKey], extra[podUIDKey] = []string{b.Pod.Name}, []string{b.Pod.UID}
	}
	if b.Node != nil {
		if b.Pod == nil {
			if err := alive("nodes", "", "node", "node", b.Node); err != nil {
				return api.UserInfo{}, err
			}
		}
		extra[nodeNameKey] = []string{b.Node.Name}
		if b.Node.UID != "" {
			extra[nodeUIDKey] = []string{b.Node.UID}
		}
	}
	if c.ID != "" {
		extra[credentialIDKey] = []string{"JTI=" + c.ID}
	}
	return api.UserInfo{
		Name: AccountUser(b.Namespace, b.ServiceAccount.Name), UID: b.ServiceAccount.UID,
		Groups: append(AccountGroups(b.Namespace), Authenticated), Extra: extra,
	}, nil
}
