package controllers

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// Each controller makes its requests with a service account of its own in kube-system, so that it may do what its role
// system:controller:NAME says and no more (--use-service-account-credentials, which kubeadm sets). The caches they share
// are filled with the credentials of the process.

// accountOf are the accounts of the controllers whose account has another name (cmd/kube-controller-manager/app).
var accountOf = map[string]string{
	"serviceaccount-controller":                      "service-account-controller",
	"root-ca-certificate-publisher-controller":       "root-ca-cert-publisher",
	"garbage-collector-controller":                   "generic-garbage-collector",
	"pod-garbage-collector-controller":               "pod-garbage-collector",
	"node-lifecycle-controller":                      "node-controller",
	"node-ipam-controller":                           "node-controller",
	"taint-eviction-controller":                      "node-controller",
	"endpoints-controller":                           "endpoint-controller",
	"endpointslice-mirroring-controller":             "endpointslicemirroring-controller",
	"replicationcontroller-controller":               "replication-controller",
	"daemonset-controller":                           "daemon-set-controller",
	"horizontal-pod-autoscaler-controller":           "horizontal-pod-autoscaler",
	"persistentvolume-binder-controller":             "persistent-volume-binder",
	"persistentvolume-attach-detach-controller":      "attachdetach-controller",
	"persistentvolume-expander-controller":           "expand-controller",
	"persistentvolumeclaim-protection-controller":    "pvc-protection-controller",
	"persistentvolume-protection-controller":         "pv-protection-controller",
	"service-cidr-controller":                        "service-cidrs-controller",
	"certificatesigningrequest-signing-controller":   "certificate-controller",
	"certificatesigningrequest-approving-controller": "certificate-controller",
	"certificatesigningrequest-cleaner-controller":   "certificate-controller",
}

func account(controller string) string {
	if a := accountOf[controller]; a != "" {
		return a
	}
	return controller
}

func accountUser(controller string) string {
	return "system:serviceaccount:" + metav1.NamespaceSystem + ":" + account(controller)
}

// retryAccount is the interval at which an account is asked for again (client builder, 1 s).
const retryAccount = time.Second

// ensureAccounts makes the accounts that are not there. A controller need not wait for its own: whom a request comes
// from is known without it.
func ensureAccounts(c *client.Client, opts Options) {
	var made []string
	for _, s := range all() {
		name := account(s.name)
		if (len(opts.Only) == 0 || slices.Contains(opts.Only, s.name)) && !slices.Contains(made, name) {
			made = append(made, name)
			ensureAccount(c, name)
		}
	}
}

func ensureAccount(c *client.Client, name string) {
	again := func(err error) {
		if err == nil || apierrors.IsAlreadyExists(err) {
			return
		}
		c.Actor().Periodic(retryAccount, "retry service account", func() { ensureAccount(c, name) })
	}
	client.Get(c, api.ServiceAccounts, metav1.NamespaceSystem, name, func(_ *corev1.ServiceAccount, err error) {
		if !apierrors.IsNotFound(err) {
			again(err)
			return
		}
		sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceSystem, Name: name}}
		client.Create(c, api.ServiceAccounts, sa, func(_ *corev1.ServiceAccount, err error) { again(err) })
	})
}
