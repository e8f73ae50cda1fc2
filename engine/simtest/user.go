package simtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine"
	"tabernetes/engine/api"
)

// user is somebody with little sense at a terminal, and bad luck.
type user struct {
	j      *judge
	rng    *rand.Rand
	faults bool
	pods   int
	// storage draws what is done with claims and volumes, in the sessions that know them: nil in the others.
	storage *rand.Rand
	stored  int
	procs   []*engine.Process
	logAt   []int
}

var (
	apps = []string{"web", "shop", "mail", "chat"}
	// recreated is the app that is not updated by rolling.
	recreated = apps[2]

	images = []string{"nginx:1.25", "nginx:1.26", "nginx:1.27", "httpd:2.4", "nginx:no-such-tag"}
)

// pause is how long nothing is typed: most often a moment, now and then minutes.
func (u *user) pause() time.Duration {
	switch u.rng.IntN(10) {
	case 0:
		return 0
	case 1, 2:
		return time.Duration(u.rng.IntN(20)) * time.Millisecond
	case 3, 4:
		return time.Duration(u.rng.IntN(1000)) * time.Millisecond
	case 5, 6, 7:
		return time.Duration(u.rng.IntN(10_000)) * time.Millisecond
	case 8:
		return time.Duration(u.rng.IntN(60)) * time.Second
	}
	return time.Duration(u.rng.IntN(400)) * time.Second
}

func (u *user) pick(list []string) string { return list[u.rng.IntN(len(list))] }

func (u *user) worker() string { return "node-" + strconv.Itoa(1+u.rng.IntN(u.j.c.Config().Nodes)) }

func (u *user) master() string {
	return "control-plane-" + strconv.Itoa(1+u.rng.IntN(u.j.c.Config().Masters))
}

// disarm ends the alarms that full disks raised, which stay until somebody does.
func (u *user) disarm() {
	u.j.run(10*time.Second, nil)
	for i := 0; i < 3 && len(u.j.faults) == 0; i++ { // etcd may be without a leader yet
		p, err := u.j.c.Start(engine.Command{Op: engine.OpEtcdctl, Line: "etcdctl alarm disarm"}, engine.Output{})
		if err != nil {
			u.j.fault("user", "alarm disarm: %v", err)
			return
		}
		u.j.run(20*time.Second, p.Done)
	}
}

func (u *user) kubectl(stdin, format string, args ...any) {
	cmd := engine.Command{Op: engine.OpKubectl, Line: "kubectl " + fmt.Sprintf(format, args...)}
	if stdin != "" {
		cmd.Files = map[string]string{"-": stdin}
	}
	p, err := u.j.c.Start(cmd, engine.Output{})
	if err != nil {
		u.j.fault("user", "%s: %v", cmd.Line, err)
		return
	}
	u.procs, u.logAt = append(u.procs, p), append(u.logAt, len(u.j.c.Log())-1)
}

// act does one thing.
func (u *user) act() {
	if u.faults && u.rng.IntN(4) == 0 {
		u.accident()
		return
	}
	app := u.pick(apps)
	switch u.rng.IntN(22) {
	case 0, 1, 2, 3:
		u.kubectl(u.manifest(app), "apply -f -")
	case 4:
		if app == recreated {
			app = apps[0]
		}
		u.kubectl("", "create deployment %s --image=%s --replicas=%d", app, u.pick(images[:4]), u.rng.IntN(8))
	case 5, 6:
		u.kubectl("", "scale deployment %s --replicas=%d", app, u.rng.IntN(12))
	case 7, 8, 9:
		u.kubectl("", "set image deployment/%s *=%s", app, u.pick(images))
	case 10:
		u.kubectl("", "rollout undo deployment/%s", app)
	case 11:
		u.kubectl("", "rollout pause deployment/%s", app)
	case 12:
		u.kubectl("", "rollout resume deployment/%s", app)
	case 13:
		u.kubectl("", "rollout restart deployment/%s", app)
	case 14:
		u.kubectl("", "delete deployment %s --wait=%v --cascade=%s", app, u.rng.IntN(2) == 0, u.pick([]string{"background", "foreground", "background"}))
	case 15:
		u.kubectl("", "expose deployment %s --port=80", app)
		policy := [...]string{"PreferDualStack", "RequireDualStack", "SingleStack"}[len(u.procs)%3]
		u.kubectl("", `patch service %s -p '{"spec":{"ipFamilyPolicy":"%s"}}'`, app, policy)
	case 16:
		if u.rng.IntN(3) == 0 {
			u.kubectl("", "delete service %s", app)
		} else {
			u.kubectl("", "delete pods -l app=%s --wait=false %s", app, u.pick([]string{"", "--grace-period=0 --force", "--grace-period=3"}))
		}
	case 17, 18:
		u.pods++
		u.kubectl(fmt.Sprintf(podManifest, u.pods, app, u.rng.IntN(3000), u.rng.IntN(4000)), "apply -f -")
	case 19:
		u.kubectl("", "%s %s", u.pick([]string{"cordon", "uncordon", "uncordon"}), u.worker())
	case 20:
		if u.rng.IntN(2) == 0 {
			u.kubectl("", "drain %s --ignore-daemonsets --force --delete-emptydir-data --timeout=60s", u.worker())
		} else {
			u.kubectl("", "taint node %s %s", u.worker(), u.pick([]string{"a=b:NoSchedule", "a=b:NoExecute", "a-", "a=c:PreferNoSchedule"}))
		}
	case 21:
		u.kubectl("", "label %s --overwrite tier=%s", u.pick([]string{"pods -l app=" + app, "node " + u.worker(), "deployment " + app}), u.pick([]string{"a", "b"}))
	}
}

