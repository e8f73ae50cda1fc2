package runtime

import "slices"

// Driver is a CSI driver whose node part runs on the machine, as it registers with the kubelet.
type Driver struct {
	Name   string
	NodeID string
	Limit  int32    // volumes the machine can have
	Keys   []string // of the labels that say where volumes can be used
}

// Register adds a driver, or takes it away (its socket is gone), and lets the kubelet know.
func (rt *Runtime) Register(d Driver, there bool) {
	rt.drivers = slices.DeleteFunc(rt.drivers, func(x Driver) bool { return x.Name == d.Name })
	if there {
		rt.drivers = append(rt.drivers, d)
	}
	if rt.OnDrivers != nil {
		rt.OnDrivers()
	}
}

// Drivers are the CSI drivers that run on the machine.
func (rt *Runtime) Drivers() []Driver { return rt.drivers }

// HasDriver reports that a driver runs on the machine.
func (rt *Runtime) HasDriver(name string) bool {
	return slices.ContainsFunc(rt.drivers, func(d Driver) bool { return d.Name == name })
}
