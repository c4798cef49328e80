package line

import "regexp"

// A Class is a set of octets. The zero Class is empty.
type Class [4]uint64

// Has reports whether c is in the class.
func (k *Class) Has(c byte) bool { return k[c>>6]&(1<<(c&63)) != 0 }

// Range returns the class with the octets from first to last too.
func (k Class) Range(first, last byte) Class {
	for c := int(first); c <= int(last); c++ {
		k[c>>6] |= 1 << (c & 63)
	}
	return k
}

// A Token is a kind of word. Emitted packages have one per type as a package-level value that nobody changes.
type Token struct {
	Name string // what the specification calls it
	// Class are the octets of a word. A word that is read ends before the first octet of another kind.
	Class Class
	Min   int // octets at least
	Max   int // octets at most; 0: the line's own limit
	// Match, if not nil, is what the whole word must match besides: for patterns that are more than a class repeated.
	Match *regexp.Regexp
}

// Any is the token of fields that may hold any text: one octet or more, none of which ends a line.
var Any = Token{Name: "text", Class: Class{}.Range(1, 9).Range(11, 12).Range(14, 255), Min: 1}

// Solid is the token of fields that hold text without white space and control characters.
var Solid = Token{Name: "token", Class: Class{}.Range('!', '~').Range(0x80, 0xff), Min: 1}

// Check says what keeps s from being a word of t; 0 if nothing does.
func (t *Token) Check(s string) Fault { return fault(t, s) }

// fault says what keeps s from being a word of t; 0 if nothing does.
func fault[S string | []byte](t *Token, s S) Fault {
	for i := range len(s) {
		if !t.Class.Has(s[i]) {
			return BadOctet
		}
	}
	switch {
	case len(s) < t.Min:
		return TooShort
	case t.Max > 0 && len(s) > t.Max:
		return TooLong
	case t.Match != nil && !matches(t.Match, s):
		return BadForm
	}
	return 0
}

// matches reports whether s matches re.
func matches[S string | []byte](re *regexp.Regexp, s S) bool {
	switch s := any(s).(type) {
	case string:
		return re.MatchString(s)
	case []byte:
		return re.Match(s)
	}
	return false
}
