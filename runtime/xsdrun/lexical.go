package xsdrun

import (
	"strings"
	"unicode/utf8"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// isText reports whether s, its white space processed, has the lexical form of a type derived from string, or of anyURI.
func isText(b Builtin, s string) bool {
	switch b {
	case BuiltinLanguage:
		return isLanguage(s)
	case BuiltinNMTOKEN:
		return isNameOf(s, false)
	case BuiltinName:
		return isNameOf(s, true)
	case BuiltinNCName, BuiltinID, BuiltinIDREF, BuiltinENTITY:
		return xmlstream.IsNCName(s)
	case BuiltinAnyURI:
		return isURI(s)
	}
	return true
}

// isLanguage reports whether s is letters, then subtags of letters and digits, of one to eight characters each (part 2,
// 3.3.3).
func isLanguage(s string) bool {
	run, first := 0, true
	for i := range len(s) {
		switch c := s[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c-'0' <= 9 && !first:
			run++
		case c == '-' && run > 0:
			run, first = 0, false
		default:
			return false
		}
		if run > 8 {
			return false
		}
	}
	return run > 0
}

// isNameOf reports whether s is a Name, or only an Nmtoken.
func isNameOf(s string, name bool) bool {
	for i, r := range s {
		switch {
		case r == ':':
		case i == 0 && name && !xmlstream.IsNameStart(r), !xmlstream.IsNameChar(r), r == utf8.RuneError:
			return false
		}
	}
	return s != ""
}

// isURI reports whether s can be a URI reference once the characters that URIs do not have are escaped (part 2, 3.2.17).
// Nearly everything can.
func isURI(s string) bool {
	for i := range len(s) {
		if s[i] == '%' && (i+2 >= len(s) || hexDigits[s[i+1]] == notDigit || hexDigits[s[i+2]] == notDigit) {
			return false
		}
	}
	if i := strings.IndexAny(s, ":/?#"); i >= 0 && s[i] == ':' && !isScheme(s[:i]) {
		return false // the first segment of a relative path has no colon (RFC 2396, 3.1 and 5)
	}
	return strings.Count(s, "#") <= 1
}

// isScheme reports whether s is the name of a URI scheme.
func isScheme(s string) bool {
	for i := range len(s) {
		letter := s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z'
		if !letter && (i == 0 || s[i]-'0' > 9 && strings.IndexByte("+-.", s[i]) < 0) {
			return false
		}
	}
	return s != ""
}
