package apiserver_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"tabernetes/engine/api"
	"tabernetes/engine/apiserver"
	"tabernetes/engine/client"
	"tabernetes/engine/etcd"
	"tabernetes/engine/sim"
)

// newRanges is a world whose server has these Service ranges.
func newRanges(t *testing.T, ranges string) *world {
	w := &world{t: t, s: sim.New(sim.Config{Seed: 1})}
	w.h = w.s.AddHost("control-plane-1")
	members := etcd.NewCluster()
	w.h.Install("etcd", func(a *sim.Actor) { etcd.Boot(a, members, etcd.Config{}) })
	w.h.Install("kube-apiserver", func(a *sim.Actor) {
		w.sv = apiserver.Run(a, apiserver.Config{Etcd: []*sim.Host{w.h}, ServiceCIDR: ranges, Advertise: "10.0.0.2"})
	})
	w.s.AddHost("user").Install("test", func(a *sim.Actor) {
		w.a = a
		w.c = client.New(a, client.Config{Servers: []*sim.Host{w.h}, User: "test"})
	})
	w.run(3 * time.Second)
	return w
}

const (
	v4   = "10.96.0.0/12"
	v6   = "fd00:10:96::/112"
	both = v4 + "," + v6
)

// spec creates a Service of a YAML spec and tells its policy, families and addresses, or the error.
func (w *world) service(name, spec string) string {
	var s corev1.ServiceSpec
	require.NoError(w.t, yaml.UnmarshalStrict([]byte(spec), &s))
	if s.Type != corev1.ServiceTypeExternalName && s.Ports == nil {
		s.Ports = []corev1.ServicePort{{Port: 80}}
	}
	svc := service(name, "")
	svc.Spec = s
	return w.told(w.do(&api.Request{Verb: api.Create, Resource: api.Services, Namespace: "default", Object: svc}))
}

func (w *world) patchService(name, patch string) string {
	b, err := yaml.YAMLToJSON([]byte("spec: " + patch))
	require.NoError(w.t, err)
	return w.told(w.do(&api.Request{Verb: api.Patch, PatchType: types.MergePatchType, Patch: b, Resource: api.Services, Namespace: "default", Name: name}))
}

func (w *world) told(r *api.Response) string {
	if r.Err != nil {
		_, text, _ := strings.Cut(r.Err.Error(), " is invalid: ")
		return text
	}
	svc := r.Object.(*corev1.Service)
	policy := "-"
	if svc.Spec.IPFamilyPolicy != nil {
		policy = string(*svc.Spec.IPFamilyPolicy)
	}
	kinds := []string{}
	first := ""
	for i, ip := range svc.Spec.ClusterIPs {
		if i == 0 {
			first = ip
		}
		switch {
		case ip == "None":
			kinds = append(kinds, ip)
		case strings.HasPrefix(ip, "10."):
			kinds = append(kinds, "4")
		case strings.HasPrefix(ip, "fd00:10:96::"):
			kinds = append(kinds, "6")
		}
	}
	require.Equal(w.t, first, svc.Spec.ClusterIP)
	if r := w.addresses(); svc.Spec.ClusterIP != "None" {
		for _, ip := range svc.Spec.ClusterIPs {
			require.Equal(w.t, "default/"+svc.Name, r[ip], "the IPAddress of %s", ip)
		}
	}
	return strings.TrimSpace(fmt.Sprint(policy, " ", svc.Spec.IPFamilies, " ", strings.Join(kinds, ",")))
}

