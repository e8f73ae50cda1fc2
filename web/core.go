package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine"
	"tabernetes/engine/api"
	"tabernetes/engine/apiserver/rest"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// cluster is a running cluster as HTTP clients see it. It implements rest.Core.
type cluster struct {
	loop   *loop
	client *client.Client // of a program in the simulated world that speaks for those outside; used in the loop only
	wall   atomic.Int64   // the cluster's clock as it was when last looked at, Unix nanoseconds
}

var _ rest.Core = (*cluster)(nil)

// readyWithin is how much virtual time a new cluster gets to have all nodes Ready before anybody sees it.
const readyWithin = 60 * time.Second

func newCluster(conf config) (*cluster, error) {
	ec := engine.Config{Nodes: conf.nodes, Masters: conf.masters, Seed: conf.seed, Addons: conf.addons}
	// The cluster starts in the past by as much as it takes to become ready, so that its clock shows the time of day
	// when the first client comes: kubectl counts some ages by its own clock.
	boot, err := bootTime(ec)
	if err != nil {
		return nil, err
	}
	ec.Start = time.Now().UTC().Add(-boot)
	c, err := engine.New(ec)
	if err != nil {
		return nil, err
	}
	k := &cluster{loop: newLoop(c, conf.speed)}
	c.Sim.Host("workstation").Install("http-client", func(a *sim.Actor) {
		k.client = client.New(a, c.ClientConfig("kubernetes-admin", "kubectl"))
	})
	c.RunTo(sim.Time(readyWithin), c.Ready, 0)
	return k, nil
}

// bootTime is how long a cluster of a few nodes takes to become ready; more nodes take hardly longer.
func bootTime(ec engine.Config) (time.Duration, error) {
	ec.Nodes = min(ec.Nodes, 3)
	c, err := engine.New(ec)
	if err != nil {
		return 0, err
	}
	c.RunTo(sim.Time(readyWithin), c.Ready, 0)
	return c.Now().Duration(), nil
}

func (c *cluster) handler() http.Handler {
	return rest.New(c, rest.Options{
		Version: version.Info{
			Major: "1", Minor: "37", EmulationMajor: "1", EmulationMinor: "37", MinCompatibilityMajor: "1", MinCompatibilityMinor: "36",
			GitVersion: engine.Version, GitCommit: "tabernetes", GitTreeState: "clean", BuildDate: "1970-01-01T00:00:00Z",
			GoVersion: "go1.26", Compiler: "gc", Platform: "linux/amd64",
		},
		Connect: c.connect,
		Now:     func() time.Time { return time.Unix(0, c.wall.Load()).UTC() },
	})
}

// look notes the time; called in the loop whenever something is answered.
func (c *cluster) look() { c.wall.Store(c.loop.c.Sim.Wall(c.loop.c.Now()).UnixNano()) }

// Do implements rest.Core.
func (c *cluster) Do(ctx context.Context, req *api.Request) *api.Response {
	answer := make(chan *api.Response, 1)
	ok := c.loop.do(ctx, func() {
		c.client.Do(req, func(resp *api.Response) {
			c.look()
			answer <- resp
		})
	})
	if !ok {
		return nil
	}
	select {
	case resp := <-answer:
		if resp.Err != nil {
			resp.Err = unavailable(resp.Err)
		}
		return resp
	case <-ctx.Done():
		return nil
	case <-c.loop.ended:
		return &api.Response{Err: apierrors.NewServiceUnavailable("the server is shutting down")}
	}
}

// unavailable turns the loss of the API server into the answer a load balancer in front of it would give.
func unavailable(err error) error {
	var st apierrors.APIStatus
	if errors.As(err, &st) {
		return err
	}
	return apierrors.NewServiceUnavailable(err.Error())
}

// Watch implements rest.Core.
func (c *cluster) Watch(ctx context.Context, req *api.Request, send func([]api.WatchEvent)) (func(), error) {
	started := make(chan *client.Watch, 1)
	ok := c.loop.do(ctx, func() {
		started <- c.client.Watch(req, func(ev []api.WatchEvent) {
			c.look()
			send(ev)
		}, func(err error) {
			var st apierrors.APIStatus
			if !errors.As(err, &st) {
				err = io.EOF // a lost connection ends a stream without a word
			}
			send([]api.WatchEvent{{Type: watch.Error, Err: err}})
		})
	})
	if !ok {
		return nil, ctx.Err()
	}
	return func() {
		// By now ctx may be done, but the cluster must not go on sending.
		c.loop.do(context.Background(), func() { (<-started).Stop() })
	}, nil
}
