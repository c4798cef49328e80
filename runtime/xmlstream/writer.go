package xmlstream

import (
	"fmt"
	"unicode/utf8"
)

// CharError says that a string holds what no XML document can: a control character, half a surrogate pair, or bytes that are
// not UTF-8.
type CharError struct {
	Offset int  // in the string
	Char   rune // [utf8.RuneError] for bytes that are not UTF-8
}

func (e *CharError) Error() string {
	if e.Char == utf8.RuneError {
		return fmt.Sprintf("byte %d is not valid UTF-8", e.Offset)
	}
	return fmt.Sprintf("the character U+%04X cannot stand in XML", e.Char)
}

// Escapes of character data and of attribute values in double quotes. A carriage return would be read back as a line feed,
// and white space in an attribute as a space, unless written as references.
var (
	textEscapes = escapes("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;")
	attrEscapes = escapes("&", "&amp;", "<", "&lt;", "\"", "&#34;", "\t", "&#9;", "\n", "&#10;", "\r", "&#13;")
)

func escapes(pairs ...string) (t [utf8.RuneSelf]string) {
	for i := 0; i < len(pairs); i += 2 {
		t[pairs[i][0]] = pairs[i+1]
	}
	return t
}

// AppendText appends s as character data. On error, which is a *[CharError], b is returned as it was.
func AppendText(b []byte, s string) ([]byte, error) { return appendEscaped(b, s, &textEscapes) }

// AppendAttr appends s as the inside of an attribute value in double quotes. On error, which is a *[CharError], b is
// returned as it was.
func AppendAttr(b []byte, s string) ([]byte, error) { return appendEscaped(b, s, &attrEscapes) }

// IsPlain reports whether s is ASCII without white space, control characters and what may have to be escaped: such a string
// is written as it is, wherever it stands.
func IsPlain(s string) bool {
	if len(s) < 8 {
		for i := range len(s) {
			if class[s[i]]&inQuiet == 0 || s[i] == ' ' || s[i] == '>' {
				return false
			}
		}
		return true
	}
	for i := 0; i < len(s); i += 8 {
		w := load(s, min(i, len(s)-8))
		odd := w | (w - ones*0x21) | zeros(w^ones*'"') | zeros(w^ones*'&') | zeros(w^ones*'\'') | zeros(w^ones*'<') | zeros(w^ones*'>')
		if odd&highs != 0 {
			return false
		}
	}
	return true
}

func appendEscaped(b []byte, s string, table *[utf8.RuneSelf]string) ([]byte, error) {
	begin, from := len(b), 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if class[c]&inQuiet != 0 && c != '>' {
				i++
				continue
			}
			if class[c]&inRefuse != 0 {
				return b[:begin], &CharError{i, rune(c)}
			}
			if esc := table[c]; esc != "" {
				b = append(append(b, s[from:i]...), esc...)
				from = i + 1
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || !IsChar(r) {
			return b[:begin], &CharError{i, r}
		}
		i += n
	}
	return append(b, s[from:]...), nil
}
