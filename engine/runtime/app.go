package runtime

import (
	"strconv"
	"strings"
	"time"

	"tabernetes/engine/sim"
)

// App is a server program of the catalogue.
type App struct {
	Name     string
	Binaries string        // names by which a command may call it, separated by spaces
	Ports    []int32       // TCP ports it opens
	Listen   time.Duration // from its start until it listens, give or take a fifth
	Serve    time.Duration // mean time to answer
	Stop     Stop
	StartLog string // what it prints when it starts, lines
	PortArg  string // option that moves its first port, e.g. "-listen"
	PortEnv  string // variable that moves it, which its StartLog tells
	Root     string // the directory whose files a web server serves
	Program  string // the program of the host that it is, for components of the control plane; see Programs

	AccessLog     bool
	MemoryMB      int           // resident when idle
	IdleCPU       float64       // cores when idle
	CPUPerRequest time.Duration // CPU time a request costs
	RequestKB     int           // memory that a request holds while it is in work; 0 is 64

	// Respond answers a request; nil: 200 for every path. since is the time since the container started.
	Respond func(c *Container, path string, since time.Duration) int
	// Body is what an answer with 200 says; nil: a default page.
	Body func(c *Container) string
	// Handle answers a request in place of Respond and Body, for programs that read what they are sent; nil: there is no such.
	Handle func(c *Container, rq Request) Reply
	// Files names the certificate and key of a program that speaks TLS; it ends at once if they are not there.
	Files *TLSFiles
	// Args picks another app by the arguments the container was given; nil: arguments change nothing.
	Args func(args []string) *App
}

// Stop says how a program takes its stop signal.
type Stop struct {
	Signal string        // the signal the runtime sends: the image's STOPSIGNAL
	After  time.Duration // from the signal to the exit
	Code   int32
	Drain  bool // closes its listener at once but answers what it has accepted; else those requests are cut off
	Deaf   bool // ignores the signal: only SIGKILL ends it
}

var (
	stopClean = Stop{Signal: "SIGTERM", After: 40 * time.Millisecond, Drain: true}
	// A Go program without a handler, as PID 1: the runtime raises the signal against itself, which PID 1 survives, and
	// then calls exit(2).
	stopGo = Stop{Signal: "SIGTERM", After: 2 * time.Millisecond, Code: 2}
)

// nginx's own page, until somebody puts another in its place.
const (
	nginxIndex   = "/usr/share/nginx/html/index.html"
	nginxWelcome = "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n<h1>Welcome to nginx!</h1>\n</body>\n</html>\n"
)

var nginxApp = &App{
	Name: "nginx", Binaries: "nginx nginx-debug", Ports: []int32{80}, Listen: 350 * time.Millisecond, Serve: time.Millisecond,
	Stop: Stop{Signal: "SIGQUIT", After: 30 * time.Millisecond, Drain: true}, MemoryMB: 5, CPUPerRequest: 100 * time.Microsecond, AccessLog: true,
	Root: "/usr/share/nginx/html",
	StartLog: "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration\n" +
		"/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/\n" +
		"/docker-entrypoint.sh: Configuration complete; ready for start up",
	Body: func(c *Container) string {
		text, _ := c.ReadFile(nginxIndex)
		return text
	},
	Respond: func(c *Container, path string, since time.Duration) int {
		if _, ok := c.ReadFile(nginxIndex); ok {
			return respondIndex(c, path, since)
		}
		return 403 // a volume without an index stands in its place
	},
}

// respondIndex knows a page and nothing else.
func respondIndex(_ *Container, path string, _ time.Duration) int {
	if p, _, _ := strings.Cut(path, "?"); p == "/" || p == "" || p == "/index.html" || p == "/50x.html" {
		return 200
	}
	return 404
}

var apacheApp = &App{
	Name: "httpd", Binaries: "httpd httpd-foreground apache2-foreground", Ports: []int32{80}, Listen: 500 * time.Millisecond, Serve: 2 * time.Millisecond,
	Stop: Stop{Signal: "SIGWINCH", After: 60 * time.Millisecond, Drain: true}, MemoryMB: 9, CPUPerRequest: 200 * time.Microsecond, AccessLog: true,
	StartLog: "AH00558: httpd: Could not reliably determine the server's fully qualified domain name. Set the 'ServerName' directive globally to suppress this message",
	Root:     "/usr/local/apache2/htdocs",
	Body:     func(*Container) string { return "<html><body><h1>It works!</h1></body></html>\n" },
	Respond:  respondIndex,
}

var redisApp = &App{
	Name: "redis", Binaries: "redis-server run.sh", Ports: []int32{6379}, Listen: 250 * time.Millisecond, Serve: 400 * time.Microsecond,
	Stop: Stop{Signal: "SIGTERM", After: 80 * time.Millisecond}, MemoryMB: 8, IdleCPU: 0.002, CPUPerRequest: 30 * time.Microsecond,
	StartLog: "* oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo\n* Running mode=standalone, port=6379.\n* Server initialized\n* Ready to accept connections tcp",
}

var helloApp = &App{
	Name: "hello-app", Binaries: "hello-app", Ports: []int32{8080}, Listen: 300 * time.Millisecond, Serve: time.Millisecond, Stop: stopGo,
	MemoryMB: 4, CPUPerRequest: 80 * time.Microsecond, StartLog: "Server listening on port 8080", PortEnv: "PORT",
	Body: func(c *Container) string {
		return "Hello, world!\nVersion: " + c.Image.Tag + ".0\nHostname: " + c.Sandbox.Hostname() + "\n"
	},
}

func databaseApp(binary string, port int32, mb int) *App {
	return &App{Name: binary, Binaries: binary + " docker-entrypoint.sh", Ports: []int32{port}, Listen: 6 * time.Second, Serve: 2 * time.Millisecond,
		Stop:     Stop{Signal: "SIGTERM", After: 1500 * time.Millisecond},
		MemoryMB: mb, IdleCPU: 0.005, CPUPerRequest: 500 * time.Microsecond,
		StartLog: binary + ": starting\n" + binary + ": ready for connections. port: " + strconv.Itoa(int(port))}
}

// listenDelay is the app's time to listen in this container: the same for the same container.
func (a *App) listenDelay(act *sim.Actor) time.Duration {
	if a.Listen == 0 {
		return 0
	}
	return a.Listen*4/5 + time.Duration(act.Rand().Int64N(int64(a.Listen)*2/5+1))
}

func (a *App) ports(args []string) []int32 {
	if a.PortArg == "" {
		return a.Ports
	}
	for _, arg := range args {
		if v, ok := strings.CutPrefix(strings.TrimPrefix(arg, "-"), strings.TrimPrefix(a.PortArg, "-")+"="); ok {
			if n, err := strconv.Atoi(v[strings.LastIndexByte(v, ':')+1:]); err == nil {
				return []int32{int32(n)}
			}
		}
	}
	return a.Ports
}

// inEnv is the app as its environment makes it.
func (a *App) inEnv(env []string) *App {
	if a == nil || a.PortEnv == "" {
		return a
	}
	for _, e := range env {
		v, ok := strings.CutPrefix(e, a.PortEnv+"=")
		if n, err := strconv.ParseUint(v, 10, 16); ok && err == nil && n > 0 {
			told := *a
			told.Ports = []int32{int32(n)}
			told.StartLog = strings.ReplaceAll(a.StartLog, strconv.Itoa(int(a.Ports[0])), v)
			return &told
		}
	}
	return a
}

func hasWord(words, w string) bool {
	for _, x := range strings.Fields(words) {
		if x == w {
			return true
		}
	}
	return false
}
