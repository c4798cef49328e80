package xsdrun

import (
	"iter"
	"math"
	"strconv"
	"time"
	"unsafe"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// Items returns the items of a list: what stands between white space, which is that of XML: a no-break space is part of an item.
func Items(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			begin := 0
			for begin < len(text) && xmlstream.IsSpace(text[begin]) {
				begin++
			}
			end := begin
			for end < len(text) && !xmlstream.IsSpace(text[end]) {
				end++
			}
			if begin == end || !yield(text[begin:end]) {
				return
			}
			text = text[end:]
		}
	}
}

// ParseBool returns the value of an xs:boolean; false if it is none.
func ParseBool(text string) bool { return text == "true" || text == "1" }

// ParseInt returns the value of an integer; 0 if it is none or does not fit.
func ParseInt(text string) int64 {
	n, form := parseInteger(text, false)
	if form != smallInteger {
		return 0
	}
	return n.int64()
}

// int64 returns n, or 0 if it does not fit.
func (n integer) int64() int64 {
	switch {
	case n.neg && n.mag <= 1<<63:
		return -int64(n.mag-1) - 1
	case !n.neg && n.mag <= math.MaxInt64:
		return int64(n.mag)
	}
	return 0
}

// ParseUint returns the value of an integer without a minus sign; 0 if it is none or does not fit.
func ParseUint(text string) uint64 {
	n, form := parseInteger(text, false)
	if form != smallInteger || n.neg {
		return 0
	}
	return n.mag
}

// ParseFloat returns the value of an xs:double, or xs:float, or xs:decimal, as near as it can be; 0 if it is none.
func ParseFloat(text string) float64 {
	f, _ := parseFloat(text, false)
	return f
}

// ParseTime returns the value of an xs:dateTime, to the nanosecond; the zero time if it is none, or has a year beyond those
// of a [time.Time]. One without a time zone is
// in [NoZone].
func ParseTime(text string) time.Time {
	m, ok := parseMoment(BuiltinDateTime, text)
	if !ok || !m.fits() {
		return time.Time{}
	}
	return m.time()
}

// ParseDate returns the value of an xs:date; the zero Date if it is none, or does not fit.
func ParseDate(text string) Date {
	m, ok := parseMoment(BuiltinDate, text)
	if !ok || !m.fits() {
		return Date{}
	}
	return m.date()
}

// ParseDuration returns the value of an xs:duration; the zero Duration if it is none, or does not fit.
func ParseDuration(text string) Duration {
	d, ok := parseDuration(text)
	if !ok || d.long != nil {
		return Duration{}
	}
	return d.Duration
}

// ParseHex returns the octets of an xs:hexBinary; nil if it is none.
func ParseHex(text string) []byte {
	b, ok := appendHex(make([]byte, 0, len(text)/2), text)
	if !ok {
		return nil
	}
	return b
}

// ParseBase64 returns the octets of an xs:base64Binary; nil if it is none.
func ParseBase64(text string) []byte {
	n := base64Length(text)
	if n < 0 {
		return nil
	}
	return appendBase64(make([]byte, 0, n), text)
}

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

func appendUint(b []byte, n uint64) []byte { return strconv.AppendUint(b, n, 10) }

// Reuse returns old, or a new T when there is none. The receiver of what it returns resets it.
func Reuse[T any](old *T) *T {
	if old != nil {
		return old
	}
	return new(T)
}

// The first elements of a slice get memory together: as many as firstGrowth bytes hold, but not more than firstElements.
const (
	firstGrowth   = 128
	firstElements = 4
)

// Grow makes the slice one longer and returns the new last element. Within the capacity it is not cleared, so that the
// memory it refers to can be used again: the receiver resets it.
func Grow[S ~[]E, E any](s *S) *E {
	n := len(*s)
	var zero E
	switch {
	case n < cap(*s):
		*s = (*s)[:n+1]
	case n == 0 && 2*unsafe.Sizeof(zero) <= firstGrowth:
		*s = make(S, 1, min(firstElements, firstGrowth/max(unsafe.Sizeof(zero), 1)))
	default:
		*s = append(*s, zero)
	}
	return &(*s)[n]
}
