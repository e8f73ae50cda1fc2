package simtest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

// batch does something to Jobs, DaemonSets and disruption budgets, with a generator of its own, so that sessions without
// it stay as they are.
func (u *user) batch(rng *rand.Rand) {
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	job := "job-" + strconv.Itoa(rng.IntN(6))
	switch rng.IntN(10) {
	case 0, 1, 2:
		u.kubectl(fmt.Sprintf(jobManifest, job, 1+rng.IntN(6), 1+rng.IntN(4), pick("NonIndexed", "Indexed"), rng.IntN(3), pick("Never", "OnFailure"), rng.IntN(20), pick("0", "0", "1")), "apply -f -")
	case 3, 4:
		u.kubectl("", `patch job %s -p '{"spec":{"%s}}'`, job, pick(`parallelism":0`, `parallelism":3`, `suspend":true`, `suspend":false`))
	case 5:
		u.kubectl("", "delete job %s --wait=false", job)
	case 6:
		u.kubectl(fmt.Sprintf(daemonManifest, pick(images[:3]...), pick("maxUnavailable: 1", "maxUnavailable: 50%", "maxSurge: 1, maxUnavailable: 0")), "apply -f -")
	case 7, 8:
		app := pick(apps...)
		u.kubectl("", "create pdb %s --selector=app=%s %s", app, app, pick("--min-available=1", "--min-available=50%", "--max-unavailable=1"))
	case 9:
		u.kubectl("", "drain %s --ignore-daemonsets --force --delete-emptydir-data --timeout=60s", u.nodeOf(rng))
	}
}

func (u *user) nodeOf(rng *rand.Rand) string {
	return "node-" + strconv.Itoa(1+rng.IntN(u.j.c.Config().Nodes))
}

// repairBatch ends what would hold others up for good: Jobs that are suspended or fail, and budgets.
func (u *user) repairBatch() {
	u.kubectl("", "delete jobs,pdb --all --wait=false")
}

const jobManifest = `apiVersion: batch/v1
kind: Job
metadata: {name: %s}
spec:
  completions: %d
  parallelism: %d
  completionMode: %s
  backoffLimit: %d
  template:
    metadata: {labels: {app: job}}
    spec:
      restartPolicy: %s
      terminationGracePeriodSeconds: 3
      containers:
      - name: c
        image: busybox:1.36
        command: [sh, -c, "sleep %d; exit %s"]
        resources: {requests: {cpu: 10m, memory: 16Mi}}
`

const daemonManifest = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  updateStrategy: {rollingUpdate: {%[2]s}}
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers:
      - name: c
        image: %[1]s
        resources: {requests: {cpu: 10m, memory: 16Mi}}
`
