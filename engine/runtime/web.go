package runtime

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// http is wget and curl: a request over the pod network.
func (p *process) http(name string, args []string, k next) {
	url, file, quiet, family := "", "", false, corev1.IPFamily("")
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "-O" && name == "wget" || a == "-o":
			if i++; i < len(args) {
				file = args[i]
			}
		case a == "-T" || a == "-t" || a == "-m" || a == "--max-time" || a == "-H" || a == "-X" || a == "-w":
			i++
		case a == "-4" || a == "--ipv4":
			family = corev1.IPv4Protocol
		case a == "-6" || a == "--ipv6":
			family = corev1.IPv6Protocol
		case strings.HasPrefix(a, "-O") && len(a) > 2:
			file = a[2:]
		case strings.HasPrefix(a, "-"):
			if strings.Contains(a, "q") || strings.Contains(a, "s") {
				quiet = true
			}
			if !strings.HasPrefix(a, "--") && name == "curl" {
				if strings.Contains(a, "6") {
					family = corev1.IPv6Protocol
				} else if strings.Contains(a, "4") {
					family = corev1.IPv4Protocol
				}
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
	// "[fd00::1]:8080" is an IPv6 address and a port.
	bracketed, after, literal := strings.Cut(strings.TrimPrefix(host, "["), "]")
	if literal = literal && strings.HasPrefix(host, "["); literal {
		host = after
	}
	if h, ps, ok := strings.Cut(host, ":"); ok {
		n, _ := strconv.Atoi(ps)
		host, port = h, int32(n)
	}
	if literal {
		host = bracketed
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
	p.c.Sandbox.rt.http.Get(p.c.Sandbox, host, family, port, "/"+uri, func(status int, body string, err error) {
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

// nslookup asks cluster DNS; -type=a and -type=aaaa for the addresses of one family.
func (p *process) nslookup(args []string, k next) {
	kind := ""
	args = slices.DeleteFunc(slices.Clone(args), func(a string) bool {
		if _, v, ok := strings.Cut(a, "="); ok && strings.HasPrefix(a, "-") {
			kind = strings.ToLower(v)
			return true
		}
		return strings.HasPrefix(a, "-")
	})
	if len(args) == 0 || p.c.Sandbox.rt.http == nil {
		p.status = 1
		k(flow{})
		return
	}
	ips := p.c.Sandbox.rt.http.Resolve(p.c.Sandbox, args[0])
	if kind != "" {
		ips = slices.DeleteFunc(ips, func(ip string) bool { return strings.Contains(ip, ":") != (kind == "aaaa") })
	}
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
