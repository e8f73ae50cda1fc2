// Package cron reads the schedules of CronJobs and tells when they are due.
//
// In a real cluster the API server and the CronJob controller both use github.com/robfig/cron/v3, and so learners meet
// its rules and its error texts: five fields or a descriptor such as @daily, names of months and days, ranges, lists
// and steps, a day that must match both day fields only if one of them is a star, @every, and the prefix TZ= that the
// controller writes for spec.timeZone. All of this is real here, texts included. [Parse] reads a schedule,
// [Schedule.Next] finds the next time in whole seconds.
//
// Time zones are real as well, from a table of the package's own: a browser has no zone files that Go could read, and
// two hosts with different files would not run the same session. The table has every name of the IANA database with
// the rule in force now; what a zone did in earlier years it does not know, nor the exceptions for single years ahead, by
// which Morocco, Western Sahara and Palestine leave summer time for Ramadan. Times from 2026 on are otherwise exact.
//
// The package is pure: text and times in, times out.
package cron
