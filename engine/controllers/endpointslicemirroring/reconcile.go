package endpointslicemirroring

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/endpointrules"
)

// plan is what has to be written.
type plan struct {
	create, update, remove []*discoveryv1.EndpointSlice
}

// reconcile makes the slices what the Endpoints say: one for each group. done tells whether to try again.
func (k *Controller) reconcile(key string, ep *corev1.Endpoints, have []*discoveryv1.EndpointSlice, done func(bool)) {
	groups, invalid, skipped := desired(ep)
	if invalid > 0 {
		k.rec.Event(ep, corev1.EventTypeWarning, "InvalidIPAddress",
			fmt.Sprintf("Skipped %d invalid IP addresses when mirroring to EndpointSlices", invalid))
	}
	if skipped > invalid {
		k.rec.Event(ep, corev1.EventTypeWarning, "TooManyAddressesToMirror",
			fmt.Sprintf("A max of %d addresses can be mirrored to EndpointSlices per Endpoints subset. %d addresses were skipped", MaxAddresses, skipped))
	}
	pl := k.plan(key, ep, groups, have)
	if ep.DeletionTimestamp != nil {
		pl.create = nil
	}
	k.finalize(key, pl, done)
}

func (k *Controller) plan(key string, ep *corev1.Endpoints, groups []*group, have []*discoveryv1.EndpointSlice) *plan {
	pl := &plan{}
	left := make([]string, len(have)) // the key of the ports, "" once the slice is dealt with
	for i, s := range have {
		portKey, _ := endpointrules.SlicePorts(s.Ports)
		left[i] = "ports " + portKey
	}
	for _, g := range groups {
		var first *discoveryv1.EndpointSlice
		for i, s := range have {
			if s.AddressType != g.family || left[i] != "ports "+g.key {
				continue
			}
			left[i] = ""
			if first == nil && len(g.endpoints) > 0 {
				first = s
			} else {
				pl.remove = append(pl.remove, s)
			}
		}
		switch {
		case len(g.endpoints) == 0:
		case first == nil:
			pl.create = append(pl.create, g.object(ep, ""))
		case g.upToDate(ep, first):
			if w := k.track(key); w[first.UID] == 0 {
				w[first.UID] = first.Generation
			}
		default:
			pl.update = append(pl.update, g.object(ep, first.Name))
		}
	}
	for i, s := range have {
		if left[i] != "" {
			pl.remove = append(pl.remove, s)
		}
	}
	pl.recycle()
	return pl
}

// recycle lets new slices take the place, and the name, of those of their family that would be deleted.
func (pl *plan) recycle() {
	var create []*discoveryv1.EndpointSlice
	for _, s := range pl.create {
		at := -1
		for i, old := range pl.remove {
			if old.AddressType == s.AddressType {
				at = i
				break
			}
		}
		if at < 0 {
			create = append(create, s)
			continue
		}
		s.Name = pl.remove[at].Name
		pl.remove = append(pl.remove[:at:at], pl.remove[at+1:]...)
		pl.update = append(pl.update, s)
	}
	pl.create = create
}

func (k *Controller) track(key string) generations {
	g := k.written[key]
	if g == nil {
		g = generations{}
		k.written[key] = g
	}
	return g
}

// finalize writes one slice after the other; the first failure ends it.
func (k *Controller) finalize(key string, pl *plan, done func(again bool)) {
	wrote := func(s *discoveryv1.EndpointSlice, err error) {
		switch {
		case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
			done(false)
		case err != nil:
			done(true)
		default:
			k.track(key)[s.UID] = s.Generation
			k.finalize(key, pl, done)
		}
	}
	switch {
	case len(pl.create) > 0:
		s := pl.create[0]
		pl.create = pl.create[1:]
		client.Create(k.c, api.EndpointSlices, s, wrote)
	case len(pl.update) > 0:
		s := pl.update[0]
		pl.update = pl.update[1:]
		client.Update(k.c, api.EndpointSlices, "", s, wrote)
	case len(pl.remove) > 0:
		s := pl.remove[0]
		pl.remove = pl.remove[1:]
		k.c.Delete(api.EndpointSlices, s.Namespace, s.Name, client.DeleteOptions{}, func(err error) {
			if err != nil {
				done(true)
				return
			}
			k.track(key)[s.UID] = deleted
			k.finalize(key, pl, done)
		})
	default:
		done(false)
	}
}
