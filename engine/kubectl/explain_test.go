package kubectl

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/api"
)

func TestExplain(t *testing.T) {
	text, ok := explainText(api.Pods, []string{"spec", "nodeSelector"}, false, 0)
	require.True(t, ok)
	require.Equal(t, `KIND:       Pod
VERSION:    v1

FIELD: nodeSelector <map[string]string>


DESCRIPTION:
    NodeSelector is a selector which must be true for the pod to fit on a node.
    Selector which must match a node's labels for the pod to be scheduled on
    that node. More info:
    https://kubernetes.io/docs/concepts/configuration/assign-pod-node/
    

`, text)
	text, ok = explainText(api.Deployments, nil, false, 0)
	require.True(t, ok)
	require.True(t, strings.HasPrefix(text, `GROUP:      apps
KIND:       Deployment
VERSION:    v1

DESCRIPTION:
    Deployment enables declarative updates for Pods and ReplicaSets.
    
FIELDS:
  apiVersion	<string>
    APIVersion defines the versioned schema of this representation of an object.
    Servers should convert recognized schemas to the latest internal value, and
    may reject unrecognized values. More info:
    https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources

  kind	<string>
`), text)
	text, ok = explainText(api.Deployments, []string{"spec"}, true, 2)
	require.True(t, ok)
	require.Contains(t, text, "FIELDS:\n  minReadySeconds\t<integer>\n  paused\t<boolean>\n  progressDeadlineSeconds\t<integer>\n  replicas\t<integer>\n  revisionHistoryLimit\t<integer>\n  selector\t<LabelSelector> -required-\n    matchExpressions\t<[]LabelSelectorRequirement>\n    matchLabels\t<map[string]string>\n  strategy\t<DeploymentStrategy>\n    rollingUpdate\t<RollingUpdateDeployment>\n    type\t<string>\n  template\t<PodTemplateSpec> -required-\n    metadata\t<ObjectMeta>\n    spec\t<PodSpec>\n")
	_, ok = explainText(api.Pods, []string{"spec", "nope"}, false, 0)
	require.False(t, ok)
	text, ok = explainText(api.CustomResourceDefinitions, nil, true, 0)
	require.True(t, ok)
	require.Contains(t, text, "openAPIV3Schema\t<JSONSchemaProps>")
}
