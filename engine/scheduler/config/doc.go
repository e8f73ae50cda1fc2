// Package config reads the configuration file of kube-scheduler: a KubeSchedulerConfiguration of
// kubescheduler.config.k8s.io/v1.
//
// In a real cluster the file decides which profiles a scheduler has, which plugins each runs at which extension point,
// with which weights and arguments. It is read once, when the process starts; what is wrong with it ends the process.
// Load does the same in the same order: strict decoding with the plugins' arguments nested in it, defaults (to which the
// plugins given are merged), validation, and what building the plugins would complain of; the texts are upstream's
// (pkg/scheduler/apis/config/{v1,validation}, cmd/kube-scheduler/app/options, framework/runtime.NewFramework). A test
// holds them, and the configuration written out, against those of a real kube-scheduler.
//
// Real are profiles, plugins, weights, arguments, percentageOfNodesToScore, back-off and leader election. Accepted without
// effect are parallelism, clientConnection, profiling and the arguments of plugins that this scheduler does not have.
// Extenders are refused: they are webhooks, and nothing here would answer. preFilter and preScore are not told apart from
// filter and score, but for NodeAffinity's preFilter: upstream fails every pod of a profile that has the one without the
// other.
package config
