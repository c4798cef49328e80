package xmlstream

import (
	"math/bits"
	"unicode"
	"unicode/utf8"
)

// Classes of a byte, as bits of class[b].
const (
	inName   = 1 << iota // may stand in a name after its first character; the colon is not among them
	inStart              // may begin a name
	inSpace              // white space
	inQuiet              // an attribute value's scan passes over it
	inHigh               // of a multi-byte character
	inRefuse             // never legal in a document
	inSlash              // the slash, which may follow the name in a tag
)

var class = func() (t [256]uint8) {
	for b := range 256 {
		switch {
		case b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_':
			t[b] = inName | inStart | inQuiet
		case b >= '0' && b <= '9' || b == '-' || b == '.':
			t[b] = inName | inQuiet
		case b == '\t' || b == '\n' || b == '\r':
			t[b] = inSpace
		case b == ' ':
			t[b] = inSpace | inQuiet
		case b == '/':
			t[b] = inSlash | inQuiet
		case b == '<' || b == '&' || b == '"' || b == '\'':
		case b >= utf8.RuneSelf:
			t[b] = inHigh
		case b < ' ':
			t[b] = inRefuse
		default:
			t[b] = inQuiet
		}
	}
	return t
}()

// IsSpace reports whether b is white space to XML (production S).
func IsSpace(b byte) bool { return class[b]&inSpace != 0 }

// IsChar reports whether r may stand in a document (production Char).
func IsChar(r rune) bool {
	return r >= 0x20 && r <= 0xD7FF || r == '\t' || r == '\n' || r == '\r' || r >= 0xE000 && r <= 0xFFFD ||
		r >= 0x10000 && r <= unicode.MaxRune
}

// nameStart and nameMore are productions NameStartChar and NameChar of XML 1.0, fifth edition, beyond ASCII and without the
// colon; nameMore holds only what nameStart does not.
var nameStart = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0xC0, Hi: 0xD6, Stride: 1},
		{Lo: 0xD8, Hi: 0xF6, Stride: 1},
		{Lo: 0xF8, Hi: 0x2FF, Stride: 1},
		{Lo: 0x370, Hi: 0x37D, Stride: 1},
		{Lo: 0x37F, Hi: 0x1FFF, Stride: 1},
		{Lo: 0x200C, Hi: 0x200D, Stride: 1},
		{Lo: 0x2070, Hi: 0x218F, Stride: 1},
		{Lo: 0x2C00, Hi: 0x2FEF, Stride: 1},
		{Lo: 0x3001, Hi: 0xD7FF, Stride: 1},
		{Lo: 0xF900, Hi: 0xFDCF, Stride: 1},
		{Lo: 0xFDF0, Hi: 0xFFFD, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x10000, Hi: 0xEFFFF, Stride: 1}},
}

var nameMore = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0xB7, Hi: 0xB7, Stride: 1},
		{Lo: 0x300, Hi: 0x36F, Stride: 1},
		{Lo: 0x203F, Hi: 0x2040, Stride: 1},
	},
}

// NameTables returns the characters beyond ASCII that may begin a name, and those that may only stand after the first. They
// must not be changed.
func NameTables() (start, more *unicode.RangeTable) { return nameStart, nameMore }

// IsNameStart reports whether r may begin a name that has no colon (production NameStartChar without ":").
func IsNameStart(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 0 && class[r]&inStart != 0
	}
	return unicode.Is(nameStart, r)
}

// IsNameChar reports whether r may stand in a name that has no colon (production NameChar without ":").
func IsNameChar(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 0 && class[r]&inName != 0
	}
	return unicode.Is(nameStart, r) || unicode.Is(nameMore, r)
}

// IsNCName reports whether s is a name without a colon (Namespaces in XML, production NCName).
func IsNCName(s string) bool {
	for i, r := range s {
		if r == utf8.RuneError && !validRune(s[i:]) {
			return false
		}
		if i == 0 && !IsNameStart(r) || !IsNameChar(r) {
			return false
		}
	}
	return s != ""
}

// validRune reports whether s begins with a well-formed UTF-8 sequence.
func validRune(s string) bool {
	_, n := utf8.DecodeRuneInString(s)
	return n > 1 || s != "" && s[0] < utf8.RuneSelf
}

// scanName returns where the name without a colon that begins at s[i] ends; i itself when none does.
func scanName(s string, i int) int {
	if i < len(s) && class[s[i]]&inStart != 0 {
		for i++; i < len(s) && class[s[i]]&inName != 0; i++ {
		}
		if i == len(s) || s[i] < utf8.RuneSelf {
			return i
		}
		return scanNameMore(s, i)
	}
	if r, n := utf8.DecodeRuneInString(s[min(i, len(s)):]); n > 1 && IsNameStart(r) {
		return scanNameMore(s, i+n)
	}
	return i
}

// scanNameMore continues scanName inside a name.
func scanNameMore(s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n <= 1 || !IsNameChar(r) {
			break
		}
		i += n
	}
	return i
}

// skipSpace returns the first place at or after i that is not white space.
func skipSpace(s string, i int) int {
	if i < len(s) && s[i] == '\n' { // a line end and indentation
		for i++; i+8 <= len(s); i += 8 {
			if other := load(s, i) ^ ones*' '; other != 0 {
				i += bits.TrailingZeros64(other) >> 3
				break
			}
		}
	}
	for i < len(s) && s[i] <= ' ' && class[s[i]]&inSpace != 0 {
		i++
	}
	return i
}
