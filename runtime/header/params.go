package header

import (
	"iter"
	"strings"
)

// Params are parameters as they stand on the wire, each behind a ";": ";lr;transport=tcp". The empty Params has none. They
// are text, so that what is unknown is preserved octet by octet; a [Writer] checks them.
type Params string

// Get returns the first parameter called name, in any case: its value without quotes, which is empty for a parameter that
// has none.
func (p Params) Get(name string) (value string, ok bool) {
	for i := 0; i < len(p); {
		n, v, next := param(string(p), i, ';')
		if EqualFold(n, name) {
			return unquote(v), true
		}
		i = next
	}
	return "", false
}

// Has reports whether there is a parameter called name.
func (p Params) Has(name string) bool {
	_, ok := p.Get(name)
	return ok
}

// Value is that of the first parameter called name; "" if there is none.
func (p Params) Value(name string) string {
	value, _ := p.Get(name)
	return value
}

// All yields names and values in order.
func (p Params) All() iter.Seq2[string, string] { return pairs(string(p), ';') }

// With is p with a parameter in the place of the first of its name, or behind all others. A value that is no token or host
// is quoted; an empty one is not written.
func (p Params) With(name, value string) Params {
	return Params(with(string(p), name, value, ';'))
}

// Without is p without the parameters called name.
func (p Params) Without(name string) Params {
	return Params(without(string(p), name, ';'))
}

// Arguments are parameters with commas between them, as challenges and credentials have them: `realm="a", stale=TRUE`. The
// empty Arguments has none; a single word without "=" is a token such as those of RFC 6750.
type Arguments string

// Get returns the first argument called name, in any case: its value without quotes.
func (a Arguments) Get(name string) (value string, ok bool) {
	for i := 0; i < len(a); {
		n, v, next := param(string(a), i, ',')
		if EqualFold(n, name) {
			return unquote(v), true
		}
		i = next
	}
	return "", false
}

// Value is that of the first argument called name; "" if there is none.
func (a Arguments) Value(name string) string {
	value, _ := a.Get(name)
	return value
}

// All yields names and values in order.
func (a Arguments) All() iter.Seq2[string, string] { return pairs(string(a), ',') }

// With is a with an argument in the place of the first of its name, or behind all others. The value is written as it is: a
// token, or a quoted string made with [Quote].
func (a Arguments) With(name, raw string) Arguments {
	if a == "" {
		return Arguments(name + "=" + raw)
	}
	text := string(a)
	for i := 0; i < len(text); {
		n, _, next := param(text, i, ',')
		if EqualFold(n, name) {
			rest := text[next:]
			if rest != "" {
				rest = ", " + trim(rest[1:])
			}
			before := strings.TrimRight(text[:i], ", \t")
			if before != "" {
				before += ", "
			}
			return Arguments(before + name + "=" + raw + rest)
		}
		i = next
	}
	return a + Arguments(", "+name+"="+raw)
}

// param finds the parameter of text that begins at i, behind a separator if there is one. next is where the following one
// begins, len(text) behind the last. It is lenient: what a Scanner would refuse yields something.
func param(text string, i int, separator byte) (name, value string, next int) {
	if i < len(text) && text[i] == separator {
		i++
	}
	i = skipSpace(text, i)
	end := skipClass(text, i, tokenChar)
	name = text[i:end]
	i = skipSpace(text, end)
	if i < len(text) && text[i] == '=' {
		i = skipSpace(text, i+1)
		if end = skipQuoted(text, i); end < 0 {
			end = skipClass(text, i, valueChar)
		}
		value = text[i:end]
		i = end
	}
	for i < len(text) && text[i] != separator {
		i++
	}
	return name, value, i
}

func pairs(text string, separator byte) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i := 0; i < len(text); {
			name, value, next := param(text, i, separator)
			if name != "" && !yield(name, unquote(value)) {
				return
			}
			i = next
		}
	}
}

// with is text with a parameter replaced or added.
func with(text, name, value string, separator byte) string {
	item := string(separator) + name
	switch {
	case value == "":
	case all(value, valueChar):
		item += "=" + value
	default:
		item += "=" + Quote(value)
	}
	for i := 0; i < len(text); {
		n, _, next := param(text, i, separator)
		if EqualFold(n, name) {
			return text[:i] + item + text[next:]
		}
		i = next
	}
	return text + item
}

// without is text without the parameters called name.
func without(text, name string, separator byte) string {
	for i := 0; i < len(text); {
		n, _, next := param(text, i, separator)
		if EqualFold(n, name) {
			text = text[:i] + text[next:]
			continue
		}
		i = next
	}
	return text
}

// Quote is text as a quoted string: in quotes, with a backslash before quotes, backslashes and controls. Line ends cannot
// be quoted and become spaces.
func Quote(text string) string { return string(appendQuoted(nil, text)) }

func appendQuoted(b []byte, text string) []byte {
	b = append(b, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\r' || c == '\n':
			b = append(b, ' ')
			continue
		case classes[c]&plainChar == 0:
			b = append(b, '\\')
		}
		b = append(b, text[i])
	}
	return append(b, '"')
}
