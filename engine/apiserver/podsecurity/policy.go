package podsecurity

import (
	"strconv"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Level is one of the Pod Security Standards, in rising strictness.
type Level int8

// The levels.
const (
	Privileged Level = iota
	Baseline
	Restricted
)

func (l Level) String() string { return [...]string{"privileged", "baseline", "restricted"}[l] }

// Version is the minor version of Kubernetes whose checks apply; Latest is the newest.
type Version int

// Latest is what a namespace gets that names no version.
const Latest Version = 1 << 30

func (v Version) String() string {
	if v == Latest {
		return "latest"
	}
	return "v1." + strconv.Itoa(int(v))
}

// LevelVersion is a standard as of a version.
type LevelVersion struct {
	Level   Level
	Version Version
}

func (lv LevelVersion) String() string { return lv.Level.String() + ":" + lv.Version.String() }

// Policy is what a namespace asks for: what is refused, what is noted in the audit log, what the client is warned of.
type Policy struct{ Enforce, Audit, Warn LevelVersion }

// Harmless policies look at no pod.
func (p *Policy) Harmless() bool {
	return p.Enforce.Level == Privileged && p.Audit.Level == Privileged && p.Warn.Level == Privileged
}

// Prefix begins the labels of a namespace that choose a policy.
const Prefix = "pod-security.kubernetes.io/"

// PolicyOf reads the labels of a namespace. Labels it cannot read fail closed for enforce and open for the others.
func PolicyOf(labels map[string]string) (Policy, field.ErrorList) {
	p := Policy{LevelVersion{Version: Latest}, LevelVersion{Version: Latest}, LevelVersion{Version: Latest}}
	if len(labels) == 0 {
		return p, nil
	}
	var errs field.ErrorList
	path := field.NewPath("metadata", "labels")
	read := func(mode string, lv *LevelVersion, onError Level) (hasLevel, levelOK, hasVersion bool) {
		if v, ok := labels[Prefix+mode]; ok {
			hasLevel, levelOK = true, true
			switch v {
			case "privileged":
				lv.Level = Privileged
			case "baseline":
				lv.Level = Baseline
			case "restricted":
				lv.Level = Restricted
			default:
				lv.Level, levelOK = onError, false
				errs = append(errs, field.Invalid(path.Key(Prefix+mode), v, "must be one of privileged, baseline, restricted"))
			}
		}
		if v, ok := labels[Prefix+mode+"-version"]; ok {
			hasVersion = true
			var good bool
			if lv.Version, good = parseVersion(v); !good {
				errs = append(errs, field.Invalid(path.Key(Prefix+mode+"-version"), v, `must be "latest" or "v1.x"`))
			}
		}
		return hasLevel, levelOK, hasVersion
	}
	_, enforced, _ := read("enforce", &p.Enforce, Restricted)
	read("audit", &p.Audit, Privileged)
	hasWarn, _, hasWarnVersion := read("warn", &p.Warn, Privileged)
	// Who enforces a level wants to be warned of it where only templates are written.
	if !hasWarn && enforced && p.Enforce.Level > p.Warn.Level {
		p.Warn.Level = p.Enforce.Level
		if !hasWarnVersion {
			p.Warn.Version = p.Enforce.Version
		}
	}
	return p, errs
}

func parseVersion(s string) (Version, bool) {
	if s == "latest" {
		return Latest, true
	}
	if len(s) < 4 || s[:3] != "v1." || len(s) > 4 && s[3] == '0' {
		return Latest, false
	}
	for _, c := range s[3:] {
		if c < '0' || c > '9' {
			return Latest, false
		}
	}
	n, err := strconv.Atoi(s[3:])
	if err != nil || n >= int(Latest) {
		return Latest, false
	}
	return Version(n), true
}
