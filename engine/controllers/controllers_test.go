package controllers

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tabernetes/engine/controllers/apitest"
)

// Controllers meet only at the API server: none may import another. What they share lives in packages that are no
// controllers.
func TestControllersDoNotKnowOneAnother(t *testing.T) {
	shared := map[string]bool{"apitest": true, "endpointrules": true, "expectations": true, "ownership": true, "podcontrol": true, "selectorindex": true, "templatehash": true}
	files, err := filepath.Glob("*/*.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		src, err := os.ReadFile(f)
		require.NoError(t, err)
		parsed, err := parser.ParseFile(token.NewFileSet(), f, src, parser.ImportsOnly)
		require.NoError(t, err)
		for _, i := range parsed.Imports {
			name, ok := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), "tabernetes/engine/controllers/")
			adapter := name == "replicaset" && strings.HasPrefix(f, "replicationcontroller/") // as upstream's ReplicationManager
			assert.False(t, ok && !shared[name] && !adapter, "%s imports the controller %s", f, name)
			assert.False(t, ok && name == "apitest" && !strings.HasSuffix(f, "_test.go"), "%s imports the test server", f)
		}
	}
}

func TestAllTogether(t *testing.T) {
	s := manager(t)
	kubelets(s)
	apitest.Put(s, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "default"},
		Spec: corev1.NamespaceSpec{Finalizers: []corev1.FinalizerName{"kubernetes"}}, Status: corev1.NamespaceStatus{Phase: corev1.NamespaceActive}})
	apitest.Put(s, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}})
	apitest.Put(s, app(3, "nginx:1.26"))
	apitest.Put(s, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "nginx", Namespace: "default"}, Spec: corev1.ServiceSpec{
		ClusterIP: "10.96.0.1", IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol}, Selector: map[string]string{"app": "nginx"},
		Ports: []corev1.ServicePort{{Port: 80, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromInt32(80)}}}})
	s.Run(5 * time.Second)
	assert.NotNil(t, apitest.Get[*corev1.ServiceAccount](s, "default", "default"))
	assert.NotNil(t, apitest.Get[*corev1.ConfigMap](s, "default", "kube-root-ca.crt"))
	slices := apitest.List[*discoveryv1.EndpointSlice](s)
	require.Len(t, slices, 1)
	assert.Len(t, slices[0].Endpoints, 3)
	assert.EqualValues(t, 3, nginx(s).Status.AvailableReplicas)

	// Everything goes with the Deployment and the Service.
	apitest.Remove[*corev1.Service](s, "default", "nginx")
	uid := nginx(s).UID
	require.NotEmpty(t, uid)
	removeDeployment(s)
	s.Run(5 * time.Second)
	assert.Empty(t, replicaSets(s))
	assert.Empty(t, apitest.List[*corev1.Pod](s))
	assert.Empty(t, apitest.List[*discoveryv1.EndpointSlice](s))
}

// Ten thousand replicas appear and roll, in a time that does not grow with the square of their number.
func TestTenThousandReplicas(t *testing.T) {
	if testing.Short() {
		t.Skip("a second")
	}
	s := manager(t, "deployment-controller", "replicaset-controller")
	kubelets(s)
	apitest.Put(s, app(10000, "nginx:1.26"))
	s.Run(20 * time.Second)
	assert.EqualValues(t, 10000, nginx(s).Status.AvailableReplicas)
}
