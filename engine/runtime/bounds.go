package runtime

import "time"

// What a program may take of the machine that simulates it. A real one would be killed by its node for less.
const (
	// minSleep is what starting sleep takes at least: a program that sleeps for nothing in a loop gets on in time.
	minSleep = time.Millisecond
	// maxHeld is what variables may hold together, and what one expansion may give, in bytes.
	maxHeld = 16 << 20
	// maxCalls is how deep functions may call themselves.
	maxCalls = 10_000
	// maxFiles is how many files a file system holds, fullFiles how many big ones.
	maxFiles  = 4096
	fullFiles = 64
)

// perish ends a program that outgrew what it may take.
func (p *process) perish(status int, why string) {
	if p.dead {
		return
	}
	p.err("sh: " + why + "\n")
	p.dead, p.status = true, status
	p.exit(status)
}

// fits reports whether so many bytes more can be held; if not, the program is over.
func (p *process) fits(bytes int) bool {
	if bytes <= maxHeld {
		return true
	}
	p.perish(1, "out of memory")
	return false
}

// assign sets a variable; false: the program is over.
func (p *process) assign(name, value string) bool {
	p.held += len(value) - len(p.vars[name])
	if !p.fits(p.held) {
		return false
	}
	p.vars[name] = value
	return true
}
