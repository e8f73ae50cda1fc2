// Package templatehash computes the pod-template-hash label: the suffix of a ReplicaSet's name and the label that tells
// the pods of one revision of a Deployment from those of another.
//
// In a real cluster the hash is 32-bit FNV-1a over a dump of the PodTemplateSpec by the go-spew library
// (k8s.io/kubernetes/pkg/controller/controller_utils.go, ComputeHash; pkg/util/hash; k8s.io/utils/dump, ForHash), so it
// depends on the names and types of all fields of the API, set or not. The values here are exactly the same: the
// printer in this package writes what go-spew would write for that one type, without the library's bytes.
//
// Two things differ between an object that travelled through etcd as protobuf and one that is shared by pointer, and
// the printer makes them equal: an empty list or map comes back as nil, and a quantity comes back parsed from its
// canonical text.
//
// Beside it stands the form in which a ControllerRevision keeps a template (Patch).
package templatehash