// TestFamilies: what a new Service gets, by what it asks for and what the cluster has
// (pkg/registry/core/service/storage/storage_test.go, TestCreateIPFamilies).
func TestFamilies(t *testing.T) {
	const notDual = `spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services`
	for _, c := range []struct{ ranges, spec, want string }{
		{both, `{}`, "SingleStack [IPv4] 4"},
		{both, `{ipFamilyPolicy: SingleStack}`, "SingleStack [IPv4] 4"},
		{both, `{ipFamilyPolicy: PreferDualStack}`, "PreferDualStack [IPv4 IPv6] 4,6"},
		{both, `{ipFamilyPolicy: RequireDualStack}`, "RequireDualStack [IPv4 IPv6] 4,6"},
		{both, `{ipFamilies: [IPv6]}`, "SingleStack [IPv6] 6"},
		{both, `{ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv6]}`, "PreferDualStack [IPv6 IPv4] 6,4"},
		{both, `{ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv6, IPv4]}`, "RequireDualStack [IPv6 IPv4] 6,4"},
		{both, `{clusterIP: "fd00:10:96::7"}`, "SingleStack [IPv6] 6"},
		{both, `{ipFamilyPolicy: PreferDualStack, clusterIP: "fd00:10:96::7"}`, "PreferDualStack [IPv6 IPv4] 6,4"},
		{both, `{ipFamilyPolicy: PreferDualStack, clusterIP: 10.96.0.7, clusterIPs: [10.96.0.7, "fd00:10:96::7"]}`, "PreferDualStack [IPv4 IPv6] 4,6"},
		{both, `{ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv4], clusterIP: 10.96.0.7, clusterIPs: [10.96.0.7, "fd00:10:96::7"]}`, "RequireDualStack [IPv4 IPv6] 4,6"},
		{both, `{type: NodePort, ipFamilyPolicy: PreferDualStack}`, "PreferDualStack [IPv4 IPv6] 4,6"},
		{both, `{clusterIP: None, selector: {a: b}}`, "SingleStack [IPv4] None"},
		{both, `{clusterIP: None, selector: {a: b}, ipFamilyPolicy: PreferDualStack}`, "PreferDualStack [IPv4 IPv6] None"},
		{both, `{clusterIP: None, selector: {a: b}, ipFamilies: [IPv6]}`, "SingleStack [IPv6] None"},
		{both, `{clusterIP: None}`, "RequireDualStack [IPv4 IPv6] None"},
		{both, `{clusterIP: None, ipFamilyPolicy: SingleStack}`, "SingleStack [IPv4] None"},
		{both, `{clusterIP: None, ipFamilies: [IPv6]}`, "RequireDualStack [IPv6 IPv4] None"},
		{both, `{type: ExternalName, externalName: a.example}`, "- []"},
		{v6 + "," + v4, `{}`, "SingleStack [IPv6] 6"},
		{v6 + "," + v4, `{ipFamilyPolicy: PreferDualStack}`, "PreferDualStack [IPv6 IPv4] 6,4"},
		{v4, `{ipFamilyPolicy: PreferDualStack}`, "PreferDualStack [IPv4] 4"},
		{v6, `{}`, "SingleStack [IPv6] 6"},
		{v4, `{clusterIP: None}`, "RequireDualStack [IPv4 IPv6] None"},
		{v4, `{ipFamilyPolicy: RequireDualStack}`, notDual},
		{v4, `{clusterIP: None, selector: {a: b}, ipFamilyPolicy: RequireDualStack}`, notDual},
		{v4, `{ipFamilies: [IPv6]}`, `spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster`},
		{v4, `{clusterIP: "fd00:10:96::7"}`, `spec.clusterIPs[0]: Invalid value: ["fd00:10:96::7"]: IPv6 is not configured on this cluster`},
		{both, `{ipFamilies: [IPv4, IPv6]}`, `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified`},
		{both, `{clusterIP: 10.96.0.7, clusterIPs: [10.96.0.7, "fd00:10:96::7"]}`, `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified`},
		{both, `{ipFamilies: [IPv6], clusterIP: 10.96.0.7}`, `spec.clusterIPs[0]: Invalid value: "10.96.0.7": expected an IPv6 value as indicated by ` + "`ipFamilies[0]`"},
		{both, `{ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv4, IPv4]}`, `spec.ipFamilies[1]: Duplicate value: "IPv4"`},
		{both, `{ipFamilyPolicy: PreferDualStack, clusterIP: 10.96.0.7, clusterIPs: [10.96.0.7, 10.96.0.8]}`, `spec.clusterIPs: Invalid value: ["10.96.0.7","10.96.0.8"]: may specify no more than one IP for each IP family`},
		{both, `{clusterIPs: [10.96.0.7]}`, "spec.clusterIPs: Invalid value: [\"10.96.0.7\"]: must be empty when `clusterIP` is not specified"},
		{both, `{ipFamilyPolicy: PreferDualStack, clusterIP: 10.96.0.1}`, `spec.clusterIPs: Invalid value: ["10.96.0.1",""]: failed to allocate IP 10.96.0.1: provided IP is already allocated`},
		{both, `{clusterIP: "fd00:10:96::"}`, `spec.clusterIPs: Invalid value: ["fd00:10:96::"]: failed to allocate IP fd00:10:96::: the provided network does not match the current range`},
		{both, `{clusterIP: "fd00:10:97::1"}`, `spec.clusterIPs: Invalid value: ["fd00:10:97::1"]: failed to allocate IP fd00:10:97::1: the provided network does not match the current range`},
		{both, `{clusterIP: "fd00:10:96::ffff"}`, "SingleStack [IPv6] 6"}, // IPv6 has no broadcast address
		{both, `{ipFamilyPolicy: Both}`, `spec.ipFamilyPolicy: Unsupported value: "Both": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"`},
	} {
		require.Equal(t, c.want, newRanges(t, c.ranges).service("s", c.spec), "%s %s", c.ranges, c.spec)
	}
}

