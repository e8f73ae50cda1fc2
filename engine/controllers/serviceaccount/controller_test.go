package serviceaccount

import (
	"errors"
	"strings"
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

func namespace(name string, phase corev1.NamespacePhase) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: corev1.NamespaceStatus{Phase: phase}}
}

func account(ns, name string) *corev1.ServiceAccount {
	return &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: ns}}
}

// TestCases are those of upstream's TestServiceAccountCreation, and what may fail.
func TestCases(t *testing.T) {
	terminating := apierrors.NewForbidden(api.ServiceAccounts.GR(), Default, errors.New("it is being terminated"))
	terminating.ErrStatus.Details.Causes = append(terminating.ErrStatus.Details.Causes, metav1.StatusCause{Type: corev1.NamespaceTerminatingCause})
	for name, c := range map[string]struct {
		before func(s *apitest.Server) // what is there when the controller starts
		after  func(s *apitest.Server) // what happens then
		refuse func(attempt int) error
		want   string // accounts
		tries  int    // creations
	}{
		"an active namespace": {before: func(s *apitest.Server) { apitest.Put(s, namespace("a", corev1.NamespaceActive)) }, want: "a/default", tries: 1},
		"one that comes":      {after: func(s *apitest.Server) { apitest.Put(s, namespace("a", corev1.NamespaceActive)) }, want: "a/default", tries: 1},
		"one that is going":   {before: func(s *apitest.Server) { apitest.Put(s, namespace("a", corev1.NamespaceTerminating)) }},
		"one without a phase": {before: func(s *apitest.Server) { apitest.Put(s, namespace("a", "")) }},
		"one that has its account": {before: func(s *apitest.Server) {
			apitest.Put(s, namespace("a", corev1.NamespaceActive))
			apitest.Put(s, account("a", Default))
		}, want: "a/default"},
		"one that has another": {before: func(s *apitest.Server) {
			apitest.Put(s, namespace("a", corev1.NamespaceActive))
			apitest.Put(s, account("a", "robot"))
		}, want: "a/robot a/default", tries: 1},
		"every namespace": {before: func(s *apitest.Server) {
			apitest.Put(s, namespace("a", corev1.NamespaceActive))
			apitest.Put(s, namespace("b", corev1.NamespaceActive))
		}, want: "a/default b/default", tries: 2},
		"the account is deleted": {before: func(s *apitest.Server) { apitest.Put(s, namespace("a", corev1.NamespaceActive)) }, after: func(s *apitest.Server) { apitest.Remove[*corev1.ServiceAccount](s, "a", Default) }, want: "a/default", tries: 2},
		"another account is deleted": {before: func(s *apitest.Server) {
			apitest.Put(s, namespace("a", corev1.NamespaceActive))
			apitest.Put(s, account("a", "robot"))
		}, after: func(s *apitest.Server) { apitest.Remove[*corev1.ServiceAccount](s, "a", "robot") }, want: "a/default", tries: 1},
		"the account of one that goes": {before: func(s *apitest.Server) {
			apitest.Put(s, namespace("a", corev1.NamespaceTerminating))
			apitest.Put(s, account("a", Default))
		}, after: func(s *apitest.Server) { apitest.Remove[*corev1.ServiceAccount](s, "a", Default) }},
		"the account of one that is gone":  {before: func(s *apitest.Server) { apitest.Put(s, account("a", Default)) }, after: func(s *apitest.Server) { apitest.Remove[*corev1.ServiceAccount](s, "a", Default) }},
		"a namespace becomes active":       {before: func(s *apitest.Server) { apitest.Put(s, namespace("a", "")) }, after: func(s *apitest.Server) { apitest.Put(s, namespace("a", corev1.NamespaceActive)) }, want: "a/default", tries: 1},
		"the API server fails":             {before: func(s *apitest.Server) { apitest.Put(s, namespace("a", corev1.NamespaceActive)) }, refuse: func(n int) error { return map[bool]error{true: errors.New("no")}[n < 3] }, want: "a/default", tries: 3},
		"it is being terminated unnoticed": {before: func(s *apitest.Server) { apitest.Put(s, namespace("a", corev1.NamespaceActive)) }, refuse: func(int) error { return terminating }, tries: 1},
		"somebody else was faster":         {before: func(s *apitest.Server) { apitest.Put(s, namespace("a", corev1.NamespaceActive)) }, refuse: func(int) error { return apierrors.NewAlreadyExists(api.ServiceAccounts.GR(), Default) }, tries: 1},
		"forbidden for another reason is tried": {before: func(s *apitest.Server) { apitest.Put(s, namespace("a", corev1.NamespaceActive)) }, refuse: func(n int) error {
			return map[bool]error{true: apierrors.NewForbidden(api.ServiceAccounts.GR(), Default, errors.New("quota"))}[n < 2]
		}, want: "a/default", tries: 2},
	} {
		s := apitest.New()
		tries := 0
		s.Before = func(r *api.Request) error {
			if r.Verb != api.Create || r.Resource != api.ServiceAccounts {
				return nil
			}
			tries++
			if c.refuse != nil {
				return c.refuse(tries)
			}
			return nil
		}
		if c.before != nil {
			c.before(s)
		}
		s.Start("serviceaccount", func(f *client.Informers) { Run(f) })
		s.Run(time.Second)
		if c.after != nil {
			c.after(s)
		}
		s.Run(time.Minute)
		var have []string
		for _, a := range apitest.List[*corev1.ServiceAccount](s) {
			have = append(have, a.Namespace+"/"+a.Name)
		}
		assert.Equal(t, c.want, strings.Join(have, " "), name)
		assert.Equal(t, c.tries, tries, name)
	}
}
