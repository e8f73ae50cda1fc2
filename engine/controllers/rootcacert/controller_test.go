package rootcacert

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

const ca = "a certificate"

func bundle(data, description string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: Name, Namespace: "a", Annotations: map[string]string{DescriptionAnnotation: description, "own": "kept"}},
		Data: map[string]string{"ca.crt": data}}
}

// TestCases are those of upstream's TestConfigMapCreation and TestConfigMapUpdateNoHotLoop, and what may fail.
func TestCases(t *testing.T) {
	active := func(s *apitest.Server) {
		apitest.Put(s, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Status: corev1.NamespaceStatus{Phase: corev1.NamespaceActive}})
	}
	edit := func(fn func(*corev1.ConfigMap)) func(*apitest.Server) {
		return func(s *apitest.Server) { apitest.Edit(s, "a", Name, fn) }
	}
	with := func(m *corev1.ConfigMap) func(*apitest.Server) {
		return func(s *apitest.Server) { active(s); apitest.Put(s, m) }
	}
	terminating := apierrors.NewForbidden(api.ConfigMaps.GR(), Name, errors.New("it is being terminated"))
	terminating.ErrStatus.Details.Causes = append(terminating.ErrStatus.Details.Causes, metav1.StatusCause{Type: corev1.NamespaceTerminatingCause})
	refuse := func(err error, times int) func(int) error {
		return func(n int) error {
			if n <= times {
				return err
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		before, after func(s *apitest.Server)
		refuse        func(attempt int) error
		none          bool
		writes        int
		own           string // the annotation of somebody else's
		description   string
	}{
		"a namespace that is there":        {before: active, writes: 1, description: Description},
		"one that comes":                   {after: active, writes: 1, description: Description},
		"the bundle is there":              {before: with(bundle(ca, "mine")), description: "mine", own: "kept"},
		"it holds another certificate":     {before: with(bundle("old", "mine")), after: edit(func(m *corev1.ConfigMap) { m.Data = map[string]string{"ca.crt": "newer"} }), writes: 2, description: Description, own: "kept"},
		"it is deleted":                    {before: active, after: func(s *apitest.Server) { apitest.Remove[*corev1.ConfigMap](s, "a", Name) }, writes: 2, description: Description},
		"somebody adds a key":              {before: active, after: edit(func(m *corev1.ConfigMap) { m.Data = map[string]string{"ca.crt": ca, "more": "x"} }), writes: 2, description: Description},
		"somebody takes the certificate":   {before: active, after: edit(func(m *corev1.ConfigMap) { m.Data = nil }), writes: 2, description: Description},
		"the description is taken":         {before: active, after: edit(func(m *corev1.ConfigMap) { m.Annotations = nil }), writes: 2, description: Description},
		"the description says other words": {before: active, after: edit(func(m *corev1.ConfigMap) { m.Annotations = map[string]string{DescriptionAnnotation: "x"} }), writes: 1, description: "x"},
		"a label is nobody's business":     {before: active, after: edit(func(m *corev1.ConfigMap) { m.Labels = map[string]string{"x": "y"} }), writes: 1, description: Description},
		"another ConfigMap goes": {before: func(s *apitest.Server) {
			active(s)
			apitest.Put(s, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "other", Namespace: "a"}})
		}, after: func(s *apitest.Server) { apitest.Remove[*corev1.ConfigMap](s, "a", "other") }, writes: 1, description: Description},
		"the namespace is gone already":      {before: active, refuse: refuse(apierrors.NewNotFound(api.Namespaces.GR(), "a"), 9), none: true, writes: 1},
		"the namespace goes":                 {before: active, refuse: refuse(terminating, 9), none: true, writes: 1},
		"the API server fails":               {before: active, refuse: refuse(errors.New("no"), 2), writes: 3, description: Description},
		"an update that fails is done again": {before: with(bundle("old", "")), after: edit(func(m *corev1.ConfigMap) { m.Data = nil }), refuse: refuse(errors.New("no"), 1), writes: 3, description: Description, own: "kept"},
	} {
		s := apitest.New()
		writes := 0
		s.Before = func(r *api.Request) error {
			if r.Resource != api.ConfigMaps || r.Verb != api.Create && r.Verb != api.Update {
				return nil
			}
			writes++
			if c.refuse != nil {
				return c.refuse(writes)
			}
			return nil
		}
		if c.before != nil {
			c.before(s)
		}
		s.Start("rootcacert", func(f *client.Informers) { Run(f, ca) })
		s.Run(time.Second)
		if c.after != nil {
			c.after(s)
		}
		s.Run(time.Minute)
		m := apitest.Get[*corev1.ConfigMap](s, "a", Name)
		assert.Equal(t, c.writes, writes, name)
		if c.none {
			assert.Nil(t, m, name)
			continue
		}
		if assert.NotNil(t, m, name) {
			assert.Equal(t, map[string]string{"ca.crt": ca}, m.Data, name)
			assert.Equal(t, c.description, m.Annotations[DescriptionAnnotation], name)
			assert.Equal(t, c.own, m.Annotations["own"], name)
		}
	}
}
