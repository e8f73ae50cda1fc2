package golden

import (
	"regexp"
	"strings"
)

// masks hide what differs from run to run, in this order.
var masks = []struct {
	re *regexp.Regexp
	by string
}{
	{regexp.MustCompile(`[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}`), "TIME"},
	{regexp.MustCompile(`\b(node-0000\d|node-\d|control-plane-\d)\b`), "NODE"},
	{regexp.MustCompile(`\b\d{1,3}(\.\d{1,3}){3}\b`), "IP"},
	{regexp.MustCompile(`(-[0-9a-f]{8,10})-[a-z0-9]{5}\b`), "$1-XXXXX"},
	{regexp.MustCompile(`\bkube-api-access-[a-z0-9]{5}\b`), "kube-api-access-XXXXX"},
	{regexp.MustCompile(`\bkwok-0\.7\.0\b|\bv1\.37\.2\b`), "VERSION"},
	{regexp.MustCompile(`\bx\d+ over \d+[smhd]`), "xN over AGE"},
	{regexp.MustCompile(`(^| )(\d+[smhd]){1,2}( |$)`), "${1}AGE$3"},
	{regexp.MustCompile(`\s+`), " "},
}

// Mask hides in a text what differs from run to run, line by line; column widths count as such.
func Mask(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		for _, m := range masks {
			line = m.re.ReplaceAllString(line, m.by)
		}
		out = append(out, strings.TrimSpace(line))
	}
	return out
}
