package auth

import (
	"encoding/base64"
	"encoding/json"
	"errors"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

// legacyIssuer signs the tokens of Secrets, which have no end and no audience (pkg/serviceaccount/legacy.go).
const legacyIssuer = "kubernetes/serviceaccount"

// legacy is what such a token says.
type legacy struct {
	Issuer    string `json:"iss"`
	Namespace string `json:"kubernetes.io/serviceaccount/namespace"`
	Secret    string `json:"kubernetes.io/serviceaccount/secret.name"`
	Account   string `json:"kubernetes.io/serviceaccount/service-account.name"`
	UID       string `json:"kubernetes.io/serviceaccount/service-account.uid"`
	Subject   string `json:"sub"`

	token string
}

// SignLegacy makes the token of a Secret.
func (k *Key) SignLegacy(sa *corev1.ServiceAccount, secret string) (string, error) {
	b, err := json.Marshal(&legacy{Issuer: legacyIssuer, Namespace: sa.Namespace, Secret: secret, Account: sa.Name, UID: string(sa.UID),
		Subject: AccountUser(sa.Namespace, sa.Name)})
	return k.sign(b), err
}

// check is whom the token stands for, if its Secret and account are still there.
func (l *legacy) check(get Getter) (api.UserInfo, error) {
	if l.Secret == "" || l.UID == "" || l.Subject != AccountUser(l.Namespace, l.Account) {
		return api.UserInfo{}, errors.New("sub claim is invalid")
	}
	o, err := get("secrets", l.Namespace, l.Secret)
	s, ok := o.(*corev1.Secret)
	if err != nil || !ok || s.DeletionTimestamp != nil {
		return api.UserInfo{}, errors.New("Token has been invalidated")
	}
	if string(s.Data[corev1.ServiceAccountTokenKey]) != l.token {
		return api.UserInfo{}, errors.New("Token does not match server's copy")
	}
	var sa metav1.Object
	if sa, err = get("serviceaccounts", l.Namespace, l.Account); err != nil {
		return api.UserInfo{}, err
	}
	switch {
	case sa.GetDeletionTimestamp() != nil:
		return api.UserInfo{}, errors.New("ServiceAccount " + l.Namespace + "/" + l.Account + " has been deleted")
	case string(sa.GetUID()) != l.UID:
		return api.UserInfo{}, errors.New("ServiceAccount UID (" + string(sa.GetUID()) + ") does not match claim (" + l.UID + ")")
	}
	return api.UserInfo{Name: l.Subject, UID: l.UID, Groups: append(AccountGroups(l.Namespace), Authenticated)}, nil
}

// parseLegacy reads the claims of a token whose signature is right.
func parseLegacy(token, body string) *legacy {
	l := &legacy{token: token}
	b, _ := base64.RawURLEncoding.DecodeString(body)
	_ = json.Unmarshal(b, l) // it was read before
	return l
}
