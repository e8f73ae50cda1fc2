package defaults

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// pullPolicyFor keeps a policy that is set. Otherwise an image that moves (tag latest, or neither tag nor digest) is
// pulled always, any other once. A reference that cannot be parsed counts as fixed, as upstream has it.
func pullPolicyFor(image string, set corev1.PullPolicy) corev1.PullPolicy {
	if set != "" {
		return set
	}
	if tag, ok := imageTag(image); ok && tag == "latest" {
		return corev1.PullAlways
	}
	return corev1.PullIfNotPresent
}

const maxRepositoryName = 255

// imageTag gives the tag of an image reference, "latest" when it has neither tag nor digest, and whether the reference
// is well formed. The grammar is that of the distribution project's reference package.
func imageTag(image string) (tag string, ok bool) {
	if len(image) == 64 && all(image, isHex) {
		return "", false // a bare image ID names no repository
	}
	rest, digest, hasDigest := strings.Cut(image, "@")
	if hasDigest && !validDigest(digest) {
		return "", false
	}
	// A colon after the last slash begins the tag; one before it belongs to the registry's port.
	name := rest
	if colon := strings.LastIndexByte(rest, ':'); colon > strings.LastIndexByte(rest, '/') {
		name, tag = rest[:colon], rest[colon+1:]
		if !validTag(tag) {
			return "", false
		}
	}
	path := name
	if first, after, found := strings.Cut(name, "/"); found && namesRegistry(first) {
		if !validRegistry(first) {
			return "", false
		}
		path = after
	}
	length := len(path)
	if path == name && !strings.Contains(path, "/") {
		length += len("library/") // where an unqualified image lives
	}
	if length > maxRepositoryName {
		return "", false
	}
	for _, component := range strings.Split(path, "/") {
		if !validPathComponent(component) {
			return "", false
		}
	}
	if tag == "" && !hasDigest {
		tag = "latest"
	}
	return tag, true
}

// namesRegistry: "docker.io/nginx" names a registry in its first part, "library/nginx" does not.
func namesRegistry(part string) bool {
	return strings.ContainsAny(part, ".:") || part == "localhost" || strings.ToLower(part) != part
}

func validRegistry(s string) bool {
	host := s
	if strings.HasPrefix(s, "[") { // an IPv6 address
		end := strings.IndexByte(s, ']')
		if end < 2 || !all(s[1:end], func(c byte) bool { return isHex(c) || c == ':' || (c >= 'A' && c <= 'F') }) {
			return false
		}
		port := s[end+1:]
		return port == "" || (port[0] == ':' && port != ":" && all(port[1:], isDigit))
	}
	if h, port, found := strings.Cut(s, ":"); found {
		if port == "" || !all(port, isDigit) {
			return false
		}
		host = h
	}
	for _, label := range strings.Split(host, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' ||
			!all(label, func(c byte) bool { return isAlphanumeric(c) || c == '-' }) {
			return false
		}
	}
	return true
}

// validPathComponent: lower-case letters and digits in groups that are joined by one dot, one or two underscores, or
// any number of dashes.
func validPathComponent(s string) bool {
	for i := 0; ; {
		start := i
		for i < len(s) && (isDigit(s[i]) || (s[i] >= 'a' && s[i] <= 'z')) {
			i++
		}
		if i == start {
			return false
		}
		if i == len(s) {
			return true
		}
		switch {
		case s[i] == '.':
			i++
		case strings.HasPrefix(s[i:], "__"):
			i += 2
		case s[i] == '_':
			i++
		case s[i] == '-':
			for i < len(s) && s[i] == '-' {
				i++
			}
		default:
			return false
		}
	}
}

func validTag(s string) bool {
	return s != "" && len(s) <= 128 && s[0] != '.' && s[0] != '-' &&
		all(s, func(c byte) bool { return isAlphanumeric(c) || c == '_' || c == '.' || c == '-' })
}

func validDigest(s string) bool {
	algorithm, hex, found := strings.Cut(s, ":")
	if !found || algorithm == "" || !all(hex, isHex) {
		return false
	}
	switch algorithm {
	case "sha256":
		return len(hex) == 64
	case "sha384":
		return len(hex) == 96
	case "sha512":
		return len(hex) == 128
	}
	return false
}

func all(s string, is func(byte) bool) bool {
	for i := 0; i < len(s); i++ {
		if !is(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isHex(c byte) bool   { return isDigit(c) || (c >= 'a' && c <= 'f') }
func isAlphanumeric(c byte) bool {
	return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
}
