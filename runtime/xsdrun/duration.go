package xsdrun

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a value of xs:duration. Months and days do not have a fixed length, so they are kept as they were written; a
// duration of whole years is as many times twelve months. The zero value is no time at all, written PT0S.
type Duration struct {
	Negative bool
	Months   uint64 // years included
	Days     uint64
	Seconds  uint64 // hours and minutes included
	Fraction string // of a second: digits, without trailing zeros
}

// DurationOf returns d as a Duration, in seconds.
func DurationOf(d time.Duration) Duration {
	var v Duration
	u := uint64(d)
	if d < 0 {
		v.Negative, u = true, -u
	}
	v.Seconds = u / 1e9
	if nano := u % 1e9; nano != 0 {
		var digits [9]byte
		for i := 8; i >= 0; i-- {
			digits[i], nano = byte('0'+nano%10), nano/10
		}
		v.Fraction = strings.TrimRight(string(digits[:]), "0")
	}
	return v
}

// Exact returns the duration as a time.Duration, days taken as 24 hours. ok is false if it has months, or does not fit.
func (d Duration) Exact() (v time.Duration, ok bool) {
	const most = math.MaxInt64 / uint64(time.Second)
	if d.Months != 0 || d.Days > most/86400 || d.Seconds >= most-d.Days*86400 {
		return 0, false
	}
	v = time.Duration(d.Days*86400+d.Seconds) * time.Second
	unit := time.Second / 10
	for i := 0; i < len(d.Fraction) && unit > 0; i++ {
		v += time.Duration(d.Fraction[i]-'0') * unit
		unit /= 10
	}
	if d.Negative {
		v = -v
	}
	return v, true
}

// String returns the lexical form.
func (d Duration) String() string { return string(d.append(nil)) }

func (d Duration) append(b []byte) []byte {
	if d.Negative {
		b = append(b, '-')
	}
	part := func(n uint64, unit byte) {
		if n != 0 {
			b = append(appendUint(b, n), unit)
		}
	}
	b = append(b, 'P')
	part(d.Months/12, 'Y')
	part(d.Months%12, 'M')
	part(d.Days, 'D')
	zero := d.Months == 0 && d.Days == 0
	if d.Seconds == 0 && d.Fraction == "" && !zero {
		return b
	}
	b = append(b, 'T')
	part(d.Seconds/3600, 'H')
	part(d.Seconds/60%60, 'M')
	if d.Seconds%60 != 0 || d.Fraction != "" || zero && d.Seconds == 0 {
		b = appendUint(b, d.Seconds%60)
		if d.Fraction != "" {
			b = append(append(b, '.'), d.Fraction...)
		}
		b = append(b, 'S')
	}
	return b
}

// durationUnits are the designators in the order they come, with their weights in months, days or seconds.
var durationUnits = [...]struct {
	letter byte
	time   bool // after the T
	weight uint64
}{{'Y', false, 12}, {'M', false, 1}, {'D', false, 1}, {'H', true, 3600}, {'M', true, 60}, {'S', true, 1}}

// parseDuration reads the lexical form of xs:duration (part 2, 3.2.6.1). What does not fit into 64 bits, the days as seconds
// included, is refused.
func parseDuration(s string) (d Duration, ok bool) {
	s, d.Negative = strings.CutPrefix(s, "-")
	s, ok = strings.CutPrefix(s, "P")
	unit, inTime := 0, false
	for ok && s != "" {
		if s[0] == 'T' && !inTime {
			s, inTime = s[1:], true
			ok = s != ""
			continue
		}
		n := 0
		for n < len(s) && s[n]-'0' <= 9 {
			n++
		}
		number := s[:n]
		s = s[n:]
		frac := ""
		if strings.HasPrefix(s, ".") {
			end := 1
			for end < len(s) && s[end]-'0' <= 9 {
				end++
			}
			frac, s = s[1:end], s[end:]
			if frac == "" || s == "" || s[0] != 'S' {
				return d, false
			}
		}
		for unit < len(durationUnits) && (s == "" || durationUnits[unit].letter != s[0] || durationUnits[unit].time != inTime) {
			unit++
		}
		if unit == len(durationUnits) || number == "" {
			return d, false
		}
		ok = d.add(unit, number)
		d.Fraction += strings.TrimRight(frac, "0")
		s, unit = s[1:], unit+1
	}
	if d.Months == 0 && d.Days == 0 && d.Seconds == 0 && d.Fraction == "" {
		d.Negative = false
	}
	return d, ok && unit > 0 && d.Days <= (math.MaxUint64-d.Seconds)/86400
}

// add adds a number of units.
func (d *Duration) add(unit int, number string) bool {
	n, form := parseInteger(number, true)
	u := durationUnits[unit]
	field := &d.Seconds
	switch {
	case u.letter == 'D':
		field = &d.Days
	case !u.time:
		field = &d.Months
	}
	if form != smallInteger || n.mag > (math.MaxUint64-*field)/u.weight {
		return false
	}
	*field += n.mag * u.weight
	return true
}

// durationReferences are the moments to which durations are added to be compared: year and month (part 2, 3.2.6.2).
var durationReferences = [...][2]int64{{1696, 9}, {1697, 2}, {1903, 3}, {1903, 7}}

// compare orders two durations; ok is false if that depends on where they begin.
func (d Duration) compare(o Duration) (order int, ok bool) {
	if d == o {
		return 0, true
	}
	for i, ref := range durationReferences {
		c := cmp.Compare(d.from(ref), o.from(ref))
		if i > 0 && c != order {
			return 0, false
		}
		order = c
	}
	return order, true
}

// from returns the seconds from ref to ref plus the duration. Numbers large enough to lose digits here are far outside of
// what a schema bounds.
func (d Duration) from(ref [2]int64) float64 {
	const mostMonths = 1e11
	months, sign := math.Min(float64(d.Months), mostMonths), 1.0
	if d.Negative {
		months, sign = -months, -1
	}
	end := ref[0]*12 + ref[1] - 1 + int64(months)
	year := floorDiv(end, 12)
	span := days(year, end-year*12+1) - days(ref[0], ref[1])
	fraction, _ := strconv.ParseFloat("0."+d.Fraction+"0", 64)
	return float64(span)*86400 + sign*(float64(d.Days)*86400+float64(d.Seconds)+fraction)
}
