package xsdrun

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// EncodeError says why a value cannot be written: it would make a document that does not conform to the schema.
type EncodeError struct {
	Path string // of the element or attribute, as in [Fault]
	Rule string // of the standard
	Text string
}

func (e *EncodeError) Error() string {
	return fmt.Sprintf("cannot encode %s: %s: %s", e.Path, e.Rule, e.Text)
}

// Encoder appends a document to a byte slice for emitted code, which writes the markup it knows in advance with
// [Encoder.Raw] and the values with the other methods. They check a value against its simple type; the first that does not
// conform stops the Encoder, and [Encoder.Finish] says so. An Encoder belongs to one goroutine.
type Encoder struct {
	b     []byte
	begin int
	names int // of declarations made by DeclareName
	bound []boundSpace
	list  int // where the list begins that is being written
	items int // of it, so far
	err   error
}

var encoders = sync.Pool{New: func() any { return new(Encoder) }}

// NewEncoder returns an Encoder that appends to b.
func NewEncoder(b []byte) *Encoder {
	e := encoders.Get().(*Encoder)
	e.b, e.begin, e.err = b, len(b), nil
	e.names, e.bound = 0, e.bound[:0]
	return e
}

// Finish returns b, as it was given to [NewEncoder], with the document appended; on error, b alone and an *[EncodeError].
// The Encoder must not be used after it.
func (e *Encoder) Finish() ([]byte, error) {
	b, err := e.b, e.err
	if err != nil {
		b = b[:e.begin]
	}
	e.b, e.err = nil, nil
	encoders.Put(e)
	return b, err
}

// Raw appends markup.
func (e *Encoder) Raw(markup string) { e.b = append(e.b, markup...) }

// Close appends markup that begins with an end tag. If the start tag is what was written last, the two become an empty-element
// tag: <a></a> becomes <a/>. Code that knows an element has content calls Raw.
func (e *Encoder) Close(markup string) {
	name, rest, _ := strings.Cut(markup[min(len("</"), len(markup)):], ">")
	if n := len(e.b); endsWithStart(e.b[e.begin:], name) {
		e.b = append(append(e.b[:n-1], "/>"...), rest...)
		return
	}
	e.b = append(e.b, markup...)
}

// endsWithStart reports whether b ends with a start tag of that name. Its values are in double quotes.
func endsWithStart(b []byte, name string) bool {
	if len(b) == 0 || b[len(b)-1] != '>' {
		return false
	}
	rest, ok := bytes.CutPrefix(b[bytes.LastIndexByte(b, '<')+1:], []byte(name))
	if !ok || len(rest) == 1 {
		return ok
	}
	if rest[0] != ' ' || rest[len(rest)-2] != '"' { // not the end of a tag, but of a comment, say
		return false
	}
	end, _ := tagEnd(rest)
	return end == len(rest)-1
}

// Fail records that what has been written so far must not go on.
func (e *Encoder) Fail(rule, text string) {
	if e.err == nil {
		e.err = &EncodeError{Path: openPath(e.b[e.begin:]), Rule: rule, Text: text}
	}
}

// fail records why a value is refused.
func (e *Encoder) fail(v *Violation) {
	if v != nil {
		e.Fail(v.Rule, v.Text)
	}
}

// Text appends s as element content.
func (e *Encoder) Text(t *SimpleType, s string) { e.text(t, s, xmlstream.AppendText) }

// AttrText appends s as the inside of an attribute value in double quotes.
func (e *Encoder) AttrText(t *SimpleType, s string) { e.text(t, s, xmlstream.AppendAttr) }

func (e *Encoder) text(t *SimpleType, s string, escape func([]byte, string) ([]byte, error)) {
	t.prepare()
	p := &t.program
	plain := xmlstream.IsPlain(s)
	if !plain && p.white != WhiteSpacePreserve {
		if norm := normalizeText(s, p.white); norm != s {
			e.Fail("whiteSpace", fmt.Sprintf("%s would be read back as %s", quote(s), quote(norm)))
			return
		}
	}
	if _, v := p.check(t, s, nil); v != nil {
		e.fail(v)
		return
	}
	if plain {
		e.b = append(e.b, s...)
		return
	}
	b, err := escape(e.b, s)
	if err != nil {
		e.Fail("cvc-datatype-valid.1.2.1", fmt.Sprintf("%s: %s", quote(s), err))
		return
	}
	e.b = b
}

// Bool appends a boolean, as 1 or 0.
//
// A type whose patterns ask for it gets true or false.
func (e *Encoder) Bool(t *SimpleType, v bool) {
	digit, word := byte('0'), "false"
	if v {
		digit, word = '1', "true"
	}
	if t.Patterns != nil && t.Check(word, nil) == nil {
		e.plain(t, append(e.b, word...))
		return
	}
	e.plain(t, append(e.b, digit))
}

// plain makes b, which is what was written and one value more, the document, if the value is one of t's. The value holds no
// character that would have to be escaped.
func (e *Encoder) plain(t *SimpleType, b []byte) {
	t.prepare()
	if p := &t.program; len(p.bounds)+len(p.steps)+len(p.values)+len(p.words) > 0 || t.Length != nil || p.form != formOther {
		value := b[len(e.b):]
		if _, v := p.check(t, unsafe.String(unsafe.SliceData(value), len(value)), nil); v != nil {
			e.fail(v)
			return
		}
	}
	e.b = b
}

// Int appends an integer.
func (e *Encoder) Int(t *SimpleType, n int64) {
	if n < 0 {
		e.integer(t, integer{true, -uint64(n)})
	} else {
		e.integer(t, integer{false, uint64(n)})
	}
}

