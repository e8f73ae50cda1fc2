package api

import (
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
)

// An Event is one kind in two groups; it is stored as the core group has it (pkg/apis/events/v1/conversion.go).

func eventToCore(o Object) Object {
	e := o.(*eventsv1.Event)
	out := &corev1.Event{
		ObjectMeta: e.ObjectMeta, InvolvedObject: e.Regarding, Reason: e.Reason, Message: e.Note, Type: e.Type, EventTime: e.EventTime,
		Source: e.DeprecatedSource, FirstTimestamp: e.DeprecatedFirstTimestamp, LastTimestamp: e.DeprecatedLastTimestamp, Count: e.DeprecatedCount,
		Action: e.Action, Related: e.Related, ReportingController: e.ReportingController, ReportingInstance: e.ReportingInstance,
	}
	if s := e.Series; s != nil {
		out.Series = &corev1.EventSeries{Count: s.Count, LastObservedTime: s.LastObservedTime}
	}
	return out
}

func eventFromCore(o Object) Object {
	e := o.(*corev1.Event)
	out := &eventsv1.Event{
		ObjectMeta: e.ObjectMeta, Regarding: e.InvolvedObject, Reason: e.Reason, Note: e.Message, Type: e.Type, EventTime: e.EventTime,
		DeprecatedSource: e.Source, DeprecatedFirstTimestamp: e.FirstTimestamp, DeprecatedLastTimestamp: e.LastTimestamp, DeprecatedCount: e.Count,
		Action: e.Action, Related: e.Related, ReportingController: e.ReportingController, ReportingInstance: e.ReportingInstance,
	}
	if s := e.Series; s != nil {
		out.Series = &eventsv1.EventSeries{Count: s.Count, LastObservedTime: s.LastObservedTime}
	}
	return out
}

func newEventField(o Object, name string) string {
	e := o.(*eventsv1.Event)
	switch name {
	case "reason":
		return e.Reason
	case "type":
		return e.Type
	case "reportingController":
		return e.ReportingController
	case "regarding.kind":
		return e.Regarding.Kind
	case "regarding.namespace":
		return e.Regarding.Namespace
	case "regarding.name":
		return e.Regarding.Name
	case "regarding.uid":
		return string(e.Regarding.UID)
	case "regarding.apiVersion":
		return e.Regarding.APIVersion
	case "regarding.resourceVersion":
		return e.Regarding.ResourceVersion
	case "regarding.fieldPath":
		return e.Regarding.FieldPath
	}
	return ""
}
