package uri

// class is a set of octets, by the grammars of RFC 3261 section 25.1, RFC 3966 section 3 and RFC 3986 section 2.
type class uint16

const (
	alphaChar class = 1 << iota
	digitChar
	schemeChar
	userChar
	passwordChar
	hostChar // "_" too, as names in use have it
	paramChar
	headerChar // of names, values and what is between them
	valueChar  // of a header's name or value
	phoneChar
	separatorChar // that people put between the digits of telephone numbers
	uriChar
	hexChar
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
		alpha      = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		digit      = "0123456789"
		unreserved = alpha + digit + "-_.!~*'()"
	)
	add(alpha, alphaChar)
	add(digit, digitChar)
	add(alpha+digit+"+-.", schemeChar)
	add(unreserved+"&=+$,;?/", userChar)
	add(unreserved+"&=+$,", passwordChar)
	add(alpha+digit+"-._", hostChar)
	add(unreserved+"[]/:&+$", paramChar)
	add(unreserved+"[]/?:+$", headerChar|valueChar)
	add("&=", headerChar)
	add(digit+"abcdefABCDEF*#-.()", phoneChar)
	add("-.()", separatorChar)
	add(unreserved+";/?:@&=+$,[]#", uriChar)
	add(digit+"abcdefABCDEF", hexChar)
	return table
}

// skip returns the index of the first octet of s, from i on, that is not of class c.
func skip(s string, i int, c class) int {
	for i < len(s) && classes[s[i]]&c != 0 {
		i++
	}
	return i
}

// skipEscaped is skip that goes over escapes too: "%" and two hexadecimal digits.
func skipEscaped(s string, i int, c class) int {
	for {
		i = skip(s, i, c)
		if i+2 >= len(s) || s[i] != '%' || classes[s[i+1]]&classes[s[i+2]]&hexChar == 0 {
			return i
		}
		i += 3
	}
}

// fold reports whether a and b, which is in lower case, are the same but for the case of ASCII letters.
func fold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && lower(a[i]) != b[i] {
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
