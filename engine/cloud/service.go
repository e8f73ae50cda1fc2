package cloud

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// finalizer keeps a Service until its load balancer is gone (cloud-provider/service/helpers).
const finalizer = "service.kubernetes.io/load-balancer-cleanup"

// toBeDeleted is the taint by which a cluster autoscaler announces the end of a node.
const toBeDeleted = "ToBeDeletedByClusterAutoscaler"

// How long the service-controller waits before it tries again what failed.
const (
	minRetry = 5 * time.Second
	maxRetry = 300 * time.Second
)

// services is the service-controller: a load balancer for every Service that asks for one.
type services struct {
	a     *sim.Actor
	c     *client.Client
	cache *client.Cache[*corev1.Service]
	nodes *client.Cache[*corev1.Node]
	p     *Provider
	rec   *client.Recorder
	queue *client.Queue
	hosts *client.Queue

	balanced map[string]*corev1.Service // as they were when they were last seen, by key
}

func newServices(f *client.Informers, nodes *client.Cache[*corev1.Node], p *Provider) {
	c := f.Client()
	k := &services{
		a: c.Actor(), c: c, cache: client.Shared[*corev1.Service](f, api.Services), nodes: nodes, p: p,
		rec: client.NewRecorder(c, "service-controller", ""), balanced: map[string]*corev1.Service{},
	}
	k.queue = client.NewQueue(k.a, "service", 1, k.sync) // --concurrent-service-syncs
	k.queue.MinBackOff, k.queue.MaxBackOff = minRetry, maxRetry
	k.hosts = client.NewQueue(k.a, "node", 1, k.syncHosts)
	k.cache.Subscribe(func(old, s *corev1.Service) {
		if s == nil {
			k.queue.Add(api.KeyOf(old))
		} else if old == nil && (wants(s) || needsCleanup(s)) || old != nil && (k.changed(old, s) || needsCleanup(s)) {
			k.queue.Add(api.KeyOf(s))
		}
	})
	nodes.Subscribe(func(old, n *corev1.Node) {
		if old == nil || n == nil || included(old) != included(n) || old.Spec.ProviderID != n.Spec.ProviderID {
			k.hosts.Add("nodes")
		}
	})
	client.WhenSynced(func() {
		k.queue.Start()
		k.hosts.Start()
	}, k.cache, nodes)
}

// wants reports that a Service is for this controller: one with a class is for another implementation.
func wants(s *corev1.Service) bool {
	return s.Spec.Type == corev1.ServiceTypeLoadBalancer && s.Spec.LoadBalancerClass == nil
}

func hasFinalizer(s *corev1.Service) bool { return slices.Contains(s.Finalizers, finalizer) }

func needsCleanup(s *corev1.Service) bool {
	return hasFinalizer(s) && (s.DeletionTimestamp != nil || s.Spec.Type != corev1.ServiceTypeLoadBalancer)
}

// changed is upstream's needsUpdate: what matters to a load balancer.
func (k *services) changed(old, s *corev1.Service) bool {
	if !wants(old) && !wants(s) {
		return false
	}
	return wants(old) != wants(s) || old.UID != s.UID || old.Spec.LoadBalancerIP != s.Spec.LoadBalancerIP ||
		old.Spec.SessionAffinity != s.Spec.SessionAffinity ||
		!equality.Semantic.DeepEqual(old.Spec.SessionAffinityConfig, s.Spec.SessionAffinityConfig) || old.Spec.ExternalTrafficPolicy != s.Spec.ExternalTrafficPolicy ||
		old.Spec.HealthCheckNodePort != s.Spec.HealthCheckNodePort ||
		!slices.Equal(old.Spec.LoadBalancerSourceRanges, s.Spec.LoadBalancerSourceRanges) || !slices.Equal(old.Spec.ExternalIPs, s.Spec.ExternalIPs) ||
		!slices.Equal(old.Spec.IPFamilies, s.Spec.IPFamilies) ||
		!equality.Semantic.DeepEqual(old.Spec.Ports, s.Spec.Ports) || !equality.Semantic.DeepEqual(old.Annotations, s.Annotations)
}

