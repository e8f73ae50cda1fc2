// Package deployment rolls out new versions: the Deployment controller of kube-controller-manager
// (k8s.io/kubernetes/pkg/controller/deployment).
//
// A Deployment has one ReplicaSet for each version of its pod template, named after the template's hash. A sync finds
// the ReplicaSet of the current template, creates it if there is none, and moves replicas from the old ones to it:
// RollingUpdate within the bounds of maxSurge and maxUnavailable, Recreate by taking all old pods down first. When the
// number of replicas changes in the middle of a rollout, all ReplicaSets grow or shrink in proportion. Old ReplicaSets
// stay, scaled to zero, as the history that "kubectl rollout undo" goes back to, up to revisionHistoryLimit.
//
// Every step is one write to one ReplicaSet; the controller then waits for the ReplicaSet's status to tell it of the
// effect. Whether the rollout gets on is judged by the Progressing condition and progressDeadlineSeconds.
//
// It reads Deployments, ReplicaSets and Pods; it writes ReplicaSets, the status and revision annotation of Deployments,
// and Events.
package deployment
