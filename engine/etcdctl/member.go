package etcdctl

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"tabernetes/engine/etcd"
)

func hex(id uint64) string { return strconv.FormatUint(id, 16) }

func (c *command) memberList() {
	ok := c.ask()
	c.any().MemberList(func(list []etcd.Member, err error) {
		if !ok() {
			return
		}
		if err != nil {
			c.fail(err)
			return
		}
		rows := make([][]string, len(list))
		for i, m := range list {
			e := c.endpointOf(m.Host)
			status, name, url := "started", m.Name, e.URL()
			if !m.Started {
				status, name, url = "unstarted", "", ""
			}
			rows[i] = []string{hex(m.ID), status, name, e.Peer(), url, strconv.FormatBool(m.IsLearner)}
		}
		c.rows([]string{"ID", "Status", "Name", "Peer Addrs", "Client Addrs", "Is Learner"}, rows)
		c.exit(0)
	})
}

// rows prints a result in the form asked for.
func (c *command) rows(header []string, rows [][]string) {
	if c.table {
		c.out(table(header, rows))
		return
	}
	for _, r := range rows {
		c.out(strings.Join(r, ", ") + "\n")
	}
}

func (c *command) memberAdd() {
	if len(c.args) != 1 {
		c.fail(errors.New("member name not provided"))
		return
	}
	e, found := c.find(c.args[0])
	if !found {
		c.fail(fmt.Errorf("there is no machine %q for a member", c.args[0]))
		return
	}
	ok := c.ask()
	cl := c.any()
	cl.MemberAdd(e.Host, c.flags["learner"] == "true", func(err error) {
		if !ok() {
			return
		}
		if err != nil {
			c.fail(err)
			return
		}
		c.printf("Member %s added to cluster %s\n\n", hex(etcd.MemberID(e.Host)), hex(c.clusterID()))
		c.printf("ETCD_NAME=%q\nETCD_INITIAL_ADVERTISE_PEER_URLS=%q\nETCD_INITIAL_CLUSTER_STATE=\"existing\"\n", e.Host.Name, e.Peer())
		c.s.o.Join(e.Host)
		c.exit(0)
	})
}

// id reads a member's id.
func (c *command) id() (uint64, bool) {
	if len(c.args) != 1 {
		c.fail(errors.New("member ID is not provided"))
		return 0, false
	}
	id, err := strconv.ParseUint(c.args[0], 16, 64)
	if err != nil {
		c.fail(fmt.Errorf("bad member ID arg (%w), expecting ID in Hex", err))
		return 0, false
	}
	return id, true
}

func (c *command) memberRemove() {
	id, good := c.id()
	if !good {
		return
	}
	ok := c.ask()
	c.any().MemberRemove(id, func(err error) {
		if !ok() {
			return
		}
		if err != nil {
			c.fail(err)
			return
		}
		c.printf("Member %s removed from cluster %s\n", c.args[0], hex(c.clusterID()))
		c.exit(0)
	})
}

func (c *command) memberPromote() {
	id, good := c.id()
	if !good {
		return
	}
	ok := c.ask()
	c.any().MemberPromote(id, func(err error) {
		if !ok() {
			return
		}
		if err != nil {
			c.fail(err)
			return
		}
		c.printf("Member %s promoted in cluster %s\n", c.args[0], hex(c.clusterID()))
		c.exit(0)
	})
}

// leader finds the member among the endpoints that leads.
func (c *command) leader(then func(Endpoint, etcd.Status)) {
	left := len(c.endpoints)
	found := false
	for _, e := range c.endpoints {
		answer := func(st etcd.Status, err error) {
			left--
			switch {
			case found:
			case err == nil && st.IsLeader:
				found = true
				then(e, st)
			case left == 0:
				var urls []string
				for _, x := range c.endpoints {
					urls = append(urls, x.URL())
				}
				c.fail(fmt.Errorf("no leader endpoint given at %s", urls))
			}
		}
		ok := c.within(func(err error) { answer(etcd.Status{}, err) })
		c.s.client(e.Host).Status(func(st etcd.Status, err error) {
			if ok() {
				answer(st, err)
			}
		})
	}
}

func (c *command) moveLeader() {
	id, good := c.id()
	if !good {
		return
	}
	c.leader(func(e Endpoint, st etcd.Status) {
		ok := c.ask()
		c.s.client(e.Host).MoveLeader(id, func(err error) {
			if !ok() {
				return
			}
			if err != nil {
				c.fail(err)
				return
			}
			c.printf("Leadership transferred from %s to %s\n", hex(st.ID), hex(id))
			c.exit(0)
		})
	})
}

// hosts of the members, asked of whoever answers.
func (c *command) members(then func([]Endpoint)) {
	if c.flags["cluster"] != "true" {
		then(c.endpoints)
		return
	}
	ok := c.ask()
	c.any().MemberList(func(list []etcd.Member, err error) {
		if !ok() {
			return
		}
		if err != nil {
			c.fail(fmt.Errorf("failed to fetch endpoints from etcd cluster member list: %w", err))
			return
		}
		var out []Endpoint
		for _, m := range list {
			out = append(out, c.endpointOf(m.Host))
		}
		then(out)
	})
}

// each asks several members at once; all hears when every one has answered or is too late.
func (c *command) each(list []Endpoint, ask func(cl *etcd.Client, i int, answered func(error)), all func(errs []error)) {
	errs := make([]error, len(list))
	left := len(list)
	for i, e := range list {
		end := func(err error) {
			errs[i] = err
			if left--; left == 0 && !c.over {
				all(errs)
			}
		}
		ok := c.within(end)
		ask(c.s.client(e.Host), i, func(err error) {
			if ok() {
				end(err)
			}
		})
	}
}