// included is whether nobody keeps load balancers from a node. Only this, and not what target asks for beyond it, makes
// the controller look at all of them again (shouldSyncUpdatedNode).
func included(n *corev1.Node) bool {
	if v, has := n.Labels[corev1.LabelNodeExcludeBalancers]; has {
		if excluded, err := strconv.ParseBool(v); err != nil || excluded {
			return false
		}
	}
	return true
}

// target is whether load balancers send to a node from now on.
func target(n *corev1.Node) bool {
	return included(n) && n.DeletionTimestamp == nil && !hasTaint(n, toBeDeleted)
}

func (k *services) targets() []string {
	var out []string
	for _, n := range k.nodes.All() {
		if target(n) {
			out = append(out, n.Name)
		}
	}
	slices.Sort(out)
	return out
}

func (k *services) sync(key string, done func(error)) {
	ns, name := api.SplitKey(key)
	s, ok := k.cache.Get(ns, name)
	if !ok {
		// Gone without the finalizer: only what was seen before tells which load balancer was its.
		was := k.balanced[key]
		if was == nil {
			done(nil)
			return
		}
		k.remove(was, func(err error) {
			if err == nil {
				delete(k.balanced, key)
			}
			done(err)
		})
		return
	}
	if was := k.balanced[key]; was != nil && was.UID != s.UID {
		// Another Service under the name: that of the one before goes first.
		k.remove(was, func(error) {
			delete(k.balanced, key)
			k.sync(key, done)
		})
		return
	}
	k.balanced[key] = s
	if !wants(s) || needsCleanup(s) {
		k.cleanUp(s, func(err error) {
			if err == nil {
				delete(k.balanced, key)
			}
			k.settle(s, err, done)
		})
		return
	}
	k.ensure(s, func(err error) { k.settle(s, err, done) })
}

func (k *services) settle(s *corev1.Service, err error, done func(error)) {
	if err != nil {
		k.rec.Event(s, corev1.EventTypeWarning, "SyncLoadBalancerFailed", "Error syncing load balancer: "+err.Error())
	}
	done(err)
}

// ensure orders a load balancer: first the finalizer, so that the Service cannot go before it, then the order, then the
// address into the status.
func (k *services) ensure(s *corev1.Service, done func(error)) {
	k.rec.Event(s, corev1.EventTypeNormal, "EnsuringLoadBalancer", "Ensuring load balancer")
	k.setFinalizer(s, true, func(err error) {
		if err != nil {
			done(fmt.Errorf("failed to add load balancer cleanup finalizer: %w", err))
			return
		}
		targets := k.targets()
		if len(targets) == 0 {
			k.rec.Event(s, corev1.EventTypeWarning, "UnAvailableLoadBalancer", "There are no available nodes for LoadBalancer")
		}
		k.a.After(balanceTime, "the cloud sets up a load balancer", func() {
			b, err := k.p.ensure(BalancerName(s.UID), api.KeyOf(s), s.Spec.IPFamilies, s.Spec.LoadBalancerIP, targets)
			if err != nil {
				done(fmt.Errorf("failed to ensure load balancer: %w", err))
				return
			}
			mode := corev1.LoadBalancerIPModeVIP
			var status corev1.LoadBalancerStatus
			var given []string
			for _, ip := range b.IPs {
				given = append(given, ip.String())
				status.Ingress = append(status.Ingress, corev1.LoadBalancerIngress{IP: ip.String(), IPMode: &mode})
			}
			k.a.Record(sim.KindDecision, api.Ref(api.Services, s.Namespace, s.Name), "the cloud gave the load balancer "+strings.Join(given, " and "))
			k.rec.Event(s, corev1.EventTypeNormal, "EnsuredLoadBalancer", "Ensured load balancer")
			k.setStatus(s, status, done)
		})
	})
}

