package api

import "strconv"

// ExecOptions are the options of pods/exec (corev1.PodExecOptions). A command runs as a Watch of the subresource: its
// events carry LogText objects, and it ends with an ERROR event: io.EOF, an ExitError, or what prevented it. What is
// typed at an interactive shell follows as Create requests with the same Session.
type ExecOptions struct {
	Container string // "" if the pod has only one
	Command   []string
	Input     string // the whole standard input, unless Terminal is set
	Terminal  bool   // a shell reads lines from the terminal, which echoes them

	Session uint64 // chosen by the client, different for each of its commands
	Line    string // of a Create: what was typed, without the end of the line
	End     bool   // of a Create: Ctrl-D instead of a line
}

// ExitError is how a command in a container ended that did not end with 0.
type ExitError struct{ Code int }

func (e *ExitError) Error() string {
	return "command terminated with exit code " + strconv.Itoa(e.Code)
}