// TestFamilyChanges: upgrades, downgrades and changes of type (storage_test.go, TestFeatureClusterIPs and its like).
func TestFamilyChanges(t *testing.T) {
	w := newRanges(t, both)
	require.Equal(t, "SingleStack [IPv4] 4", w.service("s", `{}`))
	require.Equal(t, "PreferDualStack [IPv4 IPv6] 4,6", w.patchService("s", `{ipFamilyPolicy: PreferDualStack}`))
	two := w.addresses()
	require.Equal(t, "PreferDualStack [IPv4 IPv6] 4,6", w.patchService("s", `{sessionAffinity: ClientIP}`))
	require.Equal(t, two, w.addresses())
	const need = `must be 'SingleStack' to release the secondary `
	require.Equal(t, `spec.ipFamilyPolicy: Invalid value: "PreferDualStack": `+need+"IP family", w.patchService("s", `{ipFamilies: [IPv4]}`))
	require.Equal(t, `[spec.ipFamilyPolicy: Invalid value: "PreferDualStack": `+need+`cluster IP, spec.ipFamilyPolicy: Invalid value: "PreferDualStack": `+need+"IP family]",
		w.patchService("s", `{ipFamilies: [IPv4], clusterIPs: [`+w.clusterIP("s")+`]}`))
	require.Equal(t, `spec.clusterIPs[0]: Invalid value: "`+w.clusterIP("s")+"\": expected an IPv6 value as indicated by `ipFamilies[0]`",
		strings.TrimPrefix(strings.Split(w.patchService("s", `{ipFamilies: [IPv6, IPv4]}`), ", ")[0], "["))
	require.Equal(t, two, w.addresses())
	require.Equal(t, "RequireDualStack [IPv4 IPv6] 4,6", w.patchService("s", `{ipFamilyPolicy: RequireDualStack}`))
	require.Equal(t, "SingleStack [IPv4] 4", w.patchService("s", `{ipFamilyPolicy: SingleStack}`))
	require.Len(t, w.addresses(), 2)
	require.Equal(t, "PreferDualStack [IPv4 IPv6] 4,6", w.patchService("s", `{ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv4, IPv6], clusterIPs: [`+w.clusterIP("s")+`, "fd00:10:96::42"]}`))
	require.Equal(t, "default/s", w.addresses()["fd00:10:96::42"])
	require.Equal(t, "- []", w.patchService("s", `{type: ExternalName, externalName: a.example}`))
	require.Equal(t, map[string]string{"10.96.0.1": "default/kubernetes"}, w.addresses())
	require.Equal(t, "RequireDualStack [IPv6 IPv4] 6,4", w.patchService("s", `{type: NodePort, externalName: null, ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv6, IPv4]}`))
	require.Len(t, w.addresses(), 3)
	require.Equal(t, "SingleStack [IPv6] 6", w.patchService("s", `{type: ClusterIP, ipFamilyPolicy: SingleStack}`))

	// Taken meanwhile: a change that cannot have its address changes nothing.
	require.Equal(t, "SingleStack [IPv4] 4", w.service("first", `{clusterIP: 10.96.0.50}`))
	require.Equal(t, `spec.clusterIPs: Invalid value: ["`+w.clusterIP("s")+`","10.96.0.50"]: failed to allocate IP 10.96.0.50: provided IP is already allocated`,
		w.patchService("s", `{ipFamilyPolicy: RequireDualStack, clusterIPs: ["`+w.clusterIP("s")+`", 10.96.0.50]}`))

	// A headless Service may change its families freely.
	require.Equal(t, "SingleStack [IPv4] None", w.service("h", `{clusterIP: None, selector: {a: b}}`))
	require.Equal(t, "PreferDualStack [IPv4 IPv6] None", w.patchService("h", `{ipFamilyPolicy: PreferDualStack}`))
	require.Equal(t, "PreferDualStack [IPv6 IPv4] None", w.patchService("h", `{ipFamilies: [IPv6, IPv4]}`))
	require.Equal(t, "SingleStack [IPv6] None", w.patchService("h", `{ipFamilyPolicy: SingleStack}`))
	require.Equal(t, `spec.clusterIPs[0]: Invalid value: ["10.96.0.77"]: may not change once set`, w.patchService("h", `{clusterIP: 10.96.0.77, clusterIPs: [10.96.0.77], ipFamilies: [IPv4]}`))
}

