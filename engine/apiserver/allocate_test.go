package apiserver_test

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/apiserver"
	"tabernetes/engine/client"
	"tabernetes/engine/etcd"
	"tabernetes/engine/sim"
)

func service(name, ip string) *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.ServiceSpec{ClusterIP: ip, Ports: []corev1.ServicePort{{Port: 80}}}}
}

func (w *world) addresses() map[string]string {
	r := w.do(&api.Request{Verb: api.List, Resource: api.IPAddresses})
	require.NoError(w.t, r.Err)
	out := map[string]string{}
	for _, o := range r.Items {
		ref := o.(*networkingv1.IPAddress).Spec.ParentRef
		out[o.GetName()] = ref.Namespace + "/" + ref.Name
	}
	return out
}

func (w *world) createService(svc *corev1.Service) (*corev1.Service, error) {
	r := w.do(&api.Request{Verb: api.Create, Resource: api.Services, Namespace: "default", Object: svc})
	if r.Err != nil {
		return nil, r.Err
	}
	return r.Object.(*corev1.Service), nil
}

// TestAddressObjects: a Service and the IPAddress objects of its cluster addresses come, change and go together.
func TestAddressObjects(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, map[string]string{"10.96.0.1": "default/kubernetes"}, w.addresses())
	r := w.do(&api.Request{Verb: api.Get, Resource: api.ServiceCIDRs, Name: "kubernetes"})
	require.NoError(t, r.Err)
	cidr := r.Object.(*networkingv1.ServiceCIDR)
	require.Equal(t, []string{"10.96.0.0/12"}, cidr.Spec.CIDRs)
	require.Len(t, cidr.Status.Conditions, 1)
	require.Equal(t, "Kubernetes default Service CIDR is ready", cidr.Status.Conditions[0].Message)

	web, err := w.createService(service("web", ""))
	require.NoError(t, err)
	require.Equal(t, map[string]string{"10.96.0.1": "default/kubernetes", web.Spec.ClusterIP: "default/web"}, w.addresses())
	ip := w.do(&api.Request{Verb: api.Get, Resource: api.IPAddresses, Name: web.Spec.ClusterIP}).Object
	require.Equal(t, map[string]string{"ipaddress.kubernetes.io/ip-family": "IPv4", "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"}, ip.GetLabels())
	require.Equal(t, web.ResourceVersion, ip.GetResourceVersion(), "one transaction")

	_, err = w.createService(service("other", web.Spec.ClusterIP))
	require.EqualError(t, err, fmt.Sprintf(`Service "other" is invalid: spec.clusterIPs: Invalid value: ["%s"]: failed to allocate IP %s: provided IP is already allocated`, web.Spec.ClusterIP, web.Spec.ClusterIP))
	_, err = w.createService(service("other", "192.0.2.1"))
	require.EqualError(t, err, `Service "other" is invalid: spec.clusterIPs: Invalid value: ["192.0.2.1"]: failed to allocate IP 192.0.2.1: the provided network does not match the current range`)
	_, err = w.createService(service("headless", "None"))
	require.NoError(t, err)
	require.Len(t, w.addresses(), 2)

	external := `{"spec":{"type":"ExternalName","externalName":"a.example.com","clusterIP":"","clusterIPs":null}}`
	r = w.do(&api.Request{Verb: api.Patch, PatchType: types.MergePatchType, Patch: []byte(external), Resource: api.Services, Namespace: "default", Name: "web"})
	require.NoError(t, r.Err)
	require.Len(t, w.addresses(), 1)
	r = w.do(&api.Request{Verb: api.Patch, PatchType: types.MergePatchType, Patch: []byte(`{"spec":{"type":"ClusterIP"}}`), Resource: api.Services, Namespace: "default", Name: "web"})
	require.NoError(t, r.Err)
	again := r.Object.(*corev1.Service).Spec.ClusterIP
	require.Equal(t, "default/web", w.addresses()[again])

	require.NoError(t, w.do(&api.Request{Verb: api.Delete, Resource: api.Services, Namespace: "default", Name: "web"}).Err)
	require.Equal(t, map[string]string{"10.96.0.1": "default/kubernetes"}, w.addresses())
}

// TestAddressComesBack: as long as a Service has an address, its IPAddress cannot stay deleted.
func TestAddressComesBack(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.do(&api.Request{Verb: api.Delete, Resource: api.IPAddresses, Name: "10.96.0.1"}).Err)
	w.run(5 * time.Second)
	require.Equal(t, map[string]string{"10.96.0.1": "default/kubernetes"}, w.addresses())
}

