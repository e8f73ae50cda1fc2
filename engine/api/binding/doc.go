// Package binding is what the persistent volume controller and the scheduler must agree on about claims and volumes: when
// a volume belongs to a claim, which volume suits it best, what a binding writes, and on which nodes a volume can be used.
//
// In a real cluster both import k8s.io/component-helpers/storage/volume for it: the controller binds claims of classes
// that bind at once, the scheduler those that wait for their first consumer, by the same rules. The package knows
// objects only; it reads and writes nothing. Upstream: component-helpers/storage/volume (pv_helpers.go, helpers.go),
// pkg/volume/util/storageclass.go. VolumeAttributesClass is compared as upstream does with its feature on.
package binding
