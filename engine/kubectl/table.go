package kubectl

// commandTable lists the commands in the order of kubectl's help.
func commandTable() []*command {
	return []*command{
		createCommand(),
		getCommand(),
		deleteCommand(),
		applyCommand(),
		scaleCommand(),
		rolloutCommand(),
		describeCommand(),
	}
}
func (c *cmd) help() {}
func (c *cmd) unknownCommand(table []*command, name string) {
	c.failf("unknown command %q for %q", name, "kubectl")
}
