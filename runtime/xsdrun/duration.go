package xsdrun

import (
	"cmp"
	"math"
	"math/big"
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

// span is a duration of any size. The Duration is that of a short one; long has the whole months and seconds, days among them,
// of one that does not fit.
type span struct {
	Duration
	long *longSpan
}

type longSpan struct{ months, seconds *big.Int }

// parseDuration reads the lexical form of xs:duration (part 2, 3.2.6.1).
func parseDuration(s string) (d span, ok bool) {
	if len(s) > maxCalendar {
		return d, false
	}
	s, d.Negative = strings.CutPrefix(s, "-")
	s, ok = strings.CutPrefix(s, "P")
	unit, inTime := 0, false
	for ok && s != "" {
		if s[0] == 'T' && !inTime {
			s, inTime = s[1:], true
			ok = s != ""
			continue
		}
		var number, frac string
		if number, frac, s, ok = cutNumber(s); !ok {
			return d, false
		}
		for unit < len(durationUnits) && (durationUnits[unit].letter != s[0] || durationUnits[unit].time != inTime) {
			unit++
		}
		if unit == len(durationUnits) {
			return d, false
		}
		d.add(unit, number)
		d.Fraction += strings.TrimRight(frac, "0")
		s, unit = s[1:], unit+1
	}
	if d.Days > (math.MaxUint64-d.Seconds)/86400 {
		d.lengthen()
	}
	if d.Duration == (Duration{Negative: true}) && d.long == nil {
		d.Negative = false
	}
	return d, ok && unit > 0
}

// cutNumber cuts the number off that s begins with, and its fraction, which only seconds have. More must follow.
func cutNumber(s string) (number, frac, rest string, ok bool) {
	n := 0
	for n < len(s) && s[n]-'0' <= 9 {
		n++
	}
	number, rest = s[:n], s[n:]
	if strings.HasPrefix(rest, ".") {
		end := 1
		for end < len(rest) && rest[end]-'0' <= 9 {
			end++
		}
		frac, rest = rest[1:end], rest[end:]
		if frac == "" || rest == "" || rest[0] != 'S' {
			return "", "", "", false
		}
	}
	return number, frac, rest, number != "" && rest != ""
}

// add adds a number of units.
func (d *span) add(unit int, number string) {
	n, form := parseInteger(number, true)
	u := durationUnits[unit]
	field := &d.Seconds
	switch {
	case u.letter == 'D':
		field = &d.Days
	case !u.time:
		field = &d.Months
	}
	if d.long == nil && form == smallInteger && n.mag <= (math.MaxUint64-*field)/u.weight {
		*field += n.mag * u.weight
		return
	}
	d.lengthen()
	sum, weight := d.long.seconds, u.weight
	switch {
	case u.letter == 'D':
		weight = 86400
	case !u.time:
		sum = d.long.months
	}
	long, _ := new(big.Int).SetString(number, 10)
	sum.Add(sum, long.Mul(long, new(big.Int).SetUint64(weight)))
}

// lengthen makes a long duration of what has been read.
func (d *span) lengthen() {
	if d.long == nil {
		d.long = d.whole()
		d.Months, d.Days, d.Seconds = 0, 0, 0
	}
}

// whole returns the months and seconds.
func (d *span) whole() *longSpan {
	if d.long != nil {
		return d.long
	}
	seconds := new(big.Int).SetUint64(d.Days)
	seconds.Mul(seconds, big.NewInt(86400))
	seconds.Add(seconds, new(big.Int).SetUint64(d.Seconds))
	return &longSpan{months: new(big.Int).SetUint64(d.Months), seconds: seconds}
}

// appendKey appends a text that equal durations share.
func (d *span) appendKey(b []byte) []byte {
	if d.Negative {
		b = append(b, '-')
	}
	if d.long != nil {
		b = append(d.long.months.Append(b, 10), 'M')
		b = d.long.seconds.Append(b, 10)
	} else {
		b = append(appendUint(b, d.Months), 'M')
		b = appendUint(b, d.Days*86400+d.Seconds)
	}
	return append(append(b, '.'), d.Fraction...)
}

// same reports whether two durations are one.
func (d *span) same(o *span) bool {
	if d.long != nil || o.long != nil {
		return string(d.appendKey(nil)) == string(o.appendKey(nil))
	}
	return d.Negative == o.Negative && d.Months == o.Months && d.Days*86400+d.Seconds == o.Days*86400+o.Seconds && d.Fraction == o.Fraction
}

// durationReferences are the moments to which durations are added to be compared: year and month (part 2, 3.2.6.2).
var durationReferences = [...][2]int64{{1696, 9}, {1697, 2}, {1903, 3}, {1903, 7}}

// compare orders two durations; ok is false if that depends on where they begin.
func (d *span) compare(o *span) (order int, ok bool) {
	if d.same(o) {
		return 0, true
	}
	for i, ref := range durationReferences {
		seconds, frac := d.from(ref)
		others, otherFrac := o.from(ref)
		c := cmp.Or(seconds.Cmp(others), strings.Compare(frac, otherFrac))
		if i > 0 && c != order {
			return 0, false
		}
		order = c
	}
	return order, order != 0 // two that no reference tells apart are still not one
}

// from returns the seconds from ref to ref plus the duration, rounded down, and the digits of the fraction above that.
func (d *span) from(ref [2]int64) (seconds *big.Int, frac string) {
	w := d.whole()
	months := new(big.Int).Set(w.months)
	seconds = new(big.Int).Set(w.seconds)
	frac = d.Fraction
	if d.Negative {
		months.Neg(months)
		seconds.Neg(seconds)
		if frac != "" {
			seconds.Sub(seconds, big.NewInt(1))
			frac = complement(frac)
		}
	}
	months.Add(months, big.NewInt(ref[0]*12+ref[1]-1))
	month := new(big.Int)
	eras, _ := months.DivMod(months, big.NewInt(eraYears*12), month)
	at := month.Int64()
	seconds.Add(seconds, big.NewInt((days(at/12, at%12+1)-days(ref[0], ref[1]))*86400))
	return seconds.Add(seconds, eras.Mul(eras, big.NewInt(eraSeconds))), frac
}

// complement returns the digits of one less a fraction.
func complement(frac string) string {
	b := []byte(frac)
	for i := range b {
		b[i] = '9' - b[i] + '0'
	}
	b[len(b)-1]++ // the last digit was none of 0
	return string(b)
}
