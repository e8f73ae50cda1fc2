package apiserver

import (
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

// log serves pods/log. The kubelet connection comes with the kubelet.
func (s *Server) log(k *cacher, req *api.Request, reply func(*api.Response)) {
	k.get(req, func(resp *api.Response) {
		if resp.Err != nil {
			reply(resp)
			return
		}
		_ = resp.Object.(*corev1.Pod)
		reply(resp)
	})
}
