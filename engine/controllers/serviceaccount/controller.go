package serviceaccount

import (
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// Default is the name of the account.
const Default = "default"

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) {
	c := f.Client()
	namespaces := client.Shared[*corev1.Namespace](f, api.Namespaces)
	accounts := client.Shared[*corev1.ServiceAccount](f, api.ServiceAccounts)
	queue := client.NewQueue(c.Actor(), "serviceaccount", 1, func(name string, done func(error)) {
		ns, ok := namespaces.GetKey(name)
		if !ok || ns.Status.Phase != corev1.NamespaceActive {
			done(nil)
			return
		}
		if _, ok := accounts.Get(name, Default); ok {
			done(nil)
			return
		}
		sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: Default, Namespace: name}}
		client.Create(c, api.ServiceAccounts, sa, func(_ *corev1.ServiceAccount, err error) {
			if apierrors.IsAlreadyExists(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
				err = nil
			}
			done(err)
		})
	})
	namespaces.Subscribe(func(_, ns *corev1.Namespace) {
		if ns != nil {
			queue.Add(ns.Name)
		}
	})
	accounts.Subscribe(func(old, sa *corev1.ServiceAccount) {
		if sa == nil {
			queue.Add(old.Namespace)
		}
	})
	client.WhenSynced(queue.Start, namespaces, accounts)
}