// accident breaks something, or mends it.
func (u *user) accident() {
	j := u.j
	if u.rng.IntN(3) == 0 && len(j.broken) > 0 {
		j.mend(u.pick(sortedKeys(j.broken)))
		return
	}
	n, m := u.worker(), u.master()
	switch u.rng.IntN(13) {
	case 0, 1:
		j.do(engine.Command{Op: engine.OpKill, Name: n})
	case 2:
		u.brief(engine.Command{Op: engine.OpKill, Name: m})
	case 3:
		j.do(engine.Command{Op: engine.OpCut, Name: n, To: m})
	case 4:
		j.do(engine.Command{Op: engine.OpCut, Name: m, To: n})
	case 5:
		j.do(engine.Command{Op: engine.OpCut, Name: n, To: m, Both: true})
	case 6:
		u.brief(engine.Command{Op: engine.OpKill, Name: u.pick(masterPrograms) + "@" + m})
	case 7:
		u.brief(engine.Command{Op: engine.OpPause, Name: u.pick(masterPrograms) + "@" + m})
	case 8:
		u.brief(engine.Command{Op: engine.OpCut, Name: m, To: "*", Both: u.rng.IntN(2) == 0})
	case 9:
		u.brief(engine.Command{Op: engine.OpDisk, Name: m, Ms: float64(u.rng.IntN(1500)), Full: u.rng.IntN(4) == 0})
	case 10:
		j.do(engine.Command{Op: engine.OpLink, Name: u.pick([]string{n, m}), To: "*", Both: true, Ms: float64(u.rng.IntN(50)), Share: float64(u.rng.IntN(20)) / 100})
	case 11:
		j.do(engine.Command{Op: engine.OpClock, Name: u.pick([]string{n, m}), Ms: float64(u.rng.IntN(60_000) - 30_000)})
	case 12:
		u.brief(engine.Command{Op: u.pick([]string{engine.OpKill, engine.OpPause}), Name: u.pick([]string{"kubelet", "kube-proxy"}) + "@" + n})
	}
}

// masterPrograms are what can fail of a control-plane node alone.
var masterPrograms = []string{"etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager"}

// brief is a fault that most often is over soon.
func (u *user) brief(cmd engine.Command) {
	if u.j.do(cmd) && u.rng.IntN(3) > 0 {
		u.j.run(time.Duration(u.rng.IntN(20_000))*time.Millisecond, nil)
		u.j.mend(cmd.Op + " " + cmd.Name + " " + cmd.To)
	}
}

// repair ends all faults and asks for nothing that cannot be.
func (u *user) repair() {
	for range 2 { // machines before what runs on them
		for _, what := range sortedKeys(u.j.broken) {
			u.j.mend(what)
		}
	}
	u.disarm()
	u.j.run(90*time.Second, nil)
	for i, p := range u.procs {
		if !p.Done() {
			_ = u.j.c.Do(engine.Command{Op: engine.OpCancel, Of: u.logAt[i]})
		}
	}
	if len(u.j.faults) > 0 {
		return
	}
	for i := 1; i <= u.j.c.Config().Nodes; i++ {
		u.kubectl("", "uncordon node-%d", i)
		u.kubectl("", "taint node node-%d a-", i)
	}
	for _, key := range sortedKeys(u.j.mirror[api.Deployments]) {
		d := u.j.mirror[api.Deployments][key].(*appsv1.Deployment)
		if d.Spec.Paused {
			u.kubectl("", "rollout resume deployment/%s", d.Name)
		}
		if slices.ContainsFunc(d.Spec.Template.Spec.Containers, func(c corev1.Container) bool { return c.Image == images[4] }) {
			u.kubectl("", "set image deployment/%s *=%s", d.Name, images[0])
		}
	}
	u.j.run(5*time.Second, nil)
}

// manifest is a Deployment with a strategy and requests of its own.
func (u *user) manifest(app string) string {
	strategy := "{type: Recreate}"
	// One app is always of this strategy: a rolling update under way that is made a Recreate and scaled at once is stuck
	// for good, upstream as here (scale in deployment/sync.go knows only rolling updates with several ReplicaSets).
	if app != recreated {
		surge, un := u.pick([]string{"0", "1", "2", "25%", "100%"}), u.pick([]string{"0", "1", "25%", "50%"})
		if surge == "0" && un == "0" {
			un = "1"
		}
		strategy = fmt.Sprintf("{type: RollingUpdate, rollingUpdate: {maxSurge: %s, maxUnavailable: %s}}", surge, un)
	}
	probe := ""
	if u.rng.IntN(2) == 0 {
		probe = "readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 2}"
	}
	return fmt.Sprintf(deploymentManifest, app, u.rng.IntN(9), u.pick([]string{"0", "0", "5"}), strategy, app, app,
		u.pick([]string{"0", "5", "30"}), u.pick(images), u.pick([]string{"10m", "100m", "500m", "1500m"}), u.pick([]string{"16Mi", "512Mi", "2Gi"}), probe)
}

const deploymentManifest = `apiVersion: apps/v1
kind: Deployment
metadata: {name: %s}
spec:
  replicas: %d
  minReadySeconds: %s
  strategy: %s
  selector: {matchLabels: {app: %s}}
  template:
    metadata: {labels: {app: %s}}
    spec:
      terminationGracePeriodSeconds: %s
      containers:
      - name: c
        image: %s
        resources: {requests: {cpu: %s, memory: %s}}
        %s
`

const podManifest = `apiVersion: v1
kind: Pod
metadata: {name: pod-%d, labels: {app: bare-%s}}
spec:
  containers:
  - name: c
    image: nginx:1.27
    resources: {requests: {cpu: %dm, memory: %dMi}}
`
