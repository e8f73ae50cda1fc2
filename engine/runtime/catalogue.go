package runtime

import "time"

// repository is one row of the image catalogue: an image's names, its tags, its compressed size, and what it runs.
type repository struct {
	names    string // normalised names, separated by spaces
	tags     string // see repository.has
	variants string // suffixes a tag may carry, which are also tags of their own
	mb       int    // compressed, megabytes
	shell    bool
	app      *App
}

const nginxTags = "latest stable mainline 1 1.7.1-12 1.8.0-1 1.9.0-15 1.10.0-3 1.11.0-13 1.12.0-2 1.13.0-12 1.14.0-2 " +
	"1.15.0-12 1.16.0-1 1.17.0-10 1.18.0-0 1.19.0-10 1.20.0-2 1.21.0-6 1.22.0-1 1.23.0-4 1.24.0-0 1.25.0-5 1.26.0-3 " +
	"1.27.0-5 1.28.0-1 1.29.0-4"

const debian = "bookworm bullseye buster stretch trixie slim alpine"

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// The catalogue. Start times and service times are plausible for the program on a small cloud machine.
var catalogue = []repository{
	{names: "docker.io/library/nginx", tags: nginxTags, variants: "perl otel " + debian, mb: 72, shell: true, app: nginxApp},
	{names: "registry.k8s.io/nginx-slim registry.k8s.io/nginx", tags: "0.7 0.8 0.21 0.24 0.25 0.26 0.27 latest 1.7.9 1.14 1.15", mb: 80, shell: true, app: nginxApp},
	{names: "docker.io/nginxinc/nginx-unprivileged", tags: nginxTags, variants: debian, mb: 70, shell: true, app: &App{
		Name: "nginx", Binaries: "nginx", Ports: []int32{8080}, Listen: ms(350), Serve: ms(1), Stop: nginxApp.Stop, MemoryMB: 5, CPUPerRequest: ms(1) / 10, AccessLog: true, StartLog: nginxApp.StartLog}},
	{names: "docker.io/library/httpd", tags: "latest 2 2.2.29-34 2.4.10-66", variants: debian, mb: 58, shell: true, app: apacheApp},
	{names: "registry.k8s.io/hpa-example gcr.io/google_containers/hpa-example registry.k8s.io/e2e-test-images/resource-consumer", tags: "latest 1.5 1.9 1.13", mb: 180, shell: true, app: &App{
		Name: "php-apache", Binaries: "apache2-foreground", Ports: []int32{80}, Listen: ms(900), Serve: ms(90), Stop: apacheApp.Stop, MemoryMB: 12, IdleCPU: 0.001, CPUPerRequest: ms(85), RequestKB: 2048, AccessLog: true}},
	{names: "gcr.io/google-samples/hello-app us-docker.pkg.dev/google-samples/containers/gke/hello-app", tags: "1.0 2.0", mb: 12, app: helloApp},
	{names: "gcr.io/google-samples/gb-frontend gcr.io/google_samples/gb-frontend docker.io/corelab/gb-frontend us-docker.pkg.dev/google-samples/containers/gke/gb-frontend",
		tags: "v1 v2 v3 v4 v5 v6", mb: 160, shell: true, app: &App{
			Name: "php-apache", Binaries: "apache2-foreground", Ports: []int32{80}, Listen: ms(900), Serve: ms(8), Stop: apacheApp.Stop, MemoryMB: 28, CPUPerRequest: ms(4), AccessLog: true,
			StartLog: "[mpm_prefork:notice] [pid 1] AH00163: Apache/2.4.57 (Debian) PHP/8.1 configured -- resuming normal operations\n[core:notice] [pid 1] AH00094: Command line: 'apache2 -D FOREGROUND'"}},
	{names: "gcr.io/google_samples/gb-redisslave gcr.io/google_samples/gb-redis-follower us-docker.pkg.dev/google-samples/containers/gke/gb-redis-follower gcr.io/google_samples/gb-redis-slave",
		tags: "v1 v2 v3", mb: 45, shell: true, app: redisApp},
	{names: "docker.io/library/redis registry.k8s.io/redis docker.io/bitnami/redis", tags: "latest e2e v1 5 6 7 8 5.0.0-14 6.0.0-20 6.2.0-20 7.0.0-15 7.2.0-11 7.4.0-6 8.0.0-4 8.2.0-3", variants: debian, mb: 42, shell: true, app: redisApp},
	{names: "docker.io/library/mysql", tags: "latest 5 8 9 5.6.0-51 5.7.0-44 8.0.0-44 8.4.0-7 9.0.0-1 9.4.0-0", variants: "oracle debian", mb: 150, shell: true, app: databaseApp("mysqld", 3306, 400)},
	{names: "docker.io/library/mariadb", tags: "latest 10 11 10.6.0-23 10.11.0-14 11.4.0-8", mb: 105, shell: true, app: databaseApp("mariadbd", 3306, 110)},
	{names: "docker.io/library/postgres", tags: "latest 9* 10* 11* 12* 13* 14* 15* 16* 17* 18*", variants: debian, mb: 150, shell: true, app: databaseApp("postgres", 5432, 40)},
	{names: "docker.io/library/mongo", tags: "latest 4* 5* 6* 7* 8*", mb: 250, shell: true, app: databaseApp("mongod", 27017, 160)},
	{names: "docker.io/library/memcached", tags: "latest 1*", variants: debian, mb: 30, shell: true, app: &App{Name: "memcached", Binaries: "memcached", Ports: []int32{11211}, Listen: ms(30), Serve: ms(1) / 3, Stop: stopClean, MemoryMB: 4, CPUPerRequest: ms(1) / 20}},
	{names: "docker.io/library/wordpress", tags: "latest 4* 5* 6*", variants: "apache fpm " + debian, mb: 250, shell: true, app: &App{
		Name: "wordpress", Binaries: "apache2-foreground", Ports: []int32{80}, Listen: ms(1800), Serve: ms(40), Stop: apacheApp.Stop, MemoryMB: 60, CPUPerRequest: ms(25), AccessLog: true}},
	{names: "gcr.io/google-samples/cassandra docker.io/library/cassandra", tags: "latest v11 v12 v13 v14 3* 4* 5*", mb: 170, shell: true, app: databaseApp("cassandra", 9042, 1100)},
	{names: "registry.k8s.io/kubernetes-zookeeper", tags: "1.0-3.4.10", mb: 150, shell: true, app: &App{
		Name: "zookeeper", Binaries: "start-zookeeper zkServer.sh", Ports: []int32{2181, 2888, 3888}, Listen: ms(2500), Serve: ms(2), Stop: stopClean, MemoryMB: 120, CPUPerRequest: ms(1) / 2}},
	{names: "gcr.io/google-samples/xtrabackup", tags: "1.0", mb: 110, shell: true},
	{names: "quay.io/fluentd_elasticsearch/fluentd registry.k8s.io/fluentd-elasticsearch docker.io/fluent/fluentd", tags: "latest 1.20 v2.5.2 v1*", mb: 60, shell: true, app: &App{
		Name: "fluentd", Binaries: "fluentd run.sh", Listen: ms(2000), Stop: stopClean, MemoryMB: 80, IdleCPU: 0.004}},
	{names: "registry.k8s.io/e2e-test-images/agnhost registry.k8s.io/agnhost", tags: "2.0-70 2.*", mb: 50, shell: true, app: agnhostApp},
	{names: "registry.k8s.io/echoserver gcr.io/google_containers/echoserver k8s.gcr.io/echoserver", tags: "1.4 1.5 1.8 1.9 1.10", mb: 45, shell: true, app: &App{
		Name: "echoserver", Binaries: "nginx", Ports: []int32{8080}, Listen: ms(300), Serve: ms(1), Stop: nginxApp.Stop, MemoryMB: 6, CPUPerRequest: ms(1) / 8, AccessLog: true}},
	{names: "docker.io/hashicorp/http-echo", tags: "latest 0* 1*", mb: 5, app: &App{
		Name: "http-echo", Ports: []int32{5678}, Listen: ms(30), Serve: ms(1), Stop: stopClean, MemoryMB: 4, CPUPerRequest: ms(1) / 20, PortArg: "-listen"}},
	{names: "docker.io/traefik/whoami docker.io/containous/whoami", tags: "latest v1*", mb: 3, app: &App{Name: "whoami", Ports: []int32{80}, Listen: ms(30), Serve: ms(1), Stop: stopGo, MemoryMB: 4, CPUPerRequest: ms(1) / 20}},
	{names: "docker.io/kicbase/echo-server", tags: "1.0", mb: 5, app: &App{Name: "echo-server", Ports: []int32{8080}, Listen: ms(30), Serve: ms(1), Stop: stopGo, MemoryMB: 4, CPUPerRequest: ms(1) / 20}},
	{names: "registry.k8s.io/etcd", tags: "3.7.0-0", mb: 23, app: component("etcd", 2381, 40, 0.02)},
	{names: "registry.k8s.io/kube-apiserver", tags: "v1.37.0-9", mb: 27, app: component("kube-apiserver", 6443, 250, 0.05)},
	{names: "registry.k8s.io/kube-scheduler", tags: "v1.37.0-9", mb: 17, app: component("kube-scheduler", 10259, 25, 0.005)},
	{names: "registry.k8s.io/kube-controller-manager", tags: "v1.37.0-9", mb: 23, app: component("kube-controller-manager", 10257, 50, 0.02)},
	{names: "registry.k8s.io/cloud-controller-manager", tags: "v1.37.0-9", mb: 20, app: component("cloud-controller-manager", 10258, 25, 0.005)},
	{names: "registry.k8s.io/kube-proxy", tags: "v1.37.0-9", mb: 26, app: component("kube-proxy", 10256, 20, 0.003)},
	{names: "docker.io/kindest/local-path-provisioner", tags: "v20250214-acbabc1a", mb: 19, app: &App{Name: "local-path-provisioner", Program: "local-path-provisioner", Binaries: "local-path-provisioner",
		StartLog: `level=debug msg="Applied config: {\"nodePathMap\":[{\"node\":\"DEFAULT_PATH_FOR_NON_LISTED_NODES\",\"paths\":[\"/var/local-path-provisioner\"]}]}"` + "\n" + `level=debug msg="Provisioner started"`,
		Stop:     Stop{Signal: "SIGTERM", After: ms(5)}, MemoryMB: 12, IdleCPU: 0.001}},
	{names: "docker.io/tabernetes/csi-disk", tags: "v1.0.0", mb: 24, app: &App{Name: "csi-disk", Binaries: "csi-disk", Args: func(args []string) *App {
		program := "csi-disk-node"
		if len(args) > 0 && args[0] == "controller" {
			program = "csi-disk-controller"
		}
		return &App{Name: program, Program: program, Binaries: "csi-disk", Stop: Stop{Signal: "SIGTERM", After: ms(5)}, MemoryMB: 20, IdleCPU: 0.001}
	}}},
	{names: "docker.io/kindest/local-path-helper", tags: "v20241212-8ac705d0", mb: 3, shell: true},
	{names: "registry.k8s.io/build-image/debian-base", tags: "bookworm-v1.0.6", mb: 21, shell: true},
	{names: "registry.k8s.io/metrics-server/metrics-server", tags: "v0.6.0-4 v0.7.0-2 v0.8.0-1", mb: 22, app: component("metrics-server", 10250, 18, 0.003)},
	{names: "registry.k8s.io/pause", tags: "latest go 0.8.0 1.0 2.0 3.0-10 3.10.1", mb: 0, app: &App{Name: "pause", Binaries: "pause", Stop: stopClean, MemoryMB: 0}},
	{names: "docker.io/library/busybox registry.k8s.io/busybox gcr.io/google_containers/busybox registry.k8s.io/e2e-test-images/busybox gcr.io/k8s-minikube/busybox",
		tags: "latest stable 1 1.24 1.25 1.26.0-2 1.27.0-2 1.28.0-4 1.29.0-3 1.30.0-1 1.31.0-1 1.32.0-1 1.33.0-1 1.34.0-1 1.35.0-0 1.36.0-1 1.37.0-0 1.29-1 1.29-2 1.29-4", variants: "glibc musl uclibc", mb: 2, shell: true},
	{names: "docker.io/library/alpine", tags: "latest edge 3 3.1-23 3.12.0-12 3.13.0-12 3.14.0-10 3.15.0-11 3.16.0-9 3.17.0-10 3.18.0-12 3.19.0-9 3.20.0-8 3.21.0-5 3.22.0-2", mb: 3, shell: true},
	{names: "docker.io/library/bash", tags: "latest 3* 4* 5*", mb: 6, shell: true},
	{names: "docker.io/library/debian", tags: "latest stable bookworm bullseye trixie 9* 10* 11* 12* 13*", variants: "slim", mb: 49, shell: true},
	{names: "docker.io/library/ubuntu", tags: "latest 14.04 16.04 18.04 20.04 22.04 24.04 focal jammy noble", mb: 30, shell: true},
	{names: "docker.io/library/centos", tags: "latest 7 8", mb: 83, shell: true},
	{names: "docker.io/library/perl", tags: "latest 5*", variants: debian, mb: 340, shell: true},
	{names: "docker.io/library/python", tags: "latest 2* 3*", variants: debian, mb: 360, shell: true},
	{names: "docker.io/library/node", tags: "latest 12* 14* 16* 18* 20* 22* 24* lts", variants: debian, mb: 380, shell: true},
	{names: "docker.io/library/golang", tags: "latest 1*", variants: debian, mb: 300, shell: true},
	{names: "docker.io/curlimages/curl", tags: "latest 7* 8*", mb: 8, shell: true},
	{names: "docker.io/nicolaka/netshoot", tags: "latest v0*", mb: 170, shell: true},
}
