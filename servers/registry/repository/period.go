package repository

import (
	"strconv"
	"time"
)

// Units of a Period, as domain:pUnitType spells them.
const (
	UnitYear  = "y"
	UnitMonth = "m"
)

// Period is the length of a registration or renewal. The zero value means the policy's default.
type Period struct {
	N    int
	Unit string // UnitYear or UnitMonth
}

// months returns p in months: whole years, which is what this registry sells.
func (p *Policy) months(period Period) (int, error) {
	if period == (Period{}) {
		return 12 * p.DefaultYears, nil
	}
	n := period.N
	if period.Unit == UnitYear {
		n *= 12
	}
	if n <= 0 || n%12 != 0 || n > 12*p.MaxYears {
		return 0, blame(CodePolicy, "domain:period", strconv.Itoa(period.N), "not 1 to "+strconv.Itoa(p.MaxYears)+" whole years")
	}
	return n, nil
}

// addMonths is t some months later, on the last day of the month if that month has not as many days.
func addMonths(t time.Time, months int) time.Time {
	year, month, day := t.Date()
	sum := time.Date(year, month+time.Month(months), day, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	if sum.Day() != day {
		return sum.AddDate(0, 0, -sum.Day())
	}
	return sum
}
