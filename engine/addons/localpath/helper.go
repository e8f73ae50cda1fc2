package localpath

import (
	"path"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

const (
	helperTimeout = 120 // seconds, cmdTimeoutSeconds
	maxHelperName = 128
)

// help runs a script of the ConfigMap on a node, by a pod, and waits for its end; failed is "" when it succeeded.
func (p *driver) help(action, script string, v *corev1.PersistentVolume, node string, done func(failed string)) {
	at := ""
	if v.Spec.HostPath != nil {
		at = v.Spec.HostPath.Path
	} else {
		at = v.Spec.Local.Path
	}
	pod := helperPod(action, script, v, node, at)
	name := pod.Name
	client.Create(p.c, api.Pods, pod, func(_ *corev1.Pod, err error) {
		if err != nil && !apierrors.IsAlreadyExists(err) {
			done(err.Error())
			return
		}
		end := func(failed string) {
			p.c.Delete(api.Pods, Namespace, name, client.DeleteOptions{}, func(error) { done(failed) })
		}
		var poll func(i int)
		poll = func(i int) {
			if i == helperTimeout {
				end("create process timeout after " + strconv.Itoa(helperTimeout) + " seconds")
				return
			}
			client.Get(p.c, api.Pods, Namespace, name, func(pod *corev1.Pod, err error) {
				switch {
				case err != nil:
					end(err.Error())
				case pod.Status.Phase == corev1.PodSucceeded:
					end("")
				default:
					p.a.After(time.Second, "look at the helper pod", func() { poll(i + 1) })
				}
			})
		}
		poll(0)
	})
}

func helperPod(action, script string, v *corev1.PersistentVolume, node, at string) *corev1.Pod {
	create := corev1.HostPathDirectoryOrCreate
	size := v.Spec.Capacity[corev1.ResourceStorage]
	bytes, mode := strconv.FormatInt(size.Value(), 10), string(corev1.PersistentVolumeFilesystem)
	name := "helper-pod-" + action + "-" + v.Name
	name = name[:min(len(name), maxHelperName)]
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: Namespace}, Spec: corev1.PodSpec{
		NodeName: node, ServiceAccountName: Account, RestartPolicy: corev1.RestartPolicyNever,
		Tolerations: []corev1.Toleration{{Key: corev1.TaintNodeDiskPressure, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule}},
		Volumes: []corev1.Volume{
			{Name: "data", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path.Dir(at) + "/", Type: &create}}},
			{Name: "script", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
				LocalObjectReference: corev1.LocalObjectReference{Name: configMap},
				Items:                []corev1.KeyToPath{{Key: "setup", Path: "setup"}, {Key: "teardown", Path: "teardown"}}}}},
		},
		Containers: []corev1.Container{{
			Name: "helper-pod", Image: HelperImage, ImagePullPolicy: corev1.PullIfNotPresent,
			Command: []string{"/bin/sh", "/script/" + script}, Args: []string{"-p", at, "-s", bytes, "-m", mode, "-a", action},
			VolumeMounts: []corev1.VolumeMount{{Name: "script", MountPath: "/script"}, {Name: "data", MountPath: path.Dir(at) + "/"}},
			Env:          []corev1.EnvVar{{Name: "VOL_DIR", Value: at}, {Name: "VOL_MODE", Value: mode}, {Name: "VOL_SIZE_BYTES", Value: bytes}},
		}},
	}}
}
