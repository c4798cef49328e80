package storable

import "unicode/utf8"

// fromLatin1 returns octets of Latin-1 as UTF-8.
func fromLatin1(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			b := make([]byte, 0, 2*len(s))
			for _, c := range []byte(s) {
				b = utf8.AppendRune(b, rune(c))
			}
			return string(b)
		}
	}
	return s
}

// latin1Length returns the octets that UTF-8 text takes in Latin-1, and whether Latin-1 has its characters.
func latin1Length(s string) (n int, ok bool) {
	for i := 0; i < len(s); n++ {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r > 0xFF { // octets that are no UTF-8 are U+FFFD
			return 0, false
		}
		i += size
	}
	return n, true
}

// appendLatin1 appends UTF-8 text all of whose characters Latin-1 has.
func appendLatin1(b []byte, s string) []byte {
	for _, r := range s {
		b = append(b, byte(r))
	}
	return b
}
