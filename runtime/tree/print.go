package tree

import (
	"fmt"
	"log/slog"
	"strconv"
)

// What String and LogValue print at most.
const (
	PrintDepth = 6    // levels of references
	PrintSize  = 1024 // octets, about
)

// String returns v for a person to read, cut at PrintDepth and PrintSize. It may hold whatever a peer has sent, quoted.
func (v Value) String() string { return string(v.AppendPrint(nil, PrintDepth, PrintSize)) }

// LogValue implements [slog.LogValuer].
func (v Value) LogValue() slog.Value { return slog.StringValue(v.String()) }

// AppendPrint appends what String returns, cut at so many levels of references and, about, so many octets.
func (v Value) AppendPrint(b []byte, depth, size int) []byte {
	p := printer{b: b, end: len(b) + size}
	p.value(v.look(), depth)
	return p.b
}

// A printer appends until end.
type printer struct {
	b   []byte
	end int
}

const ellipsis = "…"

func (p *printer) text(s string) { p.b = append(p.b, s...) }

// full reports whether no more should be appended.
func (p *printer) full() bool { return len(p.b) >= p.end }

func (p *printer) value(v Value, depth int) {
	switch v.own() {
	case KindUndef:
		p.text("undef")
	case KindBool:
		p.b = strconv.AppendBool(p.b, v.num != 0)
	case KindBytes, KindText:
		p.quote(v.raw(), v.own() == KindText)
	case KindList, KindMap, KindRef:
		p.reference(v, depth)
	default:
		s, _ := v.Str()
		p.text(s)
	}
}

// quote appends a string: octets beyond ASCII escaped, characters as they are.
func (p *printer) quote(s string, text bool) {
	rest := ""
	if room := max(p.end-len(p.b), 8); len(s) > room {
		rest = fmt.Sprintf("%s(%d octets)", ellipsis, len(s))
		s = s[:room]
	}
	if text {
		p.b = strconv.AppendQuote(p.b, s)
	} else {
		p.b = appendQuoteOctets(p.b, s)
	}
	p.text(rest)
}

// appendQuoteOctets is strconv.AppendQuote for a string whose octets are no UTF-8.
func appendQuoteOctets(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c > '~':
			b = append(b, '\\', 'x', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

func (p *printer) reference(v Value, depth int) {
	if class := v.Class(); class != "" {
		p.quote(class, true)
		p.text(" ")
	}
	switch {
	case depth <= 0:
		p.text(ellipsis)
	case v.own() == KindRef:
		p.text(`\`)
		p.value(v.Ref().value.look(), depth-1)
	case v.own() == KindList:
		p.list(v.List(), depth-1)
	default:
		p.pairs(v.Map(), depth-1)
	}
}

func (p *printer) list(l *List, depth int) {
	p.text("[")
	for i, v := range l.All() {
		if i > 0 {
			p.text(", ")
		}
		if p.full() {
			p.text(ellipsis)
			break
		}
		p.value(v, depth)
	}
	p.text("]")
}

func (p *printer) pairs(m *Map, depth int) {
	p.text("{")
	first := true
	for k, v := range m.All() {
		if !first {
			p.text(", ")
		}
		first = false
		if p.full() {
			p.text(ellipsis)
			break
		}
		p.quote(k.Name, k.Text)
		p.text(": ")
		p.value(v, depth)
	}
	p.text("}")
}