// Uint appends an integer without a sign.
func (e *Encoder) Uint(t *SimpleType, n uint64) { e.integer(t, integer{false, n}) }

func (e *Encoder) integer(t *SimpleType, n integer) {
	t.prepare()
	p := &t.program
	b := e.b
	if n.neg {
		b = append(b, '-')
	}
	b = strconv.AppendUint(b, n.mag, 10)
	if p.form != formInteger || len(p.values)+len(p.steps)+len(p.bounds)+t.TotalDigits > 0 {
		e.plain(t, b)
		return
	}
	if p.lowed && n.compare(p.low) < 0 || p.highed && n.compare(p.high) > 0 {
		e.fail(p.checkInteger(t, n.String(), n, smallInteger))
		return
	}
	e.b = b
}

// Float appends a float, double or decimal.
func (e *Encoder) Float(t *SimpleType, f float64) {
	t.prepare()
	switch {
	case math.IsInf(f, 1):
		e.plain(t, append(e.b, "INF"...))
	case math.IsInf(f, -1):
		e.plain(t, append(e.b, "-INF"...))
	case math.IsNaN(f):
		e.plain(t, append(e.b, "NaN"...))
	case t.program.primitive == BuiltinFloat:
		e.plain(t, strconv.AppendFloat(e.b, f, 'G', -1, 32))
	case t.program.primitive == BuiltinDouble:
		e.plain(t, strconv.AppendFloat(e.b, f, 'G', -1, 64))
	default:
		e.plain(t, strconv.AppendFloat(e.b, f, 'f', -1, 64))
	}
}

// Time appends a dateTime. A time in [NoZone] is written without a time zone. A time zone that is not a whole number of
// minutes, or a year out of range, is an error.
func (e *Encoder) Time(t *SimpleType, v time.Time) {
	_, offset := v.Zone()
	if offset%60 != 0 || offset > maxZone*60 || offset < -maxZone*60 || v.Year() == 0 {
		e.Fail("cvc-datatype-valid.1.2.1", "the time "+v.String()+" has no form in XML Schema")
		return
	}
	e.plain(t, appendTime(e.b, v))
}

// Date appends a date.
func (e *Encoder) Date(t *SimpleType, v Date) { e.checkedPlain(t, v.append(e.b)) }

// checkedPlain is plain for a value whose form alone may be wrong.
func (e *Encoder) checkedPlain(t *SimpleType, b []byte) {
	t.prepare()
	value := b[len(e.b):]
	if _, v := t.program.check(t, unsafe.String(unsafe.SliceData(value), len(value)), nil); v != nil {
		e.fail(v)
		return
	}
	e.b = b
}

// Duration appends a duration.
func (e *Encoder) Duration(t *SimpleType, v Duration) { e.checkedPlain(t, v.append(e.b)) }

// Bytes appends octets as hexBinary or base64Binary, whichever t is.
func (e *Encoder) Bytes(t *SimpleType, v []byte) {
	t.prepare()
	if t.program.primitive == BuiltinHexBinary {
		e.plain(t, appendHexOf(e.b, v))
	} else {
		e.plain(t, appendBase64Of(e.b, v))
	}
}

// Element appends an element that was kept as it came.
func (e *Encoder) Element(v *xmlstream.RawElement) { e.appended(v.AppendXML(e.b)) }

// Mixed appends mixed content.
func (e *Encoder) Mixed(v xmlstream.Mixed) { e.appended(v.AppendXML(e.b)) }

// AnyAttributes appends the attributes of an xs:anyType into a start tag; its content goes through Mixed.
func (e *Encoder) AnyAttributes(v *xmlstream.Any) { e.appended(v.AppendAttributes(e.b)) }

func (e *Encoder) appended(b []byte, err error) {
	if err != nil {
		e.Fail("well-formedness", err.Error())
		return
	}
	e.b = b
}

// openPath returns the path of the element or attribute at the end of markup that is not finished.
func openPath(b []byte) string {
	var names []string
	attr := ""
	for len(b) > 0 {
		i := bytes.IndexByte(b, '<')
		if i < 0 || i+1 == len(b) {
			break
		}
		b = b[i+1:]
		end, last := tagEnd(b)
		switch {
		case b[0] == '/':
			names = names[:max(0, len(names)-1)]
		case b[0] == '?', b[0] == '!':
		default:
			name := b[:min(end, len(b))]
			if n := bytes.IndexAny(name, " />\t\n"); n >= 0 {
				name = name[:n]
			}
			if end < 0 || b[end-1] != '/' {
				names = append(names, string(name))
			}
		}
		if end == len(b) {
			attr = last
			break
		}
		b = b[end:]
	}
	path := ""
	for _, n := range names {
		path += "/" + n
	}
	if attr != "" {
		path += "/@" + attr
	}
	if path == "" {
		return "/"
	}
	return path
}

// tagEnd returns where the tag that b begins with ends, which is len(b) if it does not, and the name of the attribute whose
// value is not finished then.
func tagEnd(b []byte) (end int, attr string) {
	quoted := -1
	for i, c := range b {
		switch {
		case c == '"' && quoted < 0:
			quoted = i
		case c == '"':
			quoted = -1
		case c == '>' && quoted < 0:
			return i, ""
		}
	}
	if quoted > 0 {
		name := b[:quoted-1]
		attr = string(name[bytes.LastIndexByte(name, ' ')+1:])
	}
	return len(b), attr
}
