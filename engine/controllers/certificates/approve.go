package certificates

import (
	"errors"
	"fmt"
	"slices"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/api/pkcs10"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// Workers is how many requests each controller looks at at once.
const Workers = 5

// How often a request is looked at again whose maker may not have what it asks for.
const (
	minRetry = 200 * time.Millisecond
	maxRetry = 1000 * time.Second
)

// approver approves requests for client certificates of kubelets (approver/sarapprove.go).
type approver struct {
	a        *sim.Actor
	c        *client.Client
	requests *client.Cache[*certificatesv1.CertificateSigningRequest]
	queue    *client.Queue
	refused  map[string]time.Duration // how long to wait before the next look
}

// recognizer is a kind of request that is approved without a person.
type recognizer struct {
	subresource, message string
	recognize            func(csr *certificatesv1.CertificateSigningRequest, r *pkcs10.Request) bool
}

var recognizers = [...]recognizer{
	{"selfnodeclient", "Auto approving self kubelet client certificate after SubjectAccessReview.", func(csr *certificatesv1.CertificateSigningRequest, r *pkcs10.Request) bool {
		return csr.Spec.Username == r.Subject.CommonName && isNodeClient(csr, r)
	}},
	{"nodeclient", "Auto approving kubelet client certificate after SubjectAccessReview.", isNodeClient},
}

func isNodeClient(csr *certificatesv1.CertificateSigningRequest, r *pkcs10.Request) bool {
	return csr.Spec.SignerName == certificatesv1.KubeAPIServerClientKubeletSignerName && checkKubeletClient(r, usagesOf(csr)) == nil
}

// Approve starts the approving controller; it works once its cache is synced.
func Approve(f *client.Informers) {
	c := f.Client()
	k := &approver{a: c.Actor(), c: c, requests: client.Shared[*certificatesv1.CertificateSigningRequest](f, api.CertificateSigningRequests), refused: map[string]time.Duration{}}
	k.queue = client.NewQueue(k.a, "csrapproving", Workers, k.sync)
	follow(k.requests, k.queue)
}

// follow queues every request that changes and has no certificate yet.
func follow(requests *client.Cache[*certificatesv1.CertificateSigningRequest], queue *client.Queue) {
	requests.Subscribe(func(_, csr *certificatesv1.CertificateSigningRequest) {
		if csr != nil && len(csr.Status.Certificate) == 0 {
			queue.Add(csr.Name)
		}
	})
	client.WhenSynced(queue.Start, requests)
}

func has(csr *certificatesv1.CertificateSigningRequest, t certificatesv1.RequestConditionType) bool {
	return slices.ContainsFunc(csr.Status.Conditions, func(c certificatesv1.CertificateSigningRequestCondition) bool { return c.Type == t })
}

func (k *approver) sync(name string, done func(error)) {
	csr, ok := k.requests.GetKey(name)
	if !ok || len(csr.Status.Certificate) > 0 || has(csr, certificatesv1.CertificateApproved) || has(csr, certificatesv1.CertificateDenied) {
		delete(k.refused, name)
		done(nil)
		return
	}
	r, err := pkcs10.Parse(csr.Spec.Request)
	if err != nil {
		done(fmt.Errorf("unable to parse csr %q: %v", name, err))
		return
	}
	var list []*recognizer
	for i := range recognizers {
		if recognizers[i].recognize(csr, r) {
			list = append(list, &recognizers[i])
		}
	}
	k.try(csr, list, len(list) > 0, done)
}

// try asks for one recognizer after another whether the maker of the request may have it approved.
func (k *approver) try(csr *certificatesv1.CertificateSigningRequest, list []*recognizer, recognized bool, done func(error)) {
	if len(list) == 0 {
		if recognized {
			k.wait(csr.Name)
		}
		done(nil)
		return
	}
	k.may(csr, list[0].subresource, func(allowed bool, err error) {
		switch {
		case err != nil:
			done(err)
		case allowed:
			k.approve(csr, list[0].message, done)
		default:
			k.try(csr, list[1:], recognized, done)
		}
	})
}

// wait looks at a request again later: rights may be given meanwhile. It is no work that anybody waits for.
func (k *approver) wait(name string) {
	d := max(k.refused[name], minRetry)
	k.refused[name] = min(2*d, maxRetry)
	ctx := sim.Context{Cause: k.a.Sim().Cause(), Background: true}
	k.a.Periodic(d, "look at a request again", func() { k.a.Sim().In(ctx, func() { k.queue.Add(name) }) })
}

func (k *approver) may(csr *certificatesv1.CertificateSigningRequest, subresource string, then func(bool, error)) {
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: csr.Spec.Username, UID: csr.Spec.UID, Groups: csr.Spec.Groups,
		ResourceAttributes: &authorizationv1.ResourceAttributes{Group: "certificates.k8s.io", Resource: "certificatesigningrequests", Verb: "create", Subresource: subresource, Version: "*"},
	}}
	for key, values := range csr.Spec.Extra {
		if review.Spec.Extra == nil {
			review.Spec.Extra = map[string]authorizationv1.ExtraValue{}
		}
		review.Spec.Extra[key] = authorizationv1.ExtraValue(values)
	}
	client.Create(k.c, api.SubjectAccessReviews, review, func(r *authorizationv1.SubjectAccessReview, err error) {
		then(err == nil && r.Status.Allowed, err)
	})
}

func (k *approver) approve(csr *certificatesv1.CertificateSigningRequest, message string, done func(error)) {
	k.a.Record(sim.KindDecision, api.Ref(api.CertificateSigningRequests, "", csr.Name), "approve it: "+csr.Spec.Username+" may have it")
	next := api.Copy(csr)
	next.Status.Conditions = append(slices.Clip(csr.Status.Conditions), certificatesv1.CertificateSigningRequestCondition{
		Type: certificatesv1.CertificateApproved, Status: corev1.ConditionTrue, Reason: "AutoApproved", Message: message,
	})
	client.Update(k.c, api.CertificateSigningRequests, "approval", next, func(_ *certificatesv1.CertificateSigningRequest, err error) {
		done(gone(err, "error updating approval for csr: "))
	})
}

// gone is a write's error; there is none if the request is not there any more.
func gone(err error, what string) error {
	if err == nil || apierrors.IsNotFound(err) {
		return nil
	}
	return errors.New(what + err.Error())
}
