package formula

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// SchemaFields gives the fields of xml messages the types that the schemas in set give to what their keys lead to. A key
// is a path below the document element; its last step may be "@name" for an attribute, "@xmlns" for the namespace of an
// element, or "*" for whatever a wildcard admits. Where a step may occur more than once, the type is a list. A nil set
// leaves every such field Any.
func SchemaFields(set *xsd.Set) FieldTypes {
	if set == nil {
		return nil
	}
	return func(m *model.Message, f *model.Field) *Type {
		if m == nil || m.Encoding != "xml" || f.Key == "" {
			return nil
		}
		doc := set.Element(xsd.Name{Space: m.Element.Namespace, Local: m.Element.Local})
		if doc == nil {
			return nil
		}
		return (&follower{set: set, message: m, element: doc}).follow(strings.Split(f.Key, "/"))
	}
}

// follower walks a key through the schemas.
type follower struct {
	set     *xsd.Set
	message *model.Message
	element *xsd.Element // nil behind a step "*"
	many    bool         // the steps so far may be there more than once
}

// follow returns the type of what the steps lead to, nil when the schemas have no such thing.
func (w *follower) follow(steps []string) *Type {
	var t *Type
	for i, step := range steps {
		last := i == len(steps)-1
		switch {
		case step == "@xmlns" && last:
			t = textType
		case strings.HasPrefix(step, "@") && last:
			t = w.attribute(step[1:])
		case step == "*":
			w.element, w.many = nil, true
			t = &Type{Kind: Struct}
		case !w.child(step, steps[:i]):
			return nil
		default:
			t = elementType(w.element)
		}
	}
	if w.many && t != nil {
		return listOf(t)
	}
	return t
}

// child steps to the element of that local name, or, where a wildcard stands, to what the message binds there.
func (w *follower) child(local string, before []string) bool {
	if w.element == nil {
		return false
	}
	complexType, ok := w.element.Type.(*xsd.ComplexType)
	if !ok || complexType.Particle == nil {
		return false
	}
	if p, many := particle(complexType.Particle, local); p != nil {
		w.element = p.Element
		w.many = w.many || many
		return true
	}
	for _, b := range w.message.Bind {
		at := strings.Trim(w.message.At+"/"+b.Path, "/")
		if b.Element.Local == local && at == strings.Join(before, "/") {
			w.element = w.set.Element(xsd.Name{Space: b.Element.Namespace, Local: local})
			return w.element != nil
		}
	}
	return false
}

// particle finds the element of that local name in the tree below p, and whether it may be there more than once.
func particle(p *xsd.Particle, local string) (found *xsd.Particle, many bool) {
	repeats := p.Max == xsd.Unbounded || p.Max > 1
	if p.Kind == xsd.ElementParticle && p.Element.Name.Local == local {
		return p, repeats
	}
	for _, c := range p.Children {
		if f, m := particle(c, local); f != nil {
			return f, m || repeats
		}
	}
	return nil, false
}

func (w *follower) attribute(local string) *Type {
	if w.element == nil {
		return nil
	}
	if t, ok := w.element.Type.(*xsd.ComplexType); ok {
		for _, u := range t.Attributes {
			if u.Attribute.Name.Local == local {
				return simpleType(u.Attribute.Type)
			}
		}
	}
	return nil
}

// elementType is the type of an element's value: of its text, a bool for one that is always empty (it is there, or not),
// or a structure; any for xs:anyType.
func elementType(e *xsd.Element) *Type {
	switch t := e.Type.(type) {
	case *xsd.SimpleType:
		return simpleType(t)
	case *xsd.ComplexType:
		if t.Base == nil {
			return anyType
		}
		switch t.Content {
		case xsdrun.ContentSimple:
			return simpleType(t.Simple)
		case xsdrun.ContentEmpty:
			if len(t.Attributes) == 0 {
				return boolType
			}
		}
	}
	return &Type{Kind: Struct}
}

func simpleType(t *xsd.SimpleType) *Type {
	if t.Variety == xsd.List {
		return listOf(simpleType(t.Item))
	}
	if t.Variety != xsd.Atomic {
		return textType
	}
	switch t.Primitive.Name.Local {
	case "boolean":
		return boolType
	case "dateTime":
		return timeType
	case "hexBinary", "base64Binary":
		return bytesType
	case "decimal":
		return decimal(t)
	}
	if values := t.Enumeration(); len(values) > 0 {
		closed := &Type{Kind: Text}
		for _, f := range values {
			closed.Values = append(closed.Values, f.Value)
		}
		return closed
	}
	return textType
}

// decimal is the type of a number: an integer within its facets, or a text for one with fractions.
func decimal(t *xsd.SimpleType) *Type {
	whole := false
	for b := xsd.Type(t); b != nil && !whole; b = b.BaseType() {
		whole = b.TypeName() == xsd.Name{Space: xsd.XSD, Local: "integer"}
	}
	if !whole {
		return textType
	}
	low, high := limits(t)
	r := intRange(low, high)
	if values := t.Enumeration(); len(values) > 0 {
		r.Min, r.Max = nil, nil
		for _, f := range values {
			n, ok := new(big.Int).SetString(f.Value, 10)
			if !ok {
				return intRange(low, high)
			}
			if r.Min == nil {
				r.Min, r.Max = n, n
			}
			r.Min, r.Max = extremes(r.Min, r.Max, n)
		}
	}
	return r
}

// limits are the bounds that the facets and the built-in type of an integer give.
func limits(t *xsd.SimpleType) (low, high *big.Int) {
	low, high = negWide, wide
	if f := t.BuiltinBase(); f != nil {
		if r, ok := builtins[f.Name.Local]; ok {
			low, high = r.Min, r.Max
		}
	}
	for _, facet := range []string{"minInclusive", "minExclusive", "maxInclusive", "maxExclusive", "totalDigits"} {
		f := t.Effective(facet)
		if f == nil {
			continue
		}
		n, ok := new(big.Int).SetString(f.Value, 10)
		if !ok {
			continue
		}
		low, high = narrow(facet, n, low, high)
	}
	return low, high
}

func narrow(facet string, n, low, high *big.Int) (*big.Int, *big.Int) {
	switch facet {
	case "minExclusive":
		n.Add(n, one)
	case "maxExclusive":
		n.Sub(n, one)
	case "totalDigits":
		if digits, err := strconv.Atoi(n.String()); err == nil && digits <= 18 {
			n.Exp(big.NewInt(10), big.NewInt(int64(digits)), nil).Sub(n, one)
			low = latest(low, new(big.Int).Neg(n))
			return low, earliest(high, n)
		}
		return low, high
	}
	if strings.HasPrefix(facet, "min") {
		return latest(low, n), high
	}
	return low, earliest(high, n)
}

func latest(a, b *big.Int) *big.Int   { _, m := extremes(a, b); return m }
func earliest(a, b *big.Int) *big.Int { m, _ := extremes(a, b); return m }

// builtins are the bounds of the built-in integer types.
var builtins = map[string]*Type{
	"byte": signed(8), "short": signed(16), "int": signed(32), "long": signed(64),
	"unsignedByte": unsigned(8), "unsignedShort": unsigned(16), "unsignedInt": unsigned(32), "unsignedLong": unsigned(64),
	"nonNegativeInteger": intRange(zero, wide), "positiveInteger": intRange(one, wide),
	"nonPositiveInteger": intRange(negWide, zero), "negativeInteger": intRange(negWide, big.NewInt(-1)),
}
