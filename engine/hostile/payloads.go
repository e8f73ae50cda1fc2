package hostile

import "strings"

// Canary is the global variable that page payloads set when they are executed.
const Canary = "__hostile"

// Payloads are texts that do something somewhere, if they are let.
var Payloads = []string{
	`<script>window.` + Canary + `=1</script>`,
	`"><img src=x onerror="window.` + Canary + `=1"><a href="http://hostile.invalid/">`,
	`'><svg/onload=window.` + Canary + `=1>`,
	`javascript:window.` + Canary + `=1//`,
	"${window." + Canary + "=1}{{constructor.constructor('window." + Canary + "=1')()}}",
	"<style>@import 'http://hostile.invalid/x.css';*{display:none}</style>",
	"<iframe srcdoc='<script>parent." + Canary + "=1</script>'></iframe>",
	"\x1b]0;" + Canary + "\x07\x1b]52;c;aG9zdGlsZQ==\x07\x1b]8;;javascript:window." + Canary + "=1\x07link\x1b]8;;\x07",
	"\x1b[6n\x1b[c\x1b[21t\x1bP$qm\x1b\\\x1b[?1049h\x1b[?1003h\x1b[2J\x1bc",
	"\u202egnp.exe\u2066\u2067\u200f\u061c",
	"nul\x00bell\x07back\x08del\x7fc1\u009b31m",
	"a\r\nb\u2028c\u2029d\ve\ff\u0085g",
	"\ufffd\ufffe\uffff\U0010ffff\ufeff",
	"../../../../etc/passwd\x00.yaml",
	"%s%n%x%!d(MISSING)%[99999]d",
	"$(kill 1);`reboot`|sh&&:(){ :|:& };:",
	"__proto__", "constructor", "toString",
	"-", "--all", " ", ".", "*", "\\", "'", `"`, "\n", "{}", "[", "(?:(?:(?:a+)+)+)+$",
	"1e1000000", "9999999999999999999999999", "-1e-1000000", "0x7fffffffffffffff", "NaN",
	"9999-99-99T99:99:99Z", "0000-00-00T00:00:00Z", "P1Y", "@every 1ns", "* * * * * * *", "TZ=../../x 0 0 1 1 *",
	"::ffff:1.2.3.4", "fe80::1%eth0", "1.2.3.4/0", "999.1.1.1", "xn--a", "a..b", strings.Repeat("a.", 400),
}

// Everything is one text with the worst of all, for places that are tried once.
var Everything = Payloads[0] + Payloads[1] + Payloads[7] + Payloads[9] + "nul\x00"

// Long is a text that fits into a request and nowhere else.
var Long = strings.Repeat("A<b>\u4f60", 20_000)
