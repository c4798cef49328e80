package xsdrun

import (
	"cmp"
	"strings"
)

// decimal is a number of any size: digits without leading zeros before the point, and without trailing ones after it.
type decimal struct {
	neg   bool // never of zero
	whole string
	frac  string
}

// parseDecimal reads the lexical form of xs:decimal (part 2, 3.2.3.1).
func parseDecimal(s string) (d decimal, ok bool) {
	neg := strings.HasPrefix(s, "-")
	if neg || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	whole, frac, _ := strings.Cut(s, ".")
	if whole == "" && frac == "" || !isDigits(whole) || !isDigits(frac) {
		return decimal{}, false
	}
	d = decimal{whole: strings.TrimLeft(whole, "0"), frac: strings.TrimRight(frac, "0")}
	d.neg = neg && (d.whole != "" || d.frac != "")
	return d, true
}

// isDigits reports whether s holds nothing but ASCII digits; the empty string does.
func isDigits(s string) bool {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return true
}

func (d decimal) compare(o decimal) int {
	if d.neg != o.neg {
		if d.neg {
			return -1
		}
		return 1
	}
	order := cmp.Or(cmp.Compare(len(d.whole), len(o.whole)), cmp.Compare(d.whole, o.whole), cmp.Compare(d.frac, o.frac))
	if d.neg {
		return -order
	}
	return order
}

// totalDigits is what the facet of that name counts (part 2, 4.3.11).
func (d decimal) totalDigits() int { return len(d.whole) + len(d.frac) }

// String returns a form that equal numbers share.
func (d decimal) String() string { return string(d.append(nil)) }

// append appends what String returns.
func (d decimal) append(b []byte) []byte {
	if d.neg {
		b = append(b, '-')
	}
	if d.whole == "" {
		b = append(b, '0')
	}
	b = append(b, d.whole...)
	if d.frac != "" {
		b = append(append(b, '.'), d.frac...)
	}
	return b
}

// integer is a whole number that fits into a sign and 64 bits.
type integer struct {
	neg bool // never of zero
	mag uint64
}

func (n integer) compare(o integer) int {
	switch {
	case n.neg != o.neg && n.neg:
		return -1
	case n.neg != o.neg:
		return 1
	case n.neg:
		return cmp.Compare(o.mag, n.mag)
	}
	return cmp.Compare(n.mag, o.mag)
}

// integerForm says what parseInteger found.
type integerForm uint8

const (
	notInteger integerForm = iota
	smallInteger
	bigInteger // well-formed, too large for an integer
)

// parseInteger reads the lexical form of xs:integer, or of the unsigned types, which have no sign.
func parseInteger(s string, unsigned bool) (n integer, form integerForm) {
	i := 0
	if s != "" && (s[0] == '-' || s[0] == '+') && !unsigned {
		n.neg = s[0] == '-'
		i = 1
	}
	if i == len(s) {
		return integer{}, notInteger
	}
	form = smallInteger
	for ; i < len(s); i++ {
		digit := uint64(s[i] - '0')
		if digit > 9 {
			return integer{}, notInteger
		}
		if n.mag > (1<<64-1-9)/10 && (n.mag > (1<<64-1)/10 || digit > (1<<64-1)-n.mag*10) {
			form = bigInteger
			continue
		}
		n.mag = n.mag*10 + digit
	}
	if n.mag == 0 {
		n.neg = false
	}
	return n, form
}
