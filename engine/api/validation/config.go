package validation

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (e *errs) namespace(ns *corev1.Namespace) {
	e.objectMeta(&ns.ObjectMeta, false, labelName)
	for _, f := range ns.Spec.Finalizers {
		e.finalizerName(specPath.Child("finalizers"), string(f))
	}
}

func (e *errs) namespaceStatusUpdate(ns, old *corev1.Namespace) {
	e.objectMetaUpdate(&ns.ObjectMeta, &old.ObjectMeta)
	p := statusPath.Child("Phase")
	if ns.DeletionTimestamp.IsZero() {
		if ns.Status.Phase != corev1.NamespaceActive {
			e.invalid(p, ns.Status.Phase, "may only be 'Active' if `deletionTimestamp` is empty")
		}
	} else if ns.Status.Phase != corev1.NamespaceTerminating {
		e.invalid(p, ns.Status.Phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")
	}
}

func (e *errs) configMap(cm *corev1.ConfigMap) {
	e.objectMeta(&cm.ObjectMeta, true, subdomainName)
	size := 0
	data, binary := field.NewPath("data"), field.NewPath("binaryData")
	for _, key := range sortedKeys(cm.Data) {
		e.each(data.Key(key), key, validation.IsConfigMapKey(key))
		if _, twice := cm.BinaryData[key]; twice {
			e.invalid(data.Key(key), key, "duplicate of key present in binaryData")
		}
		size += len(cm.Data[key])
	}
	for _, key := range sortedKeys(cm.BinaryData) {
		e.each(binary.Key(key), key, validation.IsConfigMapKey(key))
		size += len(cm.BinaryData[key])
	}
	if size > corev1.MaxSecretSize {
		e.tooLong(field.NewPath(""), corev1.MaxSecretSize)
	}
}

const immutableWhenSet = "field is immutable when `immutable` is set"

func (e *errs) configMapUpdate(cm, old *corev1.ConfigMap) {
	e.objectMetaUpdate(&cm.ObjectMeta, &old.ObjectMeta)
	if deref(old.Immutable, false) {
		if !deref(cm.Immutable, false) {
			e.forbidden(field.NewPath("immutable"), immutableWhenSet)
		}
		if !reflect.DeepEqual(cm.Data, old.Data) {
			e.forbidden(field.NewPath("data"), immutableWhenSet)
		}
		if !reflect.DeepEqual(cm.BinaryData, old.BinaryData) {
			e.forbidden(field.NewPath("binaryData"), immutableWhenSet)
		}
	}
	e.configMap(cm)
}

func (e *errs) secret(s *corev1.Secret) {
	e.objectMeta(&s.ObjectMeta, true, subdomainName)
	data := field.NewPath("data")
	size := 0
	for _, key := range sortedKeys(s.Data) {
		e.each(data.Key(key), key, validation.IsConfigMapKey(key))
		size += len(s.Data[key])
	}
	if size > corev1.MaxSecretSize {
		e.tooLong(data, corev1.MaxSecretSize)
	}
	has := func(key string) bool {
		_, ok := s.Data[key]
		return ok
	}
	switch s.Type {
	case corev1.SecretTypeServiceAccountToken:
		if s.Annotations[corev1.ServiceAccountNameKey] == "" {
			e.required(metaPath.Child("annotations").Key(corev1.ServiceAccountNameKey), "")
		}
	case corev1.SecretTypeDockercfg:
		e.jsonKey(s, corev1.DockerConfigKey)
	case corev1.SecretTypeDockerConfigJson:
		e.jsonKey(s, corev1.DockerConfigJsonKey)
	case corev1.SecretTypeBasicAuth:
		if !has(corev1.BasicAuthUsernameKey) && !has(corev1.BasicAuthPasswordKey) {
			e.required(data.Key(corev1.BasicAuthUsernameKey), "")
			e.required(data.Key(corev1.BasicAuthPasswordKey), "")
		}
	case corev1.SecretTypeSSHAuth:
		if len(s.Data[corev1.SSHAuthPrivateKey]) == 0 {
			e.required(data.Key(corev1.SSHAuthPrivateKey), "")
		}
	case corev1.SecretTypeTLS:
		for _, key := range []string{corev1.TLSCertKey, corev1.TLSPrivateKeyKey} {
			if !has(key) {
				e.required(data.Key(key), "")
			}
		}
	}
}

// jsonKey: the entry of a registry credential must be there and be a JSON object; its content is never shown.
func (e *errs) jsonKey(s *corev1.Secret, key string) {
	p := field.NewPath("data").Key(key)
	text, ok := s.Data[key]
	if !ok {
		e.required(p, "")
	} else if err := json.Unmarshal(text, &map[string]any{}); err != nil {
		e.invalid(p, "<secret contents redacted>", err.Error())
	}
}

func (e *errs) secretUpdate(s, old *corev1.Secret) {
	e.objectMetaUpdate(&s.ObjectMeta, &old.ObjectMeta)
	if s.Type != old.Type {
		e.invalid(field.NewPath("type"), s.Type, msgImmutable)
	}
	if deref(old.Immutable, false) {
		if !deref(s.Immutable, false) {
			e.forbidden(field.NewPath("immutable"), immutableWhenSet)
		}
		if !reflect.DeepEqual(s.Data, old.Data) {
			e.forbidden(field.NewPath("data"), immutableWhenSet)
		}
	}
	e.secret(s)
}

func (e *errs) leaseSpec(spec *coordinationv1.LeaseSpec) {
	if d := spec.LeaseDurationSeconds; d != nil && *d <= 0 {
		e.invalid(specPath.Child("leaseDurationSeconds"), d, "must be greater than 0")
	}
	if n := spec.LeaseTransitions; n != nil && *n < 0 {
		e.invalid(specPath.Child("leaseTransitions"), n, msgNegative)
	}
	if s := spec.Strategy; s != nil {
		p := specPath.Child("strategy", "strategy") // upstream names it twice
		if strings.Contains(string(*s), "/") {
			e.each(p, *s, validation.IsQualifiedName(string(*s)))
		} else {
			oneOf(e, p, *s, coordinationv1.OldestEmulationVersion)
		}
	}
	if deref(spec.PreferredHolder, "") != "" && deref(spec.Strategy, "") == "" {
		e.forbidden(specPath.Child("preferredHolder"), "may only be specified if `strategy` is defined")
	}
}

const (
	maxEventField   = 128
	maxEventMessage = 1024
)

// event checks a core/v1 Event. Those without an event time come from old recorders and are judged leniently.
func (e *errs) event(ev *corev1.Event) { e.eventBy(ev, "reportingComponent") }

// eventBy checks what an Event of either group must have; the two name its reporter differently.
func (e *errs) eventBy(ev *corev1.Event, reporterField string) {
	about := field.NewPath("involvedObject", "namespace")
	mismatch := func() { e.invalid(about, ev.InvolvedObject.Namespace, "does not match event.namespace") }
	if ev.EventTime.IsZero() {
		if ev.InvolvedObject.Namespace == "" {
			if ev.Namespace != metav1.NamespaceNone && ev.Namespace != metav1.NamespaceDefault {
				mismatch()
			}
		} else if ev.Namespace != ev.InvolvedObject.Namespace {
			mismatch()
		}
		return
	}
	if ev.InvolvedObject.Namespace == "" && !slices.Contains([]string{metav1.NamespaceDefault, metav1.NamespaceSystem}, ev.Namespace) {
		mismatch()
	}
	reporter := field.NewPath(reporterField)
	e.nonEmpty(reporter, ev.ReportingController)
	e.qualified(reporter, ev.ReportingController)
	bounded := func(name, value string, max int, required bool) {
		if required {
			e.nonEmpty(field.NewPath(name), value)
		}
		if len(value) > max {
			e.invalid(field.NewPath(name), "", fmt.Sprintf("can have at most %v characters", max))
		}
	}
	bounded("reportingInstance", ev.ReportingInstance, maxEventField, true)
	bounded("action", ev.Action, maxEventField, true)
	bounded("reason", ev.Reason, maxEventField, true)
	bounded("message", ev.Message, maxEventMessage, false)
}

func (e *errs) scale(s *autoscalingv1.Scale) {
	e.managedFields(metaPath.Child("managedFields"), s.ManagedFields)
	e.nonNegative(specPath.Child("replicas"), int64(s.Spec.Replicas))
}
