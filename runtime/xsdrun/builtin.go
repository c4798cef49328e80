package xsdrun

import "github.com/protogen-go/protogen/runtime/xmlstream"

// Space is the namespace of XML Schema, in which the built-in types are.
const Space = "http://www.w3.org/2001/XMLSchema"

// Builtin is one of the simple types that XML Schema part 2 defines.
type Builtin uint8

// The ur-type, the 19 primitive types (part 2, 3.2) and the 25 derived ones (3.3).
const (
	BuiltinAnySimpleType Builtin = iota
	BuiltinString
	BuiltinBoolean
	BuiltinDecimal
	BuiltinFloat
	BuiltinDouble
	BuiltinDuration
	BuiltinDateTime
	BuiltinTime
	BuiltinDate
	BuiltinGYearMonth
	BuiltinGYear
	BuiltinGMonthDay
	BuiltinGDay
	BuiltinGMonth
	BuiltinHexBinary
	BuiltinBase64Binary
	BuiltinAnyURI
	BuiltinQName
	BuiltinNOTATION
	BuiltinNormalizedString
	BuiltinToken
	BuiltinLanguage
	BuiltinNMTOKEN
	BuiltinNMTOKENS
	BuiltinName
	BuiltinNCName
	BuiltinID
	BuiltinIDREF
	BuiltinIDREFS
	BuiltinENTITY
	BuiltinENTITIES
	BuiltinInteger
	BuiltinNonPositiveInteger
	BuiltinNegativeInteger
	BuiltinLong
	BuiltinInt
	BuiltinShort
	BuiltinByte
	BuiltinNonNegativeInteger
	BuiltinUnsignedLong
	BuiltinUnsignedInt
	BuiltinUnsignedShort
	BuiltinUnsignedByte
	BuiltinPositiveInteger
	builtinCount
)

// builtins gives each type its name, its base, its item type for a list, and for an integer its bounds.
var builtins = [builtinCount]struct {
	name       string
	base, item Builtin
	min, max   string
}{
	BuiltinAnySimpleType:      {name: "anySimpleType"},
	BuiltinString:             {name: "string"},
	BuiltinBoolean:            {name: "boolean"},
	BuiltinDecimal:            {name: "decimal"},
	BuiltinFloat:              {name: "float"},
	BuiltinDouble:             {name: "double"},
	BuiltinDuration:           {name: "duration"},
	BuiltinDateTime:           {name: "dateTime"},
	BuiltinTime:               {name: "time"},
	BuiltinDate:               {name: "date"},
	BuiltinGYearMonth:         {name: "gYearMonth"},
	BuiltinGYear:              {name: "gYear"},
	BuiltinGMonthDay:          {name: "gMonthDay"},
	BuiltinGDay:               {name: "gDay"},
	BuiltinGMonth:             {name: "gMonth"},
	BuiltinHexBinary:          {name: "hexBinary"},
	BuiltinBase64Binary:       {name: "base64Binary"},
	BuiltinAnyURI:             {name: "anyURI"},
	BuiltinQName:              {name: "QName"},
	BuiltinNOTATION:           {name: "NOTATION"},
	BuiltinNormalizedString:   {name: "normalizedString", base: BuiltinString},
	BuiltinToken:              {name: "token", base: BuiltinNormalizedString},
	BuiltinLanguage:           {name: "language", base: BuiltinToken},
	BuiltinNMTOKEN:            {name: "NMTOKEN", base: BuiltinToken},
	BuiltinNMTOKENS:           {name: "NMTOKENS", item: BuiltinNMTOKEN},
	BuiltinName:               {name: "Name", base: BuiltinToken},
	BuiltinNCName:             {name: "NCName", base: BuiltinName},
	BuiltinID:                 {name: "ID", base: BuiltinNCName},
	BuiltinIDREF:              {name: "IDREF", base: BuiltinNCName},
	BuiltinIDREFS:             {name: "IDREFS", item: BuiltinIDREF},
	BuiltinENTITY:             {name: "ENTITY", base: BuiltinNCName},
	BuiltinENTITIES:           {name: "ENTITIES", item: BuiltinENTITY},
	BuiltinInteger:            {name: "integer", base: BuiltinDecimal},
	BuiltinNonPositiveInteger: {name: "nonPositiveInteger", base: BuiltinInteger, max: "0"},
	BuiltinNegativeInteger:    {name: "negativeInteger", base: BuiltinNonPositiveInteger, max: "-1"},
	BuiltinLong:               {name: "long", base: BuiltinInteger, min: "-9223372036854775808", max: "9223372036854775807"},
	BuiltinInt:                {name: "int", base: BuiltinLong, min: "-2147483648", max: "2147483647"},
	BuiltinShort:              {name: "short", base: BuiltinInt, min: "-32768", max: "32767"},
	BuiltinByte:               {name: "byte", base: BuiltinShort, min: "-128", max: "127"},
	BuiltinNonNegativeInteger: {name: "nonNegativeInteger", base: BuiltinInteger, min: "0"},
	BuiltinUnsignedLong:       {name: "unsignedLong", base: BuiltinNonNegativeInteger, min: "0", max: "18446744073709551615"},
	BuiltinUnsignedInt:        {name: "unsignedInt", base: BuiltinUnsignedLong, min: "0", max: "4294967295"},
	BuiltinUnsignedShort:      {name: "unsignedShort", base: BuiltinUnsignedInt, min: "0", max: "65535"},
	BuiltinUnsignedByte:       {name: "unsignedByte", base: BuiltinUnsignedShort, min: "0", max: "255"},
	BuiltinPositiveInteger:    {name: "positiveInteger", base: BuiltinNonNegativeInteger, min: "1"},
}

