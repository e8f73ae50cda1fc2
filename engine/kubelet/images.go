package kubelet

import (
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// pullQueue pulls one image after the other, as serializeImagePulls does by default
// (pkg/kubelet/images/puller.go).
type pullQueue struct {
	waiting []pull
	busy    bool
}

type pull struct {
	image string
	ctx   sim.Context
	done  func(*runtime.Image, time.Duration, error)
}

func (k *Kubelet) pull(image string, done func(*runtime.Image, time.Duration, error)) {
	k.pulls.waiting = append(k.pulls.waiting, pull{image, k.a.Sim().Context(), done})
	k.nextPull()
}

func (k *Kubelet) nextPull() {
	q := &k.pulls
	if q.busy || len(q.waiting) == 0 {
		return
	}
	next := q.waiting[0]
	q.waiting = q.waiting[1:]
	q.busy = true
	k.a.Sim().In(next.ctx, func() {
		k.rt.Pull(next.image, func(im *runtime.Image, d time.Duration, err error) {
			if k.a.Dead() {
				return
			}
			q.busy = false
			next.done(im, d, err)
			k.nextPull()
		})
	})
}

// withTag is applyDefaultImageTag.
func withTag(image string) (string, error) {
	_, tag, digest, err := runtime.Normalize(image)
	if err != nil {
		return "", err
	}
	if digest == "" && !strings.HasSuffix(image, ":"+tag) {
		return image + ":" + tag, nil
	}
	return image, nil
}

// ensureImage is EnsureImageExists of pkg/kubelet/images/image_manager.go. done gets the image, or the reason and the
// message that the container waits with.
func (p *pod) ensureImage(c *ctr, done func(im *runtime.Image, reason, message string)) {
	k := p.k
	asked := c.spec.Image
	image, err := withTag(asked)
	if err != nil {
		msg := "Failed to apply default image tag " + strconv.Quote(asked) + ": couldn't parse image name " + strconv.Quote(asked) + ": " + err.Error()
		p.event(c, corev1.EventTypeWarning, "InspectFailed", msg)
		done(nil, "InvalidImageName", msg)
		return
	}
	im := k.rt.ImagePresent(image)
	if c.spec.ImagePullPolicy != corev1.PullAlways {
		if im != nil {
			p.event(c, corev1.EventTypeNormal, "Pulled", "Container image "+strconv.Quote(asked)+" already present on machine and can be accessed by the pod")
			done(im, "", "")
			return
		}
		if c.spec.ImagePullPolicy == corev1.PullNever {
			msg := "Container image " + strconv.Quote(asked) + " is not present with pull policy of Never"
			p.event(c, corev1.EventTypeWarning, "ErrImageNeverPull", msg)
			done(nil, "ErrImageNeverPull", msg)
			return
		}
	}
	now := k.a.Now()
	if c.image.d != 0 && now.Sub(c.image.at) < c.image.d {
		msg := "Back-off pulling image " + strconv.Quote(asked)
		p.event(c, corev1.EventTypeNormal, "BackOff", msg)
		if c.pullError != "" {
			msg += ": " + c.pullError
		}
		done(nil, "ImagePullBackOff", msg)
		return
	}
	c.pullError = ""
	p.event(c, corev1.EventTypeNormal, "Pulling", "Pulling image "+strconv.Quote(asked))
	k.pull(image, func(im *runtime.Image, took time.Duration, err error) {
		if err != nil {
			k.record(p, "failed to pull image "+image)
			p.event(c, corev1.EventTypeWarning, "Failed", "Failed to pull image "+strconv.Quote(asked)+": "+err.Error())
			c.image.next(k.a.Now(), k.a.Now())
			c.pullError = "ErrImagePull: " + err.Error()
			done(nil, "ErrImagePull", err.Error())
			return
		}
		took, whole := took.Truncate(time.Millisecond), k.a.Now().Sub(now).Truncate(time.Millisecond)
		k.record(p, "pulled image "+image+" in "+took.String())
		p.event(c, corev1.EventTypeNormal, "Pulled", "Successfully pulled image "+strconv.Quote(asked)+" in "+took.String()+
			" ("+whole.String()+" including waiting). Image size: "+strconv.FormatInt(im.Bytes, 10)+" bytes.")
		c.image = backOff{}
		done(im, "", "")
	})
}
