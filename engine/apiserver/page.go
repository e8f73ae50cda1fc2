package apiserver

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
)

// continueToken is where a limited list goes on (k8s.io/apiserver/pkg/storage/continue.go).
type continueToken struct {
	APIVersion string `json:"v"`
	Revision   string `json:"rv"`
	Start      string `json:"start"`
}

// page cuts a list to the request's limit. Later pages show the current state from the key on, not the state of the
// first page's revision.
func page(req *api.Request, resp *api.Response) error {
	items := resp.Items
	if req.Continue != "" {
		var t continueToken
		b, err := base64.RawURLEncoding.DecodeString(req.Continue)
		if err == nil {
			err = json.Unmarshal(b, &t)
		}
		if err != nil || t.APIVersion != "meta.k8s.io/v1" {
			return apierrors.NewBadRequest("continue key is not valid: " + req.Continue)
		}
		i := 0
		for i < len(items) && compareKey(items[i], t.Start) <= 0 {
			i++
		}
		items = items[i:]
	}
	if req.Limit > 0 && int64(len(items)) > req.Limit {
		last := items[req.Limit-1]
		b, _ := json.Marshal(continueToken{"meta.k8s.io/v1", resp.ResourceVersion, last.GetNamespace() + "/" + last.GetName()})
		resp.Continue = base64.RawURLEncoding.EncodeToString(b)
		resp.Remaining = int64(len(items)) - req.Limit
		items = items[:req.Limit]
	}
	resp.Items = items
	return nil
}

func compareKey(o api.Object, key string) int {
	ns, name, _ := strings.Cut(key, "/")
	if c := strings.Compare(o.GetNamespace(), ns); c != 0 {
		return c
	}
	return strings.Compare(o.GetName(), name)
}
