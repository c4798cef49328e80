package xsdrun

import (
	"fmt"
	"strings"
	"time"
	"unsafe"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// content reads the character data of the element on which d stands, of the simple type t, with its white space processed.
// It is false if there is no value to judge.
func (d *Decoder) content(t *SimpleType) (text string, info xmlstream.TextInfo, ok bool) {
	t.prepare()
	if d.todo || d.special {
		return d.specialContent(t)
	}
	text, info, whole := d.r.Content()
	if !whole {
		text, info = d.intruders()
	}
	if info&xmlstream.HasSpace != 0 {
		text, info = d.process(text, info, t.program.white)
	}
	return text, info, true
}

// specialContent is content for a start tag about which more is to be said.
func (d *Decoder) specialContent(t *SimpleType) (text string, info xmlstream.TextInfo, ok bool) {
	actual := d.actualSimple(t)
	text, info, ok = d.declaredContent(t, actual)
	switch {
	case !d.keyed:
	case ok:
		d.keys.value(d, actual, text)
	default:
		d.keys.value(d, nil, "")
	}
	return text, info, ok
}

// declaredContent is specialContent by the declared type t and the one that xsi:type names.
func (d *Decoder) declaredContent(t, actual *SimpleType) (text string, info xmlstream.TextInfo, ok bool) {
	empty, fixed := d.ifEmpty, d.ifFixed
	d.settle(t.Name)
	text, info, whole := d.r.Content()
	if !whole {
		text, info = d.intruders()
	}
	if text == "" && d.r.Err() == nil && (fixed != nil || empty != nil) {
		if fixed == nil {
			fixed = empty
		}
		if v := actual.Check(*fixed, d.resolve); v != nil && actual != t { // cvc-elt.5.1.1
			d.violated(v)
			return "", 0, false
		}
		return t.Normalize(*fixed), 0, true
	}
	text, info = d.process(text, info, t.program.white)
	if fixed != nil && !t.Equal(text, *fixed, d.resolve) {
		d.faultEnded(d.at, "cvc-elt.5.2.2.2.2", fmt.Sprintf("%s where the value is fixed as %s", quote(text), quote(*fixed)))
		return "", 0, false
	}
	if actual != t {
		if v := actual.Check(text, d.resolve); v != nil {
			d.violated(v)
			return "", 0, false
		}
	}
	return text, info, true
}

// actualSimple returns the type that xsi:type names, if it may stand for t, and else t.
func (d *Decoder) actualSimple(t *SimpleType) *SimpleType {
	if !d.xsi.typed {
		return t
	}
	if name, ok := d.xsiName(); ok && name == t.Name {
		return t
	}
	_, named := d.typeNamed()
	d.xsi.typed = false
	switch s, ok := named.(*SimpleType); {
	case named == nil:
	case ok && !d.xsi.exact && s.IsDerivedFrom(t):
		return s
	case d.standsFor(named, t):
		return d.simpleContent(named.(*ComplexType))
	default:
		d.faultHere("cvc-elt.4.3", fmt.Sprintf("xsi:type %s is not derived from %s", quote(d.xsi.typeOf), t.describe()))
	}
	return t
}

// intruders reads the rest of simple content in which an element stands.
func (d *Decoder) intruders() (string, xmlstream.TextInfo) {
	d.fault(d.r.Offset(), d.path(""), "cvc-type.3.1.2", fmt.Sprintf("<%s> stands where only text may", d.r.QName()), d.r.QName())
	return d.skipIntruders()
}

// skipIntruders is intruders without the fault.
func (d *Decoder) skipIntruders() (string, xmlstream.TextInfo) {
	for {
		d.r.Skip()
		if text, info, whole := d.r.MoreContent(); whole {
			return text, info
		}
	}
}

// process processes the white space of text.
func (d *Decoder) process(text string, info xmlstream.TextInfo, white WhiteSpace) (string, xmlstream.TextInfo) {
	switch white {
	case WhiteSpaceCollapse:
		text = strings.Trim(text, " \t\r\n")
		if isCollapsed(text) {
			return text, info
		}
		d.fold = appendCollapsed(d.fold[:0], text)
	case WhiteSpaceReplace:
		if !strings.ContainsAny(text, "\t\r\n") {
			return text, info
		}
		d.fold = appendReplaced(d.fold[:0], text)
	default:
		return text, info
	}
	return unsafe.String(unsafe.SliceData(d.fold), len(d.fold)), info | xmlstream.InScratch
}

// violated records a violation by the text of the element that has just been read.
func (d *Decoder) violated(v *Violation) { d.faultEnded(d.at, v.Rule, v.Text) }

// Text reads an element of simple content and returns its value, the white space processed; of an enumeration it is the
// type's own string. The empty string after a fault.
func (d *Decoder) Text(t *SimpleType) string {
	text, info, ok := d.content(t)
	if !ok {
		return ""
	}
	p := &t.program
	if n := uint(len(text)); !p.plain || info&xmlstream.HasHigh != 0 || n < p.least || n > p.most {
		if text, ok = d.judge(t, text); !ok {
			return ""
		}
		if p.identity != identityNone {
			d.identify(t, text, d.at, d.path(d.r.QName()), d.r.QName())
		}
	}
	if p.words != nil || d.opts.Alias && info&xmlstream.InScratch == 0 {
		return text
	}
	return d.keep(text)
}

// judge checks the text of the element that has just been read.
func (d *Decoder) judge(t *SimpleType, text string) (string, bool) {
	text, v := t.program.check(t, text, d.resolve)
	if v != nil {
		d.violated(v)
		return "", false
	}
	return text, true
}

// checked reads an element of simple content and checks its text, which is valid until the next call.
func (d *Decoder) checked(t *SimpleType) (string, bool) {
	text, _, ok := d.content(t)
	if !ok {
		return "", false
	}
	return d.judge(t, text)
}

// Bool reads an element of type boolean.
func (d *Decoder) Bool(t *SimpleType) bool {
	text, _ := d.checked(t)
	return ParseBool(text)
}

// integer reads an element of an integer type.
func (d *Decoder) integer(t *SimpleType) integer {
	text, _, ok := d.content(t)
	if !ok {
		return integer{}
	}
	n, form := parseInteger(text, t.Builtin.isUnsigned())
	if v := t.program.checkInteger(t, text, n, form); v != nil {
		d.violated(v)
		return integer{}
	}
	if form != smallInteger {
		return integer{}
	}
	return n
}

// Int reads an element of an integer type; 0 if the value does not fit.
func (d *Decoder) Int(t *SimpleType) int64 { return d.integer(t).int64() }

// Uint reads an element of an integer type without negative values; 0 if the value does not fit.
func (d *Decoder) Uint(t *SimpleType) uint64 {
	n := d.integer(t)
	if n.neg {
		return 0
	}
	return n.mag
}

// Float reads an element of type float, double or decimal.
func (d *Decoder) Float(t *SimpleType) float64 {
	text, _ := d.checked(t)
	return ParseFloat(text)
}

// Time reads an element of type dateTime; the zero time after a fault, which a year is that a [time.Time] does not hold. A value
// without a time zone is in [NoZone].
func (d *Decoder) Time(t *SimpleType) time.Time {
	text, ok := d.checked(t)
	m, isTime := parseMoment(BuiltinDateTime, text)
	if !m.fits() && ok {
		d.tooLong(text)
	}
	if !m.fits() || !isTime {
		return time.Time{}
	}
	return m.time()
}

// Date reads an element of type date; the zero Date after a fault, which a year is that an int does not hold.
func (d *Decoder) Date(t *SimpleType) Date {
	text, ok := d.checked(t)
	m, isDate := parseMoment(BuiltinDate, text)
	if !m.fits() && ok {
		d.tooLong(text)
	}
	if !m.fits() || !isDate {
		return Date{}
	}
	return m.date()
}

// Duration reads an element of type duration; the zero Duration after a fault, which a number is that a uint64 does not hold.
func (d *Decoder) Duration(t *SimpleType) Duration {
	text, ok := d.checked(t)
	v, isDuration := parseDuration(text)
	if v.long != nil && ok {
		d.tooLong(text)
	}
	if v.long != nil || !isDuration {
		return Duration{}
	}
	return v.Duration
}

// tooLong records that a value is right and has no Go value.
func (d *Decoder) tooLong(text string) {
	d.violated(&Violation{"limit", quote(text) + " is beyond the values that can be kept here"})
}

// Bytes reads an element of type hexBinary or base64Binary and returns the octets. Unless [Options] Alias is set they share
// memory with the strings of the document, of which keeping them keeps all; they may be changed and appended to.
func (d *Decoder) Bytes(t *SimpleType) []byte { return d.AppendBytes(nil, t) }

// AppendBytes is Bytes that appends to b, in new memory if b has none.
func (d *Decoder) AppendBytes(b []byte, t *SimpleType) []byte {
	text, _, ok := d.content(t)
	if !ok {
		return b
	}
	p := &t.program
	if !p.bare || p.primitive != BuiltinHexBinary {
		if text, ok = d.judge(t, text); !ok {
			return b
		}
	}
	if p.primitive != BuiltinHexBinary {
		return appendBase64(d.octets(b, len(text)/4*3), text)
	}
	octets, ok := appendHex(d.octets(b, len(text)/2), text)
	if !ok {
		d.judge(t, text)
		return b
	}
	return octets
}

// octets returns b, or room for n bytes if it has no memory.
func (d *Decoder) octets(b []byte, n int) []byte {
	if cap(b) != 0 || n == 0 || d.opts.Alias {
		return b
	}
	begin, end := d.room(n)
	return d.arena[begin:begin:end]
}
