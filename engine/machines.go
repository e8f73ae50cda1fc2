package engine

import (
	"strconv"
	"strings"

	"tabernetes/engine/cloud"
)

// region is where all machines are.
const region = "region-1"

// machineOf is what the cloud knows of a machine: zones are filled in turn, workers and control-plane nodes each by
// themselves. A machine without power still is the cloud's, and running as far as it knows: what fails here is the
// machine, nobody shut it down.
func (c *Cluster) machineOf(node string) (m cloud.Machine, ok bool) {
	if !c.machines[node] {
		return m, false
	}
	i, err := strconv.Atoi(node[strings.LastIndexByte(node, '-')+1:])
	if err != nil {
		return m, false
	}
	zone := "zone-" + string(rune('a'+(i-1)%c.conf.Zones))
	return cloud.Machine{ProviderID: cloud.Name + "://" + region + "/" + zone + "/" + node, Type: "standard-4", Zone: zone, Region: region}, true
}