// builtinTypes are the built-in types as simple types, one value each, so that they may be compared by address.
var builtinTypes = func() *[builtinCount]SimpleType {
	types := new([builtinCount]SimpleType)
	for b := range builtinCount {
		row, t := builtins[b], &types[b]
		t.Name = xmlstream.Name{Space: Space, Local: row.name}
		t.Label, t.Builtin = "xs:"+row.name, b
		if b != BuiltinAnySimpleType {
			t.Base = &types[row.base]
		}
		if row.item != 0 {
			t.Variety, t.Item, t.Length = VarietyList, &types[row.item], LengthRange(1, Unbounded)
		}
	}
	return types
}()

// Type returns the built-in type itself: the same address at every call.
func (b Builtin) Type() *SimpleType {
	if b >= builtinCount {
		b = BuiltinAnySimpleType
	}
	return &builtinTypes[b]
}

// String returns the type's name in the standard, such as "unsignedShort".
func (b Builtin) String() string { return b.Type().Name.Local }

// Primitive returns the primitive type that b is derived from; for a list type and the ur-type, b itself.
func (b Builtin) Primitive() Builtin {
	for b < builtinCount && builtins[b].base != BuiltinAnySimpleType {
		b = builtins[b].base
	}
	return b
}

// IsInteger reports whether b is xs:integer or derived from it.
func (b Builtin) IsInteger() bool { return b >= BuiltinInteger && b < builtinCount }

// isUnsigned reports whether b is one of the types whose lexical form has no sign (part 2, 3.3.21 to 3.3.24).
func (b Builtin) isUnsigned() bool { return b >= BuiltinUnsignedLong && b <= BuiltinUnsignedByte }

// whiteSpace is what the type says of white space.
func (b Builtin) whiteSpace() WhiteSpace {
	switch b {
	case BuiltinAnySimpleType, BuiltinString:
		return WhiteSpacePreserve
	case BuiltinNormalizedString:
		return WhiteSpaceReplace
	}
	return WhiteSpaceCollapse
}

// BuiltinNamed returns the built-in type of that name in the standard.
func BuiltinNamed(name string) (Builtin, bool) {
	b, ok := builtinsByName[name]
	return b, ok
}

var builtinsByName = func() map[string]Builtin {
	m := make(map[string]Builtin, builtinCount)
	for b := range builtinCount {
		m[builtins[b].name] = b
	}
	return m
}()
