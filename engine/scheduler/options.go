package scheduler

import (
	"time"

	"tabernetes/engine/client/leaderelection"
	"tabernetes/engine/scheduler/config"
)

// OptionsOf are what a configuration says.
func OptionsOf(c *config.Config) Options {
	l := &c.LeaderElection
	return Options{
		Profiles: c.Frameworks, LeaderElect: *l.LeaderElect,
		InitialBackoff: time.Duration(*c.PodInitialBackoffSeconds) * time.Second, MaxBackoff: time.Duration(*c.PodMaxBackoffSeconds) * time.Second,
		Election: leaderelection.Config{
			Name: l.ResourceName, Namespace: l.ResourceNamespace,
			LeaseDuration: l.LeaseDuration.Duration, RenewDeadline: l.RenewDeadline.Duration, RetryPeriod: l.RetryPeriod.Duration,
		},
	}
}
