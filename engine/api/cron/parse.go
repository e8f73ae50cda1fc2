package cron

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// field is one of the five of a schedule: what it may hold, and the names it may go by.
type field struct {
	min, max int
	names    string // three letters each, the first for min
}

const (
	minute = iota
	hour
	dayOfMonth
	month
	dayOfWeek
	fieldCount
)

func fieldOf(i int) field {
	switch i {
	case minute:
		return field{0, 59, ""}
	case hour:
		return field{0, 23, ""}
	case dayOfMonth:
		return field{1, 31, ""}
	case month:
		return field{1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"}
	}
	return field{0, 6, "sunmontuewedthufrisat"}
}

// star marks a field that was written as a star: a day must then match both day fields, otherwise one is enough.
const star uint64 = 1 << 63

// Schedule is a parsed schedule. It does not change.
type Schedule struct {
	sets  [fieldCount]uint64 // the values a field allows, as bits
	every time.Duration      // of @every; then the sets are not used
	zone  *time.Location     // of TZ=; nil: the zone of the time that is asked about
}

// Parse reads a schedule in the standard format of cron. Errors have the words of robfig/cron, as the API server of a
// real cluster prints them.
func Parse(spec string) (*Schedule, error) {
	if spec == "" {
		return nil, fmt.Errorf("empty spec string")
	}
	s := &Schedule{}
	if strings.HasPrefix(spec, "TZ=") || strings.HasPrefix(spec, "CRON_TZ=") {
		zone, rest, ok := strings.Cut(spec, " ")
		if !ok {
			// The real parser panics here, and the API server turns the panic into this error.
			return nil, fmt.Errorf("invalid schedule format: runtime error: slice bounds out of range [:-1]")
		}
		_, name, _ := strings.Cut(zone, "=")
		location, err := Location(name)
		if err != nil {
			return nil, fmt.Errorf("provided bad location %s: %v", name, err)
		}
		s.zone, spec = location, strings.TrimSpace(rest)
	}
	if strings.HasPrefix(spec, "@") {
		return s, s.descriptor(spec)
	}
	return s, s.fields(spec)
}

func (s *Schedule) fields(spec string) error {
	texts := strings.Fields(spec)
	if len(texts) != fieldCount {
		return fmt.Errorf("expected exactly %d fields, found %d: %s", fieldCount, len(texts), texts)
	}
	for i, text := range texts {
		f := fieldOf(i)
		for _, part := range strings.Split(text, ",") {
			if part == "" {
				continue
			}
			set, err := f.parse(part)
			if err != nil {
				return err
			}
			s.sets[i] |= set
		}
	}
	return nil
}

func (s *Schedule) descriptor(d string) error {
	equivalent := ""
	switch d {
	case "@yearly", "@annually":
		equivalent = "0 0 1 1 *"
	case "@monthly":
		equivalent = "0 0 1 * *"
	case "@weekly":
		equivalent = "0 0 * * 0"
	case "@daily", "@midnight":
		equivalent = "0 0 * * *"
	case "@hourly":
		equivalent = "0 * * * *"
	default:
		text, ok := strings.CutPrefix(d, "@every ")
		if !ok {
			return fmt.Errorf("unrecognized descriptor: %s", d)
		}
		every, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("failed to parse duration %s: %s", d, err)
		}
		s.every = max(every, time.Second).Truncate(time.Second)
		return nil
	}
	return s.fields(equivalent)
}

// parse reads one part of a list: a star, a value, or a range, each with a step or without.
func (f field) parse(part string) (uint64, error) {
	span, steps := strings.Split(part, "/"), 1
	ends := strings.Split(span[0], "-")
	var set uint64
	low, high := f.min, f.max
	if ends[0] == "*" || ends[0] == "?" {
		set = star
	} else {
		var err error
		if low, err = f.value(ends[0]); err != nil {
			return 0, err
		}
		switch len(ends) {
		case 1:
			high = low
		case 2:
			if high, err = f.value(ends[1]); err != nil {
				return 0, err
			}
		default:
			return 0, fmt.Errorf("too many hyphens: %s", part)
		}
	}
	switch len(span) {
	case 1:
	case 2:
		var err error
		if steps, err = number(span[1]); err != nil {
			return 0, err
		}
		if len(ends) == 1 {
			high = f.max // "5/10" means from 5 to the end
		}
		if steps > 1 {
			set = 0
		}
	default:
		return 0, fmt.Errorf("too many slashes: %s", part)
	}
	switch {
	case low < f.min:
		return 0, fmt.Errorf("beginning of range (%d) below minimum (%d): %s", low, f.min, part)
	case high > f.max:
		return 0, fmt.Errorf("end of range (%d) above maximum (%d): %s", high, f.max, part)
	case low > high:
		return 0, fmt.Errorf("beginning of range (%d) beyond end of range (%d): %s", low, high, part)
	case steps == 0:
		return 0, fmt.Errorf("step of range should be a positive number: %s", part)
	}
	for v := low; v <= high; {
		set |= 1 << v
		if steps > high-v {
			break
		}
		v += steps
	}
	return set, nil
}

func (f field) value(s string) (int, error) {
	if len(s) == 3 {
		if at := strings.Index(f.names, strings.ToLower(s)); at >= 0 && at%3 == 0 {
			return f.min + at/3, nil
		}
	}
	return number(s)
}

func number(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, fmt.Errorf("failed to parse int from %s: %s", s, err)
	}
	if n < 0 {
		return 0, fmt.Errorf("negative number (%d) not allowed: %s", n, s)
	}
	return n, nil
}
