package rest

import (
	"net/http"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"tabernetes/engine/api"
	"tabernetes/engine/api/fieldmanager"
)

// books makes the managedFields that clients see of the notes that the core keeps. What it made last it keeps: several
// watchers are sent the same object.
type books struct {
	mu   sync.Mutex
	m    *fieldmanager.Manager
	made map[api.Object]api.Object
}

// maxMade bounds what is kept; an object of it is a few kilobytes.
const maxMade = 4096

func newBooks() *books {
	return &books{m: fieldmanager.New(), made: map[api.Object]api.Object{}}
}

// shown is an object as clients see it.
func (b *books) shown(c *call, obj api.Object) api.Object {
	if obj == nil || len(obj.GetManagedFields()) == 0 || !c.whole() {
		return obj
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if o, ok := b.made[obj]; ok {
		return o
	}
	o := b.m.Shown(c.resource, obj)
	if o != obj {
		if len(b.made) >= maxMade {
			clear(b.made)
		}
		b.made[obj] = o
	}
	return o
}

func (b *books) allShown(c *call, items []api.Object) []api.Object {
	out := make([]api.Object, len(items))
	for i, o := range items {
		out[i] = b.shown(c, o)
	}
	return out
}

// patchFromYAML makes JSON of an apply's document. What strict reading finds is an error or a warning, as the request's
// fieldValidation says.
func patchFromYAML(w http.ResponseWriter, req *api.Request) error {
	if req.PatchType != types.ApplyYAMLPatchType {
		return nil
	}
	b, err := yaml.YAMLToJSON(req.Patch)
	if err != nil {
		return apierrors.NewBadRequest("error decoding patch: error converting YAML to JSON: " + err.Error())
	}
	if req.FieldValidation != metav1.FieldValidationIgnore {
		if _, err := yaml.YAMLToJSONStrict(req.Patch); err != nil {
			text := "error converting YAML to JSON: " + err.Error()
			if req.FieldValidation == metav1.FieldValidationStrict {
				return apierrors.NewBadRequest("error strict decoding patch: " + text)
			}
			warn(w, []string{text})
		}
	}
	req.Patch = b
	return nil
}

// whole reports that the call is about the resource's own objects, not about a view such as their scale.
func (c *call) whole() bool {
	sub, ok := subresourceOf(c.subresource)
	return c.subresource == "" || ok && sub.kind.Empty()
}
