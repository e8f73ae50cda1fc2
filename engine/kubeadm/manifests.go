package kubeadm

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The versions of the components' images.
const (
	Version     = "v1.37.2"
	EtcdVersion = "3.7.0-0"
)

// Member is one control-plane node.
type Member struct{ Name, IP string }

// Config says what the control plane is to be.
type Config struct {
	Members     []Member // all control-plane nodes, in the order they joined
	ServiceCIDR string
	PodCIDR     string
	ClusterName string // "" is "kubernetes"
	// SchedulerConfig is the file that kube-scheduler is started with; "" is none, as kubeadm leaves it.
	SchedulerConfig string
}

// Images lists the images of a control-plane node, which kubeadm pulls before it starts anything.
func Images() []string {
	out := []string{"registry.k8s.io/pause:3.10.2", "registry.k8s.io/etcd:" + EtcdVersion}
	for _, c := range [...]string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "cloud-controller-manager", "kube-proxy"} {
		out = append(out, "registry.k8s.io/"+c+":"+Version)
	}
	return out
}

// Manifests are the static pods of control-plane node i.
func Manifests(conf Config, i int) []*corev1.Pod {
	if conf.ClusterName == "" {
		conf.ClusterName = "kubernetes"
	}
	return []*corev1.Pod{conf.etcd(i), conf.apiServer(i), conf.controllerManager(), conf.scheduler(), conf.cloudControllerManager()}
}

// flag is one of a command's.
type flag struct{ name, value string }

// command writes flags in alphabetical order, as kubeadm does; the callers list them so.
func command(program string, flags ...flag) []string {
	out := []string{program}
	for _, f := range flags {
		out = append(out, "--"+f.name+"="+f.value)
	}
	return out
}

const (
	pki  = "/etc/kubernetes/pki"
	home = "/etc/kubernetes/"
)

func (c Config) etcd(i int) *corev1.Pod {
	m := c.Members[i]
	client, peer := "https://"+m.IP+":2379", "https://"+m.IP+":2380"
	flags := []flag{
		{"advertise-client-urls", client}, {"cert-file", pki + "/etcd/server.crt"}, {"client-cert-auth", "true"}, {"data-dir", "/var/lib/etcd"},
		{"feature-gates", "InitialCorruptCheck=true"}, {"initial-advertise-peer-urls", peer}, {"initial-cluster", c.initialCluster(i)},
	}
	if i > 0 {
		flags = append(flags, flag{"initial-cluster-state", "existing"})
	}
	flags = append(flags,
		flag{"key-file", pki + "/etcd/server.key"}, flag{"listen-client-urls", "https://127.0.0.1:2379," + client}, flag{"listen-metrics-urls", "http://127.0.0.1:2381"},
		flag{"listen-peer-urls", peer}, flag{"name", m.Name}, flag{"peer-cert-file", pki + "/etcd/peer.crt"}, flag{"peer-client-cert-auth", "true"},
		flag{"peer-key-file", pki + "/etcd/peer.key"}, flag{"peer-trusted-ca-file", pki + "/etcd/ca.crt"}, flag{"snapshot-count", "10000"},
		flag{"trusted-ca-file", pki + "/etcd/ca.crt"}, flag{"watch-progress-notify-interval", "5s"},
	)
	p := pod("etcd", "registry.k8s.io/etcd:"+EtcdVersion, command("etcd", flags...), corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("100Mi"),
	}, 2381)
	p.Annotations = map[string]string{"kubeadm.kubernetes.io/etcd.advertise-client-urls": client}
	ctr := &p.Spec.Containers[0]
	ctr.LivenessProbe = probe("/livez", "127.0.0.1", corev1.URISchemeHTTP, 10, 8, 10)
	ctr.ReadinessProbe = probe("/readyz", "127.0.0.1", corev1.URISchemeHTTP, 0, 3, 1)
	ctr.StartupProbe = probe("/readyz", "127.0.0.1", corev1.URISchemeHTTP, 10, 24, 10)
	mount(p, "etcd-data", "/var/lib/etcd", corev1.HostPathDirectoryOrCreate, false)
	mount(p, "etcd-certs", pki+"/etcd", corev1.HostPathDirectoryOrCreate, false)
	return p
}

// initialCluster names the members there were when a node joined, itself among them.
func (c Config) initialCluster(i int) string {
	var out []string
	for _, m := range c.Members[:i+1] {
		out = append(out, m.Name+"=https://"+m.IP+":2380")
	}
	return strings.Join(out, ",")
}

