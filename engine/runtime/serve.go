package runtime

import (
	"encoding/pem"
	"time"
)

// Request is an HTTP request as a program that reads it gets it.
type Request struct {
	Method, Path string // Path is without a query
	Body         []byte // JSON
}

// Reply is a program's answer.
type Reply struct {
	Status int           // 0: the program closed the connection without an answer
	Body   []byte        //
	JSON   bool          // the body's media type is application/json, not text/plain
	After  time.Duration // beside the time it takes anyway
	Never  bool          // there will be none
}

// TLSFiles are where a program reads its certificate and key from when it starts.
type TLSFiles struct {
	Cert, Key string // paths
	Source    string // of the line that ends the program without them: "config.go:38"
}

// missing says why the files are no use, in the words of crypto/tls's LoadX509KeyPair.
func (f *TLSFiles) missing(c *Container) string {
	for i, name := range [...]string{f.Cert, f.Key} {
		text, ok := c.ReadFile(name)
		if name == "" || !ok {
			return "open " + name + ": no such file or directory"
		}
		if b, _ := pem.Decode([]byte(text)); b == nil {
			return "tls: failed to find any PEM data in " + [...]string{"certificate", "key"}[i] + " input"
		}
	}
	return ""
}

// fatal is a line of klog.Fatal.
func (c *Container) fatal(source, why string) string {
	return "F" + c.Sandbox.rt.a.Wall().Format("0102 15:04:05.000000") + "       1 " + source + "] " + why + "\n"
}

// Certificate is the chain (PEM) that the program shows who dials its port; ok is false for one that speaks no TLS.
func (c *Container) Certificate() (chain string, ok bool) {
	switch {
	case c.app == nil:
		return "", false
	case c.app.Files != nil:
		chain, _ = c.ReadFile(c.app.Files.Cert)
		return chain, true
	}
	return "", c.app.Program != ""
}

// Answer answers a request whose body matters; the reply comes after d.
func (c *Container) Answer(from, agent string, rq Request) (r Reply, d time.Duration) {
	status, d := c.Serve(from, rq.Method, rq.Path, agent, true)
	if c.app.Handle == nil {
		return Reply{Status: status, Body: []byte(c.Body(rq.Path))}, d
	}
	r = c.app.Handle(c, rq)
	return r, d + r.After
}

// Serve answers one request for a path: after d comes a status code. Work that waits for CPU makes d longer; a server
// that has too much of it answers nothing, status 0. logged requests enter the program's access log.
func (c *Container) Serve(from, verb, path, agent string, logged bool) (status int, d time.Duration) {
	a := c.Sandbox.rt.a
	if c.waiting(a.Now()) >= backlog {
		return 0, 0
	}
	d = c.app.Serve * 3 / 5
	if d > 0 {
		// An exponential tail above a floor; 16 bits of randomness are plenty.
		d += time.Duration(float64(c.app.Serve) * 0.4 * a.Rand().ExpFloat64())
	}
	status = 200
	if _, found, ok := c.document(path); ok {
		status = found
	} else if c.app.Respond != nil {
		status = c.app.Respond(c, path, a.Now().Sub(c.Started))
	}
	d = max(d, c.work(c.app.CPUPerRequest))
	c.meter.n++
	if logged && c.app.AccessLog {
		c.access(from, verb, path, agent, status)
	}
	return status, d
}

// Body is the text of a successful answer to a request for a path.
func (c *Container) Body(path string) string {
	if text, _, ok := c.document(path); ok {
		return text
	}
	if c.app != nil && c.app.Body != nil {
		return c.app.Body(c)
	}
	return "ok\n"
}
