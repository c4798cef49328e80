package xsdrun

import (
	"math/big"
	"strings"
	"sync/atomic"
	"time"
)

// NoZone is the location of a time that was written without a time zone. Such a time is encoded without one again.
var NoZone = time.FixedZone("", 0)

// maxYearDigits is how long a year may be that a [time.Time] or a [Date] holds. Longer ones are judged, but have no Go value.
const maxYearDigits = 11

// maxCalendar is how many bytes a date, time or duration may have: years and seconds have no bound, but they are computed with.
const maxCalendar = 4096

// The Gregorian calendar begins anew after so many years, which are so many seconds.
const (
	eraYears   = 400
	eraDays    = 146097
	eraSeconds = eraDays * 86400
)

// maxZone is the greatest offset of a time zone, in minutes (part 2, 3.2.7.3).
const maxZone = 14 * 60

// moment is a value of one of the eight types of dates and times. Fields that its type does not have are those of
// 1972-12-31T00:00:00: a leap year, so that --02-29 is a day, and the reference of part 2, 3.2.7.4 appendix.
type moment struct {
	eras           *big.Int // of 400 years, to be added to the year; nil for a year of at most maxYearDigits
	year           int64
	month, day     int
	hour, min, sec int
	frac           string // of the second: digits without trailing zeros
	zoned          bool
	zone           int // minutes east
}

// calendarReader reads the pieces of a lexical form.
type calendarReader struct {
	s  string
	ok bool
}

// digits reads exactly n digits.
func (c *calendarReader) digits(n int) int {
	if len(c.s) < n || !isDigits(c.s[:n]) {
		c.ok, c.s = false, ""
		return 0
	}
	v := 0
	for i := range n {
		v = v*10 + int(c.s[i]-'0')
	}
	c.s = c.s[n:]
	return v
}

func (c *calendarReader) want(lit string) {
	rest, ok := strings.CutPrefix(c.s, lit)
	c.s, c.ok = rest, c.ok && ok
}

// year reads a year of four digits or more, zero excluded (part 2, 3.2.7.1).
func (c *calendarReader) year(m *moment) {
	rest, neg := strings.CutPrefix(c.s, "-")
	n := 0
	for n < len(rest) && rest[n]-'0' <= 9 {
		n++
	}
	if n < 4 || n > 4 && rest[0] == '0' {
		c.ok = false
		return
	}
	digits := rest[:n]
	c.s = rest[n:]
	if n > maxYearDigits {
		y, _ := new(big.Int).SetString(digits, 10)
		if neg {
			y.Neg(y)
		}
		year := new(big.Int)
		m.eras, year = y.DivMod(y, big.NewInt(eraYears), year)
		m.year = year.Int64()
		return
	}
	var y int64
	for i := range n {
		y = y*10 + int64(digits[i]-'0')
	}
	c.ok = c.ok && y != 0
	if neg {
		y = -y
	}
	m.year = y
}

// clock reads hh:mm:ss with an optional fraction.
func (c *calendarReader) clock(m *moment) {
	m.hour = c.digits(2)
	c.want(":")
	m.min = c.digits(2)
	c.want(":")
	m.sec = c.digits(2)
	if rest, ok := strings.CutPrefix(c.s, "."); ok {
		n := 0
		for n < len(rest) && rest[n]-'0' <= 9 {
			n++
		}
		c.ok = c.ok && n > 0
		m.frac, c.s = strings.TrimRight(rest[:n], "0"), rest[n:]
	}
	midnight := m.hour == 24 && m.min == 0 && m.sec == 0 && m.frac == ""
	c.ok = c.ok && (m.hour < 24 || midnight) && m.min < 60 && m.sec < 60
}

// zone reads a time zone if there is one.
func (c *calendarReader) zone(m *moment) {
	switch {
	case c.s == "":
		return
	case c.s == "Z":
		c.s, m.zoned = "", true
		return
	}
	sign := 1
	if c.s[0] == '-' {
		sign = -1
	} else if c.s[0] != '+' {
		c.ok = false
		return
	}
	c.s = c.s[1:]
	h := c.digits(2)
	c.want(":")
	minutes := c.digits(2)
	m.zone, m.zoned = sign*(h*60+minutes), true
	c.ok = c.ok && minutes < 60 && h*60+minutes <= maxZone
}

