package apiserver

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

// An API server tells that it is there by a Lease in kube-system (feature APIServerIdentity; the durations are those of
// pkg/controlplane/apiserver/server.go).
const (
	identitySeconds  = 3600
	identityInterval = 10 * time.Second
)

// identityName is the Lease's: a hash of the host name and what runs there, as in apiserver/pkg/server/config.go.
func identityName(host string) string {
	var b []byte
	for _, part := range [...]string{host, "kube-apiserver"} {
		b = append(b, byte(len(part)>>8), byte(len(part)))
		b = append(b, part...)
	}
	sum := sha256.Sum256(b)
	return "apiserver-" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16]))
}

// identity renews the server's Lease.
type identity struct {
	s  *Server
	id string // of this run
}

func (x *identity) loop() {
	x.s.a.Periodic(identityInterval, "renew identity", x.loop)
	k := x.s.kinds[api.Leases]
	if !k.ready {
		return
	}
	name := identityName(x.s.a.Host().Name)
	now := metav1.NewMicroTime(x.s.a.Wall().Truncate(time.Microsecond))
	seconds := int32(identitySeconds)
	cur, _ := k.objects[api.Key(metav1.NamespaceSystem, name)].(*coordinationv1.Lease)
	req := &api.Request{Verb: api.Create, Resource: api.Leases, Namespace: metav1.NamespaceSystem, Name: name, User: loopbackUser, UserAgent: "kube-apiserver"}
	if cur == nil {
		req.Object = &coordinationv1.Lease{
			ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceSystem, Name: name, Labels: map[string]string{
				"apiserver.kubernetes.io/identity": "kube-apiserver", "kubernetes.io/hostname": x.s.a.Host().Name,
			}},
			Spec: coordinationv1.LeaseSpec{HolderIdentity: &x.id, LeaseDurationSeconds: &seconds, RenewTime: &now},
		}
	} else {
		l := *cur
		l.Spec.HolderIdentity, l.Spec.LeaseDurationSeconds, l.Spec.RenewTime = &x.id, &seconds, &now
		req.Verb, req.Object = api.Update, &l
	}
	x.s.Serve(req, x.s.a, func(*api.Response) {})
}

// loopbackUser is who the server is to itself.
const loopbackUser = "system:apiserver"

// serving begins, once the objects every cluster has are there, what tells others that this server lives.
func (s *Server) serving() {
	if s.booted {
		return
	}
	s.booted = true
	(&reconciler{s: s}).loop()
	(&identity{s: s, id: identityName(s.a.Host().Name) + "_" + string(s.newUID())}).loop()
}
