package engine

import (
	"fmt"
	"time"
)

// Version is the Kubernetes version the cluster speaks, and with it the version of recorded sessions.
const Version = "v1.37.2"

// Limits of a configuration.
const (
	MaxNodes   = 5000
	MaxMasters = 7
)

// Config is what a cluster is made from. The same Config and the same commands give the same journal.
type Config struct {
	Nodes   int    // worker nodes, named node-1...; 0 to 5,000
	Masters int    // control-plane nodes: 1, 3, 5 or 7; 0 means 1
	Seed    uint64 // of everything random
	// Start is the wall-clock moment of virtual time 0; zero means sim.Epoch.
	Start time.Time
	// Zones is over how many zones the workers are spread; 0 means 3, or fewer if there are fewer workers.
	Zones int
	// Addons gives the cluster what distributions install beside the control plane: see package addons.
	Addons bool
}

// Check completes a configuration with its defaults, or tells what is wrong with it.
func (c *Config) Check() error {
	if c.Nodes < 0 || c.Nodes > MaxNodes {
		return fmt.Errorf("nodes: %d is not between 0 and %d", c.Nodes, MaxNodes)
	}
	if c.Masters == 0 {
		c.Masters = 1
	}
	if c.Masters < 1 || c.Masters > MaxMasters || c.Masters%2 == 0 {
		return fmt.Errorf("masters: %d is not 1, 3, 5 or 7: etcd needs a majority, which an even number does not make safer", c.Masters)
	}
	if c.Zones < 0 || c.Zones > 26 {
		return fmt.Errorf("zones: %d is not between 0 and 26", c.Zones)
	}
	if c.Zones == 0 {
		c.Zones = min(3, max(c.Nodes, 1))
	}
	return nil
}