func (c Config) apiServer(i int) *corev1.Pod {
	ip := c.Members[i].IP
	p := pod("kube-apiserver", "registry.k8s.io/kube-apiserver:"+Version, command("kube-apiserver",
		flag{"advertise-address", ip}, flag{"allow-privileged", "true"}, flag{"authorization-mode", "Node,RBAC"}, flag{"client-ca-file", pki + "/ca.crt"},
		flag{"enable-admission-plugins", "NodeRestriction"}, flag{"enable-bootstrap-token-auth", "true"}, flag{"etcd-cafile", pki + "/etcd/ca.crt"},
		flag{"etcd-certfile", pki + "/apiserver-etcd-client.crt"}, flag{"etcd-keyfile", pki + "/apiserver-etcd-client.key"},
		flag{"etcd-servers", "https://127.0.0.1:2379"}, flag{"kubelet-client-certificate", pki + "/apiserver-kubelet-client.crt"},
		flag{"kubelet-client-key", pki + "/apiserver-kubelet-client.key"}, flag{"kubelet-preferred-address-types", "InternalIP,ExternalIP,Hostname"},
		flag{"proxy-client-cert-file", pki + "/front-proxy-client.crt"}, flag{"proxy-client-key-file", pki + "/front-proxy-client.key"},
		flag{"requestheader-allowed-names", "front-proxy-client"}, flag{"requestheader-client-ca-file", pki + "/front-proxy-ca.crt"},
		flag{"requestheader-extra-headers-prefix", "X-Remote-Extra-"}, flag{"requestheader-group-headers", "X-Remote-Group"},
		flag{"requestheader-username-headers", "X-Remote-User"}, flag{"secure-port", "6443"},
		flag{"service-account-issuer", "https://kubernetes.default.svc.cluster.local"}, flag{"service-account-key-file", pki + "/sa.pub"},
		flag{"service-account-signing-key-file", pki + "/sa.key"}, flag{"service-cluster-ip-range", c.ServiceCIDR},
		flag{"tls-cert-file", pki + "/apiserver.crt"}, flag{"tls-private-key-file", pki + "/apiserver.key"},
	), cpu("250m"), 6443)
	p.Annotations = map[string]string{"kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint": ip + ":6443"}
	ctr := &p.Spec.Containers[0]
	ctr.LivenessProbe = probe("/livez", ip, corev1.URISchemeHTTPS, 10, 8, 10)
	ctr.ReadinessProbe = probe("/readyz", ip, corev1.URISchemeHTTPS, 0, 3, 1)
	ctr.StartupProbe = probe("/livez", ip, corev1.URISchemeHTTPS, 10, 24, 10)
	mount(p, "ca-certs", "/etc/ssl/certs", corev1.HostPathDirectoryOrCreate, true)
	mount(p, "k8s-certs", pki, corev1.HostPathDirectoryOrCreate, true)
	return p
}

func (c Config) controllerManager() *corev1.Pod {
	kubeconfig := home + "controller-manager.conf"
	p := pod("kube-controller-manager", "registry.k8s.io/kube-controller-manager:"+Version, command("kube-controller-manager",
		flag{"allocate-node-cidrs", "true"}, flag{"authentication-kubeconfig", kubeconfig}, flag{"authorization-kubeconfig", kubeconfig}, flag{"bind-address", "127.0.0.1"},
		flag{"client-ca-file", pki + "/ca.crt"}, flag{"cluster-cidr", c.PodCIDR}, flag{"cluster-name", c.ClusterName}, flag{"cluster-signing-cert-file", pki + "/ca.crt"},
		flag{"cluster-signing-key-file", pki + "/ca.key"}, flag{"controllers", "*,bootstrapsigner,tokencleaner"}, flag{"kubeconfig", kubeconfig}, flag{"leader-elect", "true"},
		flag{"requestheader-client-ca-file", pki + "/front-proxy-ca.crt"}, flag{"root-ca-file", pki + "/ca.crt"},
		flag{"service-account-private-key-file", pki + "/sa.key"}, flag{"service-cluster-ip-range", c.ServiceCIDR}, flag{"use-service-account-credentials", "true"},
	), cpu("200m"), 10257)
	health(p, "/healthz", "/healthz", "")
	mount(p, "ca-certs", "/etc/ssl/certs", corev1.HostPathDirectoryOrCreate, true)
	mount(p, "k8s-certs", pki, corev1.HostPathDirectoryOrCreate, true)
	mount(p, "kubeconfig", kubeconfig, corev1.HostPathFileOrCreate, true)
	return p
}

