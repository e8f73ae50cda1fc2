package kubectl

import (
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/sim"
)

// errExit ends with exit code 1 and no words.
var errExit = errors.New("exit")

// multi is several errors, each printed on a line of its own.
type multi []error

func (m multi) Error() string {
	parts := make([]string, len(m))
	for i, err := range m {
		parts[i] = err.Error()
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func aggregate(errs []error) error {
	var m multi
	for _, err := range errs {
		switch err := err.(type) {
		case nil:
		case multi:
			m = append(m, err...)
		default:
			m = append(m, err)
		}
	}
	switch len(m) {
	case 0:
		return nil
	case 1:
		return m[0]
	}
	return m
}

// errorText is what kubectl prints for an error, with a final newline; "" for none.
// Upstream: k8s.io/kubectl/pkg/cmd/util, checkErr.
func errorText(err error, server string) string {
	if err == nil || err == errExit {
		return ""
	}
	msg := ""
	var m multi
	switch {
	case errors.As(err, &m):
		var b strings.Builder
		for _, e := range m {
			b.WriteString(messageFor(e, server) + "\n")
		}
		return b.String()
	case isInvalid(err):
		msg = invalidText(err)
	default:
		text, standard := standardMessage(err, server)
		msg = text
		if !standard && !strings.HasPrefix(text, "error: ") {
			msg = "error: " + text
		}
	}
	if !strings.HasSuffix(msg, "\n") {
		msg += "\n"
	}
	return msg
}

func isInvalid(err error) bool {
	var s *apierrors.StatusError
	return errors.As(err, &s) && s.ErrStatus.Reason == metav1.StatusReasonInvalid && err == error(s)
}

func invalidText(err error) string {
	var s *apierrors.StatusError
	errors.As(err, &s)
	d := s.ErrStatus.Details
	text := "The request is invalid"
	if d == nil {
		if s.ErrStatus.Message != "" {
			text += ": " + s.ErrStatus.Message
		}
		return text
	}
	if d.Kind != "" || d.Name != "" {
		text = fmt.Sprintf("The %s %q is invalid", d.Kind, d.Name)
	} else if s.ErrStatus.Message != "" && len(d.Causes) == 0 {
		text += ": " + s.ErrStatus.Message
	}
	var lines []string
	seen := map[string]bool{}
	for _, cause := range d.Causes {
		line := cause.Field + ": " + cause.Message
		if !seen[line] {
			seen[line] = true
			lines = append(lines, line)
		}
	}
	switch len(lines) {
	case 0:
		return text
	case 1:
		return text + ": " + lines[0]
	}
	return text + ": \n* " + strings.Join(lines, "\n* ")
}

// standardMessage puts the errors of server and network into words.
func standardMessage(err error, server string) (string, bool) {
	if s, ok := err.(apierrors.APIStatus); ok {
		st := s.Status()
		switch {
		case st.Reason == metav1.StatusReasonUnauthorized:
			return fmt.Sprintf("error: You must be logged in to the server (%s)", st.Message), true
		case st.Reason != "":
			return fmt.Sprintf("Error from server (%s): %s", st.Reason, err.Error()), true
		}
		return "Error from server: " + err.Error(), true
	}
	switch {
	case errors.Is(err, sim.ErrRefused):
		host := strings.TrimPrefix(strings.TrimPrefix(server, "https://"), "http://")
		return fmt.Sprintf("The connection to the server %s was refused - did you specify the right host or port?", host), true
	case errors.Is(err, sim.ErrTimeout), errors.Is(err, sim.ErrLost), errors.Is(err, sim.ErrReset), errors.Is(err, sim.ErrClosed):
		return "Unable to connect to the server: " + err.Error(), true
	}
	return err.Error(), false
}

// messageFor is one line of several errors.
func messageFor(err error, server string) string {
	text, _ := standardMessage(err, server)
	return text
}

// withSource adds to an error where its object came from, as cmdutil.AddSourceToErr does.
func withSource(verb, source string, err error) error {
	if err == nil || source == "" {
		return err
	}
	if s, ok := err.(apierrors.APIStatus); ok {
		st := s.Status()
		st.Message = fmt.Sprintf("error when %s %q: %v", verb, source, st.Message)
		return &apierrors.StatusError{ErrStatus: st}
	}
	return fmt.Errorf("error when %s %q: %v", verb, source, err)
}
