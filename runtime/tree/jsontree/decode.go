package jsontree

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
	"unsafe"

	"github.com/protogen-go/protogen/runtime/tree"
)

// Decode implements [tree.Codec]. A number is an integer if it has neither fraction nor exponent and 64 bits hold it. Of two pairs of an object with
// one name the later counts.
func (c Codec) Decode(b []byte) (tree.Value, error) {
	if at := invalid(b); at >= 0 {
		return tree.Value{}, fail(tree.BadText, at, "not UTF-8")
	}
	d := decoder{tokens: json.NewDecoder(bytes.NewReader(b)), limits: c.Limits.OrDefault(), size: len(b)}
	d.tokens.UseNumber()
	if err := d.charge(len(b)); err != nil {
		return tree.Value{}, err
	}
	v, err := d.value()
	if err != nil {
		return tree.Value{}, err
	}
	if _, err := d.tokens.Token(); err != io.EOF {
		return tree.Value{}, fail(tree.Trailing, d.at(), "")
	}
	return v, nil
}

// invalid returns where b stops being UTF-8, -1 if it does not.
func invalid(b []byte) int {
	for at := 0; at < len(b); {
		r, n := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && n <= 1 {
			return at
		}
		at += n
	}
	return -1
}

// A decoder reads one text.
type decoder struct {
	tokens *json.Decoder
	size   int
	limits tree.Limits
	depth  int
	many   int // elements and pairs
	spent  int // octets
}

func (d *decoder) at() int { return int(d.tokens.InputOffset()) }

func (d *decoder) charge(n int) error {
	if d.spent += n; d.spent > d.limits.MaxMemory {
		return fail(tree.TooLarge, d.at(), "over %d octets of memory", d.limits.MaxMemory)
	}
	return nil
}

func (d *decoder) token() (json.Token, error) {
	t, err := d.tokens.Token()
	if err == nil {
		return t, nil
	}
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fail(tree.Truncated, d.size, "")
	case errors.As(err, &syntax):
		return nil, fail(tree.BadType, int(syntax.Offset), "%v", err)
	}
	return nil, fail(tree.BadType, d.at(), "%v", err)
}

func (d *decoder) value() (tree.Value, error) {
	t, err := d.token()
	if err != nil {
		return tree.Value{}, err
	}
	switch t := t.(type) {
	case bool:
		return tree.Bool(t), nil
	case string:
		return tree.String(t), nil
	case json.Number:
		return d.number(string(t))
	case json.Delim:
		if d.depth == d.limits.MaxDepth {
			return tree.Value{}, fail(tree.TooDeep, d.at(), "over %d levels", d.limits.MaxDepth)
		}
		d.depth++
		defer func() { d.depth-- }()
		if t == '[' {
			return d.list()
		}
		return d.pairs()
	}
	return tree.Value{}, nil // null
}

func (d *decoder) number(s string) (tree.Value, error) {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return tree.Int(i), nil
	}
	if u, err := strconv.ParseUint(s, 10, 64); err == nil {
		return tree.Uint(u), nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return tree.Value{}, fail(tree.BadText, d.at()-len(s), "%s is out of range", s)
	}
	return tree.Float(f), nil
}

// next accounts for another element of n octets.
func (d *decoder) next(n uintptr) error {
	if d.many++; d.many > d.limits.MaxElements {
		return fail(tree.TooMany, d.at(), "over %d", d.limits.MaxElements)
	}
	return d.charge(2 * int(n)) // append keeps half in reserve
}

func (d *decoder) list() (tree.Value, error) {
	var slots []tree.Value
	for d.tokens.More() {
		if err := d.next(unsafe.Sizeof(tree.Value{})); err != nil {
			return tree.Value{}, err
		}
		v, err := d.value()
		if err != nil {
			return tree.Value{}, err
		}
		slots = append(slots, v)
	}
	_, err := d.token()
	return tree.ListOf(slots...), err
}

func (d *decoder) pairs() (tree.Value, error) {
	var entries []tree.Entry
	for d.tokens.More() {
		if err := d.next(unsafe.Sizeof(tree.Entry{})); err != nil {
			return tree.Value{}, err
		}
		key, err := d.token()
		if err != nil {
			return tree.Value{}, err
		}
		v, err := d.value()
		if err != nil {
			return tree.Value{}, err
		}
		entries = append(entries, tree.Pair(key.(string), v)) // the tokenizer lets no other key pass
	}
	_, err := d.token()
	return tree.MapOf(entries...), err
}