func (c Config) scheduler() *corev1.Pod {
	kubeconfig := home + "scheduler.conf"
	flags := []flag{{"authentication-kubeconfig", kubeconfig}, {"authorization-kubeconfig", kubeconfig}, {"bind-address", "127.0.0.1"}}
	if c.SchedulerConfig != "" {
		flags = append(flags, flag{"config", c.SchedulerConfig})
	}
	flags = append(flags, flag{"kubeconfig", kubeconfig}, flag{"leader-elect", "true"})
	p := pod("kube-scheduler", "registry.k8s.io/kube-scheduler:"+Version, command("kube-scheduler", flags...), cpu("100m"), 10259)
	health(p, "/livez", "/livez", "/readyz")
	mount(p, "kubeconfig", kubeconfig, corev1.HostPathFileOrCreate, true)
	if c.SchedulerConfig != "" {
		mount(p, "scheduler-config", c.SchedulerConfig, corev1.HostPathFileOrCreate, true)
	}
	return p
}

func (c Config) cloudControllerManager() *corev1.Pod {
	kubeconfig := home + "cloud-controller-manager.conf"
	p := pod("cloud-controller-manager", "registry.k8s.io/cloud-controller-manager:"+Version, command("cloud-controller-manager",
		flag{"allocate-node-cidrs", "false"}, flag{"bind-address", "127.0.0.1"}, flag{"cloud-provider", "tabernetes"}, flag{"cluster-cidr", c.PodCIDR},
		flag{"cluster-name", c.ClusterName}, flag{"concurrent-node-syncs", "100"}, flag{"configure-cloud-routes", "false"}, flag{"kubeconfig", kubeconfig}, flag{"leader-elect", "true"},
		flag{"use-service-account-credentials", "true"},
	), cpu("50m"), 10258)
	health(p, "/healthz", "/healthz", "")
	mount(p, "kubeconfig", kubeconfig, corev1.HostPathFileOrCreate, true)
	return p
}

func cpu(q string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(q)}
}

// systemNodeCritical is the priority of the class system-node-critical, which nobody computes for a static pod.
const systemNodeCritical int32 = 2000001000

// pod is ComponentPod of cmd/kubeadm/app/util/staticpod.
func pod(name, image string, command []string, requests corev1.ResourceList, port int32) *corev1.Pod {
	priority := systemNodeCritical
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: metav1.NamespaceSystem, Labels: map[string]string{"component": name, "tier": "control-plane"}},
		Spec: corev1.PodSpec{
			Priority: &priority, PriorityClassName: "system-node-critical", HostNetwork: true,
			SecurityContext: &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
			Containers: []corev1.Container{{
				Name: name, Image: image, ImagePullPolicy: corev1.PullIfNotPresent, Command: command, Resources: corev1.ResourceRequirements{Requests: requests},
				Ports: []corev1.ContainerPort{{Name: "probe-port", ContainerPort: port, Protocol: corev1.ProtocolTCP}},
			}},
		},
	}
}

func probe(path, host string, scheme corev1.URIScheme, delay, failures, period int32) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler:        corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Host: host, Path: path, Port: intstr.FromString("probe-port"), Scheme: scheme}},
		InitialDelaySeconds: delay, TimeoutSeconds: 15, FailureThreshold: failures, PeriodSeconds: period,
	}
}

// health gives a component its probes on the loopback address; without a path there is no readiness probe.
func health(p *corev1.Pod, live, startup, ready string) {
	c := &p.Spec.Containers[0]
	c.LivenessProbe = probe(live, "127.0.0.1", corev1.URISchemeHTTPS, 10, 8, 10)
	c.StartupProbe = probe(startup, "127.0.0.1", corev1.URISchemeHTTPS, 10, 24, 10)
	if ready != "" {
		c.ReadinessProbe = probe(ready, "127.0.0.1", corev1.URISchemeHTTPS, 0, 3, 1)
	}
}

// mount gives a component a path of the host.
func mount(p *corev1.Pod, name, path string, typ corev1.HostPathType, readOnly bool) {
	p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path, Type: &typ}}})
	c := &p.Spec.Containers[0]
	c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: name, MountPath: path, ReadOnly: readOnly})
}
