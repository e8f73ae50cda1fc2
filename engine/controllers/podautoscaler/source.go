package podautoscaler

import (
	"errors"
	"fmt"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/api/metrics"
	"tabernetes/engine/client"
)

// podMetric is the value of a metric for one pod, in thousandths, over a window that ends at a moment.
type podMetric struct {
	at     time.Time
	window time.Duration
	value  int64
}

// podMetrics are by the pods' names.
type podMetrics map[string]podMetric

// source is where metrics come from (metrics/client.go). Values are in thousandths; then is called once.
type source interface {
	// resource is what pods use of a resource; container "" is all of a pod's.
	resource(of corev1.ResourceName, namespace string, pods labels.Selector, container string, then func(podMetrics, error))
	// raw is a custom metric of pods.
	raw(metric, namespace string, pods, metricSelector labels.Selector, then func(podMetrics, error))
	// object is a custom metric of one object.
	object(metric, namespace string, of *autoscalingv2.CrossVersionObjectReference, metricSelector labels.Selector, then func(int64, error))
	// external are the values of a metric of something outside the cluster.
	external(metric, namespace string, metricSelector labels.Selector, then func([]int64, error))
}

// apiSource asks the metrics APIs behind the API server.
type apiSource struct{ c *client.Client }

func (s apiSource) resource(of corev1.ResourceName, namespace string, pods labels.Selector, container string, then func(podMetrics, error)) {
	client.List(s.c, api.PodMetrics, namespace, pods, func(list []*metrics.PodMetrics, err error) {
		switch {
		case err != nil:
			then(nil, fmt.Errorf("unable to fetch metrics from resource metrics API: %w", err))
			return
		case len(list) == 0:
			then(nil, errors.New("no metrics returned from resource metrics API"))
			return
		}
		out := podMetrics{}
		for _, m := range list {
			sum, found := int64(0), false
			for i := range m.Containers {
				c := &m.Containers[i]
				if container != "" && c.Name != container {
					continue
				}
				q, ok := c.Usage[of]
				if found = ok; !ok {
					break
				}
				sum += q.MilliValue()
			}
			if found {
				out[m.Name] = podMetric{m.Timestamp.Time, m.Window.Duration, sum}
			}
		}
		then(out, nil)
	})
}

// No server in this cluster answers for custom and external metrics; the clients find that out in different ways.
func (apiSource) raw(_, _ string, _, _ labels.Selector, then func(podMetrics, error)) {
	then(nil, errNoCustomMetrics)
}

func (apiSource) object(_, _ string, _ *autoscalingv2.CrossVersionObjectReference, _ labels.Selector, then func(int64, error)) {
	then(0, errNoCustomMetrics)
}

func (apiSource) external(metric, _ string, _ labels.Selector, then func([]int64, error)) {
	then(nil, fmt.Errorf("unable to fetch metrics from external metrics API: the server could not find the requested resource (get %s.external.metrics.k8s.io)", metric))
}

var errNoCustomMetrics = errors.New("unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered")
