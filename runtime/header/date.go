package header

import (
	"strings"
	"time"
)

// The names in dates, three letters each.
const (
	weekdays = "SunMonTueWedThuFriSat"
	months   = "JanFebMarAprMayJunJulAugSepOctNovDec"
)

// parseDate reads a date of RFC 1123 in GMT, such as "Sat, 13 Nov 2010 23:29:00 GMT" (RFC 3261 section 20.17).
func parseDate(s string) (t time.Time, ok bool) {
	const form = "Www, 00 Mmm 0000 00:00:00 GMT"
	if len(s) != len(form) {
		return time.Time{}, false
	}
	for i := range len(s) {
		switch form[i] {
		case '0':
			ok = classes[s[i]]&digitChar != 0
		case 'W', 'w', 'M', 'm':
			ok = true
		default:
			ok = s[i] == form[i]
		}
		if !ok {
			return time.Time{}, false
		}
	}
	day, month := strings.Index(weekdays, s[:3]), strings.Index(months, s[8:11])
	if day < 0 || day%3 != 0 || month < 0 || month%3 != 0 || s[26:] != "GMT" {
		return time.Time{}, false
	}
	number := func(from, to int) (n int) {
		for _, c := range []byte(s[from:to]) {
			n = n*10 + int(c-'0')
		}
		return n
	}
	d, h, m, sec := number(5, 7), number(17, 19), number(20, 22), number(23, 25)
	t = time.Date(number(12, 16), time.Month(month/3+1), d, h, m, sec, 0, time.UTC)
	// What does not exist, such as 31 Feb or 24:00:00, comes out as another date. A leap second does too and is refused.
	return t, t.Day() == d && t.Hour() == h && t.Minute() == m && t.Second() == sec
}

// appendDate appends t as parseDate reads it.
func appendDate(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, "Mon, 02 Jan 2006 15:04:05 GMT")
}
