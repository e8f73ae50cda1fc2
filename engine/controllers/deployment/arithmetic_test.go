package deployment

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

func deploymentOf(replicas int32, surge, unavailable string) *appsv1.Deployment {
	s, u := intstr.Parse(surge), intstr.Parse(unavailable)
	return &appsv1.Deployment{Spec: appsv1.DeploymentSpec{Replicas: &replicas, Strategy: appsv1.DeploymentStrategy{
		Type: appsv1.RollingUpdateDeploymentStrategyType, RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: &s, MaxUnavailable: &u}}}}
}

func setOf(replicas int32, annotations map[string]string) *appsv1.ReplicaSet {
	return &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Annotations: annotations}, Spec: appsv1.ReplicaSetSpec{Replicas: &replicas}}
}

// Upstream's examples of ResolveFenceposts.
func TestFenceposts(t *testing.T) {
	for _, c := range []struct {
		surge, unavailable string
		desired            int32
		s, u               int32
	}{
		{"0%", "0%", 0, 0, 1}, {"0%", "1%", 2, 0, 1}, {"0%", "1%", 1, 0, 1}, {"1%", "25%", 2, 1, 0}, {"1%", "25%", 1, 1, 0},
		{"1%", "0%", 2, 1, 0}, {"1%", "0%", 1, 1, 0}, {"39%", "39%", 10, 4, 3}, {"0", "1", 10, 0, 1}, {"10", "0", 10, 10, 0},
		{"25%", "25%", 3, 1, 0}, {"25%", "25%", 10, 3, 2},
	} {
		d := deploymentOf(c.desired, c.surge, c.unavailable)
		s, u := fenceposts(d.Spec.Strategy.RollingUpdate.MaxSurge, d.Spec.Strategy.RollingUpdate.MaxUnavailable, c.desired)
		assert.Equal(t, [2]int32{c.s, c.u}, [2]int32{s, u}, "%+v", c)
	}
	assert.EqualValues(t, 0, maxUnavailable(deploymentOf(0, "0", "1")))
	assert.EqualValues(t, 1, maxUnavailable(deploymentOf(1, "0", "5")))
}

// Upstream's cases of NewRSNewReplicas.
func TestNewReplicas(t *testing.T) {
	for _, c := range []struct {
		name                       string
		desired, others, have, max int32
		surge                      string
		want                       int32
	}{
		{"can not scale up", 1, 0, 1, 0, "1", 1},
		{"scale up - to depReplicas", 6, 0, 2, 0, "10", 6},
		{"room beside the old", 10, 8, 2, 0, "3", 5},
		{"no room", 10, 10, 3, 0, "3", 3},
	} {
		newRS, old := setOf(c.have, nil), setOf(c.others, nil)
		got, err := newReplicas(deploymentOf(c.desired, c.surge, "1"), []*appsv1.ReplicaSet{old, newRS}, newRS)
		require.NoError(t, err)
		assert.Equal(t, c.want, got, c.name)
	}
}

// Upstream's cases of proportional scaling (TestScale of sync_test.go): sizes before, in order of creation newest first.
func TestProportions(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after int32
		sets, want    []int32
	}{
		{"6 -> 10", 6, 10, []int32{6}, []int32{10}},
		{"deployment from 10 to 20", 10, 20, []int32{5, 3, 2}, []int32{10, 6, 4}},
		{"deployment from 5 to 0", 5, 0, []int32{3, 2}, []int32{0, 0}},
		{"deployment from 10 to 5", 10, 5, []int32{5, 3, 2}, []int32{2, 2, 1}},
		{"deployment from 5 to 10", 5, 10, []int32{2, 2, 1}, []int32{4, 4, 2}},
		{"deployment from 10 to 3", 10, 3, []int32{5, 3, 2}, []int32{1, 1, 1}},
	} {
		d := deploymentOf(c.after, "0", "1")
		var sets []*appsv1.ReplicaSet
		total := int32(0)
		for _, n := range c.sets {
			rs := setOf(n, nil)
			rs.Annotations = map[string]string{}
			annotateReplicas(rs, c.before, c.before)
			sets = append(sets, rs)
			total += n
		}
		got := proportions(d, sets, c.after-total)
		sum := int32(0)
		for _, n := range got {
			sum += n
		}
		assert.Equal(t, c.after, sum, c.name)
		assert.Equal(t, c.want, got, c.name)
	}
}

func TestRevisionAnnotations(t *testing.T) {
	d := deploymentOf(3, "1", "0")
	d.Annotations = map[string]string{"kubernetes.io/change-cause": "edit", "deployment.kubernetes.io/revision": "2", "kubectl.kubernetes.io/last-applied-configuration": "{}"}
	rs := setOf(0, map[string]string{"deployment.kubernetes.io/revision": "1", "deployment.kubernetes.io/revision-history": "0"})
	assert.True(t, annotateNew(d, rs, "3", true))
	assert.Equal(t, map[string]string{"kubernetes.io/change-cause": "edit", "deployment.kubernetes.io/revision": "3",
		"deployment.kubernetes.io/revision-history": "0,1"}, rs.Annotations)
	assert.False(t, annotateNew(d, rs, "2", true), "a revision never shrinks")
	sets := []*appsv1.ReplicaSet{rs, setOf(0, map[string]string{"deployment.kubernetes.io/revision": "2"}), setOf(0, map[string]string{"deployment.kubernetes.io/revision": "x"})}
	assert.EqualValues(t, 3, maxRevision(sets))
	assert.EqualValues(t, 2, lastRevision(sets))
}

func TestSetName(t *testing.T) {
	assert.Equal(t, "web-abc", setName("web", "abc"))
	long := make([]byte, 253)
	for i := range long {
		long[i] = 'a'
	}
	assert.Len(t, setName(string(long), "abcdef"), 253)
}

func TestConditions(t *testing.T) {
	st := &appsv1.DeploymentStatus{}
	a := appsv1.DeploymentCondition{Type: appsv1.DeploymentAvailable, Status: "True", Reason: "x", LastTransitionTime: metav1.Unix(1, 0)}
	setCondition(st, a)
	a.Reason, a.LastTransitionTime = "y", metav1.Unix(2, 0)
	setCondition(st, a)
	assert.Equal(t, metav1.Unix(1, 0), st.Conditions[0].LastTransitionTime, "the status did not change")
	assert.Equal(t, "y", st.Conditions[0].Reason)
	removeCondition(st, appsv1.DeploymentAvailable)
	assert.Nil(t, st.Conditions)
	assert.Nil(t, rollbackTo(&appsv1.Deployment{}))
	assert.Equal(t, ptr.To(int64(4)), rollbackTo(&appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{appsv1.DeprecatedRollbackTo: "4"}}}))
}
