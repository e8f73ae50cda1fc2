package apiserver

import (
	"errors"
	"slices"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// callError is an error of a call, which the webhook's failurePolicy is about (ErrCallingWebhook).
type callError struct{ why string }

func (e *callError) Error() string { return e.why }

// callValidating calls the validating webhooks that a write concerns, all at once, and goes on when the last has answered:
// with the first refusal, or with nil (validating/dispatcher.go).
func (s *Server) callValidating(a *attributes, then func(error)) {
	var list []*invocation
	for _, h := range s.adm.validating {
		inv, err := s.concerns(a, h)
		if err != nil {
			then(err)
			return
		}
		if inv != nil {
			list = append(list, inv)
		}
	}
	left := len(list)
	if left == 0 {
		then(nil)
		return
	}
	var first error
	for _, inv := range list {
		s.callHook(a, inv, func(_ bool, err error) {
			if err = s.failed(a, inv.hook, err); err != nil && first == nil {
				first = err
			}
			if left--; left == 0 {
				then(first)
			}
		})
	}
}

// failed is what a call's error means for the write: nothing, if the webhook's failurePolicy says so.
func (s *Server) failed(a *attributes, h *hook, err error) error {
	if err == nil {
		return nil
	}
	var call *callError
	if !errors.As(err, &call) {
		s.tell(a, h, err)
		return err
	}
	err = errors.New("failed calling webhook " + strconv.Quote(h.name) + ": " + call.why)
	s.tell(a, h, err)
	if h.ignore {
		return nil
	}
	return apierrors.NewInternalError(err)
}

// tell notes in the journal what a webhook did to a write, so that it can be asked why there is no object.
func (s *Server) tell(a *attributes, h *hook, err error) {
	kind := "validating"
	if h.mutating {
		kind = "mutating"
	}
	s.a.Record(sim.KindDecision, kind+"webhookconfigurations/"+h.configuration, string(a.op)+" "+api.Ref(a.r, a.req.Namespace, a.name())+": "+err.Error())
}

// admissionReview is the document that goes out and comes back.
type admissionReview struct {
	Kind       string            `json:"kind"`
	APIVersion string            `json:"apiVersion"`
	Request    *admissionRequest `json:"request,omitempty"`
	Response   *struct {
		UID       string         `json:"uid"`
		Allowed   bool           `json:"allowed"`
		Status    *metav1.Status `json:"status"`
		Patch     []byte         `json:"patch"`
		PatchType *string        `json:"patchType"`
		Warnings  []string       `json:"warnings"`
	} `json:"response,omitempty"`
}

const admissionGroup = "admission.k8s.io/"

// callHook asks one webhook. done gets whether it changed the object, and an error: a *callError if there was no answer to
// make sense of.
func (s *Server) callHook(a *attributes, inv *invocation, done func(changed bool, err error)) {
	fail := func(why string) { done(false, &callError{why}) }
	switch {
	case inv.condition:
		fail("match conditions are CEL, which this API server does not evaluate")
		return
	case a.req.DryRun && !inv.harmless:
		done(false, apierrors.NewBadRequest("admission webhook "+strconv.Quote(inv.name)+" does not support dry run"))
		return
	}
	i := slices.IndexFunc(inv.versions, func(v string) bool { return v == "v1" || v == "v1beta1" })
	if i < 0 {
		fail("could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)")
		return
	}
	if inv.target.err != nil {
		fail("could not get REST client: " + inv.target.err.Error())
		return
	}
	if list := inv.foreign(a); len(list) > 0 {
		s.convert(list, inv.r, func(out []api.Object, err error) {
			if err != nil {
				done(false, apierrors.NewInternalError(err))
				return
			}
			if a.old != nil {
				inv.old, out = out[0], out[1:]
			}
			if a.obj != nil {
				inv.obj = out[0]
			}
			s.ask(a, inv, inv.versions[i], done)
		})
		return
	}
	s.ask(a, inv, inv.versions[i], done)
}

// ask sends the review in a version that the webhook reads.
func (s *Server) ask(a *attributes, inv *invocation, version string, done func(changed bool, err error)) {
	fail := func(why string) { done(false, &callError{why}) }
	request, err := s.question(a, inv)
	if err != nil {
		done(false, apierrors.NewInternalError(err))
		return
	}
	review := &admissionReview{Kind: "AdmissionReview", APIVersion: admissionGroup + version, Request: request}
	answer := &admissionReview{}
	s.post(inv.target, time.Duration(inv.timeout)*time.Second, review, answer, func(err error) {
		if err != nil {
			fail("failed to call webhook: " + err.Error())
			return
		}
		if why := answer.invalid(review, version, inv.mutating); why != "" {
			fail("received invalid webhook response: " + why)
			return
		}
		r := answer.Response
		for _, w := range r.Warnings {
			if !slices.Contains(a.warnings, w) {
				a.warn(w)
			}
		}
		switch {
		case !r.Allowed:
			done(false, denied(inv.name, r.Status))
		case !inv.mutating || len(r.Patch) == 0:
			done(false, nil)
		case version == "v1" && *r.PatchType != "JSONPatch":
			fail("unsupported patch type " + strconv.Quote(*r.PatchType))
		default:
			s.patched(a, inv, r.Patch, done)
		}
	})
}

// invalid says what is wrong with an answer (request/admissionreview.go, VerifyAdmissionResponse).
func (w *admissionReview) invalid(sent *admissionReview, version string, mutating bool) string {
	r := w.Response
	if r == nil {
		return "webhook response was absent"
	}
	if version != "v1" {
		return "" // nothing else was verified in v1beta1
	}
	gvk := func(w *admissionReview) string { return w.APIVersion + ", Kind=" + w.Kind }
	kind := gvk(w)
	if w.APIVersion == "" {
		kind = "/" + kind
	}
	switch {
	case r.UID != sent.Request.UID:
		return "expected response.uid=" + strconv.Quote(sent.Request.UID) + ", got " + strconv.Quote(r.UID)
	case kind != gvk(sent):
		return "expected webhook response of " + gvk(sent) + ", got " + kind
	case !mutating && len(r.Patch) > 0:
		return "validating webhook may not return response.patch"
	case !mutating && r.PatchType != nil:
		return "validating webhook may not return response.patchType"
	case len(r.Patch) > 0 && r.PatchType == nil:
		return "webhook returned response.patch but not response.patchType"
	case len(r.Patch) == 0 && r.PatchType != nil:
		return "webhook returned response.patchType but not response.patch"
	case r.PatchType != nil && *r.PatchType == "":
		return `webhook returned invalid response.patchType of ""`
	}
	return ""
}

// denied is the error of a webhook's no (webhook/errors/statuserror.go).
func denied(name string, result *metav1.Status) error {
	var st metav1.Status
	if result != nil {
		st = *result
	}
	by := "admission webhook " + strconv.Quote(name) + " denied the request"
	st.Code = max(st.Code, 400)
	if st.Status == "" || st.Status == metav1.StatusSuccess {
		st.Status = metav1.StatusFailure
	}
	switch {
	case st.Message != "":
		st.Message = by + ": " + st.Message
	case st.Reason != "":
		st.Message = by + ": " + string(st.Reason)
	default:
		st.Message = by + " without explanation"
	}
	return &apierrors.StatusError{ErrStatus: st}
}
