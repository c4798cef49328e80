package pattern

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/protogen-go/protogen/gen/model"
)

// Word is what the words of a field are.
type Word struct {
	Type *model.Type // that says so; nil for a type of the language
	// Class are the octets they are made of, Min and Max how many; Max 0 is any number.
	Class    [256]bool
	Min, Max int
	// Match is the regular expression for the whole of a word, where the class and the number do not say all.
	Match string
	// Number: the words are decimal integers between Low and High.
	Number    bool
	Low, High int64

	regexp string // for one word, without anchors
}

// wide is the bound of integers that have no other: what every implementation of numbers holds.
const wide = 1 << 53

// WordOf returns what the words of a field are, those of each item of one that repeats. The error ends a sentence about the
// field.
func WordOf(p *model.Protocol, f *model.Field) (*Word, error) {
	typ := strings.TrimPrefix(f.Type, "[]")
	switch typ {
	case "text":
		w := &Word{Min: 1, regexp: `[^\x00\n\r]+`}
		for c := 1; c < 256; c++ {
			w.Class[c] = c != '\n' && c != '\r'
		}
		return w, nil
	case "token", "host", "uri":
		return solid(nil), nil
	case "digit":
		return number(nil, 0, 9), nil
	case "int", "integer":
		return number(nil, -wide, wide), nil
	}
	if f.Named == nil {
		return nil, fmt.Errorf("a word of a line cannot be of type %q; text, int, digit, a token, an enum and an integer can", f.Type)
	}
	switch t := f.Named; t.Kind {
	case "token":
		return Token(t)
	case "enum":
		if t.Unknown == "keep" {
			return solid(t), nil
		}
		return enum(t), nil
	case "integer":
		low, high := int64(-wide), int64(wide)
		if t.Min != nil {
			low = *t.Min
		}
		if t.Max != nil {
			high = *t.Max
		}
		return number(t, low, high), nil
	default:
		return nil, fmt.Errorf("a word of a line cannot be a %s", t.Kind)
	}
}

func number(t *model.Type, low, high int64) *Word {
	w := &Word{Type: t, Number: true, Low: low, High: high, Min: 1, regexp: `-?[0-9]+`}
	for c := '0'; c <= '9'; c++ {
		w.Class[c] = true
	}
	w.Class['-'] = low < 0
	return w
}

// solid are words of anything but white space and control characters.
func solid(t *model.Type) *Word {
	w := &Word{Type: t, Min: 1, regexp: `[^\x00-\x20\x7f]+`}
	for c := ' ' + 1; c < 256; c++ {
		w.Class[c] = c != 0x7f
	}
	return w
}

// enum are words that are one of the values of t.
func enum(t *model.Type) *Word {
	w := &Word{Type: t}
	alternatives := make([]string, len(t.Values))
	for i, v := range t.Values {
		alternatives[i] = regexp.QuoteMeta(v)
		for j := range len(v) {
			w.Class[v[j]] = true
		}
		w.Max = max(w.Max, len(v))
		if i == 0 || len(v) < w.Min {
			w.Min = len(v)
		}
	}
	w.regexp = "(?:" + strings.Join(alternatives, "|") + ")"
	w.Match = w.regexp
	return w
}

// Token returns what the words of a token type are.
func Token(t *model.Type) (*Word, error) {
	re, err := syntax.Parse(t.Match, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("type %q: match: %w", t.Name, err)
	}
	re = re.Simplify()
	w := &Word{Type: t, regexp: "(?:" + t.Match + ")"}
	admit(&w.Class, re)
	if !repeats(re, w) {
		w.Match = w.regexp
		w.Min, w.Max = 0, 0
	}
	if t.Min != nil {
		w.Min = max(w.Min, int(*t.Min))
	}
	if t.Max != nil && (w.Max == 0 || int(*t.Max) < w.Max) {
		w.Max = int(*t.Max)
	}
	return w, nil
}

// repeats reports whether re is a class repeated, which Class, Min and Max of w say in full; it sets the bounds.
func repeats(re *syntax.Regexp, w *Word) bool {
	switch re.Op {
	case syntax.OpPlus:
		w.Min = 1
	case syntax.OpStar:
	case syntax.OpCharClass, syntax.OpAnyCharNotNL, syntax.OpAnyChar:
		w.Min, w.Max = 1, 1
		return inOctets(re)
	default:
		return false
	}
	inner := re.Sub[0]
	switch inner.Op {
	case syntax.OpCharClass, syntax.OpAnyCharNotNL, syntax.OpAnyChar:
		return inOctets(inner)
	case syntax.OpLiteral:
		return len(inner.Rune) == 1 && inner.Rune[0] < 0x80 && inner.Flags&syntax.FoldCase == 0
	}
	return false
}

// inOctets reports whether a class is one of octets: of what is not ASCII it has all or nothing.
func inOctets(re *syntax.Regexp) bool {
	if re.Op != syntax.OpCharClass {
		return true
	}
	for i := 0; i < len(re.Rune); i += 2 {
		if low, high := re.Rune[i], re.Rune[i+1]; high >= 0x80 && (low > 0x80 || high != 0x10FFFF) {
			return false
		}
	}
	return true
}

// admit adds the octets that matches of re may hold.
func admit(class *[256]bool, re *syntax.Regexp) {
	add := func(low, high rune) {
		for c := low; c <= high && c < 0x80; c++ {
			class[c] = true
		}
		if high >= 0x80 {
			for c := 0x80; c < 0x100; c++ {
				class[c] = true
			}
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			add(r, r)
			if re.Flags&syntax.FoldCase != 0 {
				for _, other := range strings.ToLower(string(r)) + strings.ToUpper(string(r)) {
					add(other, other)
				}
			}
		}
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			add(re.Rune[i], re.Rune[i+1])
		}
	case syntax.OpAnyChar:
		add(0, 0x10FFFF)
	case syntax.OpAnyCharNotNL:
		add(0, '\n'-1)
		add('\n'+1, 0x10FFFF)
	}
	for _, sub := range re.Sub {
		admit(class, sub)
	}
}

// Ranges are the octets of the class as ranges, first and last.
func (w *Word) Ranges() [][2]byte {
	var out [][2]byte
	for c := 0; c < 256; c++ {
		if !w.Class[c] {
			continue
		}
		first := c
		for c < 255 && w.Class[c+1] {
			c++
		}
		out = append(out, [2]byte{byte(first), byte(c)})
	}
	return out
}

// String describes the words for people.
func (w *Word) String() string {
	switch {
	case w.Number:
		return "a number"
	case w.Type != nil && w.Type.Kind == "enum":
		return enumerated(w.Type)
	case w.Type != nil && w.Type.Kind == "token":
		return w.Type.Match
	}
	return "text"
}

// enumerated are the values of an enum, for people.
func enumerated(t *model.Type) string {
	quoted := make([]string, len(t.Values))
	for i, v := range t.Values {
		quoted[i] = strconv.Quote(v)
	}
	return strings.Join(quoted, ", ")
}