// cleanUp takes down the load balancer of a Service that goes or wants none any more, and lets the Service go.
func (k *services) cleanUp(s *corev1.Service, done func(error)) {
	finish := func() {
		k.setFinalizer(s, false, func(err error) {
			if err != nil {
				done(fmt.Errorf("failed to remove load balancer cleanup finalizer: %w", err))
				return
			}
			k.rec.Event(s, corev1.EventTypeNormal, "DeletedLoadBalancer", "Deleted load balancer")
			k.setStatus(s, corev1.LoadBalancerStatus{}, done)
		})
	}
	if k.p.find(BalancerName(s.UID)) == nil {
		finish()
		return
	}
	k.rec.Event(s, corev1.EventTypeNormal, "DeletingLoadBalancer", "Deleting load balancer")
	k.a.After(balanceTime, "the cloud takes a load balancer down", func() {
		k.p.remove(BalancerName(s.UID))
		finish()
	})
}

// remove is the end of a load balancer whose Service is gone already.
func (k *services) remove(s *corev1.Service, done func(error)) {
	if k.p.find(BalancerName(s.UID)) == nil {
		done(nil)
		return
	}
	k.rec.Event(s, corev1.EventTypeNormal, "DeletingLoadBalancer", "Deleting load balancer")
	k.a.After(balanceTime, "the cloud takes a load balancer down", func() {
		k.p.remove(BalancerName(s.UID))
		k.rec.Event(s, corev1.EventTypeNormal, "DeletedLoadBalancer", "Deleted load balancer")
		done(nil)
	})
}

func (k *services) setFinalizer(s *corev1.Service, on bool, done func(error)) {
	if hasFinalizer(s) == on {
		done(nil)
		return
	}
	client.Mutate(k.c, api.Services, "status", s.Namespace, s.Name, func(o *corev1.Service) bool {
		if hasFinalizer(o) == on {
			return false
		}
		list := slices.DeleteFunc(slices.Clone(o.Finalizers), func(f string) bool { return f == finalizer })
		if on {
			list = append(list, finalizer)
		}
		o.Finalizers = list
		return true
	}, func(_ *corev1.Service, err error) {
		if !on && apierrors.IsNotFound(err) {
			err = nil
		}
		done(err)
	})
}

func (k *services) setStatus(s *corev1.Service, status corev1.LoadBalancerStatus, done func(error)) {
	if equality.Semantic.DeepEqual(s.Status.LoadBalancer, status) {
		done(nil)
		return
	}
	client.Mutate(k.c, api.Services, "status", s.Namespace, s.Name, func(o *corev1.Service) bool {
		o.Status.LoadBalancer = status
		return true
	}, func(_ *corev1.Service, err error) {
		if apierrors.IsNotFound(err) {
			err = nil // it went when its finalizer did
		} else if err != nil {
			err = fmt.Errorf("failed to update load balancer status: %w", err)
		}
		done(err)
	})
}

// syncHosts tells every load balancer which nodes there are now.
func (k *services) syncHosts(_ string, done func(error)) {
	if len(k.p.balancers) == 0 {
		done(nil)
		return
	}
	targets := k.targets()
	all := slices.Clone(k.cache.All())
	slices.SortFunc(all, func(a, b *corev1.Service) int { return strings.Compare(api.KeyOf(a), api.KeyOf(b)) })
	for _, s := range all {
		b := k.p.find(BalancerName(s.UID))
		if b == nil || !wants(s) || s.DeletionTimestamp != nil || slices.Equal(b.Nodes, targets) {
			continue
		}
		if len(targets) == 0 {
			k.rec.Event(s, corev1.EventTypeWarning, "UnAvailableLoadBalancer", "There are no available nodes for LoadBalancer")
		} else {
			k.rec.Event(s, corev1.EventTypeNormal, "UpdatedLoadBalancer", "Updated load balancer with new hosts")
		}
		b.Nodes = targets
	}
	done(nil)
}
