package jsontree

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/protogen-go/protogen/runtime/tree"
)

// Append implements [tree.Codec]. Pairs keep their order.
func (c Codec) Append(b []byte, v tree.Value) ([]byte, error) {
	limits := c.Limits.OrDefault()
	e := encoder{begin: len(b), depth: limits.MaxDepth, left: limits.MaxElements}
	out, err := e.value(b, v)
	if err != nil {
		return b, err
	}
	return out, nil
}

// An encoder writes one text.
type encoder struct {
	begin int
	depth int // levels that are left
	left  int // elements and pairs that are left
}

func (e *encoder) value(b []byte, v tree.Value) ([]byte, error) {
	if class := v.Class(); class != "" {
		return b, fail(tree.Unwritable, len(b)-e.begin, "a class")
	}
	switch v.Kind() {
	case tree.KindUndef:
		return append(b, "null"...), nil
	case tree.KindBool:
		return strconv.AppendBool(b, v.Truth()), nil
	case tree.KindInt, tree.KindUint:
		digits, _ := v.Str()
		return append(b, digits...), nil
	case tree.KindFloat:
		return e.float(b, v)
	case tree.KindBytes, tree.KindText:
		s, _ := v.Str()
		return e.text(b, s, v.Kind() == tree.KindText)
	case tree.KindList, tree.KindMap:
		return e.many(b, v)
	}
	return b, fail(tree.Unwritable, len(b)-e.begin, "%v", v.Kind())
}

func (e *encoder) float(b []byte, v tree.Value) ([]byte, error) {
	f, _ := v.Float()
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return b, fail(tree.Unwritable, len(b)-e.begin, "%v", f)
	}
	begin := len(b)
	b = strconv.AppendFloat(b, f, 'g', -1, 64)
	for _, c := range b[begin:] {
		if c == '.' || c == 'e' {
			return b, nil
		}
	}
	return append(b, ".0"...), nil // or it would be read back as an integer
}

func (e *encoder) many(b []byte, v tree.Value) ([]byte, error) {
	if e.depth == 0 {
		return b, fail(tree.TooDeep, len(b)-e.begin, "")
	}
	if e.left -= v.List().Len() + v.Map().Len(); e.left < 0 {
		return b, fail(tree.TooMany, len(b)-e.begin, "what is shared is written as often as it is referred to")
	}
	e.depth--
	defer func() { e.depth++ }()
	if v.Kind() == tree.KindList {
		return e.list(b, v.List())
	}
	return e.pairs(b, v.Map())
}

func (e *encoder) list(b []byte, l *tree.List) ([]byte, error) {
	b = append(b, '[')
	for i, v := range l.All() {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = e.value(b, v); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}

func (e *encoder) pairs(b []byte, m *tree.Map) ([]byte, error) {
	b = append(b, '{')
	first := true
	for k, v := range m.All() {
		if !first {
			b = append(b, ',')
		}
		first = false
		var err error
		if b, err = e.text(b, k.Name, k.Text); err != nil {
			return b, err
		}
		b = append(b, ':')
		if b, err = e.value(b, v); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

// text writes a string of characters, or of octets that become characters.
func (e *encoder) text(b []byte, s string, characters bool) ([]byte, error) {
	const hex = "0123456789abcdef"
	if characters && !utf8.ValidString(s) {
		return b, fail(tree.Unwritable, len(b)-e.begin, "text that is not UTF-8")
	}
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf || characters:
			b = append(b, c)
		default:
			b = utf8.AppendRune(b, rune(c))
		}
	}
	return append(b, '"'), nil
}
