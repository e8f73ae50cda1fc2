package validation

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
)

// systemPriorityPrefix begins the names of the cluster's own PriorityClasses.
const systemPriorityPrefix = "system-"

func (e *errs) priorityClass(c *schedulingv1.PriorityClass) {
	e.objectMeta(&c.ObjectMeta, false, subdomainName)
	if strings.HasPrefix(c.Name, systemPriorityPrefix) {
		if why := notSystemClass(c); why != "" {
			e.forbidden(metaPath.Child("name"), "priority class names with '"+systemPriorityPrefix+"' prefix are reserved for system use only. error: "+why)
		}
	} else if c.Value > api.HighestUserPriority {
		e.forbidden(field.NewPath("value"), fmt.Sprintf("maximum allowed value of a user defined priority is %v", api.HighestUserPriority))
	}
	if c.PreemptionPolicy != nil {
		someOf(e, field.NewPath("preemptionPolicy"), *c.PreemptionPolicy, corev1.PreemptLowerPriority, corev1.PreemptNever)
	}
}

// notSystemClass tells why a class is none of the two that the API server makes.
func notSystemClass(c *schedulingv1.PriorityClass) string {
	for _, known := range api.SystemPriorityClasses() {
		if known.Name != c.Name {
			continue
		}
		if known.Value != c.Value {
			return fmt.Sprintf("value of %v PriorityClass must be %v", known.Name, known.Value)
		}
		if known.GlobalDefault != c.GlobalDefault {
			return fmt.Sprintf("globalDefault of %v PriorityClass must be %v", known.Name, known.GlobalDefault)
		}
		return ""
	}
	return c.Name + " is not a known system priority class"
}

func (e *errs) priorityClassUpdate(c, old *schedulingv1.PriorityClass) {
	e.objectMetaUpdate(&c.ObjectMeta, &old.ObjectMeta)
	if c.Value != old.Value {
		e.forbidden(field.NewPath("value"), "may not be changed in an update.")
	}
	immutable(e, field.NewPath("preemptionPolicy"), c.PreemptionPolicy, old.PreemptionPolicy)
}

var handlerPath = field.NewPath("handler")

func (e *errs) runtimeClass(c *nodev1.RuntimeClass) {
	e.objectMetaBase(&c.ObjectMeta, false, subdomainName)
	e.runtimeClassFields(c)
	if e.nonEmpty(handlerPath, c.Handler) {
		e.label(handlerPath, c.Handler)
	}
}

func (e *errs) runtimeClassFields(c *nodev1.RuntimeClass) {
	if c.Overhead != nil {
		e.containerResources(field.NewPath("overhead"), &corev1.ResourceRequirements{Limits: c.Overhead.PodFixed}, nil)
	}
	if c.Scheduling == nil {
		return
	}
	p := field.NewPath("scheduling")
	e.labels(p.Child("nodeSelector"), c.Scheduling.NodeSelector)
	e.tolerations(p.Child("tolerations"), c.Scheduling.Tolerations)
	seen := map[corev1.Toleration]bool{}
	for i, t := range c.Scheduling.Tolerations {
		same := corev1.Toleration{Key: t.Key, Operator: t.Operator, Value: t.Value, Effect: t.Effect}
		if seen[same] {
			e.duplicate(p.Child("tolerations").Index(i), goNames{t})
		}
		seen[same] = true
	}
}

func (e *errs) runtimeClassUpdate(c, old *nodev1.RuntimeClass) {
	e.objectMetaBase(&c.ObjectMeta, false, subdomainName)
	if c.Handler != "" {
		e.label(handlerPath, c.Handler)
	}
	e.runtimeClassFields(c)
	e.objectMetaUpdateBase(&c.ObjectMeta, &old.ObjectMeta)
	if e.fixed(handlerPath, c.Handler, old.Handler) {
		e.nonEmpty(handlerPath, c.Handler)
	}
}

// legacyEndpoints checks Endpoints; what an update leaves as it was is not looked at again.
func (e *errs) legacyEndpoints(ep, old *corev1.Endpoints) {
	e.objectMeta(&ep.ObjectMeta, true, subdomainName)
	if old != nil && apiequality.Semantic.DeepEqual(old.Subsets, ep.Subsets) {
		return
	}
	for i := range ep.Subsets {
		s, at := &ep.Subsets[i], field.NewPath("subsets").Index(i)
		var ready, unready []corev1.EndpointAddress
		if old != nil && i < len(old.Subsets) {
			ready, unready = old.Subsets[i].Addresses, old.Subsets[i].NotReadyAddresses
		}
		if len(s.Addresses) == 0 && len(s.NotReadyAddresses) == 0 {
			e.required(at, "must specify `addresses` or `notReadyAddresses`")
		}
		e.legacyAddresses(at, "addresses", s.Addresses, ready)
		e.legacyAddresses(at, "notReadyAddresses", s.NotReadyAddresses, unready)
		for j := range s.Ports {
			e.legacyPort(at.Child("ports").Index(j), &s.Ports[j], len(s.Ports) > 1)
		}
	}
}

