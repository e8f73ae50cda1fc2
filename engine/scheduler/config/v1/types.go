package v1

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// GroupVersion is how a configuration names its version.
const GroupVersion = "kubescheduler.config.k8s.io/v1"

// KubeSchedulerConfiguration configures a kube-scheduler.
type KubeSchedulerConfiguration struct {
	metav1.TypeMeta `json:""`

	Parallelism               *int32                        `json:"parallelism,omitempty"`
	LeaderElection            LeaderElectionConfiguration   `json:"leaderElection"`
	ClientConnection          ClientConnectionConfiguration `json:"clientConnection"`
	EnableProfiling           *bool                         `json:"enableProfiling,omitempty"`
	EnableContentionProfiling *bool                         `json:"enableContentionProfiling,omitempty"`
	PercentageOfNodesToScore  *int32                        `json:"percentageOfNodesToScore,omitempty"`
	PodInitialBackoffSeconds  *int64                        `json:"podInitialBackoffSeconds,omitempty"`
	PodMaxBackoffSeconds      *int64                        `json:"podMaxBackoffSeconds,omitempty"`
	Profiles                  []KubeSchedulerProfile        `json:"profiles,omitempty"`
	Extenders                 []any                         `json:"extenders,omitempty"`
	DelayCacheUntilActive     bool                          `json:"delayCacheUntilActive,omitempty"`
}

// LeaderElectionConfiguration is component-base/config/v1alpha1's.
type LeaderElectionConfiguration struct {
	LeaderElect       *bool           `json:"leaderElect"`
	LeaseDuration     metav1.Duration `json:"leaseDuration"`
	RenewDeadline     metav1.Duration `json:"renewDeadline"`
	RetryPeriod       metav1.Duration `json:"retryPeriod"`
	ResourceLock      string          `json:"resourceLock"`
	ResourceName      string          `json:"resourceName"`
	ResourceNamespace string          `json:"resourceNamespace"`
}

// ClientConnectionConfiguration is component-base/config/v1alpha1's.
type ClientConnectionConfiguration struct {
	Kubeconfig         string  `json:"kubeconfig"`
	AcceptContentTypes string  `json:"acceptContentTypes"`
	ContentType        string  `json:"contentType"`
	QPS                float32 `json:"qps"`
	Burst              int32   `json:"burst"`
}

// KubeSchedulerProfile is how pods of one schedulerName are scheduled.
type KubeSchedulerProfile struct {
	SchedulerName            *string        `json:"schedulerName,omitempty"`
	PercentageOfNodesToScore *int32         `json:"percentageOfNodesToScore,omitempty"`
	Plugins                  *Plugins       `json:"plugins,omitempty"`
	PluginConfig             []PluginConfig `json:"pluginConfig,omitempty"`
}

// Plugins are the plugins by extension point.
type Plugins struct {
	PreEnqueue         PluginSet `json:"preEnqueue"`
	QueueSort          PluginSet `json:"queueSort"`
	PreFilter          PluginSet `json:"preFilter"`
	Filter             PluginSet `json:"filter"`
	PostFilter         PluginSet `json:"postFilter"`
	PreScore           PluginSet `json:"preScore"`
	Score              PluginSet `json:"score"`
	Reserve            PluginSet `json:"reserve"`
	Permit             PluginSet `json:"permit"`
	PreBind            PluginSet `json:"preBind"`
	Bind               PluginSet `json:"bind"`
	PostBind           PluginSet `json:"postBind"`
	MultiPoint         PluginSet `json:"multiPoint"`
	PlacementGenerate  PluginSet `json:"placementGenerate"`
	PlacementScore     PluginSet `json:"placementScore"`
	PodGroupPostFilter PluginSet `json:"podGroupPostFilter"`
}

// PluginSet are the plugins of an extension point.
type PluginSet struct {
	Enabled  []Plugin `json:"enabled,omitempty"`
	Disabled []Plugin `json:"disabled,omitempty"`
}

// Plugin names a plugin. Its weight counts at score only; 0 is not given.
type Plugin struct {
	Name   string `json:"name"`
	Weight int32  `json:"weight"`
}

// PluginConfig has the arguments of a plugin.
type PluginConfig struct {
	Name string `json:"name"`
	Args Args   `json:"args"`
}

// Args are a plugin's arguments: as they were given, and the typed object once they are decoded; nil for plugins that
// take none.
type Args struct {
	Raw    json.RawMessage
	Object any
}

// UnmarshalJSON keeps the text.
func (a *Args) UnmarshalJSON(b []byte) error {
	if string(b) != "null" {
		a.Raw = append(a.Raw[:0], b...)
	}
	return nil
}

// MarshalJSON writes the object.
func (a Args) MarshalJSON() ([]byte, error) {
	if a.Object != nil {
		return json.Marshal(a.Object)
	}
	if a.Raw != nil {
		return a.Raw, nil
	}
	return []byte("null"), nil
}
