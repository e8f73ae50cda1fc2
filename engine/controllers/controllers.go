package controllers

import (
	"slices"

	"tabernetes/engine/api/x509"
	"tabernetes/engine/client"
	"tabernetes/engine/client/leaderelection"
	"tabernetes/engine/controllers/attachdetach"
	"tabernetes/engine/controllers/certificates"
	"tabernetes/engine/controllers/clusterroleaggregation"
	"tabernetes/engine/controllers/cronjob"
	"tabernetes/engine/controllers/daemonset"
	"tabernetes/engine/controllers/deployment"
	"tabernetes/engine/controllers/disruption"
	"tabernetes/engine/controllers/endpoint"
	"tabernetes/engine/controllers/endpointslice"
	"tabernetes/engine/controllers/endpointslicemirroring"
	"tabernetes/engine/controllers/ephemeral"
	"tabernetes/engine/controllers/expand"
	"tabernetes/engine/controllers/garbagecollector"
	"tabernetes/engine/controllers/job"
	"tabernetes/engine/controllers/namespace"
	"tabernetes/engine/controllers/nodelifecycle"
	"tabernetes/engine/controllers/persistentvolume"
	"tabernetes/engine/controllers/podautoscaler"
	"tabernetes/engine/controllers/podgc"
	"tabernetes/engine/controllers/pvcprotection"
	"tabernetes/engine/controllers/pvprotection"
	"tabernetes/engine/controllers/replicaset"
	"tabernetes/engine/controllers/replicationcontroller"
	"tabernetes/engine/controllers/resourcequota"
	"tabernetes/engine/controllers/rootcacert"
	"tabernetes/engine/controllers/serviceaccount"
	"tabernetes/engine/controllers/servicecidrs"
	"tabernetes/engine/controllers/statefulset"
	"tabernetes/engine/controllers/tainteviction"
	"tabernetes/engine/controllers/ttlafterfinished"
	"tabernetes/engine/sim"
)

// Program is the name under which the process is installed on a control-plane host.
const Program = "kube-controller-manager"

// Options are the flags of the process.
type Options struct {
	// Only, when not empty, are the names of the controllers to run (--controllers).
	Only []string
	// LeaderElect makes it work only while it holds the Lease kube-system/kube-controller-manager.
	LeaderElect bool
	// RootCA is the certificate of the cluster's authority, PEM (--root-ca-file).
	RootCA string
	// Authority signs certificates (--cluster-signing-cert-file, --cluster-signing-key-file); nil: nobody does.
	Authority *x509.Authority
	// Token signs the tokens of Secrets (--service-account-private-key-file); nil: nobody does.
	Token serviceaccount.Sign
}

// starter is one controller by its name in --controllers.
type starter struct {
	name string
	run  func(f *client.Informers, o Options)
}

// all are the controllers in the order they are started.
func all() []starter {
	return []starter{
		{"serviceaccount-controller", func(f *client.Informers, _ Options) { serviceaccount.Run(f) }},
		{"root-ca-certificate-publisher-controller", func(f *client.Informers, o Options) { rootcacert.Run(f, o.RootCA) }},
		{"certificatesigningrequest-signing-controller", func(f *client.Informers, o Options) {
			if o.Authority != nil {
				certificates.Sign(f, o.Authority)
			}
		}},
		{"certificatesigningrequest-approving-controller", func(f *client.Informers, _ Options) { certificates.Approve(f) }},
		{"certificatesigningrequest-cleaner-controller", func(f *client.Informers, _ Options) { certificates.Clean(f) }},
		{"clusterrole-aggregation-controller", func(f *client.Informers, _ Options) { clusterroleaggregation.Run(f) }},
		{"namespace-controller", func(f *client.Informers, _ Options) { namespace.Run(f) }},
		{"garbage-collector-controller", func(f *client.Informers, _ Options) { garbagecollector.Run(f) }},
		{"pod-garbage-collector-controller", func(f *client.Informers, _ Options) { podgc.Run(f) }},
		{"resourcequota-controller", func(f *client.Informers, _ Options) { resourcequota.Run(f) }},
		{"node-lifecycle-controller", func(f *client.Informers, _ Options) { nodelifecycle.Run(f) }},
		{"taint-eviction-controller", func(f *client.Informers, _ Options) { tainteviction.Run(f) }},
		{"deployment-controller", func(f *client.Informers, _ Options) { deployment.Run(f) }},
		{"replicaset-controller", func(f *client.Informers, _ Options) { replicaset.Run(f) }},
		{"daemonset-controller", func(f *client.Informers, _ Options) { daemonset.Run(f) }},
		{"statefulset-controller", func(f *client.Informers, _ Options) { statefulset.Run(f) }},
		{"job-controller", func(f *client.Informers, _ Options) { job.Run(f) }},
		{"cronjob-controller", func(f *client.Informers, _ Options) { cronjob.Run(f) }},
		{"ttl-after-finished-controller", func(f *client.Informers, _ Options) { ttlafterfinished.Run(f) }},
		{"persistentvolume-binder-controller", func(f *client.Informers, _ Options) { persistentvolume.Run(f) }},
		{"ephemeral-volume-controller", func(f *client.Informers, _ Options) { ephemeral.Run(f) }},
		{"persistentvolume-attach-detach-controller", func(f *client.Informers, _ Options) { attachdetach.Run(f) }},
		{"persistentvolume-expander-controller", func(f *client.Informers, _ Options) { expand.Run(f) }},
		{"persistentvolumeclaim-protection-controller", func(f *client.Informers, _ Options) { pvcprotection.Run(f) }},
		{"persistentvolume-protection-controller", func(f *client.Informers, _ Options) { pvprotection.Run(f) }},
		{"horizontal-pod-autoscaler-controller", func(f *client.Informers, _ Options) { podautoscaler.Run(f) }},
		{"disruption-controller", func(f *client.Informers, _ Options) { disruption.Run(f) }},
		{"replicationcontroller-controller", func(f *client.Informers, _ Options) { replicationcontroller.Run(f) }},
		{"service-cidr-controller", func(f *client.Informers, _ Options) { servicecidrs.Run(f) }},
		{"endpointslice-controller", func(f *client.Informers, _ Options) { endpointslice.Run(f) }},
		// After the slices, which traffic waits for; upstream starts controllers in no order.
		{"endpoints-controller", func(f *client.Informers, _ Options) { endpoint.Run(f) }},
		{"endpointslice-mirroring-controller", func(f *client.Informers, _ Options) { endpointslicemirroring.Run(f) }},
	}
}

// Run is the boot function of the process: host.Install(Program, func(a *sim.Actor) { Run(a, conf, opts) }). Each
// controller begins to work when the caches it reads are synced.
func Run(a *sim.Actor, conf client.Config, opts Options) {
	start := func() { lead(client.NewInformers(client.New(a, conf)), opts) }
	if !opts.LeaderElect {
		start()
		return
	}
	leaderelection.Run(a, conf, leaderelection.Config{Name: Program, Component: Program, Lead: start, Lost: a.Exit})
}

func lead(f *client.Informers, opts Options) {
	ensureAccounts(f.Client(), opts)
	if opts.Token != nil && (len(opts.Only) == 0 || slices.Contains(opts.Only, "serviceaccount-token-controller")) {
		serviceaccount.Tokens(f, opts.RootCA, opts.Token) // first, and as the process itself
	}
	for _, s := range all() {
		if len(opts.Only) == 0 || slices.Contains(opts.Only, s.name) {
			s.run(f.As(accountUser(s.name)), opts)
		}
	}
}
