package xsd

import (
	"strings"
	"sync"

	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// builtinTable lists the simple types of XML Schema part 2 after xs:anySimpleType: name, base and the facets that it
// adds. A base in brackets is the item type of a list.
const builtinTable = `
string anySimpleType whiteSpace=preserve
boolean anySimpleType whiteSpace!=collapse
decimal anySimpleType whiteSpace!=collapse
float anySimpleType whiteSpace!=collapse
double anySimpleType whiteSpace!=collapse
duration anySimpleType whiteSpace!=collapse
dateTime anySimpleType whiteSpace!=collapse
time anySimpleType whiteSpace!=collapse
date anySimpleType whiteSpace!=collapse
gYearMonth anySimpleType whiteSpace!=collapse
gYear anySimpleType whiteSpace!=collapse
gMonthDay anySimpleType whiteSpace!=collapse
gDay anySimpleType whiteSpace!=collapse
gMonth anySimpleType whiteSpace!=collapse
hexBinary anySimpleType whiteSpace!=collapse
base64Binary anySimpleType whiteSpace!=collapse
anyURI anySimpleType whiteSpace!=collapse
QName anySimpleType whiteSpace!=collapse
NOTATION anySimpleType whiteSpace!=collapse
normalizedString string whiteSpace=replace
token normalizedString whiteSpace=collapse
language token
NMTOKEN token
Name token
NCName Name
ID NCName
IDREF NCName
ENTITY NCName
NMTOKENS [NMTOKEN] whiteSpace!=collapse minLength=1
IDREFS [IDREF] whiteSpace!=collapse minLength=1
ENTITIES [ENTITY] whiteSpace!=collapse minLength=1
integer decimal fractionDigits!=0
nonPositiveInteger integer maxInclusive=0
negativeInteger nonPositiveInteger maxInclusive=-1
long integer minInclusive=-9223372036854775808 maxInclusive=9223372036854775807
int long minInclusive=-2147483648 maxInclusive=2147483647
short int minInclusive=-32768 maxInclusive=32767
byte short minInclusive=-128 maxInclusive=127
nonNegativeInteger integer minInclusive=0
unsignedLong nonNegativeInteger maxInclusive=18446744073709551615
unsignedInt unsignedLong maxInclusive=4294967295
unsignedShort unsignedInt maxInclusive=65535
unsignedByte unsignedShort maxInclusive=255
positiveInteger nonNegativeInteger minInclusive=1
`

// builtinTypes are the types that every schema knows, by name.
var builtinTypes = sync.OnceValue(func() map[Name]Type {
	types := map[Name]Type{}
	anyType := newAnyType()
	types[anyType.Name] = anyType
	anySimple := &SimpleType{
		Name: Name{Space: XSD, Local: "anySimpleType"}, Builtin: true, Base: anyType, state: built,
		run: builtinRun("anySimpleType"),
	}
	types[anySimple.Name] = anySimple
	for line := range strings.Lines(strings.TrimSpace(builtinTable)) {
		t := newBuiltin(strings.Fields(line), types)
		types[t.Name] = t
	}
	return types
})

// builtin returns the built-in simple type of that name.
func builtin(local string) *SimpleType {
	return builtinTypes()[Name{Space: XSD, Local: local}].(*SimpleType)
}

// newBuiltin makes the type of one line of the table.
func newBuiltin(fields []string, types map[Name]Type) *SimpleType {
	t := &SimpleType{Name: Name{Space: XSD, Local: fields[0]}, Builtin: true, Variety: Atomic, state: built}
	base := fields[1]
	if item, ok := strings.CutPrefix(base, "["); ok {
		t.Variety, t.listed = List, true
		t.Item = types[Name{Space: XSD, Local: strings.TrimSuffix(item, "]")}].(*SimpleType)
		base = "anySimpleType"
	}
	parent := types[Name{Space: XSD, Local: base}].(*SimpleType)
	t.Base = parent
	if t.Variety == Atomic {
		if t.Primitive = parent.Primitive; t.Primitive == nil {
			t.Primitive = t
		}
	}
	for _, f := range fields[2:] {
		kind, value, _ := strings.Cut(f, "=")
		kind, fixed := strings.CutSuffix(kind, "!")
		t.Facets = append(t.Facets, &Facet{Kind: kind, Value: value, Fixed: fixed})
	}
	t.run = builtinRun(t.Name.Local)
	return t
}

// newAnyType makes xs:anyType: mixed content of anything, any attributes, all judged laxly.
func newAnyType() *ComplexType {
	anything := func() *Wildcard { return &Wildcard{Process: xsdrun.Lax, Not: true} }
	leaf := &Particle{Kind: WildcardParticle, Min: 0, Max: Unbounded, Wildcard: anything()}
	return &ComplexType{
		Name: Name{Space: XSD, Local: "anyType"}, Method: xsdrun.Restriction, Content: xsdrun.ContentMixed,
		Particle:     &Particle{Kind: SequenceParticle, Min: 1, Max: 1, Children: []*Particle{leaf}},
		AnyAttribute: anything(), state: built,
	}
}
