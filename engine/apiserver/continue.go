package apiserver

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
)

// continueToken says where a limited list goes on: at which key below the list's prefix, as of which revision; -1 is
// now (k8s.io/apiserver/pkg/storage/continue.go).
type continueToken struct {
	APIVersion string `json:"v"`
	Revision   int64  `json:"rv"`
	Start      string `json:"start"`
}

func encodeContinue(start string, rev int64) string {
	b, _ := json.Marshal(continueToken{"meta.k8s.io/v1", rev, start}) // a struct of strings and a number
	return base64.RawURLEncoding.EncodeToString(b)
}

var errContinue = errors.New("continue key is not valid")

func decodeContinue(token, prefix string) (from string, rev int64, err error) {
	var t continueToken
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(b, &t)
	}
	switch {
	case err != nil:
		return "", 0, fmt.Errorf("%w: %w", errContinue, err)
	case t.APIVersion != "meta.k8s.io/v1":
		return "", 0, fmt.Errorf("%w: server does not recognize this encoded version %s", errContinue, t.APIVersion)
	case t.Revision == 0:
		return "", 0, fmt.Errorf("%w: incorrect encoded start resourceVersion (version meta.k8s.io/v1)", errContinue)
	case t.Start == "":
		return "", 0, fmt.Errorf("%w: encoded start key empty (version meta.k8s.io/v1)", errContinue)
	}
	// A token comes from outside: it must not lead above the prefix.
	key := "/" + strings.TrimPrefix(t.Start, "/")
	if path.Clean(key) != key {
		return "", 0, fmt.Errorf("%w: %s", errContinue, t.Start)
	}
	return prefix + key[1:], t.Revision, nil
}
