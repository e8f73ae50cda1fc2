package runtime

import (
	"strconv"
	"strings"
)

// http is wget and curl: a request over the pod network.
func (p *process) http(name string, args []string, k next) {
	url, file, quiet := "", "", false
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "-O" && name == "wget" || a == "-o":
			if i++; i < len(args) {
				file = args[i]
			}
		case a == "-T" || a == "-t" || a == "-m" || a == "--max-time" || a == "-H" || a == "-X" || a == "-w":
			i++
		case strings.HasPrefix(a, "-O") && len(a) > 2:
			file = a[2:]
		case strings.HasPrefix(a, "-"):
			if strings.Contains(a, "q") || strings.Contains(a, "s") {
				quiet = true
			}
			if name == "wget" && strings.HasSuffix(a, "O-") {
				file = "-"
			}
		default:
			url = a
		}
	}
	scheme, rest, found := strings.Cut(url, "://")
	if !found {
		rest = url
	}
	host, uri, _ := strings.Cut(rest, "/")
	port := int32(80)
	if scheme == "https" {
		port = 443
	}
	if h, ps, ok := strings.Cut(host, ":"); ok {
		n, _ := strconv.Atoi(ps)
		host, port = h, int32(n)
	}
	fail := func(text string) {
		if !quiet || name == "wget" {
			p.err(name + ": " + text + "\n")
		}
		p.status = 1
		if name == "curl" {
			p.status = 7
		}
		k(flow{})
	}
	if p.c.Sandbox.rt.http == nil || host == "" {
		fail("bad address '" + host + "'")
		return
	}
	p.c.Sandbox.rt.http.Get(p.c.Sandbox, host, port, "/"+uri, func(status int, body string, err error) {
		if p.dead {
			return
		}
		p.steps = 0
		switch {
		case err != nil:
			fail(err.Error())
			return
		case status >= 400 && name == "wget":
			fail("server returned error: HTTP/1.1 " + strconv.Itoa(status))
			return
		}
		if file != "" && file != "-" {
			p.c.WriteFile(p.path(file), body, false)
		} else if name == "curl" || file == "-" {
			p.out(body)
		}
		p.status = 0
		k(flow{})
	})
}

// nslookup asks cluster DNS.
func (p *process) nslookup(args []string, k next) {
	if len(args) == 0 || p.c.Sandbox.rt.http == nil {
		p.status = 1
		k(flow{})
		return
	}
	ips := p.c.Sandbox.rt.http.Resolve(p.c.Sandbox, args[0])
	if len(ips) == 0 {
		p.err("** server can't find " + args[0] + ": NXDOMAIN\n")
		p.status = 1
	} else {
		p.out("Name:\t" + args[0] + "\n")
		for _, ip := range ips {
			p.out("Address: " + ip + "\n")
		}
		p.status = 0
	}
	k(flow{})
}
