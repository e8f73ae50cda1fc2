package kubectl

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// flagDef is one flag of a command.
type flagDef struct {
	long, short string
	kind        byte   // b bool, s string, i int, d duration, l comma-separated list, a list of whole values
	def         string // value when not given
	bare        string // value when given without one; "" if a value must follow
	noValue     bool   // bare counts
}

// Flags every command has.
const globalFlags = "namespace/n:s context:s cluster:s user:s kubeconfig:s server/s:s request-timeout:s=0 v:i as:s as-group:a as-uid:s as-user-extra:a help/h:b " +
	"insecure-skip-tls-verify:b token:s warnings-as-errors:b cache-dir:s profile:s"

// parseDefs reads a table of flags written as "long/short:kind=default?bare ...".
func parseDefs(specs ...string) []flagDef {
	var defs []flagDef
	for _, spec := range specs {
		for _, s := range strings.Fields(spec) {
			name, rest, _ := strings.Cut(s, ":")
			d := flagDef{kind: rest[0]}
			d.long, d.short, _ = strings.Cut(name, "/")
			rest = rest[1:]
			rest, d.bare, d.noValue = strings.Cut(rest, "?")
			d.def = strings.TrimPrefix(rest, "=")
			if d.kind == 'b' {
				d.bare, d.noValue = "true", true
				if d.def == "" {
					d.def = "false"
				}
			}
			defs = append(defs, d)
		}
	}
	return defs
}

// flagSet holds the flags of one invocation.
type flagSet struct {
	defs   []flagDef
	values map[string][]string
}

func (f *flagSet) byLong(name string) *flagDef {
	for i := range f.defs {
		if f.defs[i].long == name {
			return &f.defs[i]
		}
	}
	return nil
}

func (f *flagSet) byShort(ch string) *flagDef {
	for i := range f.defs {
		if f.defs[i].short == ch && ch != "" {
			return &f.defs[i]
		}
	}
	return nil
}

// parseFlags takes the flags out of args, as spf13/pflag with interspersed arguments does. after is the index in
// rest of the first argument that followed "--", or -1.
func parseFlags(defs []flagDef, args []string) (f *flagSet, rest []string, after int, err error) {
	f = &flagSet{defs: defs, values: map[string][]string{}}
	after = -1
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			after = len(rest)
			return f, append(rest, args[i+1:]...), after, nil
		case strings.HasPrefix(a, "--"):
			name, value, has := strings.Cut(a[2:], "=")
			if name == "" || name[0] == '-' {
				return f, nil, -1, fmt.Errorf("bad flag syntax: %s", a)
			}
			d := f.byLong(name)
			if d == nil {
				return f, nil, -1, errors.New("unknown flag: --" + name)
			}
			if !has {
				switch {
				case d.noValue:
					value = d.bare
				case i+1 < len(args):
					i++
					value = args[i]
				default:
					return f, nil, -1, errors.New("flag needs an argument: --" + name)
				}
			}
			if err := f.set(d, value); err != nil {
				return f, nil, -1, err
			}
		case len(a) > 1 && a[0] == '-':
			shorts := a[1:]
			for shorts != "" {
				d := f.byShort(shorts[:1])
				if d == nil {
					return f, nil, -1, fmt.Errorf("unknown shorthand flag: %s in -%s", strconv.QuoteRune(rune(shorts[0])), shorts)
				}
				in := shorts
				shorts = shorts[1:]
				value := ""
				switch {
				case len(shorts) > 1 && shorts[0] == '=':
					value, shorts = shorts[1:], ""
				case d.noValue:
					value = d.bare
				case shorts != "":
					value, shorts = shorts, ""
				case i+1 < len(args):
					i++
					value = args[i]
				default:
					return f, nil, -1, fmt.Errorf("flag needs an argument: %s in -%s", strconv.QuoteRune(rune(in[0])), in)
				}
				if err := f.set(d, value); err != nil {
					return f, nil, -1, err
				}
			}
		default:
			rest = append(rest, a)
		}
	}
	return f, rest, after, nil
}

func (f *flagSet) set(d *flagDef, value string) error {
	var err error
	switch d.kind {
	case 'b':
		_, err = strconv.ParseBool(value)
	case 'i':
		_, err = strconv.ParseInt(value, 0, 64)
		err = numError(err, "strconv.ParseInt")
	case 'd':
		_, err = time.ParseDuration(value)
	}
	if err != nil {
		name := "--" + d.long
		if d.short != "" {
			name = "-" + d.short + ", --" + d.long
		}
		return fmt.Errorf("invalid argument %q for %q flag: %v", value, name, err)
	}
	switch d.kind {
	case 'l':
		f.values[d.long] = append(f.values[d.long], strings.Split(value, ",")...)
	case 'a':
		f.values[d.long] = append(f.values[d.long], value)
	default:
		f.values[d.long] = []string{value}
	}
	return nil
}

// numError names the function pflag would have used.
func numError(err error, fn string) error {
	var ne *strconv.NumError
	if errors.As(err, &ne) {
		return fmt.Errorf("%s: parsing %q: %v", fn, ne.Num, ne.Err)
	}
	return err
}

func (f *flagSet) changed(name string) bool { return len(f.values[name]) > 0 }

func (f *flagSet) str(name string) string {
	if v := f.values[name]; len(v) > 0 {
		return v[len(v)-1]
	}
	if d := f.byLong(name); d != nil {
		return d.def
	}
	return ""
}

func (f *flagSet) list(name string) []string {
	if v, ok := f.values[name]; ok {
		return v
	}
	if d := f.byLong(name); d != nil && d.def != "" {
		return []string{d.def}
	}
	return nil
}

func (f *flagSet) bool(name string) bool {
	b, _ := strconv.ParseBool(f.str(name))
	return b
}

func (f *flagSet) int(name string) int64 {
	n, _ := strconv.ParseInt(f.str(name), 0, 64)
	return n
}

func (f *flagSet) duration(name string) time.Duration {
	d, _ := time.ParseDuration(f.str(name))
	return d
}