func (w *world) clusterIP(name string) string {
	r := w.do(&api.Request{Verb: api.Get, Resource: api.Services, Namespace: "default", Name: name})
	require.NoError(w.t, r.Err)
	return r.Object.(*corev1.Service).Spec.ClusterIP
}

// TestDualStackRange: the ServiceCIDR holds both ranges, and IPv6 addresses are named in canonical form.
func TestDualStackRange(t *testing.T) {
	w := newRanges(t, both)
	cidr := w.do(&api.Request{Verb: api.Get, Resource: api.ServiceCIDRs, Name: "kubernetes"}).Object.(*networkingv1.ServiceCIDR)
	require.Equal(t, []string{"10.96.0.0/12", "fd00:10:96::/112"}, cidr.Spec.CIDRs)
	require.Len(t, cidr.Status.Conditions, 1)
	svc, err := w.createService(service("long", "fd00:10:96:0::5"))
	require.NoError(t, err)
	require.Equal(t, "fd00:10:96:0::5", svc.Spec.ClusterIP)
	require.Equal(t, "default/long", w.addresses()["fd00:10:96::5"])
	ip := w.do(&api.Request{Verb: api.Get, Resource: api.IPAddresses, Name: "fd00:10:96::5"}).Object
	require.Equal(t, map[string]string{"ipaddress.kubernetes.io/ip-family": "IPv6", "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"}, ip.GetLabels())
	_, err = w.createService(service("again", "fd00:10:96::5"))
	require.ErrorContains(t, err, "provided IP is already allocated")
	require.NoError(t, w.do(&api.Request{Verb: api.Delete, Resource: api.Services, Namespace: "default", Name: "long"}).Err)
	require.Len(t, w.addresses(), 1)

	// A small range: all of it but the network's own address is given away, then it is full.
	w = newRanges(t, v4+",fd00:10:96::/126")
	for i := range 3 {
		require.Equal(t, "SingleStack [IPv6] 6", w.service(fmt.Sprint("s", i), `{ipFamilies: [IPv6]}`))
	}
	_, err = w.createService(&corev1.Service{ObjectMeta: service("s3", "").ObjectMeta, Spec: corev1.ServiceSpec{IPFamilies: []corev1.IPFamily{corev1.IPv6Protocol}, Ports: []corev1.ServicePort{{Port: 80}}}})
	require.EqualError(t, err, `Internal error occurred: failed to allocate a serviceIP for Service "s3": range is full`)
	require.Len(t, w.addresses(), 4)
}

// TestDryRunAllocates nothing, and shows addresses nobody gets.
func TestDryRunAllocates(t *testing.T) {
	w := newRanges(t, both)
	svc := service("s", "")
	dual := corev1.IPFamilyPolicyPreferDualStack
	svc.Spec.Type, svc.Spec.IPFamilyPolicy = corev1.ServiceTypeNodePort, &dual
	r := w.do(&api.Request{Verb: api.Create, Resource: api.Services, Namespace: "default", Object: svc, DryRun: true})
	require.NoError(t, r.Err)
	got := r.Object.(*corev1.Service)
	require.Equal(t, []string{"10.96.0.0", "fd00:10:96::"}, got.Spec.ClusterIPs)
	require.EqualValues(t, 32769, got.Spec.Ports[0].NodePort)
	require.Len(t, w.addresses(), 1)
}

