package structural

import (
	"encoding/base64"
	"encoding/hex"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Known reports that a format means something for a type; others are not checked, and warned of when a definition
// brings them (apiextensions-apiserver/pkg/apiserver/validation/formats.go).
func Known(typ, format string) bool {
	switch typ {
	case "integer":
		return format == "int32" || format == "int64"
	case "number":
		return format == "float" || format == "double"
	case "", "string":
		switch strings.ReplaceAll(format, "-", "") {
		case "bsonobjectid", "uri", "email", "hostname", "ipv4", "ipv6", "cidr", "mac", "uuid", "uuid3", "uuid4", "uuid5", "isbn", "isbn10",
			"isbn13", "creditcard", "ssn", "hexcolor", "rgbcolor", "byte", "password", "date", "duration", "datetime", "k8sshortname", "k8slongname":
			return true
		}
	}
	return false
}

// patterns of the formats that are nothing but one. They are compiled when met, which is seldom.
func patternOf(format string) string {
	const x, g4, g12 = `[0-9a-f]`, `-?[0-9a-f]{4}`, `-?[0-9a-f]{12}$`
	const label = `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
	switch format {
	case "uuid":
		return `(?i)^` + x + `{8}` + g4 + g4 + g4 + g12
	case "uuid3":
		return `(?i)^` + x + `{8}` + g4 + `-?3` + x + `{3}` + g4 + g12
	case "uuid4":
		return `(?i)^` + x + `{8}` + g4 + `-?4` + x + `{3}-?[89ab]` + x + `{3}` + g12
	case "uuid5":
		return `(?i)^` + x + `{8}` + g4 + `-?5` + x + `{3}-?[89ab]` + x + `{3}` + g12
	case "ssn":
		return `^\d{3}[- ]?\d{2}[- ]?\d{4}$`
	case "hexcolor":
		return `^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$`
	case "rgbcolor":
		const n = `\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*`
		return `^rgb\(` + n + `,` + n + `,` + n + `\)$`
	case "creditcard":
		return `^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|(222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11}|6[27][0-9]{14})$`
	case "k8sshortname":
		return `^` + label + `$`
	case "k8slongname":
		return `^` + label + `(\.` + label + `)*$`
	}
	return ""
}

// valid reports that a text has a format (k8s.io/kube-openapi/pkg/validation/strfmt).
func valid(format, v string) bool {
	format = strings.ReplaceAll(format, "-", "")
	switch format {
	case "password":
		return true
	case "date":
		_, err := time.Parse("2006-01-02", v)
		return err == nil
	case "datetime":
		return dateTime(v)
	case "duration":
		return duration(v)
	case "uri":
		_, err := url.ParseRequestURI(v)
		return err == nil
	case "email":
		return email(v)
	case "hostname":
		return hostname(v)
	case "ipv4":
		a, err := netip.ParseAddr(v)
		return err == nil && a.Is4()
	case "ipv6":
		a, err := netip.ParseAddr(v)
		return err == nil && a.Is6() && a.Zone() == ""
	case "cidr":
		p, err := netip.ParsePrefix(v)
		return err == nil && p.IsValid()
	case "mac":
		return mac(v)
	case "byte":
		_, err := base64.StdEncoding.Strict().DecodeString(v)
		return err == nil && v != ""
	case "bsonobjectid":
		b, err := hex.DecodeString(v)
		return err == nil && len(b) == 12
	case "isbn":
		return isbn10(v) || isbn13(v)
	case "isbn10":
		return isbn10(v)
	case "isbn13":
		return isbn13(v)
	case "creditcard":
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, v)
		ok, _ := regexp.MatchString(patternOf(format), digits)
		return ok && luhn(digits)
	case "k8sshortname":
		if len(v) > 63 {
			return false
		}
	case "k8slongname":
		if len(v) > 253 {
			return false
		}
	}
	ok, err := regexp.MatchString(patternOf(format), v)
	return ok && err == nil
}

func dateTime(v string) bool {
	day, clock, ok := strings.Cut(strings.ToLower(v), "t")
	if _, err := time.Parse("2006-01-02", day); err != nil || !ok || strings.Contains(clock, "t") {
		return false
	}
	m, _ := regexp.MatchString(`^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$`, clock)
	return m
}

// duration takes Go's form, and numbers with units as Scala writes them.
func duration(v string) bool {
	if _, err := time.ParseDuration(v); err == nil {
		return true
	}
	for _, m := range regexp.MustCompile(`(\d+)\s*([A-Za-zµ]+)`).FindAllStringSubmatch(v, -1) {
		if _, err := strconv.Atoi(m[1]); err != nil {
			return false
		}
		unit := strings.ToLower(m[2])
		for _, u := range strings.Fields("ns us µs ms s m h hr d w wk") {
			if unit == u {
				return true
			}
		}
		for _, u := range strings.Fields("nano micro milli sec min hour day week") {
			if strings.HasPrefix(unit, u) {
				return true
			}
		}
	}
	return false
}

func email(v string) bool {
	if i, j := strings.LastIndexByte(v, '<'), strings.LastIndexByte(v, '>'); i > 0 && j == len(v)-1 {
		v = v[i+1 : j]
	}
	local, domain, ok := strings.Cut(v, "@")
	return ok && local != "" && domain != "" && !strings.ContainsAny(v, " \t<>,;") && !strings.Contains(domain, "@") &&
		!strings.HasPrefix(local, ".") && !strings.HasSuffix(local, ".") && !strings.Contains(local, "..") &&
		!strings.HasPrefix(domain, ".") && !strings.HasSuffix(domain, ".") && !strings.Contains(domain, "..")
}

func hostname(v string) bool {
	if v == "" || len(v) > 255 {
		return false
	}
	parts := strings.Split(v, ".")
	for i, p := range parts {
		if p == "" || len(p) > 63 || p[0] == '-' || p[len(p)-1] == '-' {
			return false
		}
		for _, r := range p {
			if r != '-' && (r > 127 || !unicode.IsLetter(r) && !unicode.IsDigit(r)) && !(r > 127 && (unicode.IsLetter(r) || unicode.IsSymbol(r))) {
				return false
			}
			if i > 0 && i == len(parts)-1 && !unicode.IsLetter(r) {
				return false // a top level domain has letters only,
			}
		}
		if i > 0 && i == len(parts)-1 && len([]rune(p)) < 2 {
			return false // at least two
		}
	}
	return true
}

func mac(v string) bool {
	for _, sep := range []string{":", "-", "."} {
		parts := strings.Split(v, sep)
		size := 2
		if sep == "." {
			size = 4
		}
		if n := len(parts) * size / 2; n != 6 && n != 8 && n != 20 {
			continue
		}
		ok := true
		for _, p := range parts {
			_, err := strconv.ParseUint(p, 16, 16)
			ok = ok && err == nil && len(p) == size
		}
		if ok {
			return true
		}
	}
	return false
}

func bare(v string) string {
	return strings.NewReplacer(" ", "", "-", "", "\t", "", "\n", "").Replace(v)
}

func isbn10(v string) bool {
	v = bare(v)
	if ok, _ := regexp.MatchString(`^(?:[0-9]{9}X|[0-9]{10})$`, v); !ok {
		return false
	}
	sum := 0
	for i := range 9 {
		sum += (i + 1) * int(v[i]-'0')
	}
	if v[9] == 'X' {
		sum += 100
	} else {
		sum += 10 * int(v[9]-'0')
	}
	return sum%11 == 0
}

func isbn13(v string) bool {
	v = bare(v)
	if ok, _ := regexp.MatchString(`^[0-9]{13}$`, v); !ok {
		return false
	}
	sum := 0
	for i := range 13 {
		sum += (1 + 2*(i%2)) * int(v[i]-'0')
	}
	return sum%10 == 0
}

func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