// legacyAddresses passes over addresses that are shared with the old object in about the same place: they were checked
// when they came, and a list of a thousand is written again for each that changes.
func (e *errs) legacyAddresses(at *field.Path, name string, list, old []corev1.EndpointAddress) {
	for j := range list {
		switch {
		case len(old) > 0 && list[j] == old[0]:
			old = old[1:]
		case len(old) > 1 && list[j] == old[1]:
			old = old[2:]
		default:
			e.legacyAddress(at.Child(name).Index(j), &list[j])
		}
	}
}

func (e *errs) legacyAddress(p *field.Path, a *corev1.EndpointAddress) {
	e.ip(p.Child("ip"), a.IP, nil)
	if a.Hostname != "" {
		e.label(p.Child("hostname"), a.Hostname)
	}
	if a.NodeName != nil {
		e.subdomain(p.Child("nodeName"), *a.NodeName)
	}
	// With leading zeros an address is bad, but still one: upstream's older parser reads it.
	if _, err := netip.ParseAddr(a.IP); err == nil || len(validation.IsValidIPForLegacyField(nil, a.IP, false, nil)) > 0 {
		e.endpointIP(p.Child("ip"), a.IP)
	}
}

func (e *errs) legacyPort(p *field.Path, port *corev1.EndpointPort, named bool) {
	if named && port.Name == "" {
		e.required(p.Child("name"), "")
	} else if port.Name != "" {
		e.label(p.Child("name"), port.Name)
	}
	e.each(p.Child("port"), port.Port, validation.IsValidPortNum(int(port.Port)))
	someOf(e, p.Child("protocol"), port.Protocol, corev1.ProtocolSCTP, corev1.ProtocolTCP, corev1.ProtocolUDP)
	if port.AppProtocol != nil {
		e.qualified(p.Child("appProtocol"), *port.AppProtocol)
	}
}

func asStoredEvent(ev *eventsv1.Event) *corev1.Event { return api.EventsV1.ToHub(ev).(*corev1.Event) }

// newEvent checks an Event of the events.k8s.io group, which is held to more than one of the core group. The fields are
// named as in the core group, for that is how upstream keeps them.
func (e *errs) newEvent(given *eventsv1.Event) {
	ev := asStoredEvent(given)
	e.eventBy(ev, "reportingController")
	e.objectMeta(&ev.ObjectMeta, true, subdomainName)
	e.eventSeries(ev)
	if ev.EventTime.IsZero() {
		e.required(field.NewPath("eventTime"), "")
	}
	if ev.Type != corev1.EventTypeNormal && ev.Type != corev1.EventTypeWarning {
		e.invalid(field.NewPath("type"), "", "has invalid value: "+ev.Type)
	}
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"firstTimestamp", !ev.FirstTimestamp.IsZero()}, {"lastTimestamp", !ev.LastTimestamp.IsZero()}, {"count", ev.Count != 0},
		{"source", ev.Source != corev1.EventSource{}},
	} {
		if f.set {
			e.invalid(field.NewPath(f.name), "", "needs to be unset")
		}
	}
}

func (e *errs) eventSeries(ev *corev1.Event) {
	if ev.Series == nil {
		return
	}
	if ev.Series.Count < 2 {
		e.invalid(field.NewPath("series.count"), "", "should be at least 2")
	}
	if ev.Series.LastObservedTime.IsZero() {
		e.required(field.NewPath("series.lastObservedTime"), "")
	}
}

func (e *errs) newEventUpdate(given, givenOld *eventsv1.Event) {
	ev, old := asStoredEvent(given), asStoredEvent(givenOld)
	e.eventBy(ev, "reportingController")
	e.objectMetaUpdate(&ev.ObjectMeta, &old.ObjectMeta)
	if !apiequality.Semantic.DeepEqual(ev.Series, old.Series) {
		e.eventSeries(ev)
	}
	fixed := func(name string, now, was, shown any) {
		if !apiequality.Semantic.DeepEqual(was, now) {
			e.invalid(field.NewPath(name), shown, msgImmutable)
		}
	}
	fixed("involvedObject", ev.InvolvedObject, old.InvolvedObject, goNames{ev.InvolvedObject})
	fixed("reason", ev.Reason, old.Reason, ev.Reason)
	fixed("message", ev.Message, old.Message, ev.Message)
	fixed("source", ev.Source, old.Source, goNames{ev.Source})
	fixed("firstTimestamp", ev.FirstTimestamp, old.FirstTimestamp, ev.FirstTimestamp)
	fixed("lastTimestamp", ev.LastTimestamp, old.LastTimestamp, ev.LastTimestamp)
	fixed("count", ev.Count, old.Count, ev.Count)
	fixed("reason", ev.Reason, old.Reason, ev.Reason)
	fixed("type", ev.Type, old.Type, ev.Type)
	if !ev.EventTime.Truncate(time.Microsecond).Equal(old.EventTime.Truncate(time.Microsecond)) {
		fixed("eventTime", ev.EventTime, old.EventTime, ev.EventTime)
	}
	fixed("action", ev.Action, old.Action, ev.Action)
	fixed("related", ev.Related, old.Related, goNames{ev.Related})
	fixed("reportingController", ev.ReportingController, old.ReportingController, ev.ReportingController)
	fixed("reportingInstance", ev.ReportingInstance, old.ReportingInstance, ev.ReportingInstance)
}
