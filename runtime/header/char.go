package header

// class is a set of octets, by the grammar of RFC 3261 section 25.1.
type class uint8

const (
	tokenChar class = 1 << iota // token
	wordChar                    // word, of which a Call-ID is made
	hostChar                    // hostname, IPv4address; "_" too, as names in use have it
	valueChar                   // gen-value without quotes: token or host, [IPv6] among them
	textChar                    // TEXT-UTF8: anything but controls
	plainChar                   // of a quoted string, needing no backslash
	digitChar
	spaceChar
)

// classes has the classes of every octet.
var classes = makeClasses()

func makeClasses() (table [256]class) {
	add := func(chars string, c class) {
		for i := range len(chars) {
			table[chars[i]] |= c
		}
	}
	const (
		digits = "0123456789"
		alnum  = digits + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		token  = alnum + "-.!%*_+`'~"
	)
	add(digits, digitChar)
	add(token, tokenChar|wordChar|valueChar)
	add(`()<>:\"/[]?{}`, wordChar)
	add(alnum+"-._", hostChar)
	add("[]:", valueChar)
	add(" \t", spaceChar)
	for c := range 256 {
		if c >= 0x20 && c != 0x7f || c == '\t' {
			table[c] |= textChar
			if c != '"' && c != '\\' {
				table[c] |= plainChar
			}
		}
	}
	return table
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// skipClass returns the index of the first octet of s, from i on, that is not of class c.
func skipClass(s string, i int, c class) int {
	for i < len(s) && classes[s[i]]&c != 0 {
		i++
	}
	return i
}

// skipSpace returns the index of the first octet of s, from i on, that is no space.
func skipSpace(s string, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

// all reports whether s is made of octets of class c, at least one.
func all(s string, c class) bool { return s != "" && skipClass(s, 0, c) == len(s) }

// IsToken reports whether s is a token.
func IsToken(s string) bool { return all(s, tokenChar) }

// trim is s without spaces at its ends.
func trim(s string) string {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// EqualFold reports whether a and b are the same but for the case of ASCII letters, as names and most values of these
// protocols compare.
func EqualFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
