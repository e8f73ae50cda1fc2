package etcdctl

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tabernetes/engine/etcd"
)

func (c *command) endpointStatus() {
	c.members(func(list []Endpoint) {
		status := make([]etcd.Status, len(list))
		c.each(list, func(cl *etcd.Client, i int, answered func(error)) {
			cl.Status(func(st etcd.Status, err error) {
				status[i] = st
				answered(err)
			})
		}, func(errs []error) {
			var rows [][]string
			code := 0
			for i, e := range list {
				if errs[i] != nil {
					c.err(fmt.Sprintf("Failed to get the status of endpoint %s (%s)\n", e.URL(), errs[i]))
					code = 1
					continue
				}
				rows = append(rows, statusRow(e, &status[i]))
			}
			c.rows([]string{"endpoint", "ID", "version", "storage version", "db size", "in use", "percentage not in use", "quota", "is leader",
				"is learner", "raft term", "raft index", "raft applied index", "errors", "downgrade target version", "downgrade enabled"}, rows)
			c.exit(code)
		})
	})
}

func statusRow(e Endpoint, st *etcd.Status) []string {
	free := int64(0)
	if st.DBSize > 0 {
		free = (st.DBSize - st.DBInUse) * 100 / st.DBSize
	}
	var errs []string
	if st.Leader == 0 {
		errs = append(errs, string(etcd.ErrNoLeader))
	}
	for _, a := range st.Alarms {
		errs = append(errs, alarmText(a))
	}
	return []string{
		e.URL(), hex(st.ID), Version, "3.7.0", bytes(st.DBSize), bytes(st.DBInUse), strconv.FormatInt(free, 10) + "%", bytes(etcd.Quota),
		strconv.FormatBool(st.IsLeader), strconv.FormatBool(st.IsLearner), strconv.FormatUint(st.Term, 10), strconv.FormatUint(st.Index, 10),
		strconv.FormatUint(st.Applied, 10), strings.Join(errs, ", "), "", "false",
	}
}

// endpointHealth reads a key from each member, linearizably: it is healthy if it takes part in a quorum.
func (c *command) endpointHealth() {
	c.members(func(list []Endpoint) {
		began := c.s.a.Now()
		took := make([]time.Duration, len(list))
		alarms := make([][]etcd.Alarm, len(list))
		c.each(list, func(cl *etcd.Client, i int, answered func(error)) {
			cl.Get("health", 0, false, func(_ *etcd.KV, _ int64, err error) {
				took[i] = c.s.a.Now().Sub(began)
				if err != nil {
					answered(err)
					return
				}
				cl.Alarms(func(list []etcd.Alarm, err error) {
					alarms[i] = list
					answered(err)
				})
			})
		}, func(errs []error) {
			var rows [][]string
			sick := false
			for i, e := range list {
				err := errs[i]
				if took[i] == 0 {
					took[i] = commandTimeout
				}
				if err == nil && len(alarms[i]) > 0 {
					var active []string
					for _, a := range alarms[i] {
						active = append(active, a.Type)
					}
					err = errors.New("Active Alarm(s): " + strings.Join(active, ", "))
				}
				row := []string{e.URL(), strconv.FormatBool(err == nil), took[i].String(), ""}
				if err != nil {
					sick = true
					row[3] = err.Error()
				}
				rows = append(rows, row)
				switch {
				case c.table:
				case err == nil:
					c.printf("%s is healthy: successfully committed proposal: took = %s\n", e.URL(), took[i])
				default:
					c.err(fmt.Sprintf("%s is unhealthy: failed to commit proposal: %s\n", e.URL(), err))
				}
			}
			if c.table {
				c.out(table([]string{"endpoint", "health", "took", "error"}, rows))
			}
			if sick {
				c.fail(errors.New("unhealthy cluster"))
				return
			}
			c.exit(0)
		})
	})
}

func alarmText(a etcd.Alarm) string {
	return "memberID:" + strconv.FormatUint(a.Member, 10) + " alarm:" + a.Type
}

func (c *command) alarms(disarm bool) {
	cl := c.any()
	ok := c.ask()
	cl.Alarms(func(list []etcd.Alarm, err error) {
		if !ok() {
			return
		}
		if err != nil {
			c.fail(err)
			return
		}
		var next func(i int)
		next = func(i int) {
			if i == len(list) {
				c.exit(0)
				return
			}
			if !disarm {
				c.printf("%s\n", alarmText(list[i]))
				next(i + 1)
				return
			}
			ok := c.ask()
			cl.Disarm(list[i], func(err error) {
				if !ok() {
					return
				}
				if err != nil {
					c.fail(err)
					return
				}
				c.printf("%s\n", alarmText(list[i]))
				next(i + 1)
			})
		}
		next(0)
	})
}

// defrag goes from member to member, as it should: each stops the writes of its member for a moment.
func (c *command) defrag() {
	c.members(func(list []Endpoint) {
		failed := false
		var next func(i int)
		next = func(i int) {
			if i == len(list) {
				if failed {
					c.exit(1)
				}
				c.exit(0)
				return
			}
			began := c.s.a.Now()
			result := func(err error) {
				if err != nil {
					failed = true
					c.err(fmt.Sprintf("Failed to defragment etcd member[%s]. took %s. (%s)\n", list[i].URL(), c.s.a.Now().Sub(began), err))
				} else {
					c.printf("Finished defragmenting etcd member[%s]. took %s\n", list[i].URL(), c.s.a.Now().Sub(began))
				}
				if !c.over {
					next(i + 1)
				}
			}
			ok := c.within(result)
			c.s.client(list[i].Host).Defrag(func(err error) {
				if ok() {
					result(err)
				}
			})
		}
		next(0)
	})
}

func (c *command) compact() {
	if len(c.args) != 1 {
		c.fail(errors.New("compaction command needs 1 argument"))
		return
	}
	rev, err := strconv.ParseInt(c.args[0], 10, 64)
	if err != nil {
		c.fail(err)
		return
	}
	ok := c.ask()
	c.any().Compact(rev, func(err error) {
		if !ok() {
			return
		}
		if err != nil {
			c.fail(err)
			return
		}
		c.printf("compacted revision %d\n", rev)
		c.exit(0)
	})
}

// get lists keys; values are objects here, not bytes, and are not shown.
func (c *command) get() {
	if len(c.args) != 1 {
		c.fail(errors.New("get command needs one argument as key and an optional argument as range_end"))
		return
	}
	if c.flags["keys-only"] != "true" && c.flags["count-only"] != "true" {
		c.fail(errors.New("values are kept as objects here, not as bytes: use --keys-only or --count-only, and kubectl for what they say"))
		return
	}
	prefix := strings.Trim(c.args[0], `"'`)
	limit, _ := strconv.Atoi(c.flags["limit"])
	ok := c.ask()
	c.any().Range(prefix, "", limit, 0, func(kvs []*etcd.KV, _ bool, count int, _ int64, err error) {
		if !ok() {
			return
		}
		if err != nil {
			c.fail(err)
			return
		}
		exact := c.flags["prefix"] != "true"
		if c.flags["count-only"] == "true" {
			c.printf("%d\n", count)
			c.exit(0)
			return
		}
		for _, kv := range kvs {
			if !exact || kv.Key == prefix {
				c.printf("%s\n\n", kv.Key)
			}
		}
		c.exit(0)
	})
}