// TestNodePorts: one number for the protocols of a port, a port for health checks, and what may not be had.
func TestNodePorts(t *testing.T) {
	w := newRanges(t, both)
	made := func(name, spec string) *corev1.Service {
		w.service(name, spec)
		return w.do(&api.Request{Verb: api.Get, Resource: api.Services, Namespace: "default", Name: name}).Object.(*corev1.Service)
	}
	dns := made("dns", `{type: NodePort, ports: [{name: u, port: 53, protocol: UDP}, {name: t, port: 53}, {name: m, port: 9153}]}`)
	require.Equal(t, dns.Spec.Ports[0].NodePort, dns.Spec.Ports[1].NodePort)
	require.NotEqual(t, dns.Spec.Ports[0].NodePort, dns.Spec.Ports[2].NodePort)
	local := made("local", `{type: LoadBalancer, externalTrafficPolicy: Local}`)
	require.NotZero(t, local.Spec.HealthCheckNodePort)
	require.Equal(t, `spec.ports[0].nodePort: Invalid value: 29999: provided port is not in the valid range. The range of valid ports is 30000-32767`,
		w.service("low", `{type: NodePort, ports: [{port: 80, nodePort: 29999}]}`))
	require.Equal(t, fmt.Sprintf(`spec.ports[0].nodePort: Invalid value: %d: provided port is already allocated`, local.Spec.HealthCheckNodePort),
		w.service("low", fmt.Sprintf(`{type: NodePort, ports: [{port: 80, nodePort: %d}]}`, local.Spec.HealthCheckNodePort)))
	require.Equal(t, fmt.Sprintf(`spec.ports[0].nodePort: Invalid value: %d: provided port is already allocated`, local.Spec.HealthCheckNodePort),
		w.patchService("local", fmt.Sprintf(`{healthCheckNodePort: 0, ports: [{port: 80, nodePort: %d}]}`, local.Spec.HealthCheckNodePort)), "its own, but for something else")
	w.patchService("local", `{externalTrafficPolicy: Cluster}`)
	require.Equal(t, "SingleStack [IPv4] 4", w.service("low", fmt.Sprintf(`{type: NodePort, ports: [{port: 80, nodePort: %d}]}`, local.Spec.HealthCheckNodePort)))
	none := made("none", `{type: LoadBalancer, allocateLoadBalancerNodePorts: false}`)
	require.Zero(t, none.Spec.Ports[0].NodePort)
}

// TestTwoServersOneFamily: two API servers that upgrade Services at once give no IPv6 address away twice.
func TestTwoServersOneFamily(t *testing.T) {
	refused := 0
	for seed := range uint64(6) {
		s := sim.New(sim.Config{Seed: seed})
		hosts := []*sim.Host{s.AddHost("control-plane-1"), s.AddHost("control-plane-2")}
		members := etcd.NewCluster()
		hosts[0].Install("etcd", func(a *sim.Actor) { etcd.Boot(a, members, etcd.Config{}) })
		for _, h := range hosts {
			h.Install("kube-apiserver", func(a *sim.Actor) {
				apiserver.Run(a, apiserver.Config{Etcd: hosts[:1], ServiceCIDR: v4 + ",fd00:10:96::/125", Advertise: "10.0.0.2"})
			})
		}
		var clients []*client.Client
		s.AddHost("user").Install("test", func(a *sim.Actor) {
			for _, h := range hosts {
				clients = append(clients, client.New(a, client.Config{Servers: []*sim.Host{h}, User: "test"}))
			}
		})
		run := func() { s.RunUntil(s.Now().Add(3*time.Second), 0) }
		run()
		ask := func(i int, req *api.Request, done func(*api.Response)) {
			req.Resource, req.Namespace = api.Services, "default"
			clients[i%2].Do(req, done)
		}
		s.Do(func() {
			for i := range 8 {
				ask(i, &api.Request{Verb: api.Create, Object: service(fmt.Sprint("s", i), "")}, func(r *api.Response) { require.NoError(t, r.Err) })
			}
		})
		run()
		given := map[string]string{}
		s.Do(func() {
			for i := range 6 {
				name := fmt.Sprint("s", i)
				ask(i, &api.Request{Verb: api.Patch, Name: name, PatchType: types.MergePatchType, Patch: []byte(`{"spec":{"ipFamilyPolicy":"PreferDualStack"}}`)}, func(r *api.Response) {
					require.NoError(t, r.Err)
					ips := r.Object.(*corev1.Service).Spec.ClusterIPs
					require.Len(t, ips, 2)
					require.Empty(t, given[ips[1]], "%s has two owners", ips[1])
					given[ips[1]] = name
				})
			}
		})
		run()
		require.Len(t, given, 6)
		last := ""
		for i := 1; i <= 7; i++ {
			if ip := fmt.Sprint("fd00:10:96::", i); given[ip] == "" {
				last = ip
			}
		}
		won := 0
		s.Do(func() {
			for i := 6; i < 8; i++ {
				patch := fmt.Sprintf(`[{"op":"replace","path":"/spec/ipFamilyPolicy","value":"PreferDualStack"},{"op":"add","path":"/spec/clusterIPs/1","value":"%s"}]`, last)
				ask(i, &api.Request{Verb: api.Patch, Name: fmt.Sprint("s", i), PatchType: types.JSONPatchType, Patch: []byte(patch)}, func(r *api.Response) {
					if r.Err == nil {
						won++
						return
					}
					require.ErrorContains(t, r.Err, "failed to allocate IP "+last+": provided IP is already allocated")
					refused++
				})
			}
		})
		run()
		require.Equal(t, 1, won)
	}
	require.Equal(t, 6, refused)
}
