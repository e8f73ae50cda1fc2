package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

// config is what the flags say.
type config struct {
	addr    string // of the page; "" for none
	asked   bool   // for the page by name: who asks for the API alone can do without it
	static  string
	links   links
	api     string // of the Kubernetes API; "" for none
	nodes   int
	masters int
	addons  bool
	seed    uint64
	speed   float64   // virtual seconds per real second
	in      io.Reader // lines for that cluster: see lines.go
}

func main() {
	// What upstream's streaming code has to say of connections that clients broke off is not for the terminal.
	klog.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "web:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, env func(string) string, in io.Reader, out io.Writer) error {
	if len(args) > 0 && args[0] == "lint" {
		return lint(args[1:], out)
	}
	conf := config{in: in}
	fs := flag.NewFlagSet("web", flag.ContinueOnError)
	fs.StringVar(&conf.addr, "addr", "127.0.0.1:8080", "where to serve the page; the environment's PORT overrides the port")
	fs.StringVar(&conf.static, "static", "static/dist", "the built page; looked for from here upwards")
	conf.links.flags(fs)
	fs.StringVar(&conf.api, "api", "", "where to serve the Kubernetes API of a cluster, e.g. 127.0.0.1:8001")
	fs.IntVar(&conf.nodes, "nodes", 3, "worker nodes of that cluster")
	fs.IntVar(&conf.masters, "masters", 1, "control-plane nodes of that cluster: 1, 3, 5 or 7")
	fs.BoolVar(&conf.addons, "addons", true, "with a storage provisioner and metrics-server")
	fs.Uint64Var(&conf.seed, "seed", 1, "seed of that cluster")
	fs.Float64Var(&conf.speed, "speed", 1, "virtual seconds per real second of that cluster")
	if err := fs.Parse(args); err != nil {
		return err
	}
	conf.asked = conf.api == ""
	fs.Visit(func(f *flag.Flag) {
		conf.asked = conf.asked || f.Name == "addr" || f.Name == "static" || strings.HasPrefix(f.Name, "links")
	})
	if fs.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if port := env("PORT"); port != "" && conf.addr != "" {
		host, _, err := net.SplitHostPort(conf.addr)
		if err != nil {
			return err
		}
		conf.addr = net.JoinHostPort(host, port)
	}
	if !(conf.speed > 0 && conf.speed <= 1e6) {
		return fmt.Errorf("speed %v: must be above 0 and at most 1000000", conf.speed)
	}
	return serve(ctx, conf, out)
}

// shutdownGrace is how long answers under way may take after an interrupt.
const shutdownGrace = 3 * time.Second

func serve(ctx context.Context, conf config, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out = &shared{w: out}
	var servers []*http.Server
	failed := make(chan error, 2)
	listen := func(addr string, h http.Handler, say string) error {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		// Watches end with ctx, so that they do not hold up the shutdown.
		s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
		servers = append(servers, s)
		fmt.Fprintf(out, say+"\n", l.Addr())
		go func() {
			if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		}()
		return nil
	}
	if conf.addr != "" {
		h, done, err := newPage(conf)
		if err == nil {
			defer done()
			err = listen(conf.addr, h, "page: http://%s/")
		}
		if err != nil && conf.asked {
			return err
		}
		if err != nil {
			fmt.Fprintf(out, "page: none (%v)\n", err)
		}
	}
	if conf.api != "" {
		c, err := newCluster(conf)
		if err != nil {
			return err
		}
		if err := listen(conf.api, local(c.handler()), "api:  kubectl --server=http://%s get nodes"); err != nil {
			return err
		}
		go c.loop.run(ctx)
		go c.lines(ctx, conf.in, out)
	}
	if len(servers) == 0 {
		return errors.New("nothing to serve: both -addr and -api are empty")
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	cancel()
	end, stop := context.WithTimeout(context.Background(), shutdownGrace)
	defer stop()
	for _, s := range servers {
		_ = s.Shutdown(end)
	}
	return err
}

// local keeps web pages of other origins away from an API that asks nobody who they are: they may neither send to it
// nor reach it under a name that their DNS points here.
func local(h http.Handler) http.Handler {
	h = http.NewCrossOriginProtection().Handler(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if host != "localhost" && net.ParseIP(host) == nil && len(host) > 0 && host[0] != '[' {
			http.Error(w, "this server answers to localhost and to addresses only", http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}
