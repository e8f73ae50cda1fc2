package cron

import (
	"encoding/binary"
	"errors"
	"strings"
	"time"
)

// Location is a time zone by its IANA name, case and all: "Europe/Berlin". "" and "UTC" are UTC. It stands in for
// time.LoadLocation and has its error for a name that nobody knows.
func Location(name string) (*time.Location, error) {
	if name == "" || name == "UTC" {
		return time.UTC, nil
	}
	if rule := ruleOf(name); rule != "" {
		return location(name, rule)
	}
	return nil, errors.New("unknown time zone " + name)
}

// ruleOf finds the POSIX TZ rule that a zone follows; "" if there is no such zone.
func ruleOf(name string) string {
	folder, base := "", name
	if at := strings.LastIndexByte(name, '/'); at >= 0 {
		folder, base = name[:at+1], name[at+1:]
	}
	for line := range strings.Lines(zones) {
		rule, names, _ := strings.Cut(strings.TrimSpace(line), " ")
		for entry := range strings.FieldsSeq(names) {
			if entry == name {
				return rule
			}
			list, ok := strings.CutPrefix(entry, folder+"{")
			if !ok {
				continue
			}
			for part := range strings.SplitSeq(strings.TrimSuffix(list, "}"), ",") {
				if part == base {
					return rule
				}
			}
		}
	}
	return ""
}

// location makes a zone that follows one rule at all times. Go offers no other way to it than the format of zone files
// (RFC 8536): here one without any transition, whose footer is the rule.
func location(name, rule string) (*time.Location, error) {
	counts := func(b []byte, types, chars uint32) []byte {
		b = append(b, "TZif2"...)
		b = append(b, make([]byte, 15)...)
		for _, n := range [6]uint32{0, 0, 0, 0, types, chars} {
			b = binary.BigEndian.AppendUint32(b, n)
		}
		return b
	}
	data := counts(nil, 0, 0) // the part for readers of 32 bits
	data = counts(data, 1, 4) // and the other, with the one type it must have
	data = append(data, make([]byte, 6)...)
	data = append(data, "UTC\x00"...)
	data = append(data, "\n"+rule+"\n"...)
	return time.LoadLocationFromTZData(name, data)
}
