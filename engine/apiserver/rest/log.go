package rest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
)

// log serves pods/log, at once or followed.
func (s *server) log(w http.ResponseWriter, r *http.Request, req *api.Request) {
	o, err := logOptions(r)
	if err != nil {
		s.fail(w, r, apierrors.NewBadRequest(err.Error()))
		return
	}
	if errs := validateLogOptions(&o); len(errs) > 0 {
		s.fail(w, r, apierrors.NewInvalid(corev1.SchemeGroupVersion.WithKind("PodLogOptions").GroupKind(), req.Name, errs))
		return
	}
	req.Log = &api.LogOptions{
		Container: o.Container, Follow: o.Follow, Previous: o.Previous, Timestamps: o.Timestamps,
		SinceSeconds: o.SinceSeconds, SinceTime: o.SinceTime, TailLines: o.TailLines, LimitBytes: o.LimitBytes,
	}
	if o.Follow {
		s.followLog(w, r, req)
		return
	}
	resp := s.do(r, req)
	if resp.Err != nil {
		s.fail(w, r, resp.Err)
		return
	}
	s.send(w, "text/plain", http.StatusOK, []byte(resp.Text))
}

// followLog streams until the container ends or the client leaves. What is wrong at the start is an error answer.
func (s *server) followLog(w http.ResponseWriter, r *http.Request, req *api.Request) {
	req.Verb = api.Watch
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	q := newBacklog()
	stop, err := s.core.Watch(ctx, req, q.add)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer stop()
	flush := http.NewResponseController(w)
	begun := false
	begin := func() {
		if !begun {
			begun = true
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusOK)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.more:
		}
		events, full := q.take()
		for i := range events {
			ev := &events[i]
			switch text, ok := ev.Object.(*api.LogText); {
			case ok:
				begin()
				if _, err := io.WriteString(w, text.Text); err != nil {
					return
				}
			case ev.Err != nil && !begun && !errors.Is(ev.Err, io.EOF):
				s.fail(w, r, ev.Err)
				return
			default:
				begin()
				return
			}
		}
		if full || flush.Flush() != nil {
			return
		}
	}
}

// logOptions reads the parameters (the generated conversions of PodLogOptions).
func logOptions(r *http.Request) (o corev1.PodLogOptions, err error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return o, err
	}
	o.Container = q.Get("container")
	o.Follow, o.Previous, o.Timestamps = truth(q, "follow"), truth(q, "previous"), truth(q, "timestamps")
	number := func(name string, to **int64) {
		if v := q.Get(name); v != "" && err == nil {
			var n int64
			if n, err = strconv.ParseInt(v, 10, 64); err == nil {
				*to = &n
			}
		}
	}
	number("sinceSeconds", &o.SinceSeconds)
	number("tailLines", &o.TailLines)
	number("limitBytes", &o.LimitBytes)
	if v := q.Get("sinceTime"); v != "" && err == nil {
		o.SinceTime = &metav1.Time{}
		err = o.SinceTime.UnmarshalQueryParameter(v)
	}
	if v := q.Get("stream"); v != "" {
		o.Stream = &v
	}
	return o, err
}

// validateLogOptions is ValidatePodLogOptions (pkg/apis/core/validation).
func validateLogOptions(o *corev1.PodLogOptions) (errs field.ErrorList) {
	if o.TailLines != nil && *o.TailLines < 0 {
		errs = append(errs, field.Invalid(field.NewPath("tailLines"), *o.TailLines, "must be greater than or equal to 0"))
	}
	if o.LimitBytes != nil && *o.LimitBytes < 1 {
		errs = append(errs, field.Invalid(field.NewPath("limitBytes"), *o.LimitBytes, "must be greater than 0"))
	}
	switch {
	case o.SinceSeconds != nil && o.SinceTime != nil:
		errs = append(errs, field.Forbidden(field.NewPath(""), "at most one of `sinceTime` or `sinceSeconds` may be specified"))
	case o.SinceSeconds != nil && *o.SinceSeconds < 1:
		errs = append(errs, field.Invalid(field.NewPath("sinceSeconds"), *o.SinceSeconds, "must be greater than 0"))
	}
	if o.Stream != nil && *o.Stream != corev1.LogStreamAll && !strings.EqualFold(*o.Stream, corev1.LogStreamStdout) {
		errs = append(errs, field.NotSupported(field.NewPath("stream"), *o.Stream, []string{corev1.LogStreamAll, corev1.LogStreamStdout}))
	}
	return errs
}
