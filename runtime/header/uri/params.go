package uri

import (
	"iter"
	"strings"
)

// Params are the parameters of a URI as they stand there, each behind a ";": ";transport=tcp;lr". The empty Params has none.
type Params string

// Get returns the value of the first parameter called name, in any case and escaped or not, without escapes. It is empty for
// a parameter that has none.
func (p Params) Get(name string) (value string, ok bool) {
	value, ok = p.find(name)
	return Unescape(value), ok
}

// Has reports whether there is a parameter called name.
func (p Params) Has(name string) bool {
	_, ok := p.find(name)
	return ok
}

// Value is that of the first parameter called name; "" if there is none.
func (p Params) Value(name string) string {
	value, _ := p.Get(name)
	return value
}

// All yields names and values in order, without escapes.
func (p Params) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for name, value := range p.raw() {
			if !yield(Unescape(name), Unescape(value)) {
				return
			}
		}
	}
}

// With is p with a parameter in the place of the first of its name, or behind all others. Name and value are escaped.
func (p Params) With(name, value string) Params {
	item := ";" + escape(name, paramChar)
	if value != "" {
		item += "=" + escape(value, paramChar)
	}
	for i := 0; i < len(p); {
		item0, next := p.item(i)
		if n, _, _ := strings.Cut(item0, "="); sameEscaped(n, name, true) {
			return p[:i] + Params(item) + p[next:]
		}
		i = next
	}
	return p + Params(item)
}

// Without is p without the parameters called name.
func (p Params) Without(name string) Params {
	for i := 0; i < len(p); {
		item, next := p.item(i)
		if n, _, _ := strings.Cut(item, "="); sameEscaped(n, name, true) {
			p = p[:i] + p[next:]
		} else {
			i = next
		}
	}
	return p
}

// item is what stands behind the ";" at i, and where the next one begins.
func (p Params) item(i int) (item string, next int) {
	rest := string(p[i:])
	if rest[0] == ';' {
		rest = rest[1:]
		i++
	}
	if end := strings.IndexByte(rest, ';'); end >= 0 {
		return rest[:end], i + end
	}
	return rest, len(p)
}

// raw yields names and values as they stand.
func (p Params) raw() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i := 0; i < len(p); {
			item, next := p.item(i)
			name, value, _ := strings.Cut(item, "=")
			if !yield(name, value) {
				return
			}
			i = next
		}
	}
}

// find is Get without decoding.
func (p Params) find(name string) (value string, ok bool) {
	for n, v := range p.raw() {
		if sameEscaped(n, name, true) {
			return v, true
		}
	}
	return "", false
}

// Unescape is s with every escape replaced by the octet it stands for. What looks like half an escape stays.
func Unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && classes[s[i+1]]&classes[s[i+2]]&hexChar != 0 {
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		} else {
			b = append(b, s[i])
		}
	}
	return string(b)
}

// EscapeUser is s as it may stand as the user of a URI.
func EscapeUser(s string) string { return escape(s, userChar) }

// EscapePassword is s as it may stand as the password of a URI.
func EscapePassword(s string) string { return escape(s, passwordChar) }

// EscapeHeader is s as it may stand as a name or a value among the headers of a URI.
func EscapeHeader(s string) string { return escape(s, valueChar) }

func escape(s string, c class) string {
	if skip(s, 0, c) == len(s) {
		return s
	}
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(s)+8)
	for i := range len(s) {
		if classes[s[i]]&c != 0 {
			b = append(b, s[i])
		} else {
			b = append(b, '%', hex[s[i]>>4], hex[s[i]&15])
		}
	}
	return string(b)
}
