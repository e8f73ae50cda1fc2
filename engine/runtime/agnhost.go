package runtime

import (
	"strconv"
	"strings"
	"time"
)

// agnhost is Kubernetes' own test image: its first argument says what it is.
var agnhostApp = &App{Name: "agnhost", Binaries: "agnhost", Stop: stopClean, MemoryMB: 8, Args: func(args []string) *App {
	if len(args) == 0 {
		args = []string{"pause"}
	}
	web := func(port int32, respond func(*Container, string, time.Duration) int) *App {
		for _, name := range [...]string{"http-port", "port"} {
			if n, err := strconv.Atoi(option(args, name)); err == nil {
				port = int32(n)
			}
		}
		return &App{Name: "agnhost", Ports: []int32{port}, Listen: 200 * time.Millisecond, Serve: time.Millisecond, Stop: stopGo,
			MemoryMB: 8, CPUPerRequest: 80 * time.Microsecond, Respond: respond,
			Body: func(c *Container) string { return c.Sandbox.Hostname() }}
	}
	switch args[0] {
	case "netexec":
		return web(8080, nil)
	case "serve-hostname":
		return web(9376, nil)
	case "test-webserver", "guestbook":
		return web(80, nil)
	case "webhook", "crd-conversion-webhook":
		app := web(443, nil)
		app.Files = &TLSFiles{Cert: option(args, "tls-cert-file"), Key: option(args, "tls-private-key-file"), Source: "config.go:34"}
		h := webhook{sidecar: option(args, "sidecar-image")}
		app.Handle = h.serve
		if args[0] != "webhook" {
			app.Handle, app.Files.Source = convert, "config.go:43"
		}
		app.Respond = func(c *Container, path string, _ time.Duration) int {
			return app.Handle(c, Request{Method: "GET", Path: path}).Status
		}
		return app
	case "liveness":
		// It is healthy for ten seconds and then is not.
		return web(8080, func(_ *Container, path string, since time.Duration) int {
			if path == "/healthz" && since > 10*time.Second {
				return 500
			}
			return 200
		})
	case "grpc-health-checking":
		return web(5000, nil)
	}
	return &App{Name: "agnhost", Stop: stopClean, MemoryMB: 4}
}}

// option is the value of a flag: --name=value or --name value; the last one counts.
func option(args []string, name string) (value string) {
	for i, a := range args {
		flag := strings.TrimLeft(a, "-")
		if len(flag) == len(a) {
			continue
		}
		if v, ok := strings.CutPrefix(flag, name+"="); ok {
			value = v
		} else if flag == name && i+1 < len(args) {
			value = args[i+1]
		}
	}
	return value
}