// TestMoreRanges: addresses of another ServiceCIDR may be asked for, and are taken when the first range is full.
func TestMoreRanges(t *testing.T) {
	w := &world{t: t, s: sim.New(sim.Config{Seed: 1})}
	w.h = w.s.AddHost("control-plane-1")
	members := etcd.NewCluster()
	w.h.Install("etcd", func(a *sim.Actor) { etcd.Boot(a, members, etcd.Config{}) })
	w.h.Install("kube-apiserver", func(a *sim.Actor) {
		w.sv = apiserver.Run(a, apiserver.Config{Etcd: []*sim.Host{w.h}, ServiceCIDR: "10.96.0.0/29", Advertise: "10.0.0.2"})
	})
	w.s.AddHost("user").Install("test", func(a *sim.Actor) {
		w.a = a
		w.c = client.New(a, client.Config{Servers: []*sim.Host{w.h}, User: "test"})
	})
	w.run(3 * time.Second)
	for i := range 5 {
		_, err := w.createService(service(fmt.Sprint("s", i), ""))
		require.NoError(t, err)
	}
	_, err := w.createService(service("s5", ""))
	require.EqualError(t, err, `Internal error occurred: failed to allocate a serviceIP for Service "s5": range is full`)
	more := &networkingv1.ServiceCIDR{ObjectMeta: metav1.ObjectMeta{Name: "more"}, Spec: networkingv1.ServiceCIDRSpec{CIDRs: []string{"10.97.0.0/24"}}}
	require.NoError(t, w.do(&api.Request{Verb: api.Create, Resource: api.ServiceCIDRs, Object: more}).Err)
	svc, err := w.createService(service("s5", ""))
	require.NoError(t, err)
	require.Contains(t, svc.Spec.ClusterIP, "10.97.0.")
	_, err = w.createService(service("s6", "10.97.0.3"))
	require.NoError(t, err)
	_, err = w.createService(service("s7", "10.97.0.255"))
	require.ErrorContains(t, err, "failed to allocate IP 10.97.0.255: the provided network does not match the current range") // the broadcast address
}

// TestTwoServersOneAddress: two API servers that choose the same address at once do not both give it away.
func TestTwoServersOneAddress(t *testing.T) {
	collisions := 0
	for seed := range uint64(8) {
		s := sim.New(sim.Config{Seed: seed})
		first, second := s.AddHost("control-plane-1"), s.AddHost("control-plane-2")
		members := etcd.NewCluster()
		first.Install("etcd", func(a *sim.Actor) { etcd.Boot(a, members, etcd.Config{}) })
		for _, h := range []*sim.Host{first, second} {
			h.Install("kube-apiserver", func(a *sim.Actor) {
				apiserver.Run(a, apiserver.Config{Etcd: []*sim.Host{first}, ServiceCIDR: "10.96.0.0/29", Advertise: "10.0.0.2"})
			})
		}
		var clients []*client.Client
		s.AddHost("user").Install("test", func(a *sim.Actor) {
			for _, h := range []*sim.Host{first, second} {
				clients = append(clients, client.New(a, client.Config{Servers: []*sim.Host{h}, User: "test"}))
			}
		})
		s.RunUntil(s.Now().Add(3*time.Second), 0)
		given := map[string]string{}
		s.Do(func() {
			for i := range 4 {
				name := fmt.Sprint("s", i)
				clients[i%2].Do(&api.Request{Verb: api.Create, Resource: api.Services, Namespace: "default", Object: service(name, "")}, func(r *api.Response) {
					require.NoError(t, r.Err)
					ip := r.Object.(*corev1.Service).Spec.ClusterIP
					require.Empty(t, given[ip], "%s has two owners", ip)
					given[ip] = name
				})
			}
		})
		s.RunUntil(s.Now().Add(3*time.Second), 0)
		require.Len(t, given, 4)
		fixed := map[bool]int{}
		s.Do(func() {
			for i := range 2 {
				clients[i].Do(&api.Request{Verb: api.Create, Resource: api.Services, Namespace: "default", Object: service(fmt.Sprint("f", i), free(given))}, func(r *api.Response) {
					fixed[r.Err == nil]++
					if r.Err != nil {
						require.ErrorContains(t, r.Err, "provided IP is already allocated")
						collisions++
					}
				})
			}
		})
		s.RunUntil(s.Now().Add(3*time.Second), 0)
		require.Equal(t, map[bool]int{true: 1, false: 1}, fixed)
	}
	require.Equal(t, 8, collisions)
}

// free is an address of 10.96.0.0/29 that nobody has.
func free(given map[string]string) string {
	for i := 2; ; i++ {
		if ip := fmt.Sprint("10.96.0.", i); given[ip] == "" {
			return ip
		}
	}
}