// parseMoment reads the lexical form of a date or time type. ok is false if it is none, or not a day of the calendar.
func parseMoment(b Builtin, s string) (m moment, ok bool) {
	m = moment{year: 1972, month: 12, day: 31}
	c := &calendarReader{s: s, ok: len(s) <= maxCalendar}
	if !c.ok {
		return m, false
	}
	switch b {
	case BuiltinDateTime, BuiltinDate:
		c.year(&m)
		c.want("-")
		m.month = c.digits(2)
		c.want("-")
		m.day = c.digits(2)
		if b == BuiltinDateTime {
			c.want("T")
			c.clock(&m)
		}
	case BuiltinTime:
		c.clock(&m)
		m.hour %= 24 // 24:00:00 is the first instant of any day
	case BuiltinGYearMonth:
		c.year(&m)
		m.day = 1
		c.want("-")
		m.month = c.digits(2)
	case BuiltinGYear:
		c.year(&m)
		m.month, m.day = 1, 1
	case BuiltinGMonthDay:
		c.want("--")
		m.month = c.digits(2)
		c.want("-")
		m.day = c.digits(2)
	case BuiltinGDay:
		c.want("---")
		m.day = c.digits(2)
	case BuiltinGMonth:
		c.want("--")
		m.month, m.day = c.digits(2), 1
	default:
		return m, false
	}
	c.zone(&m)
	ok = c.ok && c.s == "" && m.month >= 1 && m.month <= 12 && m.day >= 1 && m.day <= daysIn(m.year, m.month)
	return m, ok
}

// fits reports whether the year is one of a [time.Time].
func (m *moment) fits() bool { return m.eras == nil }

