package uri

import (
	"net/netip"
	"strings"
)

// maxParts is how many parameters, and headers, a URI may have for them to be compared one by one: that costs the square of
// their number, and a stranger may send thousands. URIs with more are equivalent only if these are the same octet by octet.
const maxParts = 64

// Equal reports whether u and v are equivalent: by RFC 3261 section 19.1.4 and RFC 5954 section 4.2 for SIP and SIPS, by RFC
// 3966 section 4 for tel, and otherwise octet by octet behind the scheme.
func (u *URI) Equal(v *URI) bool {
	if !sameFold(u.Scheme, v.Scheme) {
		return false // sip and sips are never equivalent
	}
	switch {
	case u.IsSIP():
		return sameEscaped(u.User, v.User, false) && sameEscaped(u.Password, v.Password, false) && sameHost(u.Host, v.Host) &&
			u.Port == v.Port && sameParams(u.Params, v.Params) && sameHeaders(u.Headers, v.Headers)
	case u.IsTel():
		return sameNumber(u.Opaque, v.Opaque) && sameTelParams(u.Params, v.Params)
	}
	return u.Opaque == v.Opaque
}

// sameHost compares hosts: IPv6 addresses by what they mean, all others as names.
func sameHost(a, b string) bool {
	if sameFold(a, b) {
		return true
	}
	if !strings.HasPrefix(a, "[") || !strings.HasPrefix(b, "[") {
		return false
	}
	x, errX := netip.ParseAddr(strings.Trim(a, "[]"))
	y, errY := netip.ParseAddr(strings.Trim(b, "[]"))
	return errX == nil && errY == nil && x == y
}

// decisive are the parameters that make a difference when only one of two URIs has them.
var decisive = [...]string{"user", "ttl", "method", "maddr", "transport"}

// sameParams compares parameters of SIP URIs: those that both have, and the decisive ones.
func sameParams(a, b Params) bool {
	if tooMany(string(a), ";") || tooMany(string(b), ";") {
		return a == b
	}
	for _, name := range decisive {
		if a.Has(name) != b.Has(name) {
			return false
		}
	}
	for name, value := range a.raw() {
		if other, ok := b.find(name); ok && !sameEscaped(value, other, !fold(name, "method")) {
			return false
		}
	}
	return true
}

// sameHeaders compares headers of SIP URIs: all of one are in the other, in any order.
func sameHeaders(a, b string) bool {
	if strings.Count(a, "&") != strings.Count(b, "&") {
		return false
	}
	if a == "" || b == "" || tooMany(a, "&") {
		return a == b
	}
	rest := strings.Split(b, "&")
	for header := range strings.SplitSeq(a, "&") {
		name, value, _ := strings.Cut(header, "=")
		found := false
		for i, other := range rest {
			n, v, _ := strings.Cut(other, "=")
			if found = sameEscaped(name, n, true) && sameEscaped(value, v, false); found {
				rest = append(rest[:i], rest[i+1:]...)
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// tooMany reports whether text has more than maxParts parts, each with a mark.
func tooMany(text, mark string) bool { return strings.Count(text, mark) > maxParts }

// sameNumber compares telephone numbers without what people put between digits.
func sameNumber(a, b string) bool {
	for {
		for a != "" && classes[a[0]]&separatorChar != 0 {
			a = a[1:]
		}
		for b != "" && classes[b[0]]&separatorChar != 0 {
			b = b[1:]
		}
		if a == "" || b == "" {
			return a == b
		}
		if lower(a[0]) != lower(b[0]) {
			return false
		}
		a, b = a[1:], b[1:]
	}
}

// sameTelParams compares parameters of telephone numbers: both have the same with the same values, in any order.
func sameTelParams(a, b Params) bool {
	if tooMany(string(a), ";") || tooMany(string(b), ";") {
		return a == b
	}
	return hasTelParams(a, b) && hasTelParams(b, a)
}

// hasTelParams reports whether b has all parameters of a with the same values; numbers are compared as numbers.
func hasTelParams(a, b Params) bool {
	for name, value := range a.raw() {
		other, ok := b.find(name)
		switch {
		case !ok:
			return false
		case fold(name, "ext") || fold(name, "phone-context") && strings.HasPrefix(value, "+"):
			ok = sameNumber(value, other)
		default:
			ok = sameEscaped(value, other, true)
		}
		if !ok {
			return false
		}
	}
	return true
}

// sameFold compares without regard to the case of ASCII letters.
func sameFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// sameEscaped compares text in which an escape means the octet it stands for, unless that octet is reserved: "%41" is "A",
// and "%40" is not "@".
func sameEscaped(a, b string, anyCase bool) bool {
	for a != "" && b != "" {
		x, escapedX, restA := first(a)
		y, escapedY, restB := first(b)
		if anyCase {
			x, y = lower(x), lower(y)
		}
		if x != y || escapedX != escapedY {
			return false
		}
		a, b = restA, restB
	}
	return a == b
}

// first is the first octet that s means. escaped says that it is written as an escape and could not stand unescaped with
// the same meaning.
func first(s string) (c byte, escaped bool, rest string) {
	if s[0] != '%' || len(s) < 3 {
		return s[0], false, s[1:]
	}
	c = unhex(s[1])<<4 | unhex(s[2])
	return c, classes[c]&passwordChar == 0 || strings.IndexByte("&=+$,", c) >= 0, s[3:]
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	default:
		return lower(c) - 'a' + 10
	}
}
