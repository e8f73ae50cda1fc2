package rest

import (
	"fmt"
	"net/http"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
)

// log serves pods/log: which container is meant is decided here, as registry/core/pod/strategy.go (LogLocation) does.
func (s *server) log(w http.ResponseWriter, r *http.Request, req *api.Request) {
	var o corev1.PodLogOptions
	if err := corev1.Convert_url_Values_To_v1_PodLogOptions(ptr(r.URL.Query()), &o, nil); err != nil {
		s.fail(w, r, apierrors.NewBadRequest(err.Error()))
		return
	}
	if errs := validateLogOptions(&o); len(errs) > 0 {
		s.fail(w, r, apierrors.NewInvalid(corev1.SchemeGroupVersion.WithKind("PodLogOptions").GroupKind(), req.Name, errs))
		return
	}
	get := *req
	get.Subresource = ""
	resp := s.do(r, &get)
	if resp.Err != nil {
		s.fail(w, r, resp.Err)
		return
	}
	pod, ok := resp.Object.(*corev1.Pod)
	logger, has := s.core.(Logger)
	if !ok || !has {
		s.fail(w, r, notServed())
		return
	}
	name, err := logContainer(pod, o.Container)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	o.Container = name
	if pod.Spec.NodeName == "" {
		s.fail(w, r, apierrors.NewBadRequest(fmt.Sprintf("pod %s does not have a host assigned", pod.Name)))
		return
	}
	begun := false
	flush := http.NewResponseController(w)
	begin := func() {
		if !begun {
			begun = true
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusOK)
		}
	}
	err = logger.Logs(r.Context(), pod, &o, func(b []byte) error {
		begin()
		if _, err := w.Write(b); err != nil {
			return err
		}
		if o.Follow {
			return flush.Flush()
		}
		return nil
	})
	if err != nil && !begun {
		s.fail(w, r, err)
		return
	}
	begin()
}

func ptr[T any](v T) *T { return &v }

func logContainer(pod *corev1.Pod, name string) (string, error) {
	var containers, inits, all []string
	for i := range pod.Spec.Containers {
		containers = append(containers, pod.Spec.Containers[i].Name)
	}
	for i := range pod.Spec.InitContainers {
		inits = append(inits, pod.Spec.InitContainers[i].Name)
	}
	all = append(append(all, inits...), containers...)
	if name == "" {
		if len(containers) == 1 {
			return containers[0], nil
		}
		msg := fmt.Sprintf("a container name must be specified for pod %s, choose one of: %v", pod.Name, containers)
		if len(inits) > 0 {
			msg += fmt.Sprintf(" or one of the init containers: %v", inits)
		}
		return "", apierrors.NewBadRequest(msg)
	}
	for _, c := range all {
		if c == name {
			return name, nil
		}
	}
	return "", apierrors.NewBadRequest(fmt.Sprintf("container %s is not valid for pod %s", name, pod.Name))
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
