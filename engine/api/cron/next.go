package cron

import "time"

// maxYears is how far Next looks: February 30 never comes.
const maxYears = 5

// Next is the first time after t at which the schedule is due, in t's zone; the zero time if there is none within five
// years. Days and hours are those of the schedule's zone, or of t's if it names none; an hour that a zone leaves out in
// spring does not come, one that it has twice in autumn comes twice.
func (s *Schedule) Next(t time.Time) time.Time {
	if s.every > 0 {
		return t.Add(s.every - time.Duration(t.Nanosecond()))
	}
	for _, set := range s.sets {
		if set == 0 {
			return time.Time{}
		}
	}
	asked := t.Location()
	if s.zone != nil {
		t = t.In(s.zone)
	}
	t = t.Add(time.Second - time.Duration(t.Nanosecond()))
	limit := t.Year() + maxYears
	// Once a field was moved on, everything below it stands at its beginning, and only then may whole units be added.
	begun := false
	from := func(year int, month time.Month, day int) {
		if !begun {
			t, begun = time.Date(year, month, day, 0, 0, 0, 0, t.Location()), true
		}
	}
	// What was found right is looked at again only when the field below it starts over. The real one does so too, and
	// therefore does not notice the new day in a zone whose clocks skip midnight.
	right := 0
	after := func(field int, startsOver bool) {
		if right = field; startsOver {
			right = 0
		}
	}
	for t.Year() <= limit {
		switch {
		case right < 1 && s.sets[month]&(1<<t.Month()) == 0:
			from(t.Year(), t.Month(), 1)
			t = t.AddDate(0, 1, 0)
		case right < 2 && !s.onDay(t):
			from(t.Year(), t.Month(), t.Day())
			t = t.AddDate(0, 0, 1)
			// Where clocks change at midnight, the day may begin at another hour.
			if h := t.Hour(); h > 12 {
				t = t.Add(time.Duration(24-h) * time.Hour)
			} else if h > 0 {
				t = t.Add(time.Duration(-h) * time.Hour)
			}
			after(1, t.Day() == 1)
		case right < 3 && s.sets[hour]&(1<<t.Hour()) == 0:
			if !begun {
				t, begun = t.Add(-time.Duration(t.Minute())*time.Minute-time.Duration(t.Second())*time.Second), true
			}
			t = t.Add(time.Hour)
			after(2, t.Hour() == 0)
		case s.sets[minute]&(1<<t.Minute()) == 0, t.Second() != 0:
			t, begun = t.Truncate(time.Minute).Add(time.Minute), true
			after(3, t.Minute() == 0)
		default:
			return t.In(asked)
		}
	}
	return time.Time{}
}

func (s *Schedule) onDay(t time.Time) bool {
	inMonth := s.sets[dayOfMonth]&(1<<t.Day()) != 0
	inWeek := s.sets[dayOfWeek]&(1<<t.Weekday()) != 0
	if (s.sets[dayOfMonth]|s.sets[dayOfWeek])&star != 0 {
		return inMonth && inWeek
	}
	return inMonth || inWeek
}
