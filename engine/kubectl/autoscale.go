package kubectl

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

func autoscaleCommand() *command {
	return &command{name: "autoscale", use: "(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY]",
		short: "Auto-scale a deployment, replica set, stateful set, or replication controller",
		flags: printFlags + fileFlags + "min:i=-1 max:i=-1 cpu-percent:i=-1 cpu:s memory:s name:s dry-run:s=none?unchanged save-config:b record:b field-manager:s",
		run:   runAutoscale}
}

func runAutoscale(c *cmd) {
	if c.f.changed("cpu-percent") {
		c.errf("Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%%' for utilization or '500m' for milliCPU).\n")
	}
	if !c.require("max") {
		return
	}
	dry, err := c.dryRun()
	var f *format
	if err == nil {
		f, err = c.format(objectFormats)
	}
	least, most, percent := c.f.int("min"), c.f.int("max"), c.f.int("cpu-percent")
	switch {
	case err != nil:
	case most < 1:
		err = fmt.Errorf("--max=MAXPODS is required and must be at least 1, max: %d", most)
	case most < least:
		err = fmt.Errorf("--max=MAXPODS must be larger or equal to --min=MINPODS, max: %d, min: %d", most, least)
	case percent > 0 && c.f.str("cpu") != "":
		err = errors.New("--cpu-percent and --cpu are mutually exclusive")
	}
	var metrics []autoscalingv2.MetricSpec
	if err == nil {
		metrics, err = c.targets(int32(percent))
	}
	if err != nil {
		c.fail(err)
		return
	}
	s := c.selectionFromFlags(c.args)
	s.typeImplied = false
	c.gather(s, func(r *result) {
		errs := r.errs
		count := 0
		each(len(r.infos), func(i int, next func()) {
			in := r.infos[i]
			if !slices.Contains(in.res.Subresources, "scale") {
				errs = append(errs, fmt.Errorf("cannot autoscale a %s: could not find scale subresource for %s in discovery information", in.res.Kind, in.res.GVR().String()))
				next()
				return
			}
			h := &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Name: c.f.str("name")}}
			if h.Name == "" {
				h.Name = in.name
			}
			h.Spec = autoscalingv2.HorizontalPodAutoscalerSpec{
				ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: in.res.APIVersion(), Kind: in.res.Kind, Name: in.name},
				MaxReplicas:    int32(most), Metrics: metrics,
			}
			if n := int32(least); n > 0 {
				h.Spec.MinReplicas = &n
			}
			c.autoscale(h, dry, f, func(err error) {
				if err != nil {
					errs = append(errs, err)
				} else {
					count++
				}
				next()
			})
		}, func() {
			if count == 0 && len(errs) == 0 {
				errs = append(errs, errors.New("no objects passed to autoscale"))
			}
			c.end(errs...)
		})
	})
}

func (c *cmd) autoscale(h *autoscalingv2.HorizontalPodAutoscaler, dry string, f *format, done func(error)) {
	in := &info{res: api.HorizontalPodAutoscalers, ns: c.ns, name: h.Name}
	did := "autoscaled"
	if dry == "client" {
		did = "created"
	}
	if dry != "client" || c.nsSet {
		h.Namespace = c.ns
	}
	if c.f.bool("save-config") {
		setLastApplied(h, content(in.res, h, false))
	}
	c.create(in, h, dry, "kubectl-autoscale", "", func(err error) {
		if err == nil {
			c.did(f, in, did, dry)
		} else {
			err = c.withoutV2(err)
		}
		done(err)
	})
}

// withoutV2 is the error of a failed create. Upstream then tries autoscaling/v1, which fails the same way, unless v1
// cannot say what was asked for; then it tells this instead, and whether --cpu is missing counts as that too.
func (c *cmd) withoutV2(err error) error {
	const incompatible = "failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1: "
	if strings.TrimSpace(c.f.str("cpu")) == "" {
		return errors.New(incompatible + "empty input")
	}
	if c.f.str("memory") == "" && strings.HasSuffix(strings.TrimSpace(c.f.str("cpu")), "%") {
		return err
	}
	return errors.New(incompatible + "%!w(<nil>)")
}

// targets are the metrics that --cpu and --memory ask for.
func (c *cmd) targets(cpuPercent int32) ([]autoscalingv2.MetricSpec, error) {
	var out []autoscalingv2.MetricSpec
	add := func(name corev1.ResourceName, t autoscalingv2.MetricTarget) {
		out = append(out, autoscalingv2.MetricSpec{
			Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{Name: name, Target: t},
		})
	}
	if cpuPercent > 0 {
		add(corev1.ResourceCPU, autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &cpuPercent})
	}
	for _, w := range []struct {
		name corev1.ResourceName
		text string
		unit string // of a bare number
	}{{corev1.ResourceCPU, c.f.str("cpu"), "m"}, {corev1.ResourceMemory, c.f.str("memory"), "Mi"}} {
		if w.text == "" {
			continue
		}
		t, err := metricTarget(w.name, strings.TrimSpace(w.text), w.unit)
		if err != nil {
			return nil, err
		}
		add(w.name, t)
	}
	return out, nil
}

// metricTarget reads "70%", an amount, or a bare number of the unit.
func metricTarget(name corev1.ResourceName, text, unit string) (autoscalingv2.MetricTarget, error) {
	if text == "" {
		return autoscalingv2.MetricTarget{}, errors.New("empty input")
	}
	if digits, ok := strings.CutSuffix(text, "%"); ok {
		n, err := strconv.ParseInt(digits, 10, 32)
		if err != nil || n < 0 {
			return autoscalingv2.MetricTarget{}, fmt.Errorf("invalid percentage value: %s", digits)
		}
		percent := int32(n)
		return autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent}, nil
	}
	var q resource.Quantity
	if number, err := strconv.ParseFloat(text, 64); err == nil {
		if q, err = resource.ParseQuantity(fmt.Sprintf("%g%s", number, unit)); err != nil {
			return autoscalingv2.MetricTarget{}, err
		}
	} else if q, err = resource.ParseQuantity(text); err != nil {
		return autoscalingv2.MetricTarget{}, fmt.Errorf("invalid resource %s value: %s", name, text)
	}
	return autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &q}, nil
}
