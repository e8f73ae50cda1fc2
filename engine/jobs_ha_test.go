package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
)

const tally = `
apiVersion: batch/v1
kind: Job
metadata: {name: tally}
spec:
  completions: 24
  parallelism: 4
  completionMode: Indexed
  backoffLimit: 50
  template:
    spec:
      restartPolicy: Never
      containers: [{name: c, image: "busybox:1.36", command: [sh, -c, "sleep 2"]}]
`

// Whoever leads the controllers dies again and again in the middle of a Job; every index completes, and the status says
// so: no pod is lost between its end and the count.
func TestAJobOutlivesItsControllers(t *testing.T) {
	h := newHouse(t, 3)
	put := func(string) {}
	_, err := h.Start(engine.Command{Op: engine.OpKubectl, Line: "kubectl apply -f -", Files: map[string]string{"-": tally}}, engine.Output{Out: put, Err: put})
	require.NoError(t, err)
	h.wait(3 * time.Second)
	for range 3 {
		leader, _, _ := strings.Cut(h.lease("kube-controller-manager").Holder, "_")
		require.NotEmpty(t, leader)
		h.do(engine.Command{Op: engine.OpKill, Name: leader})
		h.wait(25 * time.Second)
		h.do(engine.Command{Op: engine.OpRestart, Name: leader})
		h.wait(15 * time.Second)
	}
	h.until(10*time.Minute, "the Job is complete", func() bool {
		return strings.Contains(h.line(`kubectl get job tally -o jsonpath={.status.conditions[*].type}`), "Complete")
	})
	require.Equal(t, "24 0-23 {}", h.line(`kubectl get job tally -o jsonpath="{.status.succeeded} {.status.completedIndexes} {.status.uncountedTerminatedPods}"`))
	require.Empty(t, h.line(`kubectl get pods -l job-name=tally -o jsonpath={.items[*].metadata.finalizers}`))
	h.replays()
}