// daysIn returns the length of a month.
func daysIn(year int64, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// seconds returns the moment as seconds of an unbroken timeline, taken as UTC shifted by zone minutes.
func (m *moment) seconds(zone int) int64 {
	return days(m.year, int64(m.month))*86400 + int64(m.day-1)*86400 +
		int64(m.hour)*3600 + int64(m.min-zone)*60 + int64(m.sec)
}

// days returns the number of days from the beginning of the year 0 to that of the month, in the Gregorian calendar.
func days(year, month int64) int64 {
	y := year
	if month <= 2 {
		y--
	}
	era := floorDiv(y, 400)
	yearOfEra := y - era*400
	dayOfYear := (153*((month+9)%12) + 2) / 5
	return era*eraDays + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// compare orders two moments of one type. One with a time zone and one without are comparable only if they are more than 14
// hours apart (part 2, 3.2.7.4).
func (m *moment) compare(o *moment) (order int, ok bool) {
	if m.zoned == o.zoned {
		return m.compareIn(m.zone, o, o.zone), true
	}
	if o.zoned {
		order, ok = o.compare(m)
		return -order, ok
	}
	// m has a zone, o has none: o lies between its readings in the extreme zones.
	switch {
	case m.compareIn(m.zone, o, maxZone) < 0:
		return -1, true
	case m.compareIn(m.zone, o, -maxZone) > 0:
		return 1, true
	}
	return 0, false
}

// compareIn orders two moments in the time zones given.
func (m *moment) compareIn(zone int, o *moment, other int) int {
	if m.eras == nil && o.eras == nil {
		return compareSeconds(m.seconds(zone), m.frac, o.seconds(other), o.frac)
	}
	if order := m.longSeconds(zone).Cmp(o.longSeconds(other)); order != 0 {
		return order
	}
	return strings.Compare(m.frac, o.frac)
}

// longSeconds is seconds of any size.
func (m *moment) longSeconds(zone int) *big.Int {
	sum := big.NewInt(m.seconds(zone))
	if m.eras == nil {
		return sum
	}
	long := big.NewInt(eraSeconds)
	return sum.Add(sum, long.Mul(long, m.eras))
}

// appendKey appends a text that equal moments share.
func (m *moment) appendKey(b []byte) []byte {
	if m.eras == nil {
		b = appendInt(b, m.seconds(m.zone))
	} else {
		b = m.longSeconds(m.zone).Append(b, 10)
	}
	b = append(append(b, '.'), m.frac...)
	if m.zoned {
		return append(b, 'Z')
	}
	return b
}

func compareSeconds(a int64, aFrac string, b int64, bFrac string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return strings.Compare(aFrac, bFrac)
}

// time returns a dateTime as a time.Time, of which nine digits of the fraction are kept.
func (m *moment) time() time.Time {
	nano := 0
	for i := range 9 {
		nano *= 10
		if i < len(m.frac) {
			nano += int(m.frac[i] - '0')
		}
	}
	return time.Date(int(m.year), time.Month(m.month), m.day, m.hour, m.min, m.sec, nano, m.location())
}

// date returns a date as a Date.
func (m *moment) date() Date {
	return Date{Year: int(m.year), Month: time.Month(m.month), Day: m.day, Zoned: m.zoned, Zone: m.zone}
}

// location returns the moment's time zone.
func (m *moment) location() *time.Location {
	switch {
	case !m.zoned:
		return NoZone
	case m.zone == 0:
		return time.UTC
	}
	slot := &zones[m.zone+maxZone]
	if l := slot.Load(); l != nil {
		return l
	}
	l := time.FixedZone("", m.zone*60)
	slot.Store(l)
	return l
}

// zones keeps the locations that were needed.
var zones [2*maxZone + 1]atomic.Pointer[time.Location]

// Date is a value of xs:date: a day of the Gregorian calendar, perhaps in a time zone. The zero value is no day.
type Date struct {
	Year  int // negative before the common era; there is no year 0
	Month time.Month
	Day   int
	Zoned bool
	Zone  int // minutes east of UTC, at most 14 hours
}

// String returns the lexical form.
func (d Date) String() string { return string(d.append(nil)) }

func (d Date) append(b []byte) []byte {
	b = appendYear(b, d.Year)
	b = append(appendTwo(append(b, '-'), int(d.Month)), '-')
	b = appendTwo(b, d.Day)
	if d.Zoned {
		b = appendZone(b, d.Zone)
	}
	return b
}

// appendYear appends a year with at least four digits.
func appendYear(b []byte, year int) []byte {
	if year < 0 {
		b, year = append(b, '-'), -year
	}
	for limit := 1000; limit > max(year, 1) && limit > 1; limit /= 10 {
		b = append(b, '0')
	}
	return appendInt(b, int64(year))
}

func appendTwo(b []byte, n int) []byte { return append(b, byte('0'+n/10%10), byte('0'+n%10)) }

// appendZone appends a time zone of so many minutes.
func appendZone(b []byte, minutes int) []byte {
	if minutes == 0 {
		return append(b, 'Z')
	}
	sign := byte('+')
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	return appendTwo(append(appendTwo(append(b, sign), minutes/60), ':'), minutes%60)
}

// appendTime appends t as a dateTime, with as many digits of the fraction as it has.
func appendTime(b []byte, t time.Time) []byte {
	year, month, day := t.Date()
	hour, minute, sec := t.Clock()
	b = appendYear(b, year)
	b = appendTwo(append(b, '-'), int(month))
	b = appendTwo(append(b, '-'), day)
	b = appendTwo(append(b, 'T'), hour)
	b = appendTwo(append(b, ':'), minute)
	b = appendTwo(append(b, ':'), sec)
	if nano := t.Nanosecond(); nano != 0 {
		b = append(b, '.')
		for unit := 100_000_000; nano != 0; unit /= 10 {
			b = append(b, byte('0'+nano/unit))
			nano %= unit
		}
	}
	if t.Location() == NoZone {
		return b
	}
	_, offset := t.Zone()
	return appendZone(b, offset/60)
}
