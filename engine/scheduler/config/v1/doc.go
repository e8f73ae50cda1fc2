// Package v1 has the types of kubescheduler.config.k8s.io/v1: the file that kube-scheduler --config reads.
//
// They are those of k8s.io/kube-scheduler/config/v1 in field names, JSON and zero values; type and package names are the
// same too, because errors of decoding name them. What is simulated of a field is told by package config, which reads,
// defaults and validates.
package v1
