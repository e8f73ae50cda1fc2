package engine

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The textual form of faults, the same in scripts, in the page's terminal and on the native host's standard input:
//
//	kill node-1                          a machine loses power
//	kill etcd@control-plane-2            one component ends
//	restart WHAT                         and is started again
//	pause WHAT, continue WHAT            everything on a machine, or a component, stops where it is (SIGSTOP), and goes on
//	cut node-1,node-2 * [both]           nothing travels from the ones to the others any more; *: all other machines
//	heal node-1,node-2 * [both]          the links are whole again
//	link node-1 * 80ms [10%] [both]      they take so long one way and lose so much; 0ms: as ever
//	disk control-plane-1 500ms|full|ok   each write takes so much longer; nothing can be written; as ever
//	clock node-1 -90s                    a clock is off by so much

// usage is the form of each fault, for errors.
var usage = [...]struct{ op, args string }{
	{OpKill, "MACHINE|COMPONENT@MACHINE"}, {OpRestart, "MACHINE|COMPONENT@MACHINE"},
	{OpPause, "MACHINE|COMPONENT@MACHINE"}, {OpContinue, "MACHINE|COMPONENT@MACHINE"},
	{OpCut, "MACHINE,... MACHINE,...|* [both]"}, {OpHeal, "MACHINE,... MACHINE,...|* [both]"},
	{OpLink, "MACHINE,... MACHINE,...|* LATENCY [LOSS%] [both]"},
	{OpDisk, "MACHINE LATENCY|full|ok"}, {OpClock, "MACHINE OFFSET"},
}

func usageOf(op string) (string, bool) {
	for _, u := range usage {
		if u.op == op {
			return u.op + " " + u.args, true
		}
	}
	return "", false
}

// IsFault reports whether a line begins with the verb of a fault.
func IsFault(line string) bool {
	f := strings.Fields(line)
	if len(f) == 0 {
		return false
	}
	_, ok := usageOf(f[0])
	return ok
}

// ParseLine reads a line of the terminal: kubectl, etcdctl, kube-scheduler, or a fault. Files is what it can read.
func ParseLine(line string, files map[string]string) (Command, error) {
	first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch {
	case first == "etcdctl":
		return Command{Op: OpEtcdctl, Line: line}, nil
	case IsFault(line):
		return ParseFault(line)
	case isScheduler(line):
		return Command{Op: OpScheduler, Line: line, Files: files}, nil
	}
	return Command{Op: OpKubectl, Line: line, Files: files}, nil
}

// ParseFault reads a fault from its textual form. It knows the form only: whether there is such a machine, and whether
// the amount makes sense, is said when the command is carried out.
func ParseFault(line string) (Command, error) {
	f := strings.Fields(line)
	if len(f) == 0 {
		return Command{}, fmt.Errorf("no fault is named")
	}
	how, ok := usageOf(f[0])
	if !ok {
		return Command{}, fmt.Errorf("unknown fault %q: there are kill, restart, pause, continue, cut, heal, link, disk and clock", f[0])
	}
	cmd := Command{Op: f[0]}
	bad := func(format string, args ...any) (Command, error) {
		return Command{}, fmt.Errorf("%s: %s; write: %s", cmd.Op, fmt.Sprintf(format, args...), how)
	}
	f = f[1:]
	if len(f) == 0 {
		return bad("what is missing")
	}
	cmd.Name, f = f[0], f[1:]
	switch cmd.Op {
	case OpCut, OpHeal, OpLink:
		if strings.Contains(cmd.Name, "@") {
			return bad("%q is a component: links are between machines", cmd.Name)
		}
		if len(f) > 0 && f[len(f)-1] == "both" {
			cmd.Both, f = true, f[:len(f)-1]
		}
		if len(f) == 0 {
			return bad("the other side is missing")
		}
		cmd.To, f = f[0], f[1:]
	}
	switch cmd.Op {
	case OpLink:
		if len(f) == 0 {
			return bad("the latency is missing")
		}
		d, err := milliseconds(f[0])
		if err != nil {
			return bad("%v", err)
		}
		cmd.Ms, f = d, f[1:]
		if len(f) > 0 {
			number, percent := strings.CutSuffix(f[0], "%")
			n, err := strconv.ParseFloat(number, 64)
			if err != nil || !percent {
				return bad("%q is not a percentage such as 10%%", f[0])
			}
			cmd.Share, f = n/100, f[1:]
		}
	case OpDisk, OpClock:
		if len(f) == 0 {
			return bad("how much is missing")
		}
		amount := f[0]
		f = f[1:]
		if cmd.Op == OpDisk && (amount == "full" || amount == "ok") {
			cmd.Full = amount == "full"
			break
		}
		d, err := milliseconds(amount)
		if err != nil {
			return bad("%v", err)
		}
		cmd.Ms = d
	}
	if len(f) > 0 {
		return bad("%q is too much", f[0])
	}
	return cmd, nil
}

// milliseconds reads a duration such as 80ms, 1.5s or -90s.
func milliseconds(text string) (float64, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a time such as 80ms or 1.5s", text)
	}
	return float64(d) / float64(time.Millisecond), nil
}

// FaultLine is the textual form of a fault, which ParseFault reads back; "" of any other command.
func FaultLine(cmd Command) string {
	if _, ok := usageOf(cmd.Op); !ok {
		return ""
	}
	line := cmd.Op + " " + cmd.Name
	if cmd.To != "" {
		line += " " + cmd.To
	}
	span := "0ms"
	if cmd.Ms != 0 {
		span = time.Duration(cmd.Ms * float64(time.Millisecond)).String()
	}
	switch cmd.Op {
	case OpLink:
		line += " " + span
		if cmd.Share != 0 {
			line += " " + strconv.FormatFloat(cmd.Share*100, 'g', 4, 64) + "%"
		}
	case OpDisk:
		switch {
		case cmd.Full:
			line += " full"
		case cmd.Ms == 0:
			line += " ok"
		default:
			line += " " + span
		}
	case OpClock:
		line += " " + span
	}
	if cmd.Both {
		line += " both"
	}
	return line
}
