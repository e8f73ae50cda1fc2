// Package disruption keeps the status of PodDisruptionBudgets: how many pods they cover, how many are healthy, how many
// must be, and so how many may be evicted now. It is the controller of that name in kube-controller-manager
// (k8s.io/kubernetes/pkg/controller/disruption).
//
// The budget's other side is the API server's eviction subresource, which spends what the status allows and notes each
// pod in status.disruptedPods. The controller takes a pod off that list when it sees it being deleted, or after two
// minutes, when the deletion has evidently not come. What it cannot compute it closes: after a failed sync a budget
// allows nothing (condition DisruptionAllowed is False with reason SyncFailed).
//
// A percentage is one of the scale of the controllers that own the pods: a Deployment, ReplicaSet, StatefulSet or
// ReplicationController from the caches, anything else by its scale subresource.
//
// The second task: a pod that carries the condition DisruptionTarget but is not being deleted two minutes later gets
// the condition reset to False, unless the kubelet has set it.
//
// Upstream lists the pods of a budget at each sync. Here each budget has a tally that follows every event of its pods,
// so that a sync costs the same for three pods and for ten thousand. When several budgets cover a pod upstream syncs
// one of them at random and says so in an event; here all of them are synced, and the event is the same.
//
// It reads PodDisruptionBudgets, Pods and the controllers' kinds; it writes the status of budgets and pods, and Events.
package disruption
