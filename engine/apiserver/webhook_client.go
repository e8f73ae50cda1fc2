package apiserver

import (
	"encoding/json"
	"errors"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/api/x509"
	"tabernetes/engine/sim"
)

// The client of webhooks (apiserver/pkg/util/webhook/client.go, client-go's rest.Request): admission and conversion send
// their reviews through it. Here is the border where objects become JSON.

// WebhookCall is a POST of JSON over TLS to a webhook.
type WebhookCall struct {
	Host string // what is dialled: a Service's address, or the host of a URL
	Port int32
	Path string // without the query
	Body []byte
	// Verify judges the certificates (PEM) that the server shows; its error is the call's.
	Verify func(chain string) error
}

// WebhookAnswer is what came of a call.
type WebhookAnswer struct {
	Err    error // of the network: "dial tcp 10.96.0.9:443: connect: connection refused"
	Status int
	Body   []byte
	JSON   bool // the body's media type is application/json
}

// webhookTarget is where a webhook answers.
type webhookTarget struct {
	namespace, service, path string
	port                     int32
	url                      *url.URL // instead of the Service
	roots                    []*x509.Certificate
	err                      error // why there can be no client of it
}

// newWebhookTarget reads a clientConfig; service is nil for one with a URL.
func newWebhookTarget(address *string, service *apiextensions.ServiceReference, bundle []byte) *webhookTarget {
	t := &webhookTarget{path: "/"}
	if service != nil {
		t.namespace, t.service, t.port = service.Namespace, service.Name, 443
		if service.Port != nil {
			t.port = *service.Port
		}
		if service.Path != nil {
			t.path = path.Join("/", *service.Path)
		}
	} else if address != nil {
		u, err := url.Parse(*address)
		if err != nil {
			t.err = errors.New("Unparsable URL: " + err.Error())
			return t
		}
		t.url, t.path, t.port = u, path.Join("/", u.Path), 443
		if n, err := strconv.Atoi(u.Port()); err == nil {
			t.port = int32(n)
		}
	}
	if strings.TrimSpace(string(bundle)) != "" {
		t.roots, t.err = x509.Roots(bundle)
	}
	return t
}

// serverName is the name the webhook's certificate must have.
func (t *webhookTarget) serverName() string {
	if t.url != nil {
		return t.url.Hostname()
	}
	return t.service + "." + t.namespace + ".svc"
}

// address is the URL as errors show it.
func (t *webhookTarget) address(timeout time.Duration) string {
	host := ""
	if t.url != nil {
		host = t.url.Host
	} else {
		host = t.serverName() + ":" + strconv.Itoa(int(t.port))
	}
	u := url.URL{Scheme: "https", Host: host, Path: t.path, RawQuery: "timeout=" + timeout.String()}
	return u.String()
}

// post sends a review and reads the answer into one; done gets what the client's Do and Into would return. The server is
// not held up: done comes in a later event.
func (s *Server) post(t *webhookTarget, timeout time.Duration, review, into any, done func(error)) {
	body, err := json.Marshal(review)
	if err != nil {
		done(err)
		return
	}
	over := false
	var timer sim.Timer
	end := func(err error) {
		if !over {
			over = true
			timer.Stop()
			done(err)
		}
	}
	failed := func(why string) {
		end(errors.New("Post " + strconv.Quote(t.address(timeout)) + ": " + why))
	}
	host, err := s.resolve(t)
	switch {
	case err != nil:
		failed(err.Error())
		return
	case s.conf.CallWebhook == nil:
		failed("dial tcp " + host + ":" + strconv.Itoa(int(t.port)) + ": connect: connection refused")
		return
	}
	timer = s.a.After(timeout, "webhook timeout", func() { failed("context deadline exceeded") })
	call := &WebhookCall{Host: host, Port: t.port, Path: t.path, Body: body, Verify: func(chain string) error {
		return x509.Verify(chain, t.roots, t.serverName(), s.a.Wall())
	}}
	s.conf.CallWebhook(s.a, call, func(w WebhookAnswer) {
		switch {
		case over:
		case w.Err != nil:
			failed(w.Err.Error())
		default:
			end(w.read(into))
		}
	})
}

// read takes an answer apart as rest.Result does.
func (w *WebhookAnswer) read(into any) error {
	switch {
	case w.Status < 200 || w.Status > 206:
		text := "unknown"
		if !w.JSON {
			text = strings.TrimSpace(string(w.Body))
		}
		return apierrors.NewGenericServerResponse(w.Status, "POST", schema.GroupResource{}, "", text, 0, true)
	case len(w.Body) == 0:
		return errors.New("0-length response with status code: " + strconv.Itoa(w.Status) + " and content type: ")
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(w.Body, into); err != nil {
		return errors.New("couldn't get version/kind; json parse error: " + err.Error())
	}
	return nil
}

// resolve finds what to dial (apiserver/pkg/util/proxy, ResolveCluster: kubeadm leaves --enable-aggregator-routing off, so
// it is a Service's own address, and the node's rules choose the endpoint).
func (s *Server) resolve(t *webhookTarget) (host string, err error) {
	if t.url != nil {
		return t.url.Hostname(), nil
	}
	svc, _ := s.kinds[api.Services].objects[api.Key(t.namespace, t.service)].(*corev1.Service)
	if svc == nil {
		return "", errors.New("service " + strconv.Quote(t.service) + " not found")
	}
	switch {
	case svc.Spec.Type == corev1.ServiceTypeExternalName:
		return svc.Spec.ExternalName, nil
	case svc.Spec.Type == corev1.ServiceTypeClusterIP && svc.Spec.ClusterIP == corev1.ClusterIPNone:
		return "", errors.New(`cannot route to service with ClusterIP "None"`)
	}
	for i := range svc.Spec.Ports {
		if svc.Spec.Ports[i].Port == t.port {
			return svc.Spec.ClusterIP, nil
		}
	}
	return "", errors.New("no service port " + strconv.Itoa(int(t.port)) + " found for service " + strconv.Quote(svc.Name))
}
