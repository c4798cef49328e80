package xsdrun

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// value is a value of a simple type, for comparing. Which fields count depends on the primitive type.
type value struct {
	primitive Builtin // of an atomic value
	text      string  // strings and binary values; a boolean as true or false; a qualified name as {uri}local
	dec       decimal
	num       float64
	at        moment
	span      span
	items     []value // of a list
	list      bool
}

// compare orders two values. ok is false if they cannot be compared; values of different primitive types are just unequal.
// Values without an order give 0 for equal and 1 for not.
func (v *value) compare(o *value) (order int, ok bool) {
	if v.list || o.list {
		return v.compareLists(o), true
	}
	if v.primitive != o.primitive {
		return 1, true
	}
	switch v.primitive {
	case BuiltinDecimal:
		return v.dec.compare(o.dec), true
	case BuiltinFloat, BuiltinDouble:
		if math.IsNaN(v.num) != math.IsNaN(o.num) {
			return 0, false
		}
		return cmp.Compare(v.num+0, o.num+0), true // NaN equals itself (part 2, 3.2.4.1)
	case BuiltinDuration:
		return v.span.compare(&o.span)
	case BuiltinDateTime, BuiltinTime, BuiltinDate, BuiltinGYearMonth, BuiltinGYear, BuiltinGMonthDay, BuiltinGDay, BuiltinGMonth:
		return v.at.compare(&o.at)
	}
	if v.canonical() != o.canonical() {
		return 1, true
	}
	return 0, true
}

// canonical returns the text that equal values without an order share.
func (v *value) canonical() string {
	switch v.primitive {
	case BuiltinHexBinary:
		return strings.ToUpper(v.text)
	case BuiltinBase64Binary:
		return canonicalBase64(v.text)
	}
	return v.text
}

func (v *value) compareLists(o *value) int {
	if v.list != o.list || len(v.items) != len(o.items) {
		return 1
	}
	for i := range v.items {
		if order, ok := v.items[i].compare(&o.items[i]); !ok || order != 0 {
			return 1
		}
	}
	return 0
}

func (v *value) equal(o *value) bool {
	order, ok := v.compare(o)
	return ok && order == 0
}

// key returns a string that two values share if and only if they are equal.
func (v *value) key() string { return string(v.appendKey(nil)) }

// appendKey appends the key.
func (v *value) appendKey(b []byte) []byte {
	if v.list {
		b = append(b, "list"...)
		for i := range v.items {
			k := v.items[i].key()
			b = append(b, 0)
			b = strconv.AppendInt(b, int64(len(k)), 10)
			b = append(append(b, 0), k...)
		}
		return b
	}
	b = append(append(b, v.primitive.String()...), 0)
	switch v.primitive {
	case BuiltinDecimal:
		return v.dec.append(b)
	case BuiltinFloat, BuiltinDouble:
		return strconv.AppendFloat(b, v.num+0, 'g', -1, 64)
	case BuiltinDuration:
		return v.span.appendKey(b)
	case BuiltinDateTime, BuiltinTime, BuiltinDate, BuiltinGYearMonth, BuiltinGYear, BuiltinGMonthDay, BuiltinGDay, BuiltinGMonth:
		return v.at.appendKey(b)
	}
	return append(b, v.canonical()...)
}

// value reads text, whose white space has been processed, as a value of the type without looking at its facets. The type
// has been prepared, or is being.
func (t *SimpleType) value(text string, resolve Resolver) (*value, *Violation) {
	v := new(value)
	if fault := t.read(v, text, resolve); fault != nil {
		return nil, fault
	}
	return v, nil
}

// read is value into memory of the caller's.
func (t *SimpleType) read(v *value, text string, resolve Resolver) *Violation {
	switch t.Variety {
	case VarietyList:
		v.list = true
		for item := range Items(text) {
			x, fault := t.Item.value(t.Item.Normalize(item), resolve)
			if fault != nil {
				return fault
			}
			v.items = append(v.items, *x)
		}
		return nil
	case VarietyUnion:
		for _, m := range t.Members {
			if norm := m.Normalize(text); m.Check(norm, resolve) == nil {
				return m.read(v, norm, resolve)
			}
		}
		return t.program.lexical(t, text)
	}
	return t.program.atomic(v, t, text, resolve)
}

// atomic is read for an atomic type.
func (p *program) atomic(v *value, t *SimpleType, text string, resolve Resolver) *Violation {
	ok := true
	v.primitive, v.text = p.primitive, text
	switch p.primitive {
	case BuiltinBoolean:
		v.text, ok = "false", isBoolean(text)
		if ParseBool(text) {
			v.text = "true"
		}
	case BuiltinDecimal:
		v.dec, ok = parseDecimal(text)
		if ok && t.Builtin.IsInteger() {
			_, form := parseInteger(text, t.Builtin.isUnsigned())
			ok = form != notInteger
		}
	case BuiltinFloat, BuiltinDouble:
		v.num, ok = parseFloat(text, p.primitive == BuiltinFloat)
	case BuiltinDuration:
		v.span, ok = parseDuration(text)
	case BuiltinDateTime, BuiltinTime, BuiltinDate, BuiltinGYearMonth, BuiltinGYear, BuiltinGMonthDay, BuiltinGDay, BuiltinGMonth:
		v.at, ok = parseMoment(p.primitive, text)
	case BuiltinHexBinary:
		ok = hexLength(text) >= 0
	case BuiltinBase64Binary:
		ok = base64Length(text) >= 0
	case BuiltinQName, BuiltinNOTATION:
		v.text, ok = resolveName(text, resolve)
	default:
		ok = isText(t.Builtin, text)
	}
	if !ok && len(text) > maxCalendar && p.primitive >= BuiltinDuration && p.primitive <= BuiltinGMonth {
		return &Violation{"limit", fmt.Sprintf("%s has %d bytes; dates, times and durations have at most %d", quote(text), len(text), maxCalendar)}
	}
	if !ok {
		return p.lexical(t, text)
	}
	return nil
}

// resolveName returns the expanded form of a qualified name. One that is expanded already, as facets have it, stays.
func resolveName(text string, resolve Resolver) (string, bool) {
	if strings.HasPrefix(text, "{") {
		_, local, ok := strings.Cut(text[1:], "}")
		return strings.TrimPrefix(text, "{}"), ok && xmlstream.IsNCName(local)
	}
	prefix, local, colon := strings.Cut(text, ":")
	if !colon {
		prefix, local = "", text
	}
	if !xmlstream.IsNCName(local) || colon && !xmlstream.IsNCName(prefix) {
		return "", false
	}
	if resolve == nil {
		return text, true
	}
	space, ok := resolve(prefix)
	if !ok && colon {
		return "", false
	}
	return xmlstream.Name{Space: space, Local: local}.String(), true
}

func isBoolean(s string) bool { return s == "true" || s == "false" || s == "1" || s == "0" }

// parseFloat reads the lexical form of xs:float and xs:double (part 2, 3.2.4.1).
func parseFloat(s string, single bool) (float64, bool) {
	switch s {
	case "INF":
		return math.Inf(1), true
	case "-INF":
		return math.Inf(-1), true
	case "NaN":
		return math.NaN(), true
	}
	mantissa, exponent := s, "0"
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], s[i+1:]
	}
	_, ok := parseDecimal(mantissa)
	if _, form := parseInteger(exponent, false); !ok || form == notInteger {
		return 0, false
	}
	size := 64
	if single {
		size = 32
	}
	f, _ := strconv.ParseFloat(s, size) // out of range is an infinity, the nearest value
	return f, true
}