// aliceCSR is a certificate signing request that openssl made for /CN=alice, in base64 as in a manifest.
const aliceCSR = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlJQkZUQ0J2UUlCQURBcU1RNHdEQVlEVlFRRERBVmhiR2xqWlRFTU1Bb0dBMVVFQ2d3RFpHVjJNUW93Q0FZRApWUVFMREFGMU1Ga3dFd1lIS29aSXpqMENBUVlJS29aSXpqMERBUWNEUWdBRUNUZjlmZ3RWVDdIOC9HSVp4THFtCmw5TkpLWGxQWU84WEpTdUovRFpwUHdZZ2tPOHprVm9ZaE9EVEFXRlVvUHh0MUFoTXBNSG01WW0rOU50T0V4aUcKTTZBeE1DOEdDU3FHU0liM0RRRUpEakVpTUNBd0hnWURWUjBSQkJjd0ZZSU5ZUzVsZUdGdGNHeGxMbU52YlljRQpDZ0FBQVRBS0JnZ3Foa2pPUFFRREFnTkhBREJFQWlCQkJuNm45NHlic2dvK3MvSS85N3lzM0RYNHE4ZTNKNFpGCmJXNSt5UTZ1ZlFJZ0lUTXh6U1piQzE4Wm40SGdlNzA2dkpYekFOaVZyRDlIQWtlR1AzL2YrY1E9Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo="

// TestCertificateApproval: who asks for a certificate is noted, and only the approval subresource approves.
func TestCertificateApproval(t *testing.T) {
	w := newWorld(t)
	pem, err := base64.StdEncoding.DecodeString(aliceCSR)
	require.NoError(t, err)
	csr := &certificatesv1.CertificateSigningRequest{ObjectMeta: metav1.ObjectMeta{Name: "alice"}, Spec: certificatesv1.CertificateSigningRequestSpec{
		Request: pem, SignerName: "example.com/signer", Usages: []certificatesv1.KeyUsage{certificatesv1.UsageClientAuth}, Username: "mallory"},
		Status: certificatesv1.CertificateSigningRequestStatus{Conditions: []certificatesv1.CertificateSigningRequestCondition{{Type: "Approved", Status: "True"}}}}
	r := w.do(&api.Request{Verb: api.Create, Resource: api.CertificateSigningRequests, Object: csr})
	require.NoError(t, r.Err)
	made := r.Object.(*certificatesv1.CertificateSigningRequest)
	require.Equal(t, "test", made.Spec.Username)
	require.Empty(t, made.Status.Conditions)

	approved := api.Copy(made)
	approved.Status.Conditions = []certificatesv1.CertificateSigningRequestCondition{{Type: "Approved", Status: "True", Reason: "r"}}
	r = w.do(&api.Request{Verb: api.Update, Resource: api.CertificateSigningRequests, Name: "alice", Object: api.Copy(approved)})
	require.NoError(t, r.Err)
	require.Empty(t, r.Object.(*certificatesv1.CertificateSigningRequest).Status.Conditions)
	r = w.do(&api.Request{Verb: api.Update, Resource: api.CertificateSigningRequests, Subresource: "status", Name: "alice", Object: api.Copy(approved)})
	require.ErrorContains(t, r.Err, `status.conditions: Forbidden: updates may not add a condition of type "Approved"`)
	r = w.do(&api.Request{Verb: api.Update, Resource: api.CertificateSigningRequests, Subresource: "approval", Name: "alice", Object: api.Copy(approved)})
	require.NoError(t, r.Err)
	got := r.Object.(*certificatesv1.CertificateSigningRequest).Status.Conditions
	require.Len(t, got, 1)
	require.False(t, got[0].LastUpdateTime.IsZero() || got[0].LastTransitionTime.IsZero())
	sel := w.do(&api.Request{Verb: api.List, Resource: api.CertificateSigningRequests, FieldSelector: fields.OneTermEqualSelector("spec.signerName", "example.com/signer")})
	require.Len(t, sel.Items, 1)
}

// TestRepairAtStart: a server that starts makes the addresses that are missing and removes those nobody has.
func TestRepairAtStart(t *testing.T) {
	w := newWorld(t)
	web, err := w.createService(service("web", ""))
	require.NoError(t, err)
	orphan := &networkingv1.IPAddress{ObjectMeta: metav1.ObjectMeta{Name: "10.96.9.9", Labels: map[string]string{"ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"}},
		Spec: networkingv1.IPAddressSpec{ParentRef: &networkingv1.ParentReference{Resource: "services", Namespace: "default", Name: "gone"}}}
	require.NoError(t, w.do(&api.Request{Verb: api.Create, Resource: api.IPAddresses, Object: orphan}).Err)
	require.NoError(t, w.do(&api.Request{Verb: api.Delete, Resource: api.IPAddresses, Name: web.Spec.ClusterIP}).Err)
	require.NotContains(t, w.addresses(), web.Spec.ClusterIP)
	w.s.Do(func() { w.h.KillProgram("kube-apiserver"); w.h.StartProgram("kube-apiserver") })
	w.run(10 * time.Second)
	require.Equal(t, map[string]string{"10.96.0.1": "default/kubernetes", web.Spec.ClusterIP: "default/web"}, w.addresses())
}
