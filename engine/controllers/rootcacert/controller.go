package rootcacert

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// What the ConfigMap is called and says of itself.
const (
	Name                  = "kube-root-ca.crt"
	DescriptionAnnotation = "kubernetes.io/description"
	Description           = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. " +
		"No other usage is guaranteed across distributions of Kubernetes clusters."
)

// Run starts the publisher of a certificate (PEM); it works once its caches are synced.
func Run(f *client.Informers, ca string) {
	c := f.Client()
	namespaces := client.Shared[*corev1.Namespace](f, api.Namespaces)
	configMaps := client.Shared[*corev1.ConfigMap](f, api.ConfigMaps)
	// All namespaces share the content.
	data := map[string]string{"ca.crt": ca}
	annotations := map[string]string{DescriptionAnnotation: Description}
	queue := client.NewQueue(c.Actor(), "root_ca_cert_publisher", 1, func(ns string, done func(error)) {
		cm, ok := configMaps.Get(ns, Name)
		if !ok {
			cm = &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: Name, Namespace: ns, Annotations: annotations}, Data: data}
			client.Create(c, api.ConfigMaps, cm, func(_ *corev1.ConfigMap, err error) {
				if apierrors.IsNotFound(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
					err = nil
				}
				done(err)
			})
			return
		}
		if maps.Equal(cm.Data, data) && cm.Annotations[DescriptionAnnotation] != "" {
			done(nil)
			return
		}
		cm = api.Copy(cm)
		cm.Data = data
		cm.Annotations = maps.Clone(cm.Annotations)
		if cm.Annotations == nil {
			cm.Annotations = map[string]string{}
		}
		cm.Annotations[DescriptionAnnotation] = Description
		client.Update(c, api.ConfigMaps, "", cm, func(_ *corev1.ConfigMap, err error) { done(err) })
	})
	namespaces.Subscribe(func(old, ns *corev1.Namespace) {
		if ns != nil && (old == nil || ns.Status.Phase == corev1.NamespaceActive) {
			queue.Add(ns.Name)
		}
	})
	configMaps.Subscribe(func(old, cm *corev1.ConfigMap) {
		switch {
		case cm == nil && old.Name == Name:
			queue.Add(old.Namespace)
		case cm != nil && old != nil && cm.Name == Name:
			queue.Add(cm.Namespace)
		}
	})
	client.WhenSynced(queue.Start, namespaces, configMaps)
}
