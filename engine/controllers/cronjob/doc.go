// Package cronjob is the CronJob controller (pkg/controller/cronjob of upstream, cronjob_controllerv2.go): it makes a
// Job whenever a schedule says so, and forgets old ones.
//
// A CronJob waits in the queue until 100 ms after its next time. Then the controller looks for the newest scheduled time
// that has passed and was not used, so that after an absence only one Job is made and not all that were missed; checks
// it against startingDeadlineSeconds and the concurrency policy; and creates a Job whose name ends in the scheduled
// minute, so that none is made twice. The Jobs that run are kept in status.active; of those that have ended, as many are
// kept as the history limits say.
//
// It reads CronJobs and Jobs, and writes both. All of it is real, the time zones too (engine/api/cron). Waiting for a
// schedule is periodic work: a cluster that does nothing else is settled.
package cronjob
