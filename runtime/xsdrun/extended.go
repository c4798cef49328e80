package xsdrun

// standsFor reports whether a type that xsi:type names is a complex one that may take the place of the simple type t: it has simple
// content and is derived from t, by extension as complex types are, in ways that the declaration does not block (XML Schema part 1,
// 3.4.6, Type Derivation OK (Complex)).
func (d *Decoder) standsFor(named Type, t *SimpleType) bool {
	ct, ok := named.(*ComplexType)
	if !ok || ct.Abstract || ct.Content != ContentSimple || d.xsi.closed {
		return false
	}
	ways := ct.Method
	for base, ok := ct.Base.(*ComplexType); ok && base != nil; base, ok = ct.Base.(*ComplexType) {
		ct = base
		ways |= ct.Method
	}
	base, ok := ct.Base.(*SimpleType)
	if !ok || !base.IsDerivedFrom(t) {
		return false
	}
	if base != t {
		ways |= Restriction
	}
	return !d.xsi.exact || ways&Restriction == 0
}

// simpleContent judges the attributes of the element on which d stands by the complex type that its xsi:type names, and returns the
// type of its content. A field of the declared type has no room for the attributes.
func (d *Decoder) simpleContent(ct *ComplexType) *SimpleType {
	for a := d.Attrs(ct.Attributes); a.Next(); {
	}
	return ct.Simple
}
