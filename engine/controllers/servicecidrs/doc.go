// Package servicecidrs is the service-cidr-controller: it says that a range of Service addresses may be used, and keeps
// a range that is being deleted until no address would be left without one.
//
// In a real cluster every ServiceCIDR gets the finalizer networking.k8s.io/service-cidr-finalizer and the condition
// Ready, for which the API servers' allocators wait. A range that is to go is no longer ready as long as there are
// addresses that lie in no other range; afterwards it stays ten seconds more, until every allocator has heard of it. All
// of that is as upstream, but that an address wakes the controller only while a range that has it is being deleted.
// It reads ServiceCIDRs and IPAddresses and writes ServiceCIDRs and Events. Upstream: pkg/controller/servicecidrs.
package servicecidrs
