// Package validation decides whether an object may be stored, and says what is wrong with one that may not.
//
// In a real cluster the API server validates after defaulting and admission and before storage (upstream:
// pkg/apis/core/validation, pkg/apis/apps/validation, pkg/apis/discovery/validation, pkg/apis/coordination/validation,
// and apimachinery's api/validation for metadata). What it finds becomes the causes of a Status with reason Invalid,
// and kubectl prints them. Learners meet these texts every day; so the messages, the field paths, and the order of the
// errors here are upstream's for v1.37, with the feature gates that are on by default. The rules work on the versioned
// types, because this cluster has no internal ones.
//
// Two things differ on purpose. Where upstream ranges over a map, the order of its errors is random; here keys are
// visited in order, because one session must always print one text. And upstream forgives an update for what was
// already wrong in the stored object, because older versions had laxer rules; nothing here was stored by an older
// version, so that code would never run.
//
// The package is pure: objects in, errors out. It reads nothing else and never writes to what it is given. Rules that
// need other objects (does the service account exist, is the address free) are admission's and the registry's.
//
// Left out: the finer rules of vendors' volumes, Windows account names, the projections of trust bundles and pod
// certificates, in-place resize, status of dynamic resource claims, and the second, declarative pass of v1.37, which
// for these kinds moves some errors (owner references, an immutable field) to the end of the list.
//
// Of certificates and requests for them only the structure is looked at, not the signatures. CEL expressions are refused
// (policies_admission.go says how a build with CEL switches that off). The networking, RBAC, admission and certificate
// kinds follow the declarative pass: its errors come last.
//
// testdata/upstream.json holds what upstream's own functions said of about a thousand small changes to valid objects,
// testdata/policies.json what upstream's strategies, validation and printers made of the policies' kinds,
// testdata/workloads.json the same for the workload kinds (StatefulSet, Job and their like), which follow the
// declarative pass too; the tests replay them.
//
// [Create], [Update] and [StatusUpdate] expect objects that package defaults has prepared. PodSpec rules are shared by
// every kind that holds a template; see [PodTemplate].
package validation
